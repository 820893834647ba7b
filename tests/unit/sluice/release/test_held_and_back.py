"""Held images, and going back by settings: what is refused, what does not run, what is held."""

from __future__ import annotations

import contextlib
import json

import pytest

from sluice.aws.patience import Unknown
from sluice.errors import GateError
from sluice.image.image_tags import ecr_of
from sluice.protocol.resource import Call, Properties, Refused, ResourceState
from sluice.provider.migration_run import MigrationRun
from sluice.provider.rollout import Rollout
from sluice.provider.rollout_request import wanted_of
from sluice.release.hold import HeldTag
from sluice.rollout.rollout import Done
from tests.unit.sluice.aws.parameters import Ssm
from tests.unit.sluice.provider.resources import ROLLOUT, RUN, Account, Lines, Sns, blind, call, no_account, run

HELD = {f"/sluice/p/s/holds/{'1' * 64}": '{"author": "ada@ops", "at": 1, "reason": "slow"}'}


KEPT = {"records": "/sluice/p/s", "holds": "/sluice/p/s/holds"}


def test_a_held_image_is_refused_by_name_before_anything_is_asked() -> None:
    inputs = ROLLOUT | KEPT | {"imageDigest": f"repo@sha256:{'1' * 64}"}
    rollout = Rollout(lambda: Account(ssm=Ssm(**HELD)))  # type: ignore[arg-type, return-value]
    with pytest.raises(Refused, match=r"is held: ada@ops .*\(slow\).*what serves keeps serving.*--lift sha256:1"):
        run(rollout.create(call(Lines(), preview=False), inputs))


@pytest.mark.parametrize("phase", ["before", "after"])
def test_the_steps_of_a_held_image_are_not_run(phase: str) -> None:
    sns, inputs = Sns(), RUN | KEPT | {"imageDigest": f"repo@sha256:{'1' * 64}", "phase": phase, "topic": "arn:topic"}
    steps = [{**RUN["steps"][0], "phase": phase}]
    gate = MigrationRun(lambda: Account(ssm=Ssm(**HELD), sns=sns))  # type: ignore[arg-type, return-value]
    with pytest.raises(Refused, match=r"is held: ada@ops .*No migration was run.*--lift sha256:1"):
        run(gate.create(call(Lines(), preview=False), inputs | {"steps": steps}))
    assert sns.sent == [], "nothing has failed: somebody said that it must not be done"


OUTPUTS = RUN | {"results": ["kept"], "run": 4, "fingerprint": "f", "snapshotName": ""}


EARLIER = {"imageDigest": f"repo@sha256:{'e' * 64}", "serviceTaskDefinition": "arn:td/notes:2", "rollback": True}


@pytest.mark.parametrize("preview", [True, False])
def test_a_rollback_runs_no_step_and_lets_its_revision_through(preview: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[str] = []
    monkeypatch.setattr(
        MigrationRun, "_let_through", lambda self, call, inputs: looked.append(inputs["serviceTaskDefinition"])
    )
    gate, lines = MigrationRun(no_account), Lines()
    updated = run(gate.update(call(lines, preview), "id", ResourceState(RUN, OUTPUTS), RUN | EARLIER))
    assert updated["serviceTaskDefinition"] == "arn:td/notes:2"
    assert (updated["results"], updated["run"]) == (["kept"], 4)
    assert lines == ["info: rollback to an earlier release: no step runs, the database is not changed"]
    assert looked == ["arn:td/notes:2"], "whether it can start: see test_start_admission"


def test_a_rollback_whose_gate_was_lost_runs_no_step_either() -> None:
    created = run(MigrationRun(no_account).create(call(Lines(), preview=False), RUN | EARLIER))
    assert (created.outputs["results"], created.outputs["run"]) == ([], 0)
    assert created.outputs["serviceTaskDefinition"] == "arn:td/notes:2"


def test_after_a_rollback_the_records_say_whether_the_steps_must_run() -> None:
    lines, old = Lines(), ResourceState(RUN | EARLIER, OUTPUTS | EARLIER)
    run(MigrationRun(blind).update(call(lines), "id", old, RUN | EARLIER | {"rollback": None}))
    assert lines[:1] == ["info: would run master: the rollback is over"]


def test_what_is_gone_back_from_need_not_be_well() -> None:
    inputs = ROLLOUT | {"soak": {"seconds": 5, "url": "http://x/health"}}
    soak = wanted_of(inputs, {}).soak
    assert soak is not None
    assert soak.seconds == 5
    assert wanted_of(inputs | {"rollback": True}, {}).soak is None


@pytest.mark.parametrize(
    ("smoke", "path"),
    [
        (None, None),
        ({"url": "http://x/health"}, "/health"),
        ({"url": "http://x/health?deep=1", "status": 200}, "/health?deep=1"),
        ({"url": "http://x/private", "status": 401}, None),
    ],
)
def test_the_engine_remembers_where_the_version_before_answered(smoke: Properties | None, path: str | None) -> None:
    """For a release whose record does not say."""
    before = ROLLOUT | {"smoke": smoke, "taskDefinition": "arn:td/notes:7"}
    wanted = wanted_of(ROLLOUT | {"smoke": {"url": "http://x/healthz"}}, before)
    assert (wanted.previous, wanted.previous_path) == ("arn:td/notes:7", path)
    assert wanted_of(ROLLOUT, {}).previous_path is None, "the first one"


@pytest.mark.parametrize(
    ("before", "now", "soaked"), [("db-1", "db-1", True), (None, "db-1", True), ("db-1", "db-2", False)]
)
def test_what_serves_is_not_soaked_on_a_database_that_it_does_not_know(
    monkeypatch: pytest.MonkeyPatch, before: str | None, now: str, soaked: bool
) -> None:
    seen: list[Properties] = []

    def roll_out(self: Rollout, call: Call, inputs: Properties, before: Properties) -> Done:
        seen.append(inputs)
        return Done("ecs-svc/1", before["taskDefinition"], 0)

    monkeypatch.setattr(Rollout, "_roll_out", roll_out)
    old = ROLLOUT | {"soak": {"seconds": 5, "url": "http://x/health"}, "database": before}
    updated = run(
        Rollout(no_account).update(call(Lines(), preview=False), "id", ResourceState(old, {}), old | {"database": now})
    )
    assert bool(seen[0]["soak"]) is soaked
    assert updated["deploymentId"] == "ecs-svc/1"


RELEASED = {
    f"/sluice/p/s/releases/{number}": json.dumps(
        {"digest": f"repo@sha256:{letter * 64}", "task_definition": f"td:{number}", "at": 1, "deployment": "d"}
    )
    for number, letter in ((1, "a"), (2, "b"))
}


B = f"/sluice/p/s/holds/{'b' * 64}"


class Proof:
    """A rollout that ends as it is told to, and looks at the holds meanwhile."""

    def __init__(self, ssm: Ssm, error: GateError | None) -> None:
        self.ssm, self.error, self.held = ssm, error, False

    def __call__(self, *_: object) -> Done:
        self.held = B in self.ssm.parameters
        if self.error:
            raise self.error
        return Done("ecs-svc/1", "td:2", 3)


@pytest.mark.parametrize(
    ("change", "error", "meanwhile", "stays"),
    [
        ({"rollback": True}, None, True, True),
        ({"rollback": True}, GateError("unhealthy"), True, False),
        ({"rollback": True}, Unknown("no answer"), True, True),
        ({"rollback": True, "imageDigest": f"other@sha256:{'b' * 64}"}, None, False, False),
        ({}, None, False, False),
    ],
    ids=["proven", "failed", "nobody knows", "it serves already", "no rollback"],
)
def test_what_a_rollback_leaves_is_held(
    monkeypatch: pytest.MonkeyPatch, change: Properties, error: GateError | None, meanwhile: bool, stays: bool
) -> None:
    ssm = Ssm(**RELEASED)
    proof = Proof(ssm, error)
    monkeypatch.setattr(Rollout, "_prove", proof)
    monkeypatch.setattr(HeldTag, "put", lambda *_: None)
    inputs = ROLLOUT | KEPT | {"imageDigest": f"repo@sha256:{'a' * 64}"} | change
    rollout = Rollout(lambda: Account(ssm=ssm))  # type: ignore[arg-type, return-value]
    with contextlib.suppress(Refused):
        run(rollout.update(call(Lines(), preview=False), "id", ResourceState(inputs, inputs), inputs))
    assert proof.held is meanwhile
    assert (B in ssm.parameters) is stays


@pytest.mark.parametrize(("retain", "deleted"), [(True, []), (False, ["/sluice/p/s/rollout", *HELD])])
def test_the_records_go_with_a_stack_that_keeps_nothing(retain: bool, deleted: list[str]) -> None:
    ssm, inputs = Ssm(**HELD), ROLLOUT | KEPT | {"retain": retain}
    rollout = Rollout(lambda: Account(ssm=ssm))  # type: ignore[arg-type, return-value]
    run(rollout.delete(call(Lines(), preview=False), "id", ResourceState(inputs, inputs)))
    assert ssm.deleted == deleted


@pytest.mark.parametrize(
    ("image", "client"),
    [
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/notes@sha256:1", "ecr in us-east-1"),
        ("123456789012.dkr.ecr.us-east-1.amazonaws.com/notes", "ecr in us-east-1"),
        ("127.0.0.1:5000/notes@sha256:1", "ecr"),
        ("repo@sha256:1", "ecr"),
    ],
)
def test_an_images_tags_are_in_the_region_of_its_repository(image: str, client: str) -> None:
    """A stack that promotes from another Region tags there what it runs and what it holds."""
    made = {name: object() for name in ("ecr", "ecr in us-east-1")}
    assert ecr_of(Account(**made), image) is made[client]  # type: ignore[arg-type]
