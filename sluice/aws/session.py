"""boto3 clients with timeouts on every request, and the classes of AWS's errors.

IAM: sts:GetCallerIdentity (needs no grant).
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
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
from botocore.parsers import ResponseParserError

from sluice.aws.answers import IncompleteAnswer, StaleAnswer
from sluice.aws.checked_client import checked_client, refuse_partial_body
from sluice.errors import GateError

_CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 4},
    user_agent_extra="sluice-gate",
)
_CREATION = threading.Lock()  # boto3's client creation is not thread-safe

_EXPIRED = {
    "ExpiredToken",
    "ExpiredTokenException",
    "RequestExpired",
    "InvalidClientTokenId",
    "UnrecognizedClientException",
}

_TRANSIENT = {
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "PriorRequestNotComplete",
    "RequestLimitExceeded",
    "RequestTimeout",
    "RequestTimeoutException",
    "ServerException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "SlowDown",
    "TooManyRequestsException",
    "TooManyUpdates",
}
"""Codes of transient errors with status 400, besides all with "Throttl" in their name."""

_WRONG_CLOCK = re.compile(r"RequestTimeTooSkewed|Signature expired|Signature not yet current")
"""AWS refuses a request that is signed more than five minutes (S3: fifteen) off its own time."""

_MOVING = ("RunTask", "UpdateService", "StopServiceDeployment")
"""Calls that start or move something. botocore must not retry them, because the deployer has to check before each one
that it still owns the run (sluice.migration.records.ownership, sluice.rollout.journal)."""

SKEW_SECONDS = 60.0
"""A clock that differs from AWS's by more is reported."""

_NO_CREDENTIALS = (CredentialRetrievalError, NoCredentialsError, SSOError, TokenRetrievalError)


@dataclass(frozen=True)
class Account:
    """Account, Region and credentials of AWS calls; empty fields fall back to boto3's defaults.

    Attributes:
        region: AWS Region.
        profile: named profile.
        assume_role: ARN of a role to assume first.
        endpoint: URL of an emulator to use instead of AWS.
        account: expected 12-digit id; credentials of another account are refused.
    """

    region: str = ""
    profile: str = ""
    assume_role: str = ""
    endpoint: str = ""
    account: str = ""


class Clients:
    """boto3 clients of one account, created on first use."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._made: dict[str, Any] = {}
        self._session: boto3.Session | None = None
        self._verified = False
        self._skew: float | None = None

    def __getitem__(self, service: str) -> Any:
        with _CREATION:
            if service not in self._made:
                self._made[service] = self._client(service)
            return self._made[service]

    def in_region(self, service: str, region: str) -> Any:
        """Return a client of another Region (empty: the stack's)."""
        if region in ("", self._account.region):
            return self[service]
        with _CREATION:
            return self._client(service, region)

    def taking_on(self, role: str) -> Clients:
        """Return clients with the credentials of a role, which may be in another account.

        Args:
            role: its ARN.
        """
        return Clients(replace(self._account, assume_role=role, account=""))

    @property
    def region(self) -> str:
        """The stack's Region."""
        return self._account.region

    def caller(self) -> str:
        """Return the account of the settings, else the one that the credentials belong to."""
        return self._account.account or str(self["sts"].get_caller_identity()["Account"])

    @property
    def elsewhere(self) -> bool:
        """Whether an emulator is used instead of AWS."""
        return bool(self._account.endpoint)

    @property
    def skew(self) -> float:
        """Seconds that this machine's clock is behind AWS's, by the Date header of the first answer.

        The header has whole seconds, so a skew of less than two is 0. Constant after the first answer; 0 before it.
        """
        return self._skew or 0.0

    @property
    def wrong_clock(self) -> str:
        """A warning when this machine's clock differs much from AWS's; else empty."""
        if abs(self.skew) <= SKEW_SECONDS:
            return ""
        direction = "behind" if self.skew > 0 else "ahead of"
        return (
            f"this machine's clock is {abs(self.skew):.0f} s {direction} AWS's: AWS's time is used, and it refuses "
            "requests signed more than 5 min off. Fix: set the clock (timedatectl set-ntp true)"
        )

    def _dated(self, header: str, before: float, after: float) -> None:
        """Derive the skew from an answer's Date header.

        Args:
            header: the Date header.
            before, after: this machine's time around the call, seconds since the epoch.
        """
        if self._skew is not None or after - before > 5.0:
            return
        try:
            moment: datetime = parsedate_to_datetime(header)
        except ValueError:
            return  # without a date; the next answer may have one
        skew = moment.timestamp() + 0.5 - (before + after) / 2
        self._skew = skew if abs(skew) >= 2.0 else 0.0

    def _client(self, service: str, region: str = "") -> Any:
        if self._session is None:
            self._session = self._open()
        endpoint = self._account.endpoint or None
        return self._session.client(service, region_name=region or None, config=_CONFIG, endpoint_url=endpoint)

    def _open(self) -> boto3.Session:
        account = self._account
        session = boto3.Session(region_name=account.region or None, profile_name=account.profile or None)
        if not account.assume_role:
            return self._checking(session)
        # Refreshed before they expire, because a migration can take longer than a role's session.
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
        return self._checking(boto3.Session(botocore_session=taken_on, region_name=account.region or None))

    def _checking(self, session: boto3.Session) -> boto3.Session:
        """Make every client of the session check its answers. Source: boto3's "Extensibility guide"."""
        checked = checked_client(self._dated)

        def add(base_classes: list[type], **_: Any) -> None:
            base_classes.insert(0, checked)

        session.events.register("creating-client-class", add)
        for operation in _MOVING:
            session.events.register_first(f"needs-retry.ecs.{operation}", _never)
        session.events.register("before-parse", refuse_partial_body)
        return session

    def verify(self) -> None:
        """Check that the credentials work and belong to the expected account.

        Raises:
            GateError: they do not.
            ClientError, BotoCoreError: a transient error.
        """
        if self._verified:
            return
        try:
            found = self["sts"].get_caller_identity()["Account"]
        except (BotoCoreError, ClientError) as error:
            if _WRONG_CLOCK.search(str(error)):
                raise GateError(
                    f"AWS refuses requests that are signed with this machine's time: {error}. Nothing was changed. "
                    "Fix: set this machine's clock (timedatectl set-ntp true), then try again"
                ) from error
            if transient(error):
                raise
            raise GateError(f"AWS does not accept the credentials or cannot be reached: {error}") from error
        if self._account.account and found != self._account.account:
            raise GateError(
                f"the credentials belong to AWS account {found}, but the setting `aws.account` is "
                f"{self._account.account}. Nothing was changed. "
                "Fix: switch to the right profile or role, or correct `aws.account`"
            )
        self._verified = True


def expired(error: Exception) -> bool:
    """Return whether the credentials expired: the state of a task or deployment is then unknown."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") in _EXPIRED
    return isinstance(error, _NO_CREDENTIALS)


def transient(error: Exception) -> bool:
    """Return whether a retry may succeed: throttling, a server error, no connection."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code"))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return status >= 500 or "Throttl" in code or code in _TRANSIENT
    return isinstance(error, (HTTPClientError, BotoConnectionError, IncompleteAnswer, StaleAnswer, ResponseParserError))


def _never(**_: Any) -> bool:
    """Answer botocore's `needs-retry` event with no, ahead of its own handler."""
    return False
