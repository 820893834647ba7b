"""Every loop under an API that lies for a while: the verdict is the truth's, and nothing runs twice. Hypothesis finds
the order of the lies."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sluice.author import Identity
from sluice.aws.patience import Unknown
from sluice.diagnosis.verdict import StepFailed
from sluice.migration.drained import await_drained
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.records import Records
from sluice.migration.run import migrate
from sluice.release.release_record import ReleaseRecords
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Rollout
from tests.unit.sluice.aws.parameters import Ssm
from tests.unit.sluice.lying import FAULTS, Liar, Lies
from tests.unit.sluice.migration.simulation import CLUSTER, Clock, Ecs, Script
from tests.unit.sluice.migration.test_drained import Ecs as Draining
from tests.unit.sluice.rollout.deploying import MASTER, PLACE, VERIFY, subject
from tests.unit.sluice.rollout.rolling import GROUP, NEW, OLD, SMOKE, Service

SEVERAL = settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PLANS = st.lists(st.one_of(st.just(""), st.sampled_from(FAULTS)), max_size=60).filter(
    lambda plan: plan.count("missing") <= 12  # AWS lies for a while, not for ever
)
SCRIPTS = st.sampled_from([(0, 0), (0, 1), (1, None)])


@SEVERAL
@given(PLANS, SCRIPTS, st.floats(0.2, 40))
def test_a_run_ends_as_its_tasks_did_and_none_runs_twice(
    plan: list[str], exits: tuple[int, int | None], seconds: float
) -> None:
    clock, lies = Clock(), Lies(plan)
    ecs = Ecs(clock, [Script(runs=seconds, exit=code) for code in exits if code is not None])
    asked = Liar(ecs, lies)
    records = Records(Liar(Ssm(), lies), "/sluice/p/s/runs")
    to = Deployer(asked, asked, records, clock, lambda *_: None, "ann@host")
    what = subject(MASTER, VERIFY)
    steps = len([code for code in exits if code is not None])
    if exits == (0, 0):
        assert migrate(to, what, "before", PLACE).number == 1
    else:
        with pytest.raises(StepFailed, match="exit code 1"):
            migrate(to, what, "before", PLACE)
    assert [task.command for task in ecs.tasks] == [list(MASTER.command), list(VERIFY.command)][:steps]
    assert not any(task.stop_asked for task in ecs.tasks)
    last = records.all()[-1]
    assert last.state == ("succeeded" if exits == (0, 0) else "failed")


class Api:
    """What a scripted service offers, as methods with the names of reads and writes, for the liar."""

    def __init__(self, service: Service) -> None:
        self.service = service

    def describe(self) -> Any:
        return self.service.describe()

    def get_record(self, deployment: str) -> Any:
        return self.service.record(deployment)

    def deploy(self, revision: str, force: bool, changes: Any) -> Any:
        return self.service.deploy(revision, force, changes)


class Lied:
    """A service whose answers pass a liar: *missing* is a service that is not there."""

    def __init__(self, service: Service, lies: Lies) -> None:
        self._service = service
        self._liar = Liar(Api(service), lies)
        self.readings = service.readings

    def describe(self) -> Any:
        answer = self._liar.describe()
        return answer if answer.get("deployments") else None

    def record(self, deployment: str) -> Any:
        return self._liar.get_record(deployment=deployment)

    def deploy(self, revision: str, force: bool, changes: Any = None) -> str:
        return str(self._liar.deploy(revision=revision, force=force, changes=changes))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._service, name)


ENDS = st.sampled_from(["COMPLETED", "smoke", "rolled back", "FAILED"])


@SEVERAL
@given(PLANS, ENDS, st.floats(2, 40))
def test_a_rollout_ends_as_the_deployment_did_and_moves_the_service_once(
    plan: list[str], end: str, takes: float
) -> None:
    clock, lies = Clock(), Lies(plan)
    service = Service(clock, {NEW: "COMPLETED" if end == "smoke" else end, OLD: "COMPLETED"}, takes=takes)
    ssm = Ssm()
    records = ReleaseRecords(Liar(ssm, lies), "/sluice/p/s")
    ReleaseRecords(ssm, "/sluice/p/s").add("repo@sha256:old", OLD, 1, "ecs-svc/0", 0)
    wanted = Wanted(NEW, "", 300, (GROUP,), SMOKE, digest="repo@sha256:new")
    rollout = Rollout(
        Lied(service, lies),  # type: ignore[arg-type]
        wanted,
        clock,
        lambda *_: None,
        lambda *_: Answer(503, "ill") if end == "smoke" else Answer(200, "ok"),
        records,
        me=Identity("a", "ann@host", clock.time),
    )
    moves = {"COMPLETED": [NEW], "smoke": [NEW, OLD], "rolled back": [NEW, OLD], "FAILED": [NEW]}[end]
    if end == "COMPLETED":
        assert rollout.run().previous == OLD
    else:
        said = {"smoke": "notes:7 serves again", "rolled back": "was rolled back", "FAILED": "failed"}[end]
        with pytest.raises(RolloutFailed, match=said):
            rollout.run()
    assert [revision for revision, _ in service.calls] == moves
    released = ReleaseRecords(ssm, "/sluice/p/s").all()
    expected = [OLD, NEW] if end == "COMPLETED" else [OLD]
    assert list(dict.fromkeys(one.task_definition for one in released)) == expected
    last = ReleaseRecords(ssm, "/sluice/p/s").rollout()
    assert last is not None
    assert last.state == ("proven" if end == "COMPLETED" else "failed")


@SEVERAL
@given(PLANS, st.lists(st.floats(0, 60), max_size=3))
def test_after_steps_never_begin_before_the_last_old_task_has_stopped(plan: list[str], leave: list[float]) -> None:
    clock, lies = Clock(), Lies(plan)
    ecs = Draining(clock, *leave)

    class Paged:
        def list_tasks(self, **request: Any) -> Any:
            return ecs.paginate(**request)[0]

        describe_tasks, describe_services = ecs.describe_tasks, ecs.describe_services

    try:
        await_drained(Liar(Paged(), lies), clock, lambda *_: None, CLUSTER, "arn:service/c/notes", NEW)
    except Unknown:
        # Its calls are repeated together, so a true answer between does not end an outage; 13 faults can outlast it.
        assert len([fault for fault in lies.told if fault not in ("stale", "missing")]) >= 13
        return
    assert clock.elapsed >= max(leave, default=0)
