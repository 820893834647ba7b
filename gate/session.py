"""Clients for AWS, with time-outs on every request.

IAM: sts:GetCallerIdentity (needs no grant).
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import partial
from typing import Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    HTTPClientError,
    NoCredentialsError,
    SSOError,
    TokenRetrievalError,
)
from botocore.exceptions import ConnectionError as BotoConnectionError

from gate.errors import GateError

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 4},
)
_CREATION = threading.Lock()  # boto3's client creation is not thread-safe

_EXPIRED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
}

_NO_CREDENTIALS = (CredentialRetrievalError, NoCredentialsError, SSOError, TokenRetrievalError)


@dataclass(frozen=True)
class Account:
    """Where AWS calls go. Empty fields fall back to boto3's own search (environment, profile, instance role).

    Attributes:
        assume_role: ARN of a role to take on first.
        endpoint: URL that answers instead of AWS (the emulator).
        account: 12-digit id that must answer; anything else is the wrong account.
    """

    region: str = ""
    profile: str = ""
    assume_role: str = ""
    endpoint: str = ""
    account: str = ""


class Clients:
    """boto3 clients of one account, made when first used."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._made: dict[str, Any] = {}
        self._session: boto3.Session | None = None
        self._verified = False

    def __getitem__(self, service: str) -> Any:
        with _CREATION:
            if service not in self._made:
                self._made[service] = self._client(service)
            return self._made[service]

    def in_region(self, service: str, region: str) -> Any:
        """A client of another Region (empty: the stack's)."""
        if region in ("", self._account.region):
            return self[service]
        with _CREATION:
            return self._client(service, region)

    @property
    def elsewhere(self) -> bool:
        """Whether another endpoint answers instead of AWS."""
        return bool(self._account.endpoint)

    def _client(self, service: str, region: str = "") -> Any:
        if self._session is None:
            self._session = self._open()
        endpoint = self._account.endpoint or None
        return self._session.client(service, region_name=region or None, config=_CONFIG, endpoint_url=endpoint)

    def _open(self) -> boto3.Session:
        account = self._account
        session = boto3.Session(region_name=account.region or None, profile_name=account.profile or None)
        if not account.assume_role:
            return session
        # Refreshed when they run out: a migration may take longer than a role's session.
        fetcher = AssumeRoleCredentialFetcher(
            client_creator=partial(session._session.create_client, endpoint_url=account.endpoint or None),
            source_credentials=session.get_credentials(),
            role_arn=account.assume_role,
            extra_args={"RoleSessionName": "sluice-gate"},
        )
        taken_on = botocore.session.get_session()
        taken_on._credentials = DeferredRefreshableCredentials(
            method="assume-role", refresh_using=fetcher.fetch_credentials
        )
        return boto3.Session(botocore_session=taken_on, region_name=account.region or None)

    def verify(self) -> None:
        """Makes sure that the credentials work and belong to the expected account. Raises GateError."""
        if self._verified:
            return
        try:
            found = self["sts"].get_caller_identity()["Account"]
        except (BotoCoreError, ClientError) as error:
            raise GateError(f"AWS does not accept the credentials or cannot be reached: {error}") from error
        if self._account.account and found != self._account.account:
            raise GateError(
                f"these credentials belong to AWS account {found}, but the stack's settings say "
                f"{self._account.account}; nothing was done. "
                "Switch to the right profile or role, or correct the setting `aws.account`"
            )
        self._verified = True


def expired(error: Exception) -> bool:
    """True when the credentials ran out: then nothing can be said about a task or a deployment."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") in _EXPIRED
    return isinstance(error, _NO_CREDENTIALS)


def transient(error: Exception) -> bool:
    """True when the same call may work in a moment: throttling, a server error, no connection."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code"))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return status >= 500 or "Throttl" in code or code in ("RequestLimitExceeded", "ServerException")
    return isinstance(error, (HTTPClientError, BotoConnectionError))
