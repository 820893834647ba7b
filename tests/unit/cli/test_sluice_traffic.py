"""`sluice status`, `continue`, `abort` and `rollback` where rollouts shift traffic, against a simulated ECS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.cli.command import parser
from sluice.cli.context import Context
from sluice.cli.interrupt import Interrupt
from sluice.cli.preflight import ask
from sluice.cli.stack import DeployedStack
from sluice.cli.terminal import Terminal
from sluice.cli.traffic.traffic_checks import HEADER, PAUSES, WEIGHTS, traffic_checks
from sluice.cli.traffic.traffic_status import status_lines, strategy_with_header, traffic_status
from sluice.clock import Halt
from sluice.errors import Interrupted
from sluice.migration.operator_run import RunRefused
from sluice.release.approval import Approval, Approvals
from sluice.release.release_record import ReleaseRecords, RolloutRecord
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from tests.unit.sluice.aws.parameters import Ssm
from tests.unit.sluice.inputs.strategies import raw
from tests.unit.sluice.migration.simulation import CLUSTER
from tests.unit.sluice.provider.resources import Account
from tests.unit.sluice.rollout.strategy.deployments import ARN, NEW, OLD, deployment, strategy
from tests.unit.sluice.rollout.strategy.shifting import Stage

PATH = "/sluice/notes/prod"
AT_PAUSE = ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"])


class Paused(Stage):
    """A rollout whose deployer has died at a pause; its records are in Parameter Store.

    Attributes:
        deployed: `service.strategy` of the stack's outputs.
    """

    def __init__(self, kind: str = "blueGreen", start: bool = True, **changes: Any) -> None:
        super().__init__(kind, **changes)
        self.deployed = kind
        self.ssm = Ssm()
        self.store = ReleaseRecords(self.ssm, PATH)
        self.approvals = Approvals(self.ssm, PATH)
        if start:
            with pytest.raises(Interrupted):
                self.roll_out(halts={30: Halt.ABANDON})

    def sluice(self, *words: str) -> int:
        gate: dict[str, Any] = {
            "cluster": CLUSTER,
            "records": f"{PATH}/runs",
            "holds": f"{PATH}/holds",
            "service": "web",
        }
        if self.deployed != "rolling":
            gate |= {"strategy": {key: one for key, one in raw(self.deployed).items() if key != "testHeader"}}
        cloud: Any = self.cloud
        clients = Account(ssm=self.ssm, ecs=cloud, elbv2=cloud, cloudwatch=cloud, logs=cloud)
        self.clock.halts = {}
        context = Context(DeployedStack("prod", gate), clients, Terminal(False), self.clock, Interrupt())  # type: ignore[arg-type]
        given = parser().parse_args(list(words))
        return int(given.main(context, given))


def test_an_approved_rollout_goes_on_and_the_next_up_finishes_it(capsys: pytest.CaptureFixture[str]) -> None:
    stage = Paused(approve="manual")
    assert stage.sluice("continue", "--yes", "--reason", "looked at the figures") == 0
    assert stage.calls("ContinueServiceDeployment") == [("CONTINUE", "POST_TEST_TRAFFIC_SHIFT")]
    found = stage.approvals.last()
    assert found is not None
    assert (found.action, found.reason) == ("CONTINUE", "looked at the figures")
    stage.strategy = stage.cloud.strategy = strategy()
    stage.roll_out()
    assert stage.serves == NEW
    assert "ECS goes on" in capsys.readouterr().err


def approving(stage: Paused, words: tuple[str, ...], moment: float) -> Callable[[str, bool], None]:
    """A person who answers so long after the pause began."""

    def trouble(call: str, after: bool) -> None:
        newest = stage.cloud.deployments[0]
        waits = newest.hook and stage.clock.now() - newest.updated > moment and call == "DescribeServiceDeployments"
        if waits and not after:
            stage.cloud.trouble = lambda *_: None
            halts, stage.clock.halts = stage.clock.halts, {}
            stage.sluice(*words)
            stage.clock.halts = halts

    return trouble


def test_the_deployer_that_waits_names_who_approved_and_who_aborted() -> None:
    stage = Paused(start=False, approve="manual")
    stage.cloud.trouble = approving(stage, ("continue", "--yes", "--reason", "fine"), 100)
    stage.roll_out(approvals=stage.approvals)
    assert "approved by " in stage.said
    assert ": fine" in stage.said
    stage = Paused(start=False, approve="manual")
    stage.cloud.trouble = approving(stage, ("abort", "--yes", "--reason", "not today"), 100)
    with pytest.raises(RolloutFailed) as failure:
        stage.roll_out(approvals=stage.approvals)
    assert "aborted it: not today" in str(failure.value)
    assert "with `sluice abort`" in str(failure.value)
    assert "notes:7 keeps serving; no user reached notes:8." in str(failure.value)


def test_a_rollout_that_is_not_proven_cannot_be_continued() -> None:
    stage = Paused(start=False, approve="manual")
    stage.cloud.start(NEW)
    stage.clock.time += 10
    for _ in range(3):
        stage.cloud.advance()
        stage.clock.time += 10
    stage.store.write(RolloutRecord("repo@sha256:x", NEW, OLD, 0, "ecs-svc/2", "a", "ann@host"))
    with pytest.raises(RunRefused, match="has not finished its proofs"):
        stage.sluice("continue", "--yes")
    stage.store.write(RolloutRecord("repo@sha256:x", NEW, OLD, 0, "ecs-svc/1", "a", "ann@host", approval="other"))
    with pytest.raises(RunRefused, match="the gate did not start the deployment"):
        stage.sluice("continue", "--yes")
    assert stage.calls("ContinueServiceDeployment") == []


def test_without_a_terminal_nothing_is_done_unasked() -> None:
    stage = Paused(approve="manual")
    for verb in ("continue", "abort"):
        with pytest.raises(RunRefused, match="not confirmed; nothing was changed"):
            stage.sluice(verb)
    assert stage.calls("ContinueServiceDeployment", "StopServiceDeployment") == []
    assert stage.approvals.last() is None


def test_abort_at_a_pause_and_between_two() -> None:
    stage = Paused(approve="manual")
    assert stage.sluice("abort", "--yes") == 0
    assert stage.calls("ContinueServiceDeployment") == [("ROLLBACK", "POST_TEST_TRAFFIC_SHIFT")]
    with pytest.raises(RunRefused, match="ECS is rolling back already"):
        stage.sluice("abort", "--yes")
    stage.clock.time += 10
    with pytest.raises(RunRefused, match="no rollout is in progress"):
        stage.sluice("abort", "--yes")
    assert stage.serves == OLD
    stage = Paused()
    assert stage.cloud.deployments[0].stage == "BAKE_TIME"
    assert stage.sluice("abort", "--yes") == 0
    assert stage.calls("StopServiceDeployment") == ["ROLLBACK"]


@pytest.mark.parametrize("deployed", ["blueGreen", "rolling"])
@pytest.mark.parametrize("verb", ["continue", "abort"])
def test_a_pause_is_found_while_the_outputs_are_those_of_another_strategy(
    deployed: str, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The outputs are of the last `pulumi up` that succeeded: the one that waits may be the first with its strategy."""
    stage = Paused("canary", start=False, approve="manual")
    stage.deployed = deployed
    answered: list[str] = []

    def trouble(call: str, after: bool) -> None:
        newest, record = stage.cloud.deployments[0], stage.store.rollout()
        if call != "DescribeServiceDeployments" or record is None or record.approval != newest.hook or not newest.hook:
            return
        answered.append(newest.stage)
        stage.cloud.trouble, halts = lambda *_: None, stage.clock.halts
        stage.sluice("status")
        assert f"{newest.stage} until 1970-01-" in capsys.readouterr().out
        assert stage.sluice(verb, "--yes") == 0
        stage.cloud.trouble, stage.clock.halts = trouble, halts

    stage.cloud.trouble = trouble
    if verb == "continue":
        stage.roll_out(approvals=stage.approvals)
        assert answered == ["POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"]
        assert stage.serves == NEW
    else:
        with pytest.raises(RolloutFailed, match="aborted it"):
            stage.roll_out(approvals=stage.approvals)
        assert answered == ["POST_TEST_TRAFFIC_SHIFT"]
        assert stage.serves == OLD


def test_nothing_in_progress_and_rolling_are_refused() -> None:
    stage = Paused(start=False)
    for verb in ("continue", "abort"):
        with pytest.raises(RunRefused, match="no rollout is in progress"):
            stage.sluice(verb, "--yes")


@pytest.mark.parametrize(
    ("latest", "record", "said"),
    [
        (
            ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"]),
            {"approval": "h"},
            "waits for approval: `sluice continue`",
        ),
        (("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"]), {}, "`pulumi up` by ann@host proves the new version"),
        (("IN_PROGRESS", "POST_SCALE_UP", 0, ["h"]), {}, "waits for somebody else than the gate"),
        (
            ("IN_PROGRESS", "POST_TEST_TRAFFIC_SHIFT", 0, ["h"]),
            {"deployment": "ecs-svc/9"},
            "the gate did not start abc",
        ),
        (("IN_PROGRESS", "BAKE_TIME", 100), {}, "BAKE_TIME: baking: both versions run; 100 % of users"),
        (("ROLLBACK_IN_PROGRESS", "BAKE_TIME", 100), {}, "ECS is rolling back"),
    ],
)
def test_status_says_where_a_rollout_is(latest: Any, record: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"deployment": "ecs-svc/2"} | record
    written = RolloutRecord("repo@sha256:x", NEW, OLD, 0, owner="a", author="ann@host", by="up", **given)
    found = traffic_status(strategy(), deployment(*latest), written)
    assert said in "\n".join(status_lines(found))
    if found.pause and found.own:
        assert "until 1970-01-12 14:46:40 UTC" in "\n".join(status_lines(found))


def test_status_names_a_foreign_deployment_and_when_ecs_takes_it_back() -> None:
    found = traffic_status(strategy(guard=True), deployment("IN_PROGRESS", "PRE_SCALE_UP", 0, ["h"]), None)
    assert (found.own, found.approval, found.pause) == (False, False, "h")
    assert "never continues it; ECS rolls it back at 1970-01-12 14:46:40 UTC" in "\n".join(status_lines(found))


def test_a_rollout_that_has_ended_is_no_line() -> None:
    assert status_lines(traffic_status(strategy(), deployment("SUCCESSFUL", "CLEAN_UP", 100), None)) == []


def test_an_approval_is_read_as_it_was_written_and_a_later_versions_keys_are_left_out() -> None:
    ssm = Ssm()
    approvals = Approvals(ssm, PATH)
    assert approvals.last() is None
    given = Approval(ARN, "h", "CONTINUE", "ann@host", 5, "fine")
    approvals.write(given)
    assert approvals.last() == given
    ssm.parameters[f"{PATH}/approval"] = ssm.parameters[f"{PATH}/approval"].replace('"hook"', '"later":1,"hook"')
    assert approvals.last() == given


def test_a_rollback_reads_the_test_header_from_the_rule() -> None:
    stage = Paused(start=False)
    header = {"HttpHeaderName": "X-Sluice-Test", "Values": ["from the rule"]}
    conditions = [{"Field": "http-header", "HttpHeaderConfig": header}]
    found: list[dict[str, Any]] = [{"Actions": [], "Conditions": conditions}]
    stage.cloud.describe_rules = lambda **_: {"Rules": found}  # type: ignore[method-assign]
    gate = {"service": "web", "cluster": CLUSTER, "strategy": raw("canary")}
    gate["strategy"].pop("testHeader")  # type: ignore[attr-defined]
    clients = Account(ecs=stage.cloud, elbv2=stage.cloud)
    context = Context(DeployedStack("prod", gate), clients, Terminal(False), stage.clock, Interrupt())  # type: ignore[arg-type]
    read = strategy_with_header(context)
    assert read is not None
    assert (read.kind, read.test_header.value) == ("canary", "from the rule")
    found[0] = {"Actions": [], "Conditions": []}
    with pytest.raises(RunRefused, match="matches no header"):
        strategy_with_header(context)


def test_status_judges_only_the_targets_that_users_reach(capsys: pytest.CaptureFixture[str]) -> None:
    stage = Paused(start=False)
    assert stage.sluice("status") == 0, "the other target group is empty"
    assert "traffic" not in capsys.readouterr().out
    stage = Paused(approve="manual")
    assert stage.sluice("status") == 1
    said = capsys.readouterr().out
    assert "traffic      POST_TEST_TRAFFIC_SHIFT: test traffic reaches the new version; 0 % of users" in said
    assert "waits for approval: `sluice continue` or `sluice abort`" in said


def preflight(stage: Paused) -> dict[str, tuple[str, str]]:
    cloud: Any = stage.cloud
    service = Service(cloud, cloud, cloud, "notes", "web", cloud)
    return {one.name: (one.result, one.detail) for one in traffic_checks(stage.strategy, service, ask)}


def test_preflight_reads_pauses_weights_and_header() -> None:
    stage = Paused("canary", start=False)
    told = stage.cloud.describe_rules

    def with_header(RuleArns: Any) -> Any:  # noqa: N803
        [rule] = told(RuleArns)["Rules"]
        header = {"HttpHeaderName": "X-Sluice-Test", "Values": ["hush"]}
        return {"Rules": [rule | {"Conditions": [{"HttpHeaderConfig": header}]}]}

    assert preflight(stage)[HEADER][0] == "failed"
    stage.cloud.describe_rules = with_header  # type: ignore[method-assign]
    found = preflight(stage)
    assert {result for result, _ in found.values()} == {"passed"}
    assert found[PAUSES][1] == "POST_TEST_TRAFFIC_SHIFT, PRE_PRODUCTION_TRAFFIC_SHIFT"
    assert found[HEADER][1] == "X-Sluice-Test", "and never its value"
    first, second = stage.strategy.target_groups
    stage.cloud.moved_by_hand = {first: 50, second: 50}
    assert preflight(stage)[WEIGHTS] == (
        "failed",
        "the production rule sends users to 2 target groups (notes 50, notes-b 50); ECS needs one. Fix: set them back "
        "with `aws elbv2 modify-rule`",
    )
    described = stage.cloud._service
    stage.cloud._service = lambda: described() | {"deploymentConfiguration": {}}  # type: ignore[method-assign]
    assert "no PAUSE hook at POST_TEST" in preflight(stage)[PAUSES][1]
    denied = ClientError({"Error": {"Code": "AccessDenied"}}, "DescribeRules")

    def refused(**_: Any) -> Any:
        raise denied

    stage.cloud.describe_rules = refused  # type: ignore[method-assign, assignment]
    assert preflight(stage)[WEIGHTS] == ("skipped", "access denied: DescribeRules")


def test_preflight_judges_no_weights_while_a_deployment_is_in_progress() -> None:
    assert preflight(Paused(approve="manual"))[WEIGHTS][0] == "skipped"
