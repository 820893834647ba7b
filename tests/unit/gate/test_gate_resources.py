"""MigrationRun and Rollout as the engine sees them: checks, diffs and previews, without a cloud."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from gate.errors import GateError, Interrupted
from gate.hold import HeldTag
from gate.patience import Unknown
from gate.plugin import migration_run
from gate.plugin.boundary import in_thread
from gate.plugin.generated_secret import GeneratedSecret
from gate.plugin.migration_run import MigrationRun
from gate.plugin.resource import Call, Properties, Refused, Resource, State
from gate.plugin.rollout import Rollout
from gate.plugin.values import UNKNOWN
from gate.rollout import Done
from tests.unit.gate.simulation import CLUSTER, DEFINITION

RUN: Properties = {
    "cluster": CLUSTER,
    "taskDefinition": DEFINITION,
    "container": "app",
    "serviceTaskDefinition": "arn:td/notes:1",
    "network": {"subnets": ["subnet-1"], "securityGroups": ["sg-1"], "assignPublicIp": True},
    "steps": [{"name": "master", "command": ["migrate"], "phase": "before"}],
    "imageDigest": "repo@sha256:" + "a" * 64,
    "records": "/sluice/p/s/runs",
    "database": "db-1",
    "environment": {},
    "secrets": {},
    "phase": "before",
    "retain": True,
}
ROLLOUT: Properties = {
    "cluster": CLUSTER,
    "service": "notes",
    "taskDefinition": "arn:td/notes:1",
    "deadline": 300,
    "imageDigest": RUN["imageDigest"],
    "targetGroups": [],
}


class Lines(list[str]):
    def __call__(self, text: str, severity: str, ephemeral: bool) -> None:
        self.append(f"{severity}: {text}")


def call(lines: Lines, preview: bool = True) -> Call:
    return Call("urn", "name", "type", preview, None, threading.Event(), lambda: False, lines)


def no_account() -> Any:
    raise AssertionError("a preview must not call AWS")


def run(coroutine: Any) -> Any:
    return asyncio.run(coroutine)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"imageDigest": "repo:latest"}, "names no digest"),
        ({"steps": [{"name": "master", "command": "migrate"}]}, "command must be a list"),
        ({"cluster": None}, "is missing"),
        ({"cleanup": True}, "is not an input of MigrationRun"),
        ({"database": ""}, "is missing"),
        ({"cluster": "notes"}, "no cluster ARN"),
        ({"network": {"subnets": []}}, "has no subnets"),
        ({"steps": []}, "nothing would be proven"),
        ({"steps": ["migrate"]}, "must be an object"),
        ({"steps": [RUN["steps"][0], RUN["steps"][0]]}, "two steps are called 'master'"),
        ({"steps": [{**RUN["steps"][0], "shards": 51}]}, "at most 50"),
        ({"snapshot": {"keep": 5}}, "either instance or cluster"),
        ({"snapshot": "db-1"}, "must be an object"),
        ({"deadline": -1}, "whole number of seconds"),
    ],
)
def test_bad_inputs_of_a_run(wrong: Properties, says: str) -> None:
    checked = run(MigrationRun(no_account).check(call(Lines()), {}, RUN | wrong))
    assert {failure.property for failure in checked.failures} == wrong.keys()
    assert any(says in failure.reason for failure in checked.failures)


def test_a_phase_without_steps_proves_nothing() -> None:
    for phase in ("after", "afterr"):
        checked = run(MigrationRun(no_account).check(call(Lines()), {}, RUN | {"phase": phase}))
        assert any("nothing would be proven" in failure.reason for failure in checked.failures)


@pytest.mark.parametrize("resource", [MigrationRun(no_account), Rollout(no_account), GeneratedSecret(no_account)])
def test_imports_are_refused_in_words(resource: Resource) -> None:
    with pytest.raises(Refused, match="cannot be imported"):
        run(resource.read(call(Lines()), "id", {}, {}))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"deadline": 0}, "whole number of seconds"),
        ({"smoke": {"url": "ftp://x"}}, "must begin with http"),
        ({"smoke": {"url": "http://x", "paht": "/"}}, "unknown key 'paht'"),
        ({"smoke": {"url": "http://x", "status": "200"}}, "status is '200'"),
        ({"soak": {"seconds": -1, "url": "http://x"}}, "seconds is -1"),
        ({"soak": {"seconds": 5, "url": "x"}}, "must begin with http"),
        ({"smoke": {"url": "http://x", "json": "status"}}, "must map dotted paths"),
        ({"force": True}, "is not an input of Rollout"),
    ],
)
def test_bad_inputs_of_a_rollout(wrong: Properties, says: str) -> None:
    checked = run(Rollout(no_account).check(call(Lines()), {}, ROLLOUT | wrong))
    assert [failure.property for failure in checked.failures] == list(wrong)
    assert says in checked.failures[0].reason


def test_unknown_inputs_are_not_judged_yet() -> None:
    assert run(MigrationRun(no_account).check(call(Lines()), {}, RUN | {"imageDigest": UNKNOWN})).failures == []
    assert run(Rollout(no_account).check(call(Lines()), {}, ROLLOUT | {"smoke": {"url": UNKNOWN}})).failures == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"imageDigest": "repo@sha256:" + "b" * 64}, "would run master: the image changed"),
        ({"imageDigest": UNKNOWN}, "would run master: if imageDigest, not known yet, turns out to differ"),
        ({"database": "db-2"}, "the database itself (recreated or restored) changed"),
        ({"environment": {"A": "1"}}, "the migration task's environment changed"),
    ],
)
def test_a_preview_says_what_would_run_and_why(change: Properties, says: str) -> None:
    lines = Lines()
    outputs = run(MigrationRun(no_account).update(call(lines), "id", State(RUN, RUN), RUN | change))
    assert says in lines[0]
    assert outputs["results"] is UNKNOWN
    assert outputs["serviceTaskDefinition"] == RUN["serviceTaskDefinition"]


@pytest.mark.parametrize(
    "key", ["network", "taskDefinition", "retain", "serviceTaskDefinition", "snapshot", "topic", "deadline"]
)
def test_other_changes_update_without_running(key: str) -> None:
    new = RUN | {key: "changed"}
    outputs = RUN | {"results": ["kept"], "run": 4}
    resource = MigrationRun(no_account)
    assert run(resource.diff(call(Lines()), "id", State(RUN, outputs), new)).diffs == [key]
    updated = run(resource.update(call(Lines(), preview=False), "id", State(RUN, outputs), new))
    assert (updated["results"], updated["run"], updated[key]) == (["kept"], 4, "changed")


def test_a_step_must_not_have_the_name_of_the_probe() -> None:
    steps = [{**RUN["steps"][0], "name": "pending"}]
    wish = {"instance": UNKNOWN, "pending": ["migrate", "pending"]}
    checked = run(MigrationRun(no_account).check(call(Lines()), {}, RUN | {"steps": steps, "snapshot": wish}))
    assert ["as the one that snapshot.pending runs" in failure.reason for failure in checked.failures] == [True]
    assert run(MigrationRun(no_account).check(call(Lines()), {}, RUN | {"snapshot": wish})).failures == []


class Sns:
    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []

    def publish(self, **request: str) -> None:
        self.sent.append(request)


@pytest.mark.parametrize(
    ("error", "told"),
    [(GateError("step 'a' failed: exit code 1"), 1), (Interrupted("cancelled"), 0), (Unknown("no answer"), 0)],
)
def test_a_failed_run_is_told_of_and_an_interrupted_one_is_not(
    monkeypatch: pytest.MonkeyPatch, error: GateError, told: int
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    sns = Sns()
    monkeypatch.setattr(migration_run, "migrate", fails)
    resource = MigrationRun(lambda: Account(sns=sns))  # type: ignore[arg-type, return-value]
    with pytest.raises(Refused, match=str(error)):
        run(resource.create(call(Lines(), preview=False), RUN | {"topic": "arn:topic"}))
    assert [one["TopicArn"] for one in sns.sent] == ["arn:topic"] * told
    assert all("step 'a' failed: exit code 1" in one["Message"] for one in sns.sent)


def test_nothing_changed_is_no_difference_and_nothing_ever_replaces() -> None:
    resource = MigrationRun(no_account)
    assert not run(resource.diff(call(Lines()), "id", State(RUN, RUN), dict(RUN))).changes
    everything = dict.fromkeys(RUN, "changed")
    assert run(resource.diff(call(Lines()), "id", State(RUN, RUN), everything)).replaces == []
    assert run(Rollout(no_account).diff(call(Lines()), "id", State(ROLLOUT, ROLLOUT), everything)).replaces == []


class LiveEcs:
    def __init__(self, revision: str) -> None:
        self.revision = revision

    def describe_services(self, **request: Any) -> dict[str, Any]:
        return {"services": [{"status": "ACTIVE", "taskDefinition": self.revision, "deployments": []}]}


class Account(dict[str, Any]):
    def verify(self) -> None:
        return None

    def __missing__(self, service: str) -> None:
        return None


def live(revision: str) -> Rollout:
    return Rollout(lambda: Account(ecs=LiveEcs(revision)))  # type: ignore[arg-type, return-value]


def test_another_live_revision_is_a_change() -> None:
    lines, state = Lines(), State(ROLLOUT, ROLLOUT)
    assert not run(live("arn:td/notes:1").diff(call(lines), "id", state, ROLLOUT)).changes
    difference = run(live("arn:td/notes:9").diff(call(lines), "id", state, ROLLOUT))
    assert difference.diffs == ["taskDefinition"]
    assert lines == ["warning: the service runs notes:9: something else deployed it"]


def test_a_refresh_shows_the_live_revision_and_the_next_up_deploys_again() -> None:
    existing = run(live("arn:td/notes:9").read(call(Lines()), "id", ROLLOUT, ROLLOUT))
    assert existing.outputs["taskDefinition"] == "arn:td/notes:9"
    difference = run(live("x").diff(call(Lines()), "id", State(existing.inputs, existing.outputs), ROLLOUT))
    assert difference.diffs == ["taskDefinition"]


def test_an_unreachable_aws_is_a_warning_in_a_preview() -> None:
    def unreachable() -> Any:
        raise ConnectionError("no route")

    lines = Lines()
    assert not run(Rollout(unreachable).diff(call(lines), "id", State(ROLLOUT, ROLLOUT), ROLLOUT)).changes
    assert "could not compare" in lines[0]


def test_a_deleted_service_is_gone_at_refresh() -> None:
    class Gone(LiveEcs):
        def describe_services(self, **request: Any) -> dict[str, Any]:
            return {"services": [], "failures": [{"reason": "MISSING"}]}

    rollout = Rollout(lambda: Account(ecs=Gone("")))  # type: ignore[arg-type, return-value]
    assert run(rollout.read(call(Lines()), "id", ROLLOUT, ROLLOUT)) is None


def test_a_steps_own_revision_is_no_reason_to_run_but_its_image_and_secrets_are() -> None:
    step = {"name": "bootstrap", "command": ["migrate", "bootstrap"], "phase": "before"}
    old = RUN | {"steps": [step | {"taskDefinition": "arn:td/bootstrap:1", "secrets": {"P": "arn:1"}}]}
    resource, lines = MigrationRun(no_account), Lines()

    def preview(**change: Any) -> str:
        lines.clear()
        new = RUN | {"steps": [{**old["steps"][0], **change}]}
        run(resource.update(call(lines), "id", State(old, old), new))
        return lines[0] if lines else "nothing runs"

    assert preview(taskDefinition="arn:td/bootstrap:2") == "nothing runs"
    assert preview(taskDefinition=UNKNOWN) == "nothing runs"
    assert "the steps changed" in preview(secrets={"P": "arn:2"})
    assert "the steps changed" in preview(image="repo@sha256:" + "c" * 64)
    assert "the steps changed" in preview(environment={"OWNER_SECRET_VERSION": "2"})


class SecretsManager:
    def __init__(self) -> None:
        self.put: list[dict[str, Any]] = []

    def put_secret_value(self, **request: Any) -> dict[str, str]:
        self.put.append(request)
        return {"VersionId": request["ClientRequestToken"]}

    def get_secret_value(self, **request: Any) -> dict[str, str]:
        return {"SecretString": self.put[-1]["SecretString"]}

    def describe_secret(self, **request: Any) -> dict[str, Any]:
        versions = {one["ClientRequestToken"]: ["AWSPREVIOUS"] for one in self.put}
        if self.put:
            versions[self.put[-1]["ClientRequestToken"]] = ["AWSCURRENT"]
        return {"VersionIdsToStages": versions}


SECRET: Properties = {"secretArn": "arn:secret", "username": "notes_owner", "length": 40}


def generated(manager: SecretsManager) -> GeneratedSecret:
    return GeneratedSecret(lambda: Account(secretsmanager=manager))  # type: ignore[arg-type, return-value]


def test_a_generated_password_reaches_secrets_manager_and_nothing_else() -> None:
    manager, lines = SecretsManager(), Lines()
    created = run(generated(manager).create(call(lines, preview=False), SECRET))
    value = json.loads(manager.put[0]["SecretString"])
    assert value["username"] == "notes_owner"
    assert len(value["password"]) == 40
    assert value["password"] not in json.dumps(created.outputs) + str(lines)
    assert created.outputs["versionId"] == manager.put[0]["ClientRequestToken"]


ADDRESS = {"DATABASE_URL": "postgresql://{username}:{password}@db:5432/shop{x}"}


def test_texts_are_filled_in_beside_the_password() -> None:
    manager, lines = SecretsManager(), Lines()
    created = run(generated(manager).create(call(lines, preview=False), SECRET | {"texts": ADDRESS}))
    value = json.loads(manager.put[0]["SecretString"])
    assert value["DATABASE_URL"] == f"postgresql://notes_owner:{value['password']}@db:5432/shop{{x}}"
    assert value["password"] not in json.dumps(created.outputs) + str(lines)


def test_other_texts_leave_the_password_as_it_is() -> None:
    """A new one would lock out the tasks that still serve."""
    manager = SecretsManager()
    run(generated(manager).create(call(Lines(), preview=False), SECRET))
    old = State(SECRET, SECRET)
    changed = run(generated(manager).update(call(Lines(), preview=False), "id", old, SECRET | {"texts": ADDRESS}))
    before, after = (json.loads(one["SecretString"]) for one in manager.put)
    assert after == before | {"DATABASE_URL": f"postgresql://notes_owner:{before['password']}@db:5432/shop{{x}}"}
    assert changed["versionId"] == manager.put[1]["ClientRequestToken"]
    old = State(SECRET | {"texts": ADDRESS}, SECRET)
    run(generated(manager).update(call(Lines(), preview=False), "id", old, SECRET | {"username": "other"}))
    assert json.loads(manager.put[2]["SecretString"])["password"] != before["password"], (
        "another user, another password"
    )


@pytest.mark.parametrize("value", ["a password", '["a", "list"]', '{"user": "notes_owner"}'])
def test_a_secret_that_somebody_overwrote_is_named_and_not_shown(value: str) -> None:
    manager = SecretsManager()
    manager.put_secret_value(SecretString=value, ClientRequestToken="by-hand")
    with pytest.raises(Refused, match="arn:secret no longer holds a JSON object") as refusal:
        run(generated(manager).update(call(Lines(), preview=False), "id", State(SECRET, SECRET), SECRET))
    assert value not in str(refusal.value)


def test_every_generated_password_is_another() -> None:
    manager = SecretsManager()
    for _ in range(3):
        run(generated(manager).create(call(Lines(), preview=False), SECRET))
    assert len({one["SecretString"] for one in manager.put}) == 3


def test_a_preview_generates_nothing() -> None:
    manager = SecretsManager()
    assert run(generated(manager).create(call(Lines()), SECRET)).outputs["versionId"] is UNKNOWN
    assert run(generated(manager).update(call(Lines()), "id", State(SECRET, SECRET), SECRET))["versionId"] is UNKNOWN
    assert manager.put == []


def test_a_refresh_finds_the_rotated_version_or_that_it_is_gone() -> None:
    manager = SecretsManager()
    assert run(generated(manager).read(call(Lines()), "id", SECRET, SECRET)) is None
    run(generated(manager).create(call(Lines(), preview=False), SECRET))
    rotated = manager.put_secret_value(SecretString="{}", ClientRequestToken="by-hand")["VersionId"]
    assert run(generated(manager).read(call(Lines()), "id", SECRET, SECRET)).outputs["versionId"] == rotated


@pytest.mark.parametrize("length", [8, 500, "long", 20.5])
def test_bad_lengths(length: Any) -> None:
    checked = run(generated(SecretsManager()).check(call(Lines()), {}, SECRET | {"length": length}))
    assert [failure.property for failure in checked.failures] == ["length"]


class Leftovers:
    """ECS and SSM as a destroyed stack finds them."""

    def __init__(self, running: bool = False) -> None:
        self.running = running
        self.gone: list[str] = []

    def get_paginator(self, operation: str) -> Any:
        ours = self

        class Paginator:
            def paginate(self, **request: Any) -> list[dict[str, Any]]:
                if operation == "list_task_definitions":
                    prefix = request["familyPrefix"]
                    return [{"taskDefinitionArns": [f"arn:td/{prefix}:1", f"arn:td/{prefix}-longer:1"]}]
                return [{"Parameters": [{"Name": f"{RUN['records']}/x", "Value": "{}"}]}]

        assert ours is not None
        return Paginator()

    def list_tasks(self, **request: Any) -> dict[str, Any]:
        return {"taskArns": ["arn:task/1"] if self.running else []}

    def deregister_task_definition(self, **request: Any) -> None:
        self.gone.append(request["taskDefinition"].rpartition("/")[2])

    def delete_parameters(self, **request: Any) -> None:
        self.gone.append("records")


@pytest.mark.parametrize(
    ("change", "running", "gone"),
    [
        ({"retain": False}, False, ["notes:1", "notes-migration:1", "records"]),
        ({"retain": True}, False, []),
        ({"retain": False}, True, []),
        ({"retain": False, "phase": "after"}, False, []),
    ],
    ids=["nothing is kept", "kept on purpose", "the service still runs", "the after-run shares the records"],
)
def test_what_a_deleted_gate_takes_with_it(change: Properties, running: bool, gone: list[str]) -> None:
    left = Leftovers(running)
    resource = MigrationRun(lambda: Account(ecs=left, ssm=left))  # type: ignore[arg-type, return-value]
    state = State(RUN | change, RUN | change)
    run(resource.delete(call(Lines(), preview=False), "id", state))
    assert sorted(left.gone) == sorted(gone)


def test_the_wrong_account_is_not_taken_for_a_deleted_service_or_secret() -> None:
    class Wrong(Account):
        def verify(self) -> None:
            raise GateError("these credentials belong to AWS account 1")

    for resource, inputs in ((Rollout(Wrong), ROLLOUT), (GeneratedSecret(Wrong), SECRET)):  # type: ignore[arg-type]
        with pytest.raises(Refused, match="belong to AWS account"):
            run(resource.read(call(Lines()), "id", inputs, inputs))


def test_a_local_cloud_that_is_down_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def down() -> None:
        raise EndpointConnectionError(endpoint_url="http://172.17.0.1:1")

    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://172.17.0.1:1")
    with pytest.raises(Refused, match=r"the local cloud at http://172\.17\.0\.1:1 does not answer: run `make up`"):
        run(in_thread(down))
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    with pytest.raises(Refused, match="AWS could not be reached"):
        run(in_thread(down))


class Ssm:
    """Parameters in memory, as far as a rollout asks for them."""

    def __init__(self, **parameters: str) -> None:
        self.parameters = parameters
        self.deleted: list[str] = []

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        if Name not in self.parameters:
            raise ClientError({"Error": {"Code": "ParameterNotFound", "Message": Name}}, "GetParameter")
        return {"Parameter": {"Value": self.parameters[Name]}}

    def get_paginator(self, operation: str) -> Any:
        assert operation == "get_parameters_by_path"
        return self

    def paginate(self, Path: str, **more: Any) -> list[dict[str, Any]]:  # noqa: N803
        found = [{"Name": name, "Value": value} for name, value in self.parameters.items() if name.startswith(Path)]
        return [{"Parameters": found}]

    def delete_parameters(self, Names: list[str]) -> None:  # noqa: N803
        self.deleted += Names

    def delete_parameter(self, Name: str) -> None:  # noqa: N803
        self.deleted.append(Name)
        self.parameters.pop(Name, None)

    def put_parameter(self, Name: str, Value: str, **more: Any) -> None:  # noqa: N803
        self.parameters[Name] = Value


HELD = {f"/sluice/p/s/holds/{'1' * 64}": '{"who": "ada@ops", "at": 1, "reason": "slow"}'}
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
def test_a_rollback_runs_no_step_and_lets_its_revision_through(preview: bool) -> None:
    gate, lines = MigrationRun(no_account), Lines()
    updated = run(gate.update(call(lines, preview), "id", State(RUN, OUTPUTS), RUN | EARLIER))
    assert updated["serviceTaskDefinition"] == "arn:td/notes:2"
    assert (updated["results"], updated["run"]) == (["kept"], 4)
    assert lines == ["info: an earlier release is to serve again: no step runs, the database stays as it is"]


def test_a_rollback_whose_gate_was_lost_runs_no_step_either() -> None:
    created = run(MigrationRun(no_account).create(call(Lines(), preview=False), RUN | EARLIER))
    assert (created.outputs["results"], created.outputs["run"]) == ([], 0)
    assert created.outputs["serviceTaskDefinition"] == "arn:td/notes:2"


def test_after_a_rollback_the_records_say_whether_the_steps_must_run() -> None:
    lines, old = Lines(), State(RUN | EARLIER, OUTPUTS | EARLIER)
    run(MigrationRun(no_account).update(call(lines), "id", old, RUN | EARLIER | {"rollback": None}))
    assert lines == ["info: would run master: the rollback is over"]


def test_what_is_gone_back_from_need_not_be_well() -> None:
    inputs = ROLLOUT | {"soak": {"seconds": 5, "url": "http://x/health"}}
    soak = Rollout._wanted(inputs, "").soak
    assert soak is not None
    assert soak.seconds == 5
    assert Rollout._wanted(inputs | {"rollback": True}, "").soak is None


@pytest.mark.parametrize(
    ("before", "now", "soaked"), [("db-1", "db-1", True), (None, "db-1", True), ("db-1", "db-2", False)]
)
def test_what_serves_is_not_soaked_on_a_database_that_it_does_not_know(
    monkeypatch: pytest.MonkeyPatch, before: str | None, now: str, soaked: bool
) -> None:
    seen: list[Properties] = []

    def roll_out(self: Rollout, call: Call, inputs: Properties, previous: str) -> Done:
        seen.append(inputs)
        return Done("ecs-svc/1", previous, 0)

    monkeypatch.setattr(Rollout, "_roll_out", roll_out)
    old = ROLLOUT | {"soak": {"seconds": 5, "url": "http://x/health"}, "database": before}
    updated = run(
        Rollout(no_account).update(call(Lines(), preview=False), "id", State(old, {}), old | {"database": now})
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
        run(rollout.update(call(Lines(), preview=False), "id", State(inputs, inputs), inputs))
    assert proof.held is meanwhile
    assert (B in ssm.parameters) is stays


@pytest.mark.parametrize(("retain", "deleted"), [(True, []), (False, ["/sluice/p/s/rollout", *HELD])])
def test_the_records_go_with_a_stack_that_keeps_nothing(retain: bool, deleted: list[str]) -> None:
    ssm, inputs = Ssm(**HELD), ROLLOUT | KEPT | {"retain": retain}
    rollout = Rollout(lambda: Account(ssm=ssm))  # type: ignore[arg-type, return-value]
    run(rollout.delete(call(Lines(), preview=False), "id", State(inputs, inputs)))
    assert ssm.deleted == deleted
