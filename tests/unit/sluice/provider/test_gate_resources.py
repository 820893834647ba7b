"""MigrationRun and Rollout as the engine sees them: checks, diffs and previews, without a cloud."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError

from sluice.aws.patience import Unknown
from sluice.errors import GateError, Interrupted
from sluice.migration.records.record import RunRecord
from sluice.protocol.resource import Properties, Refused, Resource, ResourceState
from sluice.protocol.values import UNKNOWN
from sluice.provider import migration_run, start_admission
from sluice.provider.boundary import in_thread
from sluice.provider.generated_secret import GeneratedSecret
from sluice.provider.migration_run import MigrationRun
from sluice.provider.rollout import Rollout
from sluice.release.names import Names
from sluice.release.release_record import ReleaseRecords
from tests.unit.sluice.aws.parameters import Ssm
from tests.unit.sluice.migration.simulation import client_error
from tests.unit.sluice.provider.resources import ROLLOUT, RUN, SECRET, Account, Lines, Sns, blind, call, no_account, run


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"imageDigest": "repo:latest"}, "names no digest"),
        ({"steps": [{"name": "master", "command": "migrate"}]}, "command must be a list"),
        ({"cluster": None}, "is missing"),
        ({"cleanup": True}, "is not an input of MigrationRun"),
        ({"database": ""}, "is missing"),
        ({"cluster": "notes"}, "not a cluster ARN"),
        ({"network": {"subnets": []}}, "has no subnets"),
        ({"steps": []}, "nothing would be proven"),
        ({"steps": ["migrate"]}, "must be an object"),
        ({"steps": [RUN["steps"][0], RUN["steps"][0]]}, "two steps have the name 'master'"),
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
        ({"imageDigest": UNKNOWN}, "would run master: if imageDigest, not known yet, differs"),
        ({"database": "db-2"}, "the database itself (recreated or restored) changed"),
        ({"environment": {"A": "1"}}, "the migration task's environment changed"),
    ],
)
def test_a_preview_says_what_would_run_and_why(change: Properties, says: str) -> None:
    lines = Lines()
    outputs = run(MigrationRun(blind).update(call(lines), "id", ResourceState(RUN, RUN), RUN | change))
    assert says in lines[0]
    assert outputs["results"] is UNKNOWN
    assert outputs["serviceTaskDefinition"] == RUN["serviceTaskDefinition"]


@pytest.mark.parametrize("key", ["network", "taskDefinition", "retain", "snapshot", "topic", "deadline"])
def test_other_changes_update_without_running(key: str) -> None:
    new = RUN | {key: "changed"}
    outputs = RUN | {"results": ["kept"], "run": 4, "fingerprint": "f"}
    resource = MigrationRun(lambda: Account(ssm=records(PROOF)))  # type: ignore[arg-type, return-value]
    assert run(resource.diff(call(Lines()), "id", ResourceState(RUN, outputs), new)).diffs == [key]
    updated = run(resource.update(call(Lines(), preview=False), "id", ResourceState(RUN, outputs), new))
    assert (updated["results"], updated["run"], updated[key]) == (["kept"], 4, "changed")


REVISED = {
    "serviceTaskDefinition": "arn:td/service:2",
    "taskDefinition": "arn:td/migration:2",
    "steps": [{**RUN["steps"][0], "taskDefinition": "arn:td/step:2"}],
}
"""What changes with every new revision, whatever made it new."""
OTHER_STEP = {"steps": [{**RUN["steps"][0], "command": ["migrate", "all"], "taskDefinition": "arn:td/step:2"}]}


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (REVISED | {"imageDigest": "repo@sha256:" + "b" * 64}, ["imageDigest"]),
        (REVISED | OTHER_STEP | {"imageDigest": "repo@sha256:" + "b" * 64, "environment": {"A": "1"}}, ["imageDigest"]),
        (REVISED | {"imageDigest": UNKNOWN}, ["imageDigest"]),
        (REVISED | OTHER_STEP | {"environment": {"A": "1"}}, ["steps"]),
        (REVISED | {"environment": {"A": "1"}}, ["environment"]),
        (REVISED | {"database": "db-2"}, ["database"]),
        (REVISED, ["serviceTaskDefinition", "steps", "taskDefinition"]),
    ],
)
def test_a_difference_names_what_makes_the_steps_run(change: Properties, named: list[str]) -> None:
    """The progress of `pulumi up` begins with these names; many of them hide the step and its last line."""
    difference = run(MigrationRun(blind).diff(call(Lines()), "id", ResourceState(RUN, RUN), RUN | change))
    assert (difference.changes, difference.diffs) == (True, named)


def test_a_rollouts_difference_names_the_new_revision() -> None:
    new = ROLLOUT | {"taskDefinition": "arn:td/notes:2", "imageDigest": "repo@sha256:" + "b" * 64, "proof": 5}
    difference = run(Rollout(no_account).diff(call(Lines()), "id", ResourceState(ROLLOUT, ROLLOUT), new))
    assert (difference.changes, difference.diffs) == (True, ["taskDefinition"])
    slower = ROLLOUT | {"deadline": 900, "retain": False}
    difference = run(Rollout(no_account).diff(call(Lines()), "id", ResourceState(ROLLOUT, ROLLOUT), slower))
    assert (difference.changes, difference.diffs) == (True, ["deadline", "retain"])


PROOF = RunRecord(4, "up", "f", "sha256:a", "ci@runner", 1_000, state="succeeded")
TOUCHED: dict[str, tuple[tuple[RunRecord, ...], str]] = {
    "nothing since": ((PROOF,), ""),
    "an operator's command": (
        (PROOF, RunRecord(5, "run", "", "", "bob@laptop", 2_000, phase="run", state="failed", message="migrate down")),
        "`sluice run` by bob@laptop (run 5, 1970-01-01 00:33 UTC: migrate down) may have changed the schema since",
    ),
    "an operator's command that only read": (
        (PROOF, RunRecord(5, "run", "", "", "bob@laptop", 2_000, phase="run", state="succeeded", read_only=True)),
        "",
    ),
    "an operator's command under way": (
        (PROOF, RunRecord(5, "run", "", "", "bob@laptop", 2_000)),
        "`sluice run` by bob",
    ),
    "forced": (
        (PROOF, RunRecord(5, "force", "", "", "bob@laptop", 2_000, state="succeeded")),
        "`sluice migrate` by bob",
    ),
    "a lifted hold": ((PROOF, RunRecord(5, "lift", "", "", "bob@laptop", 2_000, state="succeeded")), "--lift` by bob"),
    "another image's steps": ((PROOF, replace(PROOF, number=5, fingerprint="g")), "`pulumi up` by ci@runner (run 5"),
    "the same steps again, in vain": ((PROOF, replace(PROOF, number=5, state="failed")), "`pulumi up` by ci@runner"),
    "the same steps again, with success": ((PROOF, replace(PROOF, number=5)), ""),
    "the steps after the rollout": ((PROOF, replace(PROOF, number=5, phase="after", fingerprint="g")), ""),
    "the record is gone": ((), "the record of run 4, which proved the schema, was deleted"),
}


def records(*runs: RunRecord) -> Ssm:
    return Ssm(**{f"{RUN['records']}/{one.number}": one.to_json() for one in runs})


@pytest.mark.parametrize("case", TOUCHED.values(), ids=TOUCHED.keys())
def test_a_success_lasts_until_something_else_may_have_touched_the_schema(
    case: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start_admission, "preview", lambda *_: None)  # has tests of its own
    runs, why = case
    outputs = RUN | {"results": ["kept"], "run": 4, "fingerprint": "f"}
    resource, lines = MigrationRun(lambda: Account(ssm=records(*runs))), Lines()  # type: ignore[arg-type, return-value]
    difference = run(resource.diff(call(lines), "id", ResourceState(RUN, outputs), RUN))
    assert difference.diffs == (["run"] if why else [])
    if why:
        run(resource.update(call(lines), "id", ResourceState(RUN, outputs), RUN))
        assert any(f"would run master: {why}" in line or (why in line and "would run" in line) for line in lines)


def test_a_preview_that_cannot_ask_the_records_warns_and_changes_nothing() -> None:
    class Denied(Ssm):
        def get_parameters(self, Names: list[str]) -> dict[str, Any]:  # noqa: N803
            raise client_error("AccessDeniedException", "GetParameters")

    lines, outputs = Lines(), RUN | {"run": 4, "fingerprint": "f"}
    resource = MigrationRun(lambda: Account(ssm=Denied()))  # type: ignore[arg-type, return-value]
    assert not run(resource.diff(call(lines), "id", ResourceState(RUN, outputs), RUN)).changes
    assert lines[0].startswith("warning: cannot check whether the schema was changed since the steps ran")


def test_a_rollback_asks_nothing_about_the_schema() -> None:
    back = RUN | {"rollback": True}
    assert not run(
        MigrationRun(no_account).diff(call(Lines()), "id", ResourceState(back, back | {"run": 4}), back)
    ).changes


def test_a_step_must_not_have_the_name_of_the_probe() -> None:
    steps = [{**RUN["steps"][0], "name": "pending"}]
    wish = {"instance": UNKNOWN, "pending": ["migrate", "pending"]}
    checked = run(MigrationRun(no_account).check(call(Lines()), {}, RUN | {"steps": steps, "snapshot": wish}))
    assert ["is reserved for the command snapshot.pending" in failure.reason for failure in checked.failures] == [True]
    assert run(MigrationRun(no_account).check(call(Lines()), {}, RUN | {"snapshot": wish})).failures == []


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
    assert not run(resource.diff(call(Lines()), "id", ResourceState(RUN, RUN), dict(RUN))).changes
    everything = dict.fromkeys(RUN, "changed")
    assert run(resource.diff(call(Lines()), "id", ResourceState(RUN, RUN), everything)).replaces == []
    assert (
        run(Rollout(no_account).diff(call(Lines()), "id", ResourceState(ROLLOUT, ROLLOUT), everything)).replaces == []
    )


class LiveEcs:
    def __init__(self, revision: str) -> None:
        self.revision = revision

    def describe_services(self, **request: Any) -> dict[str, Any]:
        deployments = [{"status": "PRIMARY", "taskDefinition": self.revision}]
        return {"services": [{"status": "ACTIVE", "taskDefinition": self.revision, "deployments": deployments}]}


def live(revision: str) -> Rollout:
    return Rollout(lambda: Account(ecs=LiveEcs(revision)))  # type: ignore[arg-type, return-value]


def test_another_live_revision_is_a_change() -> None:
    lines, state = Lines(), ResourceState(ROLLOUT, ROLLOUT)
    assert not run(live("arn:td/notes:1").diff(call(lines), "id", state, ROLLOUT)).changes
    difference = run(live("arn:td/notes:9").diff(call(lines), "id", state, ROLLOUT))
    assert difference.diffs == ["taskDefinition"]
    assert lines == ["warning: the service runs notes:9, which Sluice did not deploy"]


def test_what_sluice_itself_moved_is_said_to_be_its_own() -> None:
    ssm, names = Ssm(), Names("2.4", "1a5c0d0638b10172b37034fce069ac11bc8e4fe6")
    records = ReleaseRecords(ssm, "/sluice/p/s")
    records.add("repo@sha256:1", "arn:td/notes:9", 1_000, "ecs-svc/1", 0, "ci@runner", "up", names)
    records.add("repo@sha256:2", "arn:td/notes:1", 2_000, "ecs-svc/2", 1, "ci@runner", "up")
    records.add("repo@sha256:1", "arn:td/notes:9", 1_790_000_000, "ecs-svc/3", 2, "ann@laptop", "rollback", names)
    resource = Rollout(lambda: Account(ecs=LiveEcs("arn:td/notes:9"), ssm=ssm))  # type: ignore[arg-type, return-value]
    inputs, lines = ROLLOUT | {"records": "/sluice/p/s"}, Lines()
    assert run(resource.diff(call(lines), "id", ResourceState(inputs, inputs), inputs)).diffs == ["taskDefinition"]
    assert lines == [
        "warning: the service runs notes:9, release 3, version 2.4, revision 1a5c0d0638b1: `sluice rollback` by "
        "ann@laptop deployed it at 2026-09-21 14:13:20 UTC"
    ]


def test_the_names_of_an_image_are_no_change() -> None:
    old, new = {"names": {"version": "1", "revision": "a"}}, {"names": {"version": "1", "revision": "b"}}
    assert not run(
        MigrationRun(no_account).diff(call(Lines()), "id", ResourceState(RUN | old, RUN | old), RUN | new)
    ).changes
    state = ResourceState(ROLLOUT | old, ROLLOUT | old)
    assert not run(live("arn:td/notes:1").diff(call(Lines()), "id", state, ROLLOUT | new)).changes
    for resource, inputs in ((MigrationRun(no_account), RUN), (Rollout(no_account), ROLLOUT)):
        assert not run(resource.check(call(Lines()), {}, inputs | new)).failures
        wrong = run(resource.check(call(Lines()), {}, inputs | {"names": {"version": 7}})).failures
        assert [(one.property, one.reason) for one in wrong] == [("names", "names: version is 7; it must be a string")]


def test_a_refresh_shows_the_live_revision_and_the_next_up_deploys_again() -> None:
    existing = run(live("arn:td/notes:9").read(call(Lines()), "id", ROLLOUT, ROLLOUT))
    assert existing.outputs["taskDefinition"] == "arn:td/notes:9"
    difference = run(live("x").diff(call(Lines()), "id", ResourceState(existing.inputs, existing.outputs), ROLLOUT))
    assert difference.diffs == ["taskDefinition"]


def test_an_unreachable_aws_is_a_warning_in_a_preview() -> None:
    def unreachable() -> Any:
        raise ConnectionError("no route")

    lines = Lines()
    assert not run(Rollout(unreachable).diff(call(lines), "id", ResourceState(ROLLOUT, ROLLOUT), ROLLOUT)).changes
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
    resource, lines = MigrationRun(blind), Lines()

    def preview(**change: Any) -> str:
        lines.clear()
        new = RUN | {"steps": [{**old["steps"][0], **change}]}
        run(resource.update(call(lines), "id", ResourceState(old, old), new))
        return lines[0] if lines else "nothing runs"

    assert preview(taskDefinition="arn:td/bootstrap:2") == "nothing runs"
    assert preview(taskDefinition=UNKNOWN) == "nothing runs"
    assert "the steps changed" in preview(secrets={"P": "arn:2"})
    assert "the steps changed" in preview(image="repo@sha256:" + "c" * 64)
    assert "the steps changed" in preview(environment={"OWNER_SECRET_VERSION": "2"})


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
    state = ResourceState(RUN | change, RUN | change)
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
