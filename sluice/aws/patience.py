"""Retries calls through short outages of AWS; a long outage ends with "unknown", never with "failed"."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.session import expired, transient
from sluice.clock import Clock
from sluice.errors import GateError

P = ParamSpec("P")
T = TypeVar("T")

UNREACHABLE_SECONDS = 120.0
"""Seconds for which AWS may be unreachable."""
HALTED_SECONDS = 2.5
"""The same after Ctrl-C, when the engine waits five seconds for the plugin."""


class Unknown(GateError):
    """AWS stopped answering. Running tasks keep running; the next `pulumi up` reads their result."""


class Patience:
    """Retries calls through short outages; the calls must be safe to repeat.

    Args:
        clock: measures and waits.
        what: what is being done, for the error text, such as "starting the migrations".
    """

    def __init__(self, clock: Clock, what: str) -> None:
        self._clock = clock
        self._what = what

    def now(self) -> float:
        """Return the time of its clock, in seconds."""
        return self._clock.now()

    def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return the result of *call*.

        Raises:
            Unknown: AWS stopped answering, or the credentials expired.
            ClientError, BotoCoreError: the call's own error, when a retry cannot help.
        """
        begun = self._clock.now()
        pause = 1.0
        while True:
            tried = self._clock.now()
            try:
                return call(*args, **kwargs)
            except (BotoCoreError, ClientError) as error:
                if expired(error):
                    raise Unknown(
                        f"the AWS credentials expired while {self._what}: the result is unknown. What was started "
                        "keeps running. Fix: log in again and run `pulumi up`, which continues there"
                    ) from error
                if not transient(error):
                    raise
                halted = self._clock.halted()
                limit = HALTED_SECONDS if halted else UNREACHABLE_SECONDS
                # At the start of the attempt, so that a suspended process makes one more; after Ctrl-C at its end.
                if (self._clock.now() if halted else tried) - begun > limit:
                    raise Unknown(
                        f"AWS could not be reached while {self._what} ({error}): the result is unknown. What was "
                        "started keeps running. Fix: run `pulumi up` again, which continues there"
                    ) from error
                self._clock.wait(pause)
                pause = min(pause * 2, 15.0)
