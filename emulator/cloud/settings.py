"""What one emulator process was started with."""

from __future__ import annotations

import dataclasses
import functools
import os
from pathlib import Path

from emulator.cloud.ecr.registry import Registry
from emulator.cloud.key import USER, Key

TIME_VARIABLE = "SLUICE_TIME"
FASTEST = 1000.0


@dataclasses.dataclass(frozen=True)
class Settings:
    """The server's settings.

    Attributes:
        account: the 12-digit account of this checkout; calls signed with another 12-digit key id see another account.
        region: the region assumed where a call names none.
        host: the Docker bridge address that everything is bound to.
        port: the port of the AWS endpoint.
        registry: `127.0.0.1:PORT` of the container registry behind ECR.
        local_dir: the checkout's local folder.
        authority: the folder that keeps the authority which signs certificates.
        key: of the local folder; whoever calls proves that he has it.
    """

    account: str
    region: str
    host: str
    port: int
    registry: str
    local_dir: Path
    authority: Path
    key: Key

    @property
    def endpoint(self) -> str:
        """Where the emulated AWS answers."""
        return f"http://{self.host}:{self.port}"

    @property
    def images(self) -> Registry:
        """The container registry, and how to log in to it."""
        return Registry(self.registry, USER, self.key.registry_password)


@functools.cache
def time_factor(text: str | None = None) -> float:
    """How much faster AWS's own delays pass here: SLUICE_TIME, from 1 (AWS's numbers, the default) to 1000.

    Raises:
        SystemExit: it is not such a number.
    """
    text = os.environ.get(TIME_VARIABLE, "") if text is None else text
    try:
        factor = float(text or 1)
    except ValueError:
        factor = 0.0
    if not 1 <= factor <= FASTEST:
        raise SystemExit(f"{TIME_VARIABLE}={text} is not a number from 1 to {FASTEST:.0f}\n  fix: unset it")
    return factor


def shortened(seconds: float) -> float:
    """One of AWS's delays as it is waited for here, in seconds.

    Check intervals, start and grace periods, the 40 s rule, back-off, bake time and deregistration delay are AWS's. A
    check's time-out and `stopTimeout` are the program's own time, which nothing makes faster: they stay as they are.
    """
    return seconds / time_factor()


def minutes(count: float) -> float:
    """Minutes of a deployment strategy (bake times, steps, pauses) as they are waited for here, in seconds.

    One second each, so that a canary can be watched; SLUICE_TIME makes them AWS's minutes, divided by its factor.
    """
    return count * (60.0 / time_factor() if os.environ.get(TIME_VARIABLE) else 1.0)
