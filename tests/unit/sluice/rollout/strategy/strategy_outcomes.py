"""Every way a rollout that shifts traffic can fail, each a run against the simulated ECS: a part of docs/outcomes.md.

``python -m tests.unit.sluice.diagnosis.outcomes`` writes the page.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluice.diagnosis.verdict import Kind, Outcome
from sluice.errors import GateError
from sluice.inputs.smoke import Smoke
from sluice.release.approval import Approval
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.diagnosis.smoke_diagnosis import Answered, TaskEnd
from sluice.rollout.proof.question import Reply
from tests.unit.sluice.rollout.strategy.cloud import Version
from tests.unit.sluice.rollout.strategy.deployments import NEW
from tests.unit.sluice.rollout.strategy.shifting import Stage
from tests.unit.sluice.rollout.strategy.stopping import CRASHED, stopping

Change = Callable[[Stage], None]


@dataclass(frozen=True)
class Case:
    """One way to fail.

    Attributes:
        name: the row.
        says: parts of the text.
        kind: the strategy.
        change: what is wrong.
        users: the share of the users, in percent, that reached the version; None: the rollout did not begin.
        strategy: keys of the strategy.
        rollout: arguments of the rollout.
    """

    name: str
    says: Sequence[str]
    kind: str = "blueGreen"
    change: Change = lambda stage: None
    users: float | None = 0.0
    strategy: Mapping[str, Any] = field(default_factory=dict)
    rollout: Mapping[str, Any] = field(default_factory=dict)

    def run(self) -> tuple[Stage, str]:
        """The stage after the rollout, and the error's text."""
        stage = Stage(self.kind, **self.strategy)
        self.change(stage)
        try:
            stage.roll_out(**self.rollout)
        except GateError as error:
            return stage, str(error)
        raise AssertionError(f"{self.name}: it did not fail")


def version(**how: Any) -> Change:
    """The new version answers like this."""

    def change(stage: Stage) -> None:
        stage.cloud.versions[NEW] = Version(**how)

    return change


def ended(reason: str, share: float = 0.0, alarms: tuple[str, ...] = ()) -> Change:
    """ECS rolls the deployment back for this reason, once so many users reach it."""

    def change(stage: Stage) -> None:
        def trouble(call: str, after: bool) -> None:
            newest = stage.cloud.deployments[0]
            due = newest.share == share and newest.stage not in ("", "PRE_SCALE_UP")
            if newest.revision == NEW and newest.status == "IN_PROGRESS" and due and not after:
                newest.alarms = alarms
                stage.cloud.roll_back(newest, reason)

        stage.cloud.trouble = trouble

    return change


def moved(first: int, second: int) -> Change:
    """Somebody has set the weights of the production rule."""

    def change(stage: Stage) -> None:
        stage.cloud.moved_by_hand = dict(zip(stage.strategy.target_groups, (first, second), strict=True))

    return change


def superseded(stage: Stage) -> None:
    """Somebody deploys another version at the pause."""

    def trouble(call: str, after: bool) -> None:
        if stage.cloud.deployments[0].revision == NEW and stage.cloud.deployments[0].hook and not after:
            stage.cloud.start("arn:td/notes:9")

    stage.cloud.versions["arn:td/notes:9"] = Version()
    stage.cloud.trouble = trouble


def without_pause(stage: Stage) -> None:
    """The service has lost its pauses."""
    described = stage.cloud._service

    def service() -> dict[str, Any]:
        return described() | {"deploymentConfiguration": {"strategy": "BLUE_GREEN"}}

    stage.cloud._service = service  # type: ignore[method-assign]


def foreign_revision(stage: Stage) -> None:
    """Another revision than the gate's is behind the deployment."""

    def revisions(**_: Any) -> dict[str, Any]:
        return {"serviceRevisions": [{"taskDefinition": "arn:td/evil:1"}]}

    stage.cloud.describe_service_revisions = revisions  # type: ignore[method-assign, assignment]


def few(stage: Stage) -> None:
    """Hardly anybody uses the service."""
    stage.cloud.rate = 0.1


def crashing(stage: Stage) -> None:
    """A task of the new version ends in the bake time."""
    stopping(stage, 20.0, CRASHED)


class Aborted:
    """Approvals in which somebody has aborted every deployment."""

    def last(self) -> Approval:
        arn = "arn:aws:ecs:eu-central-1:123456789012:service-deployment/notes/web/2"
        return Approval(arn, "h", "ROLLBACK", "ann@laptop", 0, "wrong prices")


def proof(smoke: Smoke, heed: Callable[[], None]) -> Reply:
    """The caller's command fails."""
    wrong = "the task that asked ended with exit code 1: basket is empty"
    end = TaskEnd(Outcome(Kind.FAILED, "exit code 1", exit_code=1), "t1", ("basket is empty",))
    return Reply(wrong, wrong, Answered(smoke, Answer(0, wrong), end))


NOT_AUTHORIZED = (
    "TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. User: arn:aws:sts::123456789012:assumed-role/x/ECSNetworkingWithELB "
    "is not authorized to perform: elasticloadbalancing:ModifyRule"
)
CASES: Sequence[Case] = (
    Case("wrong answer on test traffic", ["answered 503 instead of 200"], change=version(status=503)),
    Case(
        "its targets stay unhealthy",
        ["targets are not healthy within the deadline"],
        change=version(healthy=False),
        rollout={"deadline": 600},
    ),
    Case("the caller's own proof fails", ["service.proof.command did not exit 0"], "canary", rollout={"proof": proof}),
    Case(
        "2 % errors, only under real traffic",
        ["percentage points more requests fail", "does worse"],
        "canary",
        version(failed_share=0.02),
        5.0,
        {"stepPercent": 5},
    ),
    Case("slow, only under real traffic", ["p95 is 400 ms"], "linear", version(p95=0.4), 20.0, {"stepPercent": 20}),
    Case("too few requests for a verdict", ["there is no verdict", "analysis.minRequests"], "canary", few, 10.0),
    Case("wrong answer to users only", ["answered 500 instead of 200"], change=version(users=500), users=100.0),
    Case("a task ends in the bake time", ["a task of it had to be replaced"], change=crashing, users=100.0),
    Case(
        "nobody approves in time",
        ["nobody approved", "raise service.pauseMinutes"],
        strategy={"approve": "manual", "pauseMinutes": 30},
    ),
    Case(
        "a person aborts it",
        ["ann@laptop aborted it: wrong prices"],
        change=ended("Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT pause hook failed."),
        rollout={"approvals": Aborted()},
    ),
    Case(
        "a pause is answered outside the gate",
        ["outside the gate", "CloudTrail"],
        change=ended("Service deployment rolled back because POST_TEST_TRAFFIC_SHIFT lifecycle hook(s) failed."),
    ),
    Case("an alarm", ["alarm high-5xx went off"], "canary", ended("alarms", 10.0, ("high-5xx",)), 10.0),
    Case("the infrastructure role lacks a permission", ["lacks a permission"], change=ended(NOT_AUTHORIZED)),
    Case(
        "both groups serve when ECS shifts",
        ["sends users to both target groups"],
        change=ended("The listener should have exactly one target group serving traffic but found 2"),
    ),
    Case(
        "a rule forwards elsewhere",
        ["another target group than ECS expects"],
        change=ended("Production listener rule is forwarding traffic to unexpected target group"),
    ),
    Case("a newer deployment", ["was superseded", "let that one end first"], change=superseded),
    Case(
        "longer than its deadline",
        ["deadline of 2 min", "raise service.deadline"],
        users=100.0,
        rollout={"deadline": 120},
    ),
    Case(
        "another revision than the gate's",
        ["ECS is about to deploy evil:1"],
        change=foreign_revision,
        strategy={"guard": True},
    ),
    Case("weights were mixed by hand", ["sends users to 2 target groups"], change=moved(50, 50), users=None),
    Case("the pause is gone", ["it has no PAUSE hook at POST_TEST"], change=without_pause, users=None),
)

HEAD = """## How a rollout that shifts traffic can fail

With blueGreen, canary and linear. Every line is a run of the gate against a simulated ECS
(tests/unit/sluice/rollout/strategy), which the test judges by what users got.

| case | strategy | users on it at most | error | cause | fix |
|---|---|---|---|---|---|"""


def section() -> str:
    """The part of docs/outcomes.md about strategies."""
    lines = [HEAD]
    for case in CASES:
        _, text = case.run()
        title = text.partition("\n")[0]
        users = "not started" if case.users is None else f"{case.users:g} %"
        cells = (case.name, case.kind, users, title, part(text, "cause"), part(text, "fix"))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def part(text: str, label: str) -> str:
    """What stands behind a label; empty when it is not there."""
    found = re.search(rf"^ *{label}: +(.*)$", text, re.MULTILINE)
    return found[1] if found else ""
