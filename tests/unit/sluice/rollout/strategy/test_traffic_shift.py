"""Rollouts that shift traffic, on simulated time: what users get, what ECS is told, and what people read."""

from __future__ import annotations

from typing import Any

import pytest

from sluice.clock import Halt
from sluice.diagnosis.verdict import Kind, Outcome
from sluice.errors import Interrupted
from sluice.inputs.smoke import Smoke
from sluice.inputs.soak import Soak
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.diagnosis.smoke_diagnosis import Answered, TaskEnd
from sluice.rollout.proof.question import Reply
from tests.unit.sluice.rollout.strategy.cloud import Version
from tests.unit.sluice.rollout.strategy.deployments import NEW, OLD
from tests.unit.sluice.rollout.strategy.shifting import Stage

KINDS = ["blueGreen", "canary", "linear"]
POST_TEST, PRE_PRODUCTION = "POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"


def failed(stage: Stage, **more: Any) -> str:
    with pytest.raises(RolloutFailed) as failure:
        stage.roll_out(**more)
    return str(failure.value)


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_version(kind: str) -> None:
    stage = Stage(kind, stepPercent=20)
    done = stage.roll_out()
    assert (done.deployment, done.previous, done.path) == ("ecs-svc/2", OLD, "/health")
    assert stage.serves == NEW
    assert stage.calls("UpdateService") == [NEW]
    shares = {"blueGreen": [100.0], "canary": [20.0, 100.0], "linear": [20.0, 40.0, 60.0, 80.0, 100.0]}[kind]
    assert [share for _, _, share in stage.cloud.users] == shares
    steps = [PRE_PRODUCTION] * (0 if kind == "blueGreen" else len(shares))
    assert stage.calls("ContinueServiceDeployment") == [("CONTINUE", one) for one in (POST_TEST, *steps)]
    assert stage.records.releases[-1].deployment == "ecs-svc/2"
    assert "100 % of users' traffic goes to notes:8" in stage.said
    assert any(line.startswith("BAKE_TIME: baking: both versions run; 100 % of users") for line in stage.progress)


def test_the_version_answers_on_test_traffic_before_any_user_reaches_it() -> None:
    stage = Stage()
    stage.roll_out()
    first_user = stage.cloud.asked.index(("users", NEW))
    assert stage.cloud.asked[:first_user].count(("test", NEW)) == 3
    assert ("test", OLD) not in stage.cloud.asked


def test_a_pause_takes_less_than_a_second_and_a_half_of_the_gate() -> None:
    stage = Stage(bakeMinutes=0)
    stage.roll_out()
    assert stage.clock.elapsed <= 8.0 + 1.5 + 1.0, "ECS itself needs 8 s here, and the end is seen at the next poll"


@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_answer_on_test_traffic_keeps_every_user_away(kind: str) -> None:
    stage = Stage(kind)
    stage.cloud.versions[NEW] = Version(status=503)
    text = failed(stage)
    assert "smoke request: GET http://notes/health answered 503 instead of 200" in text
    assert "notes:7 keeps serving; no user reached notes:8." in text
    assert [share for _, _, share in stage.cloud.users if share] == []
    assert stage.calls("ContinueServiceDeployment") == [("ROLLBACK", POST_TEST)]
    assert stage.serves == OLD
    assert stage.records.last is not None
    assert stage.records.last.state == "failed"


def test_unhealthy_targets_keep_every_user_away() -> None:
    stage = Stage()
    stage.cloud.versions[NEW] = Version(healthy=False)
    assert "targets are not healthy within the deadline" in failed(stage, deadline=600)
    assert not [share for _, _, share in stage.cloud.users if share]


def test_a_soak_on_test_traffic() -> None:
    stage = Stage()
    stage.roll_out(soak=Soak(20, "http://notes/health"))
    first_user = stage.cloud.asked.index(("users", NEW))
    assert stage.cloud.asked[:first_user].count(("test", NEW)) >= 20
    assert "answers on test traffic in" in stage.said


def test_a_version_that_fails_in_the_soak() -> None:
    stage, asked = Stage(), []

    def answer(test: bool) -> Answer:
        asked.append(test)
        return Answer(500 if len(asked) > 8 else 200, "")

    stage.cloud.answer = answer  # type: ignore[method-assign]
    text = failed(stage, soak=Soak(20, ""))
    assert "on test traffic 2 of" in text
    assert "no user reached notes:8" in text


def reply(wrong: str) -> Reply:
    outcome = Outcome(Kind.FAILED, wrong, exit_code=1) if wrong else Outcome(Kind.SUCCEEDED, "exit code 0", exit_code=0)
    end = TaskEnd(outcome, "t1", (wrong,))
    return Reply(wrong, wrong or "task t1 exited 0", Answered(Smoke(""), Answer(0, ""), end))


def test_the_callers_own_proof() -> None:
    stage = Stage()
    stage.roll_out(proof=lambda smoke, heed: reply(""))
    assert "proof: task t1 exited 0" in stage.said
    stage = Stage()
    text = failed(stage, proof=lambda smoke, heed: reply("ended with exit code 1: basket is empty"))
    assert "proof: ended with exit code 1: basket is empty" in text
    assert "service.proof.command did not exit 0" in text
    assert stage.calls("ContinueServiceDeployment") == [("ROLLBACK", POST_TEST)]


def test_without_a_smoke_request_the_targets_prove_it() -> None:
    stage = Stage()
    assert stage.roll_out(smoke=None).path == ""
    assert stage.cloud.asked == []
    assert stage.serves == NEW


# -- canary and linear


@pytest.mark.parametrize(
    ("version", "said"),
    [
        (Version(failed_share=0.02), "percentage points more requests fail than with the old version"),
        (Version(p95=0.4), "p95 is 400 ms instead of 100 ms"),
    ],
)
@pytest.mark.parametrize(("kind", "share"), [("canary", 5.0), ("linear", 20.0)])
def test_a_version_that_is_only_bad_for_users_gets_one_step(
    kind: str, share: float, version: Version, said: str
) -> None:
    stage = Stage(kind, stepPercent=share)
    stage.cloud.versions[NEW] = version
    text = failed(stage)
    assert f"at {share:g} % of users it does worse" in text
    assert said in text
    assert f"notes:7 serves again; up to {share:g} % of users' requests reached notes:8." in text
    assert [one for _, _, one in stage.cloud.users] == [share, 0.0]
    assert stage.serves == OLD


def test_the_figures_of_each_step_are_shown() -> None:
    stage = Stage("linear", stepPercent=50)
    stage.roll_out()
    assert "at 50 % of users notes:8 does as well as before: new version: " in stage.said


def test_too_few_requests_are_waited_for_and_then_rolled_back() -> None:
    stage = Stage("canary")
    stage.cloud.rate = 0.1
    text = failed(stage)
    assert "at 10 % of users there is no verdict" in text
    assert "raise service.stepMinutes" in text
    waited = next(now for now, _, share in stage.cloud.users if share == 0.0) - stage.cloud.users[0][0]
    assert 900 <= waited - 5 * 60 <= 930, "an inconclusive analysis is repeated for 15 minutes"


def test_traffic_that_comes_later_makes_the_verdict() -> None:
    stage = Stage("canary")
    stage.cloud.rate = 1.2
    stage.roll_out()
    assert any(line.startswith("analysis: ") for line in stage.progress) or "does as well as before" in stage.said
    assert stage.serves == NEW


def test_a_rollback_passes_the_steps_without_analysis_and_approval() -> None:
    stage = Stage("canary", approve="manual")
    stage.cloud.rate = 0.0
    stage.roll_out(back=True)
    assert stage.calls("GetMetricData") == []
    assert stage.serves == NEW


# -- users


def test_a_version_that_is_bad_for_users_is_rolled_back_while_the_old_tasks_run() -> None:
    stage = Stage()
    stage.cloud.versions[NEW] = Version(users=500)
    text = failed(stage)
    assert "answered 500 instead of 200" in text
    assert "notes:7 serves again; up to 100 % of users' requests reached notes:8." in text
    assert stage.calls("StopServiceDeployment") == ["ROLLBACK"]
    assert stage.calls("UpdateService") == [NEW]


@pytest.mark.parametrize("clean_up", [0.0, 20.0])
def test_without_a_bake_time_the_previous_version_is_deployed_through_its_pauses(clean_up: float) -> None:
    stage = Stage("canary", bakeMinutes=0)
    stage.cloud.clean_up_seconds = clean_up
    stage.cloud.versions[NEW] = Version(users=500)
    text = failed(stage)
    assert "answered 500 instead of 200" in text
    assert "notes:7 serves again." in text
    assert stage.calls("UpdateService") == [NEW, OLD]
    assert stage.calls("StopServiceDeployment") == []
    assert stage.serves == OLD


def test_past_the_deadline_while_the_old_tasks_stop_the_previous_version_is_deployed() -> None:
    stage = Stage(bakeMinutes=0)
    stage.cloud.clean_up_seconds = 200.0
    text = failed(stage, deadline=60)
    assert "not completed within the deadline" in text
    assert stage.calls("StopServiceDeployment") == ["ROLLBACK"], "which ECS refuses in this stage"
    assert stage.calls("UpdateService") == [NEW, OLD]


# -- the end that ECS makes


def test_a_pause_that_times_out_is_explained() -> None:
    stage = Stage(pauseMinutes=1)
    stage.cloud.versions[NEW] = Version(healthy=False)
    text = failed(stage)
    assert "POST_TEST_TRAFFIC_SHIFT pause hook timed out" in text
    assert "cause:         nobody answered the pause in time" in text
    assert "raise service.pauseMinutes" in text
    assert "notes:7 keeps serving; no user reached notes:8." in text


def test_an_alarm_that_rolls_back() -> None:
    stage = Stage("canary")
    cloud = stage.cloud

    def trouble(call: str, after: bool) -> None:
        newest = cloud.deployments[0]
        if newest.share == 10.0 and newest.status == "IN_PROGRESS" and not after:
            newest.alarms = ("high-5xx",)
            cloud.roll_back(newest, "Service deployment rolled back due to alarms: high-5xx")

    cloud.trouble = trouble
    text = failed(stage)
    assert "high-5xx" in text
    assert "up to 10 % of users' requests reached notes:8" in text
    assert stage.serves == OLD


def test_a_newer_deployment_of_somebody_else() -> None:
    stage = Stage()
    cloud = stage.cloud

    def trouble(call: str, after: bool) -> None:
        if cloud.deployments[0].revision == NEW and cloud.deployments[0].hook and not after:
            cloud.start("arn:td/notes:9")

    cloud.versions["arn:td/notes:9"] = Version()
    cloud.trouble = trouble
    text = failed(stage)
    assert "was superseded" in text
    assert "notes:9 took its place" in text
    assert stage.calls("StopServiceDeployment", "ContinueServiceDeployment") == [], "it is not this deployer's to end"


def test_a_pause_continued_by_somebody_else_before_the_proof_is_proven_late_or_rolled_back() -> None:
    for version, serves in ((Version(), NEW), (Version(status=503), OLD)):
        stage = Stage()
        stage.cloud.versions[NEW] = version
        stage.cloud.stages_without_pause = {POST_TEST}
        if serves == NEW:
            stage.roll_out()
            assert "this deployer has not proven it yet: it is asked now" in stage.said
        else:
            assert "answered 503" in failed(stage)
            assert stage.calls("StopServiceDeployment") == ["ROLLBACK"]
        assert stage.serves == serves


def test_past_the_deadline_it_is_rolled_back() -> None:
    stage = Stage(bakeMinutes=30)
    text = failed(stage, deadline=120)
    assert "not completed within the deadline of 2 min" in text
    assert stage.serves == OLD


# -- before anything moves


def test_weights_that_were_changed_by_hand_are_named_before_the_deployment() -> None:
    stage = Stage()
    first, second = stage.strategy.target_groups
    stage.cloud.moved_by_hand = {first: 50, second: 50}
    text = failed(stage)
    assert "sends users to 2 target groups (notes 50, notes-b 50)" in text
    assert "aws elbv2 modify-rule" in text
    assert stage.calls("UpdateService") == []
    stage.cloud.moved_by_hand = {first: 100, second: 0} if stage.cloud.deployments[0].group == second else {
        first: 0,
        second: 100,
    }  # fmt: skip
    assert "the weights were changed outside ECS" in failed(stage)


def test_one_wrong_answer_about_the_weights_proves_nothing() -> None:
    stage = Stage()
    first, second = stage.strategy.target_groups
    seen: list[str] = []

    def trouble(call: str, after: bool) -> None:
        if call == "DescribeRules":
            seen.append(call)
            stage.cloud.moved_by_hand = {first: 50, second: 50} if len(seen) < 2 else None

    stage.cloud.trouble = trouble
    stage.roll_out()
    assert stage.serves == NEW


def test_a_service_without_the_pause_is_refused() -> None:
    stage = Stage()
    described = stage.cloud._service
    stage.cloud._service = lambda: described() | {"deploymentConfiguration": {"strategy": "BLUE_GREEN"}}  # type: ignore[method-assign]
    assert "it has no PAUSE hook at POST_TEST_TRAFFIC_SHIFT" in failed(stage)
    assert stage.calls("UpdateService") == []


def test_guard_admits_only_the_revision_that_was_let_through() -> None:
    stage = Stage(guard=True)
    stage.roll_out()
    assert stage.calls("ContinueServiceDeployment")[0] == ("CONTINUE", "PRE_SCALE_UP")
    stage = Stage(guard=True)
    stage.cloud.describe_service_revisions = lambda **_: {  # type: ignore[method-assign]
        "serviceRevisions": [{"taskDefinition": "arn:td/evil:1"}]
    }
    text = failed(stage)
    assert "ECS is about to deploy evil:1 instead of notes:8" in text
    assert stage.calls("ContinueServiceDeployment") == [("ROLLBACK", "PRE_SCALE_UP")]


# -- the first deployment, adoption, retries


@pytest.mark.parametrize("kind", KINDS)
def test_the_services_own_first_deployment_is_proven_too(kind: str) -> None:
    stage = Stage(kind, first=True)
    stage.cloud.rate = 0.0
    stage.cloud.strategy = stage.strategy = Stage(
        kind, analysis={"minRequests": 0} if kind != "blueGreen" else None
    ).strategy
    stage.cloud.start(NEW)
    assert stage.roll_out().previous == ""
    assert stage.calls("UpdateService") == []
    assert stage.calls("GetMetricData") == [], "there is no old version to compare it with"
    assert stage.serves == NEW


def test_a_first_deployment_that_is_bad_serves_nobody() -> None:
    stage = Stage(first=True)
    stage.cloud.versions[NEW] = Version(status=503)
    stage.cloud.start(NEW)
    text = failed(stage)
    assert "Nothing serves: this was the first deployment; no user reached notes:8." in text
    assert stage.calls("ContinueServiceDeployment") == [("ROLLBACK", POST_TEST)]
    stage.cloud.versions[NEW] = Version()
    stage.roll_out()
    assert stage.serves == NEW


def test_the_same_up_after_a_failure_is_a_real_retry() -> None:
    stage = Stage()
    stage.cloud.versions[NEW] = Version(status=503)
    failed(stage)
    stage.cloud.versions[NEW] = Version()
    stage.roll_out()
    assert stage.calls("UpdateService") == [NEW, NEW]
    assert stage.serves == NEW


def test_another_version_supersedes_a_paused_deployment_and_undoes_one_that_has_users() -> None:
    stage = Stage("canary")
    stage.cloud.start("arn:td/notes:6")
    stage.cloud.versions["arn:td/notes:6"] = Version()
    stage.clock.time += 10
    stage.roll_out()
    assert stage.calls("StopServiceDeployment") == []
    stage = Stage("canary")
    stage.cloud.versions["arn:td/notes:6"] = Version()
    foreign = stage.cloud.start("arn:td/notes:6")
    stage.cloud.stages_without_pause = {POST_TEST, PRE_PRODUCTION}
    for _ in range(12):
        stage.clock.time += 1
        stage.cloud.advance()
    stage.cloud.stages_without_pause = set()
    assert foreign.share == 10
    stage.roll_out()
    assert stage.calls("StopServiceDeployment") == ["ROLLBACK"]
    assert "an earlier deployment has 10 % of the users: ECS rolls it back first" in stage.said
    assert stage.serves == NEW


# -- Ctrl-C, and a deployer that dies


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("moment", [2, 8, 12, 200, 330])
def test_ctrl_c_has_ecs_roll_back(kind: str, moment: float) -> None:
    stage = Stage(kind, bakeMinutes=10)
    with pytest.raises(Interrupted) as interrupted:
        stage.roll_out(halts={moment: Halt.STOP})
    assert "ECS rolls back to notes:7" in str(interrupted.value)
    stage.clock.halts = {}
    stage.clock.time += 10
    assert stage.serves == OLD
    assert stage.cloud.deployments[0].status == "ROLLBACK_SUCCESSFUL"
    stage.roll_out()
    assert stage.serves == NEW


def test_ctrl_c_after_the_old_tasks_stopped_leaves_the_new_version() -> None:
    stage = Stage(bakeMinutes=0)

    def trouble(call: str, after: bool) -> None:
        if stage.cloud.deployments[0].status == "SUCCESSFUL" and stage.cloud.deployments[0].revision == NEW:
            stage.clock.halts = {0: Halt.STOP}

    stage.cloud.trouble = trouble
    with pytest.raises(Interrupted, match="it keeps serving; run `pulumi up` to finish"):
        stage.roll_out()
    stage.cloud.trouble = lambda call, after: None
    stage.roll_out()
    assert stage.calls("UpdateService") == [NEW]


def test_a_deployer_that_dies_leaves_the_pause_to_ecs_and_the_next_one_takes_it_over() -> None:
    stage = Stage(approve="manual")
    with pytest.raises(Interrupted, match="takes it over"):
        stage.roll_out(halts={30: Halt.ABANDON})
    assert stage.cloud.deployments[0].hook
    stage.strategy = Stage().strategy
    stage.cloud.strategy = stage.strategy
    stage.roll_out()
    assert stage.calls("UpdateService") == [NEW]
    assert stage.serves == NEW


def test_a_deployer_that_dies_and_is_not_followed_changes_nothing_for_users() -> None:
    stage = Stage(approve="manual")
    with pytest.raises(Interrupted):
        stage.roll_out(halts={30: Halt.ABANDON})
    stage.clock.time += 3700
    assert stage.serves == OLD
    assert "timed out" in stage.cloud.deployments[0].reason or stage.cloud.deployments[0].status != "IN_PROGRESS"
    assert not [share for _, _, share in stage.cloud.users if share]


# -- approval


@pytest.mark.parametrize("kind", KINDS)
def test_approval_by_hand(kind: str) -> None:
    stage = Stage(kind, approve="manual", stepPercent=50)
    approved: list[str] = []

    def trouble(call: str, after: bool) -> None:
        newest, record = stage.cloud.deployments[0], stage.records.last
        waits = record is not None and record.approval and record.approval == newest.hook
        if waits and not after and stage.clock.now() - newest.updated > 600 and call == "DescribeServiceDeployments":
            approved.append(newest.stage)
            newest.hook, newest.updated = "", stage.clock.now()

    stage.cloud.trouble = trouble
    stage.roll_out(deadline=1500)
    assert approved == {"canary": [POST_TEST, PRE_PRODUCTION]}.get(kind, [POST_TEST])
    assert "notes:8 waits for approval at POST_TEST_TRAFFIC_SHIFT until" in stage.said
    assert stage.serves == NEW, "the time in which a person is waited for does not count towards the deadline"


def test_nobody_is_asked_for_approval_of_a_version_that_is_not_proven() -> None:
    stage = Stage(approve="manual")
    stage.cloud.versions[NEW] = Version(status=503)
    failed(stage)
    assert "waits for approval" not in stage.said
    assert not [one for one in stage.records.written if one.approval]


def test_an_approval_that_never_comes_is_a_rollback_by_ecs() -> None:
    stage = Stage(approve="manual", pauseMinutes=30)
    text = failed(stage)
    assert "pause hook timed out" in text
    assert "nobody approved" in text
    assert stage.serves == OLD
