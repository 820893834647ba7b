"""Back to the version before: by ECS itself where its deployment is known, else by deploying it; and to its end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from gate.clock import Clock
from gate.errors import Interrupted
from gate.judge import State, Version, judge, primary, progress
from gate.patience import Patience
from gate.rollout_failure import RolloutFailed, Witness
from gate.service import Service
from gate.shape import Shape

POLL_SECONDS = 1.0
LISTED_SECONDS = 30.0
"""How long a deployment that was just started may be missing from the service."""


class WayBack:
    """Of one rollout. *log* takes a line, and whether it is only progress."""

    def __init__(
        self,
        service: Service,
        patience: Patience,
        clock: Clock,
        log: Callable[[str, bool], None],
        witness: Witness,
    ) -> None:
        self._service = service
        self._patience = patience
        self._clock = clock
        self._log = log
        self._witness = witness

    def interrupt(self, previous: Version) -> None:
        """Begins to go back while the deployment is going on, and waits for nothing.

        StopServiceDeployment brings back all that the deployment changed, and needs no memory of ours; it is refused
        once the deployment has ended.
        """
        arn = self._witness.ask([], "ECS' record", self._service.service_deployment, self._witness.after)
        refused: list[str] = []
        if arn and self._witness.ask(refused, "StopServiceDeployment", self._stop, arn):
            return
        self.deploy(previous)

    def _stop(self, arn: str) -> bool:
        self._service.stop_deployment(arn)
        return True

    def deploy(self, previous: Version) -> str:
        """Deploys *previous*, with the network it had; returns the deployment's id."""
        seen = self._patience.ask(self._service.describe) or {}
        changes = previous.shape.missing_in(Shape.of(seen, primary(seen) or {}))
        return self._patience.ask(self._service.deploy, previous.task_definition, False, changes)

    def complete(self, back: str, previous: Version, text: str, deadline: int, show: Callable[[str], None]) -> NoReturn:
        """Awaits the deployment *back*, at most *deadline* seconds. Raises RolloutFailed with *text* and what serves in
        the end, or Interrupted. *show* takes the progress."""
        name = previous.task_definition.rpartition("/")[2]
        begun, listed = self._clock.now(), False
        while True:
            seen = self._patience.ask(self._service.describe)
            state = judge(seen, back, "").state
            listed = listed or lists(seen, back)
            if not listed and self._clock.now() - begun < LISTED_SECONDS:
                state = State.IN_PROGRESS
            if state is State.COMPLETED:
                raise RolloutFailed(f"{text}\n  {name} serves again.")
            if state is not State.IN_PROGRESS or self._clock.now() - begun > deadline:
                raise RolloutFailed(
                    f"{text}\n  Going back to {name} did not complete ({state.value}): look at the service in ECS now."
                )
            if self._clock.halted():
                raise Interrupted(f"{text}\n  Cancelled while going back to {name}, which ECS goes on with.")
            show(f"going back: {progress(seen or {}, back)}")
            self._clock.wait(POLL_SECONDS)


def lists(service: Mapping[str, Any] | None, deployment: str) -> bool:
    """True when the service shows the deployment."""
    return any(one.get("id") == deployment for one in (service or {}).get("deployments", []))
