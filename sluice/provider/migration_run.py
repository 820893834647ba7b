"""``gate:index:MigrationRun``: an image's migrations, run to their end before anything may use that image."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sluice import sdk
from sluice.author import author_name, identity
from sluice.aws.patience import Patience, Unknown
from sluice.aws.session import Clients
from sluice.aws.tasks import Place
from sluice.errors import GateError, Interrupted, NotPrepared, Superseded
from sluice.inputs.network import Network
from sluice.inputs.snapshot import PENDING, SnapshotRequest
from sluice.inputs.step import Step
from sluice.migration import forget
from sluice.migration.drained import await_drained
from sluice.migration.fingerprint import Subject, changed
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
    State,
)
from sluice.protocol.values import UNKNOWN, contains_unknown
from sluice.provider import failure_notice, start_admission
from sluice.provider.boundary import Account, clock, in_thread
from sluice.provider.checked import wrong_names, wrong_network
from sluice.provider.copies import copies_of
from sluice.release.hold import refuse_held
from sluice.release.names import Names
from sluice.sdk.definition import inputs_of

_INPUTS = inputs_of(sdk.MigrationRun)
_SUBJECT = ("imageDigest", "steps", "environment", "secrets", "database", "phase")
"""The inputs that decide whether the steps must run; everything else updates without running."""
_SAID = ("names",)
"""The inputs that change nothing by themselves: the same image may come from another commit."""


class MigrationRun(Resource):
    """Runs the steps when the fingerprint changed; its output is the service task definition that it let through."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        inputs: Properties = {"phase": "before", "environment": {}, "secrets": {}} | new
        failures = [CheckFailure(key, "is missing") for key in _INPUTS.required if inputs.get(key) in (None, "")]
        failures += [CheckFailure(key, "is not an input of MigrationRun") for key in new.keys() - _INPUTS.all]
        failures += _wrong_steps(inputs["steps"], inputs["phase"]) if isinstance(inputs.get("steps"), list) else []
        failures += _wrong_snapshot(inputs.get("snapshot"), inputs.get("steps"))
        failures += wrong_names(new.get("names"))
        deadline = inputs.get("deadline")
        if deadline not in (None, UNKNOWN) and (not isinstance(deadline, int) or deadline < 0):
            failures.append(CheckFailure("deadline", f"{deadline!r} is not a whole number of seconds; 0 is for none"))
        image, cluster = inputs.get("imageDigest"), inputs.get("cluster")
        if isinstance(image, str) and "@sha256:" not in image:
            failures.append(CheckFailure("imageDigest", f"{image!r} names no digest; it must be repository@sha256:…"))
        if isinstance(cluster, str) and ":cluster/" not in cluster:
            failures.append(CheckFailure("cluster", f"{cluster!r} is no cluster ARN (arn:aws:ecs:…:cluster/NAME)"))
        failures += wrong_network(inputs.get("network"))
        return Checked(inputs, failures)

    async def read(self, call: Call, id: str, inputs: Properties, outputs: Properties) -> Existing | None:
        if not inputs:
            raise Refused("a MigrationRun cannot be imported: let `pulumi up` create it, which runs the steps")
        return Existing(id, inputs, outputs)

    async def diff(self, call: Call, id: str, old: State, new: Properties) -> Difference:
        given = (old.inputs.keys() | new.keys()) - {*_SAID}
        keys = sorted(key for key in given if old.inputs.get(key) != new.get(key))
        if not keys and await self._touched(call, old, new):
            keys = ["run"]
        return Difference(changes=bool(keys), diffs=_telling(old.inputs, new, keys))

    async def _touched(self, call: Call, old: State, new: Properties) -> str:
        """Return why the success that the engine knows of proves nothing any more, in words; empty while it does. A
        preview must not fail because AWS cannot be asked."""
        if new.get("rollback") or not old.outputs.get("run"):
            return ""
        try:
            return await in_thread(self._distrust, old)
        except Refused as error:
            call.log(f"whether the schema was changed since the steps ran could not be asked: {error}", "warning")
            return ""

    def _distrust(self, old: State) -> str:
        records, proof = Records(self._account()["ssm"], old.inputs["records"]), int(old.outputs["run"])
        runs = records.since(proof)
        if not any(run.number == proof for run in runs):
            return f"the record of run {proof}, which proved the schema, is gone"
        phase = old.inputs.get("phase") or "before"
        run = distrust(runs, proof, str(old.outputs.get("fingerprint") or ""), phase)
        return f"{describe_run(run)} may have changed the schema since run {proof} proved it" if run else ""

    async def create(self, call: Call, new: Properties) -> Created:
        if call.preview:
            names = ", ".join(_names(new)) or "no step"
            if not new.get("rollback"):
                call.log(f"would run {names}, before any task of the service is replaced")
                await in_thread(start_admission.preview, call, self._account, new)
            return Created("", _preview(new))
        if new.get("rollback"):
            return Created(_id(new), new | {"results": [], "run": 0, "fingerprint": "", "snapshotName": ""})
        return Created(_id(new), _outputs(new, *await in_thread(self._migrate, call, new)))

    async def update(self, call: Call, id: str, old: State, new: Properties) -> Properties:
        why = ""
        if new.get("rollback"):
            call.log("an earlier release is to serve again: no step runs, the database stays as it is")
        else:
            why = _reasons(old.inputs, new) or await self._touched(call, old, new)
        if not why:
            if start_admission.serves_anew(old.inputs, new):
                await in_thread(self._let_through, call, new)
            return old.outputs | new
        if call.preview:
            call.log(f"would run {', '.join(_names(new)) or 'no step'}: {why}")
            await in_thread(start_admission.preview, call, self._account, new)
            return _preview(new)
        call.log(f"running {', '.join(_names(new))}: {why}")
        return _outputs(new, *await in_thread(self._migrate, call, new))

    async def delete(self, call: Call, id: str, old: State) -> None:
        await in_thread(self._forget, call, old.inputs)

    def _let_through(self, call: Call, inputs: Properties) -> None:
        """Look at what the service's new revision needs, where no step runs. Raises GateError or Refused."""
        if call.preview:
            start_admission.preview(call, self._account, inputs, steps=False)
            return
        clients = self._account()
        Patience(clock(call, clients), "looking at what the service needs").ask(clients.verify)
        try:
            start_admission.admit(call, clients, inputs, clock(call, clients), steps=False)
        except NotPrepared as refusal:
            failure_notice.failure(
                call, clients, str(inputs.get("topic") or ""), "rollout", inputs["imageDigest"], refusal
            )
            raise

    def _migrate(self, call: Call, inputs: Properties) -> tuple[RunResult, str]:
        """Run the steps. Returns what they did, and the name of the snapshot taken before them (empty: none)."""
        clients = self._account()
        patience = Patience(clock(call, clients), "beginning the migrations")
        patience.ask(clients.verify)
        untouched = "No migration was run; the service was not changed."
        patience.ask(refuse_held, clients["ssm"], inputs.get("holds"), str(inputs["imageDigest"]), untouched)
        try:
            return self._run_steps(call, inputs, clients)
        except (Interrupted, Superseded, Unknown):
            raise  # nothing has failed
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

        looked = False

        def prepare(run: RunRecord, definitions: Mapping[str, Mapping[str, Any]]) -> None:
            """Before the first step: what could not start anyway needs no snapshot either."""
            nonlocal looked
            looked = True
            start_admission.admit(call, clients, inputs, deployer.clock, known=definitions)
            if snapshot is not None:
                snapshot(run)

        result = migrate(deployer, _subject(inputs), inputs["phase"], place, deadline=deadline, prepare=prepare)
        if snapshot is not None:
            snapshot.look_at_copy()
        if not looked and not after:  # the steps ran, or began, in an earlier update: the service's revision may be new
            start_admission.admit(call, clients, inputs, deployer.clock, steps=False)
        return result, snapshot.taken if snapshot else ""

    def _forget(self, call: Call, inputs: Properties) -> None:
        clients = self._account()
        clients.verify()
        ecs, records = clients["ecs"], Records(clients["ssm"], inputs["records"])
        forget.stop_live_tasks(ecs, records, inputs["cluster"], call.log)
        if inputs.get("phase") == "after":
            return  # records and revisions are shared with the run before the rollout: that one tidies up
        if inputs.get("retain", True) or forget.in_use(ecs, inputs["cluster"], inputs["serviceTaskDefinition"]):
            return
        own = {step["taskDefinition"] for step in inputs["steps"] if step.get("taskDefinition")}
        for task_definition in sorted({inputs["taskDefinition"], inputs["serviceTaskDefinition"], *own}):
            count = forget.deregister(ecs, task_definition)
            call.log(f"deregistered {count} revisions of {forget.family(task_definition)}")
        records.delete_all()


def place_of(inputs: Properties) -> Place:
    """Return where the tasks of a run are started, and as what."""
    network = Network.parse(inputs["network"])
    return Place(
        cluster=inputs["cluster"],
        task_definition=inputs["taskDefinition"],
        container=inputs["container"],
        subnets=network.subnets,
        security_groups=network.security_groups,
        assign_public_ip=network.assign_public_ip,
        service=inputs["serviceTaskDefinition"],
    )


def _wrong_snapshot(snapshot: Any, steps: Any) -> list[CheckFailure]:
    if snapshot is None or snapshot is UNKNOWN:
        return []
    if not isinstance(snapshot, dict):
        return [CheckFailure("snapshot", f"is {snapshot!r}; it must be an object with instance or cluster")]
    try:
        # What is not known yet will be the identifier of a database.
        known = {key: value for key, value in snapshot.items() if key != "copyTo" or not contains_unknown(value)}
        SnapshotRequest.parse({key: "unknown" if value is UNKNOWN else value for key, value in known.items()})
    except GateError as error:
        return [CheckFailure("snapshot", str(error))]
    taken = isinstance(steps, list) and any(isinstance(step, dict) and step.get("name") == PENDING for step in steps)
    if snapshot.get("pending") and taken:
        return [CheckFailure("steps", f"a step is called {PENDING!r}, as the one that snapshot.pending runs")]
    return []


def _wrong_steps(steps: list[Any], phase: Any) -> list[CheckFailure]:
    """Return what is wrong with the steps. Two of one name would be one to ECS, and no step at all would prove
    nothing."""
    failures = []
    if phase is not UNKNOWN and phase not in ("before", "after"):
        failures.append(CheckFailure("phase", f"{phase!r} is neither 'before' nor 'after'"))
    known = [step for step in steps if not contains_unknown(_without_revision(step))]
    for step in known:
        try:
            Step.parse(_without_revision(step))
        except GateError as error:
            failures.append(CheckFailure("steps", str(error)))
    names = [step.get("name") for step in known if isinstance(step, dict)]
    failures += [
        CheckFailure("steps", f"two steps are called {name!r}")
        for name in sorted({*names}, key=str)
        if names.count(name) > 1
    ]
    if len(known) == len(steps) and not any(
        (step.get("phase") or "before") == phase for step in known if isinstance(step, dict)
    ):
        failures.append(CheckFailure("steps", f"none of them is of the phase {phase!r}: nothing would be proven"))
    return failures


def _without_revision(step: Any) -> Any:
    if not isinstance(step, dict):
        return step
    return {key: value for key, value in step.items() if key not in ("taskDefinition", "container")}


def _subject(inputs: Properties) -> Subject:
    steps = tuple(Step.parse(step) for step in inputs["steps"])
    return Subject(
        image=inputs["imageDigest"],
        steps=tuple(step for step in steps if step.phase == inputs.get("phase", "before")),
        environment=inputs.get("environment") or {},
        secrets=inputs.get("secrets") or {},
        database=inputs.get("database") or "",
    )


def _reasons(old: Properties, new: Properties) -> str:
    """Return why the steps must run, in words; empty when they need not."""
    if old.get("rollback"):
        return "the rollback is over"  # whether they have run before is for the run records to say
    old, new = _comparable(old), _comparable(new)
    unknown = [key for key in _SUBJECT if contains_unknown(new.get(key))]
    if unknown:
        return f"if {' or '.join(unknown)}, not known yet, turns out to differ"
    differences = changed(_subject(old), _subject(new))
    return " and ".join(differences) + " changed" if differences else ""


def _telling(old: Properties, new: Properties, keys: list[str]) -> list[str]:
    """The first changed input that makes the steps run; all changed ones when none does. `pulumi up` prints them before
    the step and its last line, and a new image always changes the task definitions too."""
    old, new = _comparable(old), _comparable(new)
    return next(([key] for key in _SUBJECT if key in keys and old.get(key) != new.get(key)), keys)


def _comparable(inputs: Properties) -> Properties:
    """Without what is new with every image and says nothing about it: the steps' own revisions."""
    steps = inputs.get("steps")
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        return inputs
    return inputs | {"steps": [_without_revision(step) for step in steps]}


def _names(inputs: Properties) -> list[str]:
    steps = inputs.get("steps")
    if not isinstance(steps, list):
        return []
    phase = inputs.get("phase", "before")
    return [
        str(step["name"])
        for step in steps
        if isinstance(step, dict) and step.get("name") is not UNKNOWN and (step.get("phase") or "before") == phase
    ]


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
