"""What is attacked, and how it is asked."""

from __future__ import annotations

import http.client
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
import botocore.config
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

IMAGE = "sluice-local/python:3.13"
REGION = "us-east-1"
PREFIX = "AmazonEC2ContainerServiceV20141113"
LIST = {"x-amz-target": f"{PREFIX}.ListClusters", "content-type": "application/x-amz-json-1.1"}


@dataclass(frozen=True)
class Target:
    """A local cloud that is attacked. account, secret: of a caller that it takes, as a task's container may be one."""

    endpoint: str
    registry: str
    account: str
    secret: str

    def client(self, service: str) -> Any:
        connect: Any = boto3.client  # the service is a variable: no overload fits
        config = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=20, connect_timeout=5)
        keys = {"aws_access_key_id": self.account, "aws_secret_access_key": self.secret}
        return connect(service, endpoint_url=self.endpoint, region_name=REGION, config=config, **keys)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def clusters(self) -> bool:
        """Whether it is the list of clusters."""
        return self.status == 200 and b"clusterArns" in self.body


def ask(url: str, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes = b"") -> Answer:
    """One plain HTTP request."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def signed(target: Target, body: bytes, host: str = "", path: str = "/", at: datetime | None = None) -> dict[str, str]:
    """The headers of a signed ListClusters, as botocore signs it."""
    headers = {**LIST, "Host": host or urlsplit(target.endpoint).netloc}
    request = AWSRequest("POST", f"http://{headers['Host']}{path}", headers=headers, data=body)
    signer = SigV4Auth(Credentials(target.account, target.secret), "ecs", REGION)
    request.context["timestamp"] = (at or datetime.now(UTC)).strftime("%Y%m%dT%H%M%SZ")
    signer._modify_request_before_signing(request)
    text = signer.string_to_sign(request, signer.canonical_request(request))
    signer._inject_signature_to_request(request, signer.signature(text, request))
    return dict(request.headers.items())


def docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
