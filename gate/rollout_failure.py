"""A rollout that did not end well, in words: why, the evidence, what serves now, what to do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from gate.errors import GateError
from gate.evidence import ended_by, failed, new_events, serves_now, stop_reasons
from gate.judge import Judgement, State
from gate.patience import Patience
from gate.service import Service
from gate.smoke import Answer, Smoke

P = ParamSpec("P")
T = TypeVar("T")

SKEW_SECONDS = 60.0
"""How far this machine's clock and ECS' may differ."""


TASKS_READ = 3
"""Failed tasks whose logs are read, until one has lines."""


class RolloutFailed(GateError):
    """The new version is not what users get, or is not proven; the text says what they get now."""


class Answered(NamedTuple):
    """The smoke request that failed, and what came back."""

    smoke: Smoke
    answer: Answer


class Witness:
    """Asks AWS what happened; an answer that cannot be had is a line of the text, and hides nothing else.

    Args:
        since: when the deployment was started, by this machine's clock; seconds since the epoch.
    """

    def __init__(
        self, service: Service, patience: Patience, task_definition: str, target_groups: Sequence[str], since: float
    ) -> None:
        self._service = service
        self._patience = patience
        self._task_definition = task_definition
        self._target_groups = target_groups
        self.since = since
        self.known_events: frozenset[str] = frozenset()
        self.answered: Answered | None = None

    @property
    def after(self) -> float:
        """ECS' own records of the deployment are not older than this."""
        return self.since - SKEW_SECONDS

    def ask(self, text: list[str], name: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What AWS says, or a line in *text* that it could not be asked: explaining must not keep anybody from going
        back."""
        try:
            return self._patience.ask(call, *args, **kwargs)
        except (GateError, BotoCoreError, ClientError) as error:
            text.append(f"  {name}: could not be read ({error})")
            return None

    def explain(self, why: Judgement, deployment: str, previous: str, returning: bool = False) -> str:
        """The whole text. *returning*: the gate goes back itself, and says how that ended."""
        text: list[str] = []
        arn = self.ask(text, "ECS' record", self._service.service_deployment, self.after)
        record = self.ask(text, "ECS' record", self._service.service_deployment_evidence, arn) if arn else None
        by = ended_by(why.reason, record or []) if why.state in (State.ROLLED_BACK, State.FAILED) else ""
        name = self._task_definition.rpartition("/")[2]
        text.insert(0, f"the rollout of {name} {why.state.value}{by}: {why.reason or 'no reason given'}")
        text.extend(f"  ECS' record:   {line}" for line in record or [])
        self._tasks(text, deployment)
        for group in self._target_groups:
            state = self.ask(text, "targets", self._service.targets, group)
            if state is not None:
                text.append(f"  targets:       {state}")
        seen = self.ask(text, "the service", self._service.describe)
        events = new_events(seen, self.known_events)
        text.extend(f"  ECS says:      {event}" for event in events)
        if not previous:
            text.append("  This was the first deployment: there is no version to go back to.")
        elif not returning:
            text.append(f"  {previous.rpartition('/')[2]} keeps serving.")
        if not returning:
            text.append(f"  now serves:    {serves_now(seen)}")
        text.append("  Fix the cause and run `pulumi up` again: it is a new rollout.")
        return "\n".join(text)

    def _tasks(self, text: list[str], deployment: str) -> None:
        found = self.ask(text, "stopped tasks", self._service.stopped_tasks, deployment, self._task_definition)
        stopped = failed(found or [])
        text.extend(f"  stopped tasks: {reason}" for reason in stop_reasons(stopped))
        for task in stopped[:TASKS_READ]:  # the newest first; one that ended early may have printed nothing
            lines = self.ask(text, "log", self._service.last_lines, task)
            if lines is None:
                return
            if lines:
                text.append(f"  last lines of task {task['taskArn'].rpartition('/')[2]}:")
                text.extend(f"    | {line}" for line in lines)
                return
        if stopped:
            text.append("  it had printed nothing")
