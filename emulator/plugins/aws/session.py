"""Clients for the local AWS, and its errors in words for people."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

from sluice.protocol.resource import Refused

_RETRIES = {"mode": "standard", "total_max_attempts": 3}


class AwsError(Refused):
    """AWS's own answer that it will not.

    Attributes:
        code: AWS's error code.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class Session:
    """Clients of one provider configuration.

    Args:
        endpoint: URL of the local AWS.
        region: the provider's region.
        endpoints: URL by service, where it is another one.
        default_tags: what every taggable resource bears.
        credentials: ``aws_access_key_id`` and so on, where they are not the environment's.
    """

    def __init__(
        self,
        endpoint: str,
        region: str,
        endpoints: Mapping[str, str] | None = None,
        default_tags: Mapping[str, str] | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        self.endpoint = endpoint
        self.region = region
        self.default_tags = dict(default_tags or {})
        self._endpoints = dict(endpoints or {})
        self._credentials = dict(credentials or {})
        self._clients: dict[tuple[str, str], Any] = {}
        self._account: str | None = None
        # boto3.client() is not safe to call from several threads at once; its clients are.
        # Source: boto3 guide "Clients", multithreading.
        self._lock = threading.RLock()

    def client(self, service: str, region: str = "") -> Any:
        """The client of *service* in *region* (empty: the provider's)."""
        key = (service, region or self.region)
        with self._lock:
            if key not in self._clients:
                self._clients[key] = boto3.client(
                    service,
                    region_name=key[1],
                    endpoint_url=self._endpoints.get(service, self.endpoint),
                    # No proxy can lead to this machine, and `proxies={}` keeps botocore from looking for one.
                    config=Config(connect_timeout=5, read_timeout=120, proxies={}, retries=_RETRIES),
                    **self._credentials,
                )
            return self._clients[key]

    def call(self, service: str, method: str, params: Mapping[str, Any], region: str = "") -> dict[str, Any]:
        """Call an operation. Raises :class:`AwsError` where AWS refuses, Refused where it cannot be asked."""
        try:
            answer: dict[str, Any] = getattr(self.client(service, region), method)(**params)
            return answer
        except ClientError as error:
            said = error.response.get("Error", {})
            code = said.get("Code", "Unknown")
            raise AwsError(code, f"{service} {error.operation_name}: {code}: {said.get('Message', '')}") from error
        except NoCredentialsError as error:
            raise Refused('no AWS credentials in the environment: eval "$(make -s env)" sets the local ones') from error
        except BotoCoreError as error:
            raise Refused(f"{service} {method} at {self._endpoints.get(service, self.endpoint)}: {error}") from error

    @property
    def account(self) -> str:
        """The account that the credentials belong to."""
        with self._lock:
            if self._account is None:
                self._account = str(self.call("sts", "get_caller_identity", {})["Account"])
            return self._account
