"""Clients for AWS, with time-outs on every request.

IAM: sts:GetCallerIdentity (needs no grant).
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections.abc import Callable, Mapping
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

from sluice.aws import answers
from sluice.aws.answers import IncompleteAnswer, StaleAnswer
from sluice.clock import local_time
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
"""Codes of errors with status 400 that pass by themselves, besides everything with "Throttl" in its name."""

_WRONG_CLOCK = re.compile(r"RequestTimeTooSkewed|Signature expired|Signature not yet current")
"""AWS refuses a request that was signed more than five minutes (S3: fifteen) from its own time."""

_READS = ("Describe", "List", "Get", "BatchGet")
"""How the names of operations begin that change nothing: an answer that is not whole is asked for again at once."""
_READ_TRIES = 3

_MOVING = ("RunTask", "UpdateService", "StopServiceDeployment")
"""Calls that start or move something: botocore does not make them again by itself, because before each one the deployer
makes sure that it still may (sluice.migration.records.ownership, sluice.rollout.journal)."""

SKEW_SECONDS = 60.0
"""A clock that differs from AWS's by more is worth a remark."""

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
        self._skew: float | None = None

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

    def taking_on(self, role: str) -> Clients:
        """The same, as a role that the caller takes on: perhaps in another account. *role*: its ARN."""
        return Clients(replace(self._account, assume_role=role, account=""))

    @property
    def region(self) -> str:
        """The stack's Region."""
        return self._account.region

    def caller(self) -> str:
        """The account that the credentials belong to; that of the settings where they say it."""
        return self._account.account or str(self["sts"].get_caller_identity()["Account"])

    @property
    def elsewhere(self) -> bool:
        """Return whether another endpoint answers instead of AWS."""
        return bool(self._account.endpoint)

    @property
    def skew(self) -> float:
        """Seconds that this machine's clock is behind AWS's, by the first answer's Date header (which has whole
        seconds: less than two count as none). Fixed from then on; 0 before the first answer."""
        return self._skew or 0.0

    @property
    def wrong_clock(self) -> str:
        """A remark for people when this machine's clock is far from AWS's; else empty."""
        if abs(self.skew) <= SKEW_SECONDS:
            return ""
        direction = "behind" if self.skew > 0 else "ahead of"
        return (
            f"this machine's clock is {abs(self.skew):.0f} s {direction} AWS's: AWS's time is used, and it refuses "
            "requests signed more than 5 min off. Fix: set the clock (timedatectl set-ntp true)"
        )

    def _dated(self, header: str, before: float, after: float) -> None:
        """Take the Date of an answer that came between two moments of this machine's."""
        if self._skew is not None or after - before > 5.0:
            return
        try:
            moment: datetime = parsedate_to_datetime(header)
        except ValueError:
            return  # no date: the next answer may have one
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
        return self._checking(boto3.Session(botocore_session=taken_on, region_name=account.region or None))

    def _checking(self, session: boto3.Session) -> boto3.Session:
        """Every client of the session looks whether its answers are whole. Source: boto3's "Extensibility guide"."""
        checked = _checked(self._dated)

        def add(base_classes: list[type], **_: Any) -> None:
            base_classes.insert(0, checked)

        session.events.register("creating-client-class", add)
        for operation in _MOVING:
            session.events.register_first(f"needs-retry.ecs.{operation}", _never)
        session.events.register("before-parse", _whole_body)
        return session

    def verify(self) -> None:
        """Make sure that the credentials work and belong to the expected account. Raises GateError; what may pass by
        itself is raised as it is."""
        if self._verified:
            return
        try:
            found = self["sts"].get_caller_identity()["Account"]
        except (BotoCoreError, ClientError) as error:
            if _WRONG_CLOCK.search(str(error)):
                raise GateError(
                    f"AWS refuses requests that are signed with this machine's time: {error}. Nothing was done. "
                    "Fix: set this machine's clock (timedatectl set-ntp true), then try again"
                ) from error
            if transient(error):
                raise
            raise GateError(f"AWS does not accept the credentials or cannot be reached: {error}") from error
        if self._account.account and found != self._account.account:
            raise GateError(
                f"these credentials belong to AWS account {found}, but the stack's settings say "
                f"{self._account.account}; nothing was done. "
                "Switch to the right profile or role, or correct the setting `aws.account`"
            )
        self._verified = True


def expired(error: Exception) -> bool:
    """Return whether the credentials ran out: then nothing can be said about a task or a deployment."""
    if isinstance(error, ClientError):
        return error.response.get("Error", {}).get("Code") in _EXPIRED
    return isinstance(error, _NO_CREDENTIALS)


def transient(error: Exception) -> bool:
    """Return whether the same call may work in a moment: throttling, a server error, no connection."""
    if isinstance(error, ClientError):
        code = str(error.response.get("Error", {}).get("Code"))
        status = int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
        return status >= 500 or "Throttl" in code or code in _TRANSIENT
    return isinstance(error, (HTTPClientError, BotoConnectionError, IncompleteAnswer, StaleAnswer, ResponseParserError))


def _whole_body(operation_model: Any, response_dict: Mapping[str, Any], **_: Any) -> None:
    """Refuse a body that is shorter than its Content-Length, or that is no document though the status is 200: botocore
    would read it as an empty answer. Raises IncompleteAnswer."""
    headers, body = response_dict["headers"], response_dict["body"]
    announced = headers.get("content-length")
    if not isinstance(body, bytes):
        return
    if announced is not None and str(announced).isdigit() and len(body) < int(announced):
        raise IncompleteAnswer(
            operation=operation_model.name, lacking=f"{len(body)} of {announced} bytes of its body arrived"
        )
    document = str(headers.get("content-type", "")).startswith("application/x-amz-json")
    if response_dict["status_code"] < 300 and document and not _is_json(body):
        raise IncompleteAnswer(operation=operation_model.name, lacking="its body is no whole JSON document")


def _never(**_: Any) -> bool:
    """An answer to botocore's question whether to retry, which comes before its own."""
    return False


def _is_json(body: bytes) -> bool:
    try:
        json.loads(body or b"{}")
    except ValueError:
        return False
    return True


def _checked(dated: Callable[[str, float, float], None]) -> type:
    """A base class for clients whose answers are checked; *dated* gets the Date header of each."""

    class Checked:
        def _parsed(self, operation_name: str, api_params: dict[str, Any]) -> Any:
            try:
                return super()._make_api_call(operation_name, api_params)  # type: ignore[misc]
            except KeyError as error:  # botocore's own, over XML without the element that holds the result
                raise IncompleteAnswer(operation=operation_name, lacking=f"{error} is missing") from error

        def _make_api_call(self, operation_name: str, api_params: dict[str, Any]) -> Any:
            tries = _READ_TRIES if operation_name.startswith(_READS) else 1
            while True:
                tries -= 1
                before = local_time()
                try:
                    answer = self._parsed(operation_name, api_params)
                    metadata = answer.get("ResponseMetadata", {})
                    if not metadata.get("RetryAttempts"):
                        dated(str(metadata.get("HTTPHeaders", {}).get("date", "")), before, local_time())
                    if wanting := answers.lacking(operation_name, api_params, answer):
                        raise IncompleteAnswer(operation=operation_name, lacking=wanting)
                except (IncompleteAnswer, ResponseParserError):
                    if not tries:
                        raise
                    time.sleep(0.2)  # the network's or a replica's hiccup; what lasts is the caller's Patience's
                else:
                    return answer

    return Checked
