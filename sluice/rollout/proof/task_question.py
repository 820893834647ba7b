"""Sends a request from a one-off task in the service's network: the task's command sends it and judges the answer.

IAM: what sluice.aws.tasks says, of the smoke task's definition; logs:GetLogEvents on its log group.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.logs import last_lines
from sluice.aws.observation import Confirmation, older_task, whole_end
from sluice.aws.patience import Patience
from sluice.aws.tasks import EcsTasks, Place, token
from sluice.clock import Clock
from sluice.diagnosis.log_place import LogPlace
from sluice.diagnosis.redaction.presentable import command_line
from sluice.diagnosis.verdict import Kind, Outcome, essential, forgotten, retryable, verdict
from sluice.duration import short_time
from sluice.errors import GateError
from sluice.inputs.smoke import Smoke
from sluice.inputs.smoke_task import SmokeTask
from sluice.migration.step.shard import backoff_seconds, poll_seconds
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.diagnosis.smoke_diagnosis import Answered, TaskEnd
from sluice.rollout.proof.question import Reply

LONGEST_SECONDS = 300.0
"""From the first start to the end of the task that asks: Fargate needs up to a minute to start one."""
STARTS = 3
"""So often a task is started that could not start, unless what keeps it passes by itself."""
LATE_LINES_SECONDS = 3.0
"""How long the log of a task that failed is waited for."""


class TaskQuestion:
    """Each request is one task.

    Args:
        log: takes a line, and whether it is only progress.
        toward: the request that says where to connect to and which Host header to send; None: the URL does.
        seconds: from the first start to the end of the task.
        variables: more of the command's environment.
        setting: that gives the command, for the remedy of one that does not end.
    """

    def __init__(
        self,
        ecs: Any,
        logs: Any,
        cluster: str,
        task: SmokeTask,
        clock: Clock,
        log: Callable[[str, bool], None],
        toward: Smoke | None = None,
        seconds: float = LONGEST_SECONDS,
        variables: Mapping[str, str] | None = None,
        setting: str = "smoke.command",
    ) -> None:
        self._seconds = seconds
        self._variables = dict(variables or {})
        self._setting = setting
        self._toward = toward
        self._logs = logs
        self._task = task
        self._place = Place(
            cluster,
            task.task_definition,
            task.container,
            task.subnets,
            task.security_groups,
            task.assign_public_ip,
        )
        self._tasks = EcsTasks(ecs, cluster)
        self._clock = clock
        self._log = log
        self._patience = Patience(clock, "asking the service by a task")
        self._salt = uuid.uuid4().hex
        self._asked = 0
        self._containers: list[Mapping[str, Any]] = []

    def __call__(self, smoke: Smoke, heed: Callable[[], None]) -> Reply:
        """Run the command once to its end. Raises what *heed* raises, after stopping the task; and Unknown."""
        begun, starts = self._clock.now(), 0
        while True:
            starts += 1
            outcome, arn = self._once(smoke, heed, begun)
            again = retryable(outcome) and (outcome.passing or starts < STARTS)
            if not again or self._clock.now() - begun > self._seconds:
                return self._reply(smoke, outcome, arn)
            self._log(f"{outcome.title}; the task that asks is tried again", False)
            self._clock.wait(backoff_seconds(starts, 1.0))
            heed()

    def _once(self, smoke: Smoke, heed: Callable[[], None], begun: float) -> tuple[Outcome, str]:
        """One task to its end; and its ARN, empty when ECS started none."""
        if not self._containers:
            found = self._patience.ask(self._tasks.definition, self._place.task_definition)
            self._containers = list(found.get("containerDefinitions") or ())
        self._asked += 1
        attempt = token(self._salt, smoke.url, 0, self._asked)
        told = environment(smoke, self._toward or smoke) | self._variables
        ask = (self._place, self._task.command, told, attempt)
        started = self._patience.ask(self._tasks.start, *ask)
        if isinstance(started, Outcome):
            return started, ""
        name = started.rpartition("/")[2]
        self._log(f"task {name} asks {smoke.url}: {command_line(self._task.command)}", False)
        try:
            return self._end(started, heed, begun), started
        except GateError:
            self._stop(started, "Sluice: nobody waits for the answer")
            raise

    def _end(self, arn: str, heed: Callable[[], None], begun: float) -> Outcome:
        names, asked = essential(self._containers), self._clock.now()
        seen: Mapping[str, Any] = {}
        doubt = Confirmation()
        while True:
            heed()
            task = self._patience.ask(self._tasks.describe, [arn]).get(arn)
            now = self._clock.now()
            if task is not None and not older_task(task, seen):
                seen = task
                outcome = verdict(task, names, self._place.container)
                if outcome.kind is not Kind.RUNNING and (whole_end(task, names) or doubt.confirmed("its end", now)):
                    return outcome
            if now - begun > self._seconds:
                self._stop(arn, "Sluice: it did not end in its time")
                return endless(seen, arn, self._seconds, self._setting)
            self._log(f"waiting for the task that asks, {short_time(now - asked)}", True)
            self._clock.wait(poll_seconds(now - asked))

    def _stop(self, arn: str, reason: str) -> None:
        """Once: the task ends by itself where this fails."""
        try:
            self._tasks.stop(arn, reason)
        except (BotoCoreError, ClientError) as error:
            self._log(f"warning: task {arn.rpartition('/')[2]} could not be stopped: {error}", False)

    def _reply(self, smoke: Smoke, outcome: Outcome, arn: str) -> Reply:
        name = arn.rpartition("/")[2]
        if outcome.succeeded:
            end = TaskEnd(outcome, name)
            said = f"task {name} asked {smoke.url} and exited 0"
            return Reply("", said, Answered(smoke, Answer(0, ""), end))
        lines = self._last_lines(arn) if arn and outcome.kind is not Kind.NOT_STARTED else []
        wrong = f"the task that asked {smoke.url} {_ended(outcome)}"
        if lines:
            wrong += f": {lines[-1]}"
        return Reply(wrong, wrong, Answered(smoke, Answer(0, wrong), TaskEnd(outcome, name, tuple(lines))))

    def _last_lines(self, arn: str) -> list[str]:
        """The end of the task's log, which may come a moment after the task's end; empty when it cannot be read."""
        own = next((one for one in self._containers if one.get("name") == self._place.container), {})
        place = LogPlace.of(own)
        if place is None:
            return []
        begun = self._clock.now()
        while True:
            try:
                lines = self._patience.ask(last_lines, self._logs, place.group, place.stream(arn))
            except (BotoCoreError, ClientError) as error:
                self._log(f"warning: the log of the task that asked could not be read: {error}", False)
                return []
            if lines or self._clock.now() - begun > LATE_LINES_SECONDS:
                return lines
            self._clock.wait(1.0)


def inside(
    smoke: Smoke | None, ecs: Any, logs: Any, cluster: str, clock: Clock, log: Callable[[str, bool], None]
) -> TaskQuestion | None:
    """Return what sends requests in place of the deployer; None where the deployer sends them, or none are sent."""
    task = smoke.task if smoke else None
    return TaskQuestion(ecs, logs, cluster, task, clock, log, smoke) if task else None


def environment(smoke: Smoke, toward: Smoke) -> dict[str, str]:
    """Return the variables of the command, which docs/smoke.md describes. toward: see TaskQuestion."""
    return {
        "SLUICE_URL": smoke.url,
        "SLUICE_ADDRESS": toward.address,
        "SLUICE_HOST": toward.host,
        "SLUICE_STATUS": str(smoke.status),
        "SLUICE_TIMEOUT": str(smoke.timeout),
        "SLUICE_VERSION": smoke.version,
        "SLUICE_VERSION_HEADER": smoke.version_header,
    }


def _ended(outcome: Outcome) -> str:
    if outcome.kind is Kind.FAILED and outcome.exit_code is not None:
        return f"ended with {outcome.title}"
    return f"did not answer: {outcome.title}"


def endless(
    seen: Mapping[str, Any], arn: str, seconds: float = LONGEST_SECONDS, setting: str = "smoke.command"
) -> Outcome:
    """Of a task that did not end within *seconds*. setting: gives its command."""
    if not seen:
        return forgotten(arn)
    limit, status = short_time(seconds), seen.get("lastStatus")
    if status in ("PROVISIONING", "PENDING", "ACTIVATING"):
        return Outcome(
            Kind.NOT_STARTED,
            f"the task was still {status} after {limit}",
            "ECS did not get the task to run",
            "read the task's status in ECS: it is often the way to the image's registry",
            lasting=True,
        )
    return Outcome(
        Kind.FAILED,
        f"it had not ended after {limit}, and was stopped",
        f"{setting} does not end by itself",
        "let it give up after SLUICE_TIMEOUT seconds; an entrypoint that drops the command starts the server instead: "
        "name an image without one in smoke.image",
    )
