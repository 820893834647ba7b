"""An account of the emulator that decides every call by its caller's policies, and the jobs that take roles in it."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from bootstrap.subject import AUDIENCE, ISSUER
from emulator.cloud import emulator
from emulator.cloud.gateway import web_identity
from emulator.cloud.key import Key, of
from emulator.plugins.install import install
from local import environment

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 180
MAIN = "refs/heads/main"


@dataclass(frozen=True)
class Account:
    """An emulated account. env: an administrator's environment. key: of its checkout."""

    id: str
    endpoint: str
    env: dict[str, str]
    key: Key

    def bootstrap(self) -> str:
        """What the command prints."""
        done = self.attempt("local")
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def attempt(self, stack: str) -> subprocess.CompletedProcess[str]:
        """The command, however it ends."""
        return subprocess.run(
            [str(ROOT / ".venv" / "bin" / "python"), "-m", "bootstrap.run", stack, "--yes"],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def client(self, service: str, **credentials: str) -> Any:
        """An administrator's client, or one with other credentials."""
        mine = {"aws_access_key_id": self.id, "aws_secret_access_key": self.key.secret(self.id)}
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name=environment.REGION, **(credentials or mine)
        )

    def job(self, role: str, subject: str, ref: str = MAIN, file: str = "deploy.yml") -> dict[str, str]:
        """The credentials of a GitHub job that takes a role. ref: its branch; file: of the workflow that defines it."""
        answer = self.client("sts").assume_role_with_web_identity(
            RoleArn=f"arn:aws:iam::{self.id}:role/sluice-bootstrap/sluice-local-{role}",
            RoleSessionName="job",
            WebIdentityToken=token(self.key, subject, ref, file),
        )["Credentials"]
        return {
            "aws_access_key_id": answer["AccessKeyId"],
            "aws_secret_access_key": answer["SecretAccessKey"],
            "aws_session_token": answer["SessionToken"],
        }


def token(key: Key, subject: str, ref: str, file: str) -> str:
    """A token as GitHub gives its jobs, but for the signature, which is the checkout's."""
    now = int(time.time())
    run = {"ref": ref, "job_workflow_ref": f"example/shop/.github/workflows/{file}@{ref}"}
    parts = [
        {"alg": "RS256", "typ": "JWT"},
        {"iss": f"https://{ISSUER}", "aud": AUDIENCE, "sub": subject, "exp": now + 600, **run},
    ]
    encoded = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts]
    return web_identity.signed(key, *encoded)


@contextmanager
def opened(folder: Path) -> Iterator[Account]:
    """An account of its own, whose local folder this is."""
    place = environment.checkout(ROOT, {**os.environ, "SLUICE_LOCAL_DIR": str(folder)})
    chosen = environment.checkout(ROOT, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTH", "true")  # MiniStack's own word for it
        cloud = emulator.start(place.local, None, environment.account(place.local))
    try:
        if chosen.pulumi_record.is_file():  # which Pulumi CLI set-up chose is the checkout's
            place.pulumi_record.write_text(chosen.pulumi_record.read_text())
        install(place.pulumi_home, ROOT)
        outside = {name: value for name, value in os.environ.items() if not name.startswith("SLUICE_")}
        env = environment.applied(outside, environment.changes(place, outside, cloud.endpoint))
        yield Account(cloud.account, cloud.endpoint, env, of(place.local))
    finally:
        emulator.stop(place.local)
