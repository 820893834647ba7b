"""Goes on through short troubles of the connection to AWS, and gives up with "unknown", never with "failed"."""

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
"""How long AWS may be out of reach while something is watched."""
HALTED_SECONDS = 2.5
"""The same after Ctrl-C, when the engine waits five seconds for an answer."""


class Unknown(GateError):
    """AWS cannot be asked any more. What was started goes on; the next `pulumi up` finds out how it ended."""


class Patience:
    """Asks AWS again through short troubles; calls must be safe to repeat."""

    def __init__(self, clock: Clock, what: str) -> None:
        self._clock = clock
        self._what = what

    def now(self) -> float:
        """Seconds, by the clock that it waits by."""
        return self._clock.now()

    def ask(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return what *call* returns. Raises Unknown, or the call's own error when it is an answer."""
        begun = self._clock.now()
        pause = 1.0
        while True:
            tried = self._clock.now()
            try:
                return call(*args, **kwargs)
            except (BotoCoreError, ClientError) as error:
                if expired(error):
                    raise Unknown(
                        f"the AWS credentials expired while {self._what}: the verdict is unknown. It goes on by "
                        "itself; log in again and run `pulumi up`, which picks it up where it is"
                    ) from error
                if not transient(error):
                    raise
                halted = self._clock.halted()
                limit = HALTED_SECONDS if halted else UNREACHABLE_SECONDS
                # By when the try began, unless somebody waits: a process that was suspended meanwhile asks once more.
                if (self._clock.now() if halted else tried) - begun > limit:
                    raise Unknown(
                        f"AWS could not be reached while {self._what} ({error}): the verdict is unknown. It goes on by "
                        "itself; run `pulumi up` again, which picks it up where it is"
                    ) from error
                self._clock.wait(pause)
                pause = min(pause * 2, 15.0)
