"""Checks what a run needs: before its first step, and in a preview."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.admission.start_admission import AdmissionSubject, NotReady, examine, examine_known, known_tasks, refuse
from sluice.admission.start_requirements import Requirements, required
from sluice.aws.patience import Patience
from sluice.aws.session import Clients
from sluice.clock import Clock
from sluice.errors import GateError
from sluice.finding import Finding, lenient, refusals, warnings
from sluice.image.image_trust import finding
from sluice.inputs.snapshot import SnapshotRequest
from sluice.inputs.step import Step
from sluice.protocol.resource import Call, Properties, Refused
from sluice.protocol.values import UNKNOWN, contains_unknown
from sluice.provider.boundary import Account

UNTOUCHED = "No migration was run; the service was not changed."


def admit(
    call: Call,
    clients: Clients,
    inputs: Properties,
    clock: Clock,
    *,
    steps: bool = True,
    known: Mapping[str, Mapping[str, Any]] | None = None,
) -> None:
    """Check everything that a MigrationRun's steps and its service's new revision need.

    For a rollback, a broken rule of Sluice is a warning: the earlier release may be older than the rule.

    Args:
        steps: whether the steps run; else only the service's new revision is checked.
        known: task definitions that the run has just read, by ARN.

    Raises:
        NotReady: a check failed.
    """
    begun = time.monotonic()
    phase = inputs.get("phase", "before")
    serves = phase == "before"
    running = [step for step in map(Step.parse, inputs["steps"]) if step.phase == phase] if steps else []
    if running and inputs.get("snapshot") and (probe := SnapshotRequest.parse(inputs["snapshot"]).probe):
        running.append(probe)
    subject = AdmissionSubject(
        service=str(inputs["serviceTaskDefinition"]) if serves else "",
        task_definition=str(inputs["taskDefinition"]),
        container=str(inputs["container"]),
        steps=running,
        keyed=_texts(inputs.get("serviceSecrets")),
        target_groups=[str(one) for one in inputs.get("targetGroups") or []] if serves else [],
    )
    found = examine(clients, subject, clock, known)
    if inputs.get("rollback"):
        found = lenient(found)
    elif trusted := _trusted(inputs):
        signed = Patience(clock, "checking the image's signature")
        found.append(signed.ask(finding, clients, str(inputs["imageDigest"]), trusted))
    _warn(call, found)
    refuse(found, UNTOUCHED)
    call.log(f"admission: {len(found)} checks in {time.monotonic() - begun:.1f} s")


def serves_anew(old: Properties, new: Properties) -> bool:
    """Return whether the service gets a new revision although no step runs: its secrets, size or variables changed.

    An unknown revision counts as new.
    """
    if new.get("phase", "before") != "before":
        return False
    wanted = new.get("serviceTaskDefinition")
    return wanted is UNKNOWN or wanted != old.get("serviceTaskDefinition")


def preview(call: Call, account: Account, inputs: Properties, *, steps: bool = True) -> None:
    """Check what is known in a preview; raise Refused. An AWS error is a warning."""
    image = inputs.get("imageDigest")
    service = inputs.get("serviceSecrets")
    raw = inputs.get("steps") if steps else []
    # A step's own revision is unknown in a preview, because it changes with every image.
    usable = [{key: value for key, value in step.items() if key != "taskDefinition"}
              for step in raw if isinstance(step, dict)] if isinstance(raw, list) else []  # fmt: skip
    phase = inputs.get("phase", "before")
    running = [step for one in usable if not contains_unknown(one) and (step := Step.parse(one)).phase == phase]
    tasks = known_tasks(
        str(image) if image is not UNKNOWN else "",
        str(inputs.get("architecture") or "") if inputs.get("architecture") is not UNKNOWN else "",
        running,
        _texts(inputs.get("secrets")),
        _texts(service),
    )
    trusted = [] if image is UNKNOWN or inputs.get("rollback") else _trusted(inputs)
    if required(tasks) == Requirements() and not trusted:
        return
    try:
        clients = account()
        clients.verify()
        found = examine_known(clients, tasks)
        if trusted:
            found.append(finding(clients, str(image), trusted))
    except (GateError, ClientError, BotoCoreError) as error:
        call.log(f"admission: AWS could not be asked: {error}", "warning")
        return
    _warn(call, found)
    if refusals(found):
        try:
            refuse(found, "Nothing was changed.")
        except NotReady as reason:
            raise Refused(str(reason)) from reason


def _warn(call: Call, found: Sequence[Finding]) -> None:
    for one in warnings(found):
        call.log(str(one), "warning")


def _trusted(inputs: Properties) -> list[str]:
    """Return the ARNs of the keys, one of which must have signed the image."""
    trusted = inputs.get("trusted")
    return [str(key) for key in trusted if key is not UNKNOWN] if isinstance(trusted, list) else []


def _texts(values: object) -> list[str]:
    """Return the known strings among an object's values."""
    if not isinstance(values, dict):
        return []
    return [value for value in values.values() if isinstance(value, str)]
