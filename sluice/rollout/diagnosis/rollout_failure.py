"""The text of a failed rollout: cause and fix, the facts, and what serves now."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.patience import Patience
from sluice.diagnosis.printed import Printed
from sluice.diagnosis.redaction.repeated import fold
from sluice.errors import GateError
from sluice.rollout.deployment.judge import Judgement, State, TargetState
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.evidence import (
    BREAKER,
    ended_by,
    event_texts,
    failed,
    new_events,
    plain,
    service_deployment,
    serving_line,
    stop_reasons,
)
from sluice.rollout.diagnosis.revision_setup import Setup, setup
from sluice.rollout.diagnosis.rollout_diagnosis import Diagnosis, Seen, diagnose
from sluice.rollout.diagnosis.smoke_diagnosis import Answered

P = ParamSpec("P")
T = TypeVar("T")

TASKS_READ = 3
"""Tasks whose logs are read, until one has lines."""
SHOWN_LINES = 20
"""Of a log's end, each different one once."""


class RolloutFailed(GateError):
    """The new version does not serve, or is not proven; the text says what serves now."""


class Witness:
    """Asks AWS what happened; an answer that cannot be had is a line of the text, and hides nothing else.

    Attributes:
        known_events: ids of the service's events from before the rollout.
        answered: the smoke request that failed; None: none did.
        found: cause and fix, where they are known without AWS; None: the facts decide.
    """

    def __init__(
        self, service: Service, patience: Patience, task_definition: str, target_groups: Sequence[str]
    ) -> None:
        self._service = service
        self._patience = patience
        self._task_definition = task_definition
        self._target_groups = target_groups
        self.known_events: frozenset[str] = frozenset()
        self.answered: Answered | None = None
        self.found: Diagnosis | None = None

    def ask(self, text: list[str], name: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """What AWS says, or a line in *text* that it could not be asked: explaining must not keep anybody from going
        back."""
        try:
            return self._patience.ask(call, *args, **kwargs)
        except (GateError, BotoCoreError, ClientError) as error:
            text.append(f"  {name}: could not be read ({error})")
            return None

    def explain(
        self,
        why: Judgement,
        deployment: str,
        previous: str,
        returning: bool = False,
        first: bool | None = None,
    ) -> str:
        """The whole text: cause and fix, then the facts that they rest on, then what serves.

        Args:
            previous: the revision that served before; empty when none is known.
            returning: the gate rolls back itself, and says how that ended.
            first: whether nothing was ever released; None: it was when *previous* is empty.
        """
        facts = self._read(deployment)
        found = self.found or diagnose(facts.seen(why, self.answered))
        by = ended_by(why.reason, facts.record) if why.state in (State.ROLLED_BACK, State.FAILED) else ""
        text = [
            _title(self._task_definition, why, by, facts.record),
            f"  cause:         {found.cause}",
            f"  fix:           {found.fix}",
            *(f"  ECS' record:   {line}" for line in facts.record if not by),
            *(f"  stopped tasks: {reason}" for reason in stop_reasons(facts.stopped)),
            *(f"  targets:       {state}" for state in facts.targets if state.states.keys() - {"healthy", "draining"}),
            *(f"  ECS says:      {event}" for event in new_events(facts.service, self.known_events)),
            *_smoke_task(self.answered),
            *_log(facts),
            *facts.unread,
        ]
        if not previous and first in (None, True):
            text.append("  This was the first deployment: there is no version to roll back to.")
        elif not previous:
            text.append("  There is no version to roll back to that is known to have served.")
        if not returning:
            stays = previous if why.state in (State.ROLLED_BACK, State.FAILED) else ""
            text.append(f"  {serving_line(facts.service, stays)}")
        return "\n".join(text)

    def _read(self, deployment: str) -> Facts:
        """Everything that the text needs, in one place: what cannot be read is said, and hides nothing else."""
        facts, ask, readings = Facts(known_events=self.known_events), self.ask, self._service.readings
        unread = facts.unread
        facts.record = service_deployment(ask(unread, "ECS' record", self._service.record, deployment))
        facts.service = ask(unread, "the service", self._service.describe)
        found = ask(unread, "stopped tasks", self._service.stopped_tasks, deployment, self._task_definition)
        facts.stopped = failed(found or [])
        for group in self._target_groups:
            state = ask(unread, "targets", self._service.targets, group)
            facts.targets.extend([state] if state is not None else [])
        definition = ask(unread, "task definition", readings.definition, self._task_definition)
        group = self._target_groups[0] if self._target_groups else ""
        checks = ask(unread, "health check", readings.target_group, group) if group else None
        facts.setup = setup(definition or {}, facts.service, checks or {}, group)
        # Tasks of a version that answers wrongly still run.
        if facts.stopped:
            self._read_log(facts, facts.stopped)
        else:
            self._read_log(facts, ask(unread, "running tasks", readings.running_tasks, deployment) or [])
        return facts

    def _read_log(self, facts: Facts, tasks: Sequence[Mapping[str, Any]]) -> None:
        """Read the log of the newest task that has printed something."""
        for task in tasks[:TASKS_READ]:
            lines = self.ask(facts.unread, "log", self._service.last_lines, task)
            if lines is None:
                return
            facts.silent = True
            if lines:
                facts.silent, facts.lines, facts.task = False, lines, task
                break
        if facts.task and facts.setup.log is not None:
            read = self._service.readings.first_lines
            facts.first = self.ask(facts.unread, "log", read, facts.task, facts.setup.log) or []


@dataclass
class Facts:
    """What was read of a rollout that failed; empty where nothing was.

    Attributes:
        known_events: ids of the service's events from before it.
        record: lines of ECS' record of the service deployment.
        service: as DescribeServices shows it.
        stopped: its tasks that stopped by themselves or for their health, the newest first.
        targets: of each target group.
        setup: of the revision and its first target group.
        task: whose log was read; *lines*: the log's end; *first*: its beginning.
        silent: logs were read and are empty.
        unread: lines that say what could not be read.
    """

    known_events: frozenset[str] = frozenset()
    record: list[str] = field(default_factory=list)
    service: Mapping[str, Any] | None = None
    stopped: list[Mapping[str, Any]] = field(default_factory=list)
    targets: list[TargetState] = field(default_factory=list)
    setup: Setup = field(default_factory=Setup)
    task: Mapping[str, Any] = field(default_factory=dict)
    lines: list[str] = field(default_factory=list)
    first: list[Printed] = field(default_factory=list)
    silent: bool = False
    unread: list[str] = field(default_factory=list)

    def seen(self, why: Judgement, answered: Answered | None) -> Seen:
        """The same for the diagnosis."""
        started = self.task.get("startedAt")
        return Seen(
            why,
            self.stopped,
            [reason for state in self.targets for reason in state.reasons],
            event_texts(self.service, self.known_events),
            self.record,
            self.setup,
            self.lines,
            self.first,
            started.timestamp() if isinstance(started, datetime) else None,
            answered,
        )


_ENDS = {
    State.ROLLED_BACK: "was rolled back",
    State.FAILED: "failed",
    State.SUPERSEDED: "was superseded",
    State.GONE: "is gone",
}


def _title(task_definition: str, why: Judgement, by: str, record: Sequence[str]) -> str:
    name = task_definition.rpartition("/")[2]
    counted = next((line.partition(": ")[2] for line in record if line.startswith(BREAKER)), "")
    reason = counted if by else plain(why.reason) or "no reason given"
    ended = "was ended" if by and why.state is State.FAILED else _ENDS.get(why.state, why.state.value)
    return f"the rollout of {name} {ended}{by}" + (f": {reason}" if reason else "")


def _smoke_task(answered: Answered | None) -> list[str]:
    if answered is None or answered.task is None or not answered.task.lines:
        return []
    folded = fold(answered.task.lines)[-SHOWN_LINES:]
    return [f"  last lines of task {answered.task.name}, which asked:", *(f"    | {line}" for line in folded)]


def _log(facts: Facts) -> list[str]:
    if facts.silent:
        return ["  log:           it had printed nothing"]
    if not facts.lines:
        return []
    folded = fold(facts.lines)[-SHOWN_LINES:]
    arn = str(facts.task["taskArn"])
    place = facts.setup.log
    return [
        f"  last lines of task {arn.rpartition('/')[2]}:",
        *(f"    | {line}" for line in folded),
        *([f"  log:           log group {place.group}, stream {place.stream(arn)}"] if place else []),
    ]
