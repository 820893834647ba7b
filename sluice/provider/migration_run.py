"""``gate:index:MigrationRun``: runs an image's migrations before any other resource may use that image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice import sdk
from sluice.author import author_name, identity
from sluice.aws.patience import Patience, Unknown
from sluice.aws.session import Clients
from sluice.errors import GateError, Interrupted, NotPrepared, Superseded
from sluice.inputs.snapshot import SnapshotRequest
from sluice.migration import forget
from sluice.migration.drained import await_drained
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.plan import describe_run, distrust
from sluice.migration.records.record import RunRecord
from sluice.migration.records.records import Records
from sluice.migration.run import RunResult, migrate
from sluice.migration.snapshot.snapshot import Snapshot
from sluice.protocol.resource import (
    Call,
    Checked,
    CheckFailure,
    Created,
    Difference,
    Existing,
    Properties,
    Refused,
    Resource,
    ResourceState,
)
from sluice.protocol.values import UNKNOWN
from sluice.provider import failure_notice, start_admission
from sluice.provider.boundary import Account, clock, in_thread
from sluice.provider.checked import wrong_names, wrong_network
from sluice.provider.copies import copies_of
from sluice.provider.migration_inputs import (
    place_of,
    reasons_to_run,
    shown_changes,
    step_names,
    subject_of,
    wrong_snapshot,
    wrong_steps,
)
from sluice.release.hold import refuse_held
from sluice.release.names import Names
from sluice.sdk.definition import inputs_of

_INPUTS = inputs_of(sdk.MigrationRun)
_DESCRIPTIVE = ("names",)
"""The inputs whose change is no difference: the same image may come from another commit."""


class MigrationRun(Resource):
    """Runs the steps when the fingerprint changed; its output is the service task definition."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        inputs: Properties = {"phase": "before", "environment": {}, "secrets": {}} | new
        failures = [CheckFailure(key, "is missing") for key in _INPUTS.required if inputs.get(key) in (None, "")]
        failures += [CheckFailure(key, "is not an input of MigrationRun") for key in new.keys() - _INPUTS.all]
        failures += wrong_steps(inputs["steps"], inputs["phase"]) if isinstance(inputs.get("steps"), list) else []
        failures += wrong_snapshot(inputs.get("snapshot"), inputs.get("steps"))
        failures += wrong_names(new.get("names"))
        deadline = inputs.get("deadline")
        if deadline not in (None, UNKNOWN) and (not isinstance(deadline, int) or deadline < 0):
            failures.append(CheckFailure("deadline", f"{deadline!r} is not a whole number of seconds (0: no deadline)"))
        image, cluster = inputs.get("imageDigest"), inputs.get("cluster")
        if isinstance(image, str) and "@sha256:" not in image:
            failures.append(CheckFailure("imageDigest", f"{image!r} names no digest; it must be repository@sha256:…"))
        if isinstance(cluster, str) and ":cluster/" not in cluster:
            failures.append(CheckFailure("cluster", f"{cluster!r} is not a cluster ARN (arn:aws:ecs:…:cluster/NAME)"))
        failures += wrong_network(inputs.get("network"))
        return Checked(inputs, failures)

    async def read(self, call: Call, id: str, inputs: Properties, outputs: Properties) -> Existing | None:
        if not inputs:
            raise Refused("a MigrationRun cannot be imported: `pulumi up` creates it and runs the steps")
        return Existing(id, inputs, outputs)

    async def diff(self, call: Call, id: str, old: ResourceState, new: Properties) -> Difference:
        given = (old.inputs.keys() | new.keys()) - {*_DESCRIPTIVE}
        keys = sorted(key for key in given if old.inputs.get(key) != new.get(key))
        if not keys and await self._touched(call, old, new):
            keys = ["run"]
        return Difference(changes=bool(keys), diffs=shown_changes(old.inputs, new, keys))

    async def _touched(self, call: Call, old: ResourceState, new: Properties) -> str:
        """Return why the last successful run no longer proves the schema; empty while it does.

        A preview must not fail because AWS does not answer, so that is a warning.
        """
        if new.get("rollback") or not old.outputs.get("run"):
            return ""
        try:
            return await in_thread(self._distrust, old)
        except Refused as error:
            call.log(f"cannot check whether the schema was changed since the steps ran: {error}", "warning")
            return ""

    def _distrust(self, old: ResourceState) -> str:
        records, proof = Records(self._account()["ssm"], old.inputs["records"]), int(old.outputs["run"])
        runs = records.since(proof)
        if not any(run.number == proof for run in runs):
            return f"the record of run {proof}, which proved the schema, was deleted"
        phase = old.inputs.get("phase") or "before"
        run = distrust(runs, proof, str(old.outputs.get("fingerprint") or ""), phase)
        return f"{describe_run(run)} may have changed the schema since run {proof} proved it" if run else ""

    async def create(self, call: Call, new: Properties) -> Created:
        if call.preview:
            names = ", ".join(step_names(new)) or "no step"
            if not new.get("rollback"):
                call.log(f"would run {names}, before any task of the service is replaced")
                await in_thread(start_admission.preview, call, self._account, new)
            return Created("", _preview(new))
        if new.get("rollback"):
            return Created(_id(new), new | {"results": [], "run": 0, "fingerprint": "", "snapshotName": ""})
        return Created(_id(new), _outputs(new, *await in_thread(self._migrate, call, new)))

    async def update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        why = ""
        if new.get("rollback"):
            call.log("rollback to an earlier release: no step runs, the database is not changed")
        else:
            why = reasons_to_run(old.inputs, new) or await self._touched(call, old, new)
        if not why:
            if start_admission.serves_anew(old.inputs, new):
                await in_thread(self._let_through, call, new)
            return old.outputs | new
        if call.preview:
            call.log(f"would run {', '.join(step_names(new)) or 'no step'}: {why}")
            await in_thread(start_admission.preview, call, self._account, new)
            return _preview(new)
        call.log(f"running {', '.join(step_names(new))}: {why}")
        return _outputs(new, *await in_thread(self._migrate, call, new))

    async def delete(self, call: Call, id: str, old: ResourceState) -> None:
        await in_thread(self._forget, call, old.inputs)

    def _let_through(self, call: Call, inputs: Properties) -> None:
        """Check what the service's new revision needs, where no step runs. Raises GateError or Refused."""
        if call.preview:
            start_admission.preview(call, self._account, inputs, steps=False)
            return
        clients = self._account()
        Patience(clock(call, clients), "checking what the service needs").ask(clients.verify)
        try:
            start_admission.admit(call, clients, inputs, clock(call, clients), steps=False)
        except NotPrepared as refusal:
            failure_notice.failure(
                call, clients, str(inputs.get("topic") or ""), "rollout", inputs["imageDigest"], refusal
            )
            raise

    def _migrate(self, call: Call, inputs: Properties) -> tuple[RunResult, str]:
        """Run the steps. Return their result, and the name of the snapshot before them (empty for none)."""
        clients = self._account()
        patience = Patience(clock(call, clients), "starting the migrations")
        patience.ask(clients.verify)
        untouched = "No migration was run; the service was not changed."
        patience.ask(refuse_held, clients["ssm"], inputs.get("holds"), str(inputs["imageDigest"]), untouched)
        try:
            return self._run_steps(call, inputs, clients)
        except (Interrupted, Superseded, Unknown):
            raise  # no step has failed, so no notice is sent
        except GateError as failure:
            failure_notice.failure(
                call, clients, str(inputs.get("topic") or ""), "migration", inputs["imageDigest"], failure
            )
            raise

    def _run_steps(self, call: Call, inputs: Properties, clients: Clients) -> tuple[RunResult, str]:
        me = identity(clients.skew)
        deployer = Deployer(
            ecs=clients["ecs"],
            logs=clients["logs"],
            records=Records(clients["ssm"], inputs["records"]),
            clock=clock(call, clients),
            log=lambda text, ephemeral: call.log(text, ephemeral=ephemeral),
            author=author_name(),
            owner=me.owner,
            began=me.began,
            names=Names.parse(inputs.get("names")),
        )
        place = place_of(inputs)
        after = inputs.get("afterService")
        if after:
            service, revision = after["service"], after["taskDefinition"]
            ecs, elbv2 = deployer.ecs, clients["elbv2"]
            await_drained(ecs, deployer.clock, deployer.log, place.cluster, service, revision, elbv2)
        deadline = inputs.get("deadline") or 0
        snapshot = None
        if inputs.get("snapshot"):
            until = deployer.clock.now() + deadline if deadline else None
            request = SnapshotRequest.parse(inputs["snapshot"])
            copies = copies_of(call, clients, deployer, request, str(inputs.get("topic") or ""), inputs["imageDigest"])
            snapshot = Snapshot(deployer, clients["rds"], request, place, until, copies)

        admitted = False

        def prepare(run: RunRecord, definitions: Mapping[str, Mapping[str, Any]]) -> None:
            """Check what the tasks need, then take the snapshot: a run that cannot start needs none."""
            nonlocal admitted
            admitted = True
            start_admission.admit(call, clients, inputs, deployer.clock, known=definitions)
            if snapshot is not None:
                snapshot(run)

        result = migrate(deployer, subject_of(inputs), inputs["phase"], place, deadline=deadline, prepare=prepare)
        if snapshot is not None:
            snapshot.report_copy()
        if not admitted and not after:  # the steps ran in an earlier update, but the service's revision may be new
            start_admission.admit(call, clients, inputs, deployer.clock, steps=False)
        return result, snapshot.taken if snapshot else ""

    def _forget(self, call: Call, inputs: Properties) -> None:
        clients = self._account()
        clients.verify()
        ecs, records = clients["ecs"], Records(clients["ssm"], inputs["records"])
        forget.stop_live_tasks(ecs, records, inputs["cluster"], call.log)
        if inputs.get("phase") == "after":
            return  # the before-run owns the shared records and revisions, and deletes them
        if inputs.get("retain", True) or forget.in_use(ecs, inputs["cluster"], inputs["serviceTaskDefinition"]):
            return
        own = {step["taskDefinition"] for step in inputs["steps"] if step.get("taskDefinition")}
        for task_definition in sorted({inputs["taskDefinition"], inputs["serviceTaskDefinition"], *own}):
            count = forget.deregister(ecs, task_definition)
            call.log(f"deregistered {count} revisions of {forget.family(task_definition)}")
        records.delete_all()


def _id(inputs: Properties) -> str:
    return f"{inputs['records']}#{inputs['phase']}"


def _outputs(inputs: Properties, result: RunResult, snapshot: str) -> Properties:
    steps: list[dict[str, Any]] = [
        {
            "name": step.name,
            "tasks": list(step.tasks),
            "exitCodes": list(step.exit_codes),
            "attempts": step.attempts,
            "seconds": step.seconds,
            "logStreams": list(step.log_streams),
        }
        for step in result.steps
    ]
    proof = {"run": result.number, "fingerprint": result.fingerprint, "snapshotName": snapshot}
    return inputs | {"results": steps} | proof


def _preview(inputs: Properties) -> Properties:
    return inputs | dict.fromkeys(("results", "run", "fingerprint", "snapshotName"), UNKNOWN)
