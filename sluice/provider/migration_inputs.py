"""The inputs of a MigrationRun: their checks, and the changes that make its steps run again. Pure."""

from __future__ import annotations

from typing import Any

from sluice.aws.tasks import Place
from sluice.errors import GateError
from sluice.inputs.network import Network
from sluice.inputs.snapshot import PENDING, SnapshotRequest
from sluice.inputs.step import Step
from sluice.migration.fingerprint import MigrationSubject, changed
from sluice.protocol.resource import CheckFailure, Properties
from sluice.protocol.values import UNKNOWN, contains_unknown

_SUBJECT = ("imageDigest", "steps", "environment", "secrets", "database", "phase")
"""The inputs whose change runs the steps; a change of any other input runs nothing."""


def place_of(inputs: Properties) -> Place:
    """Return cluster, task definition and network of a run's tasks."""
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


def wrong_steps(steps: list[Any], phase: Any) -> list[CheckFailure]:
    """Return the failures of the steps: each one's own, two with one name, and no step of the phase."""
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
        CheckFailure("steps", f"two steps have the name {name!r}")
        for name in sorted({*names}, key=str)
        if names.count(name) > 1
    ]
    if len(known) == len(steps) and not any(
        (step.get("phase") or "before") == phase for step in known if isinstance(step, dict)
    ):
        failures.append(CheckFailure("steps", f"no step has the phase {phase!r}, so nothing would be proven"))
    return failures


def wrong_snapshot(snapshot: Any, steps: Any) -> list[CheckFailure]:
    if snapshot is None or snapshot is UNKNOWN:
        return []
    if not isinstance(snapshot, dict):
        return [CheckFailure("snapshot", f"is {snapshot!r}; it must be an object with instance or cluster")]
    try:
        # An unknown value stands for the identifier of a database that is being created.
        known = {key: value for key, value in snapshot.items() if key != "copyTo" or not contains_unknown(value)}
        SnapshotRequest.parse({key: "unknown" if value is UNKNOWN else value for key, value in known.items()})
    except GateError as error:
        return [CheckFailure("snapshot", str(error))]
    taken = isinstance(steps, list) and any(isinstance(step, dict) and step.get("name") == PENDING for step in steps)
    if snapshot.get("pending") and taken:
        return [CheckFailure("steps", f"the step name {PENDING!r} is reserved for the command snapshot.pending")]
    return []


def _without_revision(step: Any) -> Any:
    if not isinstance(step, dict):
        return step
    return {key: value for key, value in step.items() if key not in ("taskDefinition", "container")}


def subject_of(inputs: Properties) -> MigrationSubject:
    steps = tuple(Step.parse(step) for step in inputs["steps"])
    return MigrationSubject(
        image=inputs["imageDigest"],
        steps=tuple(step for step in steps if step.phase == inputs.get("phase", "before")),
        environment=inputs.get("environment") or {},
        secrets=inputs.get("secrets") or {},
        database=inputs.get("database") or "",
    )


def reasons_to_run(old: Properties, new: Properties) -> str:
    """Return why the steps must run; empty when they need not."""
    if old.get("rollback"):
        return "the rollback is over"  # the run records decide whether they have run before
    old, new = _comparable(old), _comparable(new)
    unknown = [key for key in _SUBJECT if contains_unknown(new.get(key))]
    if unknown:
        return f"if {' or '.join(unknown)}, not known yet, differs"
    differences = changed(subject_of(old), subject_of(new))
    return " and ".join(differences) + " changed" if differences else ""


def shown_changes(old: Properties, new: Properties, keys: list[str]) -> list[str]:
    """Return the first changed input that runs the steps; all changed inputs when none does.

    `pulumi up` prints them, and a new image always changes the task definitions, too.
    """
    old, new = _comparable(old), _comparable(new)
    return next(([key] for key in _SUBJECT if key in keys and old.get(key) != new.get(key)), keys)


def _comparable(inputs: Properties) -> Properties:
    """Return the inputs without the steps' own revisions, which are new with every image."""
    steps = inputs.get("steps")
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        return inputs
    return inputs | {"steps": [_without_revision(step) for step in steps]}


def step_names(inputs: Properties) -> list[str]:
    steps = inputs.get("steps")
    if not isinstance(steps, list):
        return []
    phase = inputs.get("phase", "before")
    return [
        str(step["name"])
        for step in steps
        if isinstance(step, dict) and step.get("name") is not UNKNOWN and (step.get("phase") or "before") == phase
    ]
