"""One account of a running emulator, plain or corrected, as a probe uses it."""

from __future__ import annotations

import functools
import itertools
import json
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
import botocore.config
from botocore.exceptions import ClientError

ROOT = Path(__file__).resolve().parents[3]
REGION = "us-east-1"
T = TypeVar("T")


class Account:
    """An account, a second account beside it, and what several probes share.

    Attributes:
        endpoint: the address of the emulator.
        pid: its process.
        number: the account's 12 digits, which are its access key id too.
        other: the second account's.
    """

    def __init__(
        self, endpoint: str, pid: int, numbers: tuple[str, str], secret: Callable[[str], str], inside: tuple[str, ...]
    ) -> None:
        """Take a running emulator. inside: the command that calls its functions in a process of their own."""
        self.endpoint, self.pid, self.number, self.other = endpoint, pid, *numbers
        self._secret, self._inside = secret, inside
        self._numbers = itertools.count(1)
        self._made: dict[Callable[[Account], Any], Any] = {}

    def client(self, service: str, account: str = "") -> Any:
        """A boto3 client without retries: the first answer counts. account: this one when empty."""
        number = account or self.number
        settings = botocore.config.Config(
            retries={"total_max_attempts": 1}, read_timeout=30, proxies={}, inject_host_prefix=False
        )
        connect: Any = boto3.client  # The service is a variable: no overload fits.
        return connect(
            service,
            endpoint_url=self.endpoint,
            aws_access_key_id=number,
            aws_secret_access_key=self._secret(number),
            region_name=REGION,
            config=settings,
        )

    def name(self, noun: str) -> str:
        """A name that nothing else has."""
        return f"{noun}-{next(self._numbers)}"

    def once(self, make: Callable[[Account], T]) -> T:
        """What `make` returns for this account, made at the first call."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    @functools.cached_property
    def functions(self) -> dict[str, bool]:
        """The probes of inside.py: whether each shows its fault in this emulator's functions."""
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [*self._inside, folder], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
            )
        assert done.returncode == 0, done.stderr
        found: dict[str, bool] = json.loads(done.stdout)
        return found


def code(call: Callable[..., Any], **parameters: Any) -> str:
    """The error code of one API call; empty when it succeeds."""
    try:
        call(**parameters)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return ""
