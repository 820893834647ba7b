"""The look at what a run needs, in the engine's words: before the first step, and in a preview of one."""

from __future__ import annotations

import time
from collections.abc import Sequence

from botocore.exceptions import BotoCoreError, ClientError

from gate.clock import Clock
from gate.errors import GateError
from gate.finding import Finding, refusals, warnings
from gate.plugin.boundary import Account
from gate.plugin.resource import Call, Properties, Refused
from gate.plugin.values import UNKNOWN, contains_unknown
from gate.session import Clients
from gate.start_admission import NotReady, Subject, examine, examine_known, known_tasks, refuse
from gate.start_requirements import Requirements, required
from gate.step import Step

UNTOUCHED = "No migration was run, and what serves keeps serving."


def admit(call: Call, clients: Clients, inputs: Properties, clock: Clock) -> None:
    """Looks at everything that a MigrationRun's steps and its service's new revision need. Raises NotReady."""
    begun = time.monotonic()
    steps = [Step.parse(step) for step in inputs["steps"]]
    phase = inputs.get("phase", "before")
    subject = Subject(
        service=str(inputs["serviceTaskDefinition"]) if phase == "before" else "",
        task_definition=str(inputs["taskDefinition"]),
        container=str(inputs["container"]),
        steps=[step for step in steps if step.phase == phase],
    )
    found = examine(clients, subject, clock)
    _told(call, found)
    refuse(found, UNTOUCHED)
    call.log(f"admission: {len(found)} things that the tasks need looked at in {time.monotonic() - begun:.1f} s")


def preview(call: Call, account: Account, inputs: Properties) -> None:
    """The same of what a preview knows; raises Refused. That AWS cannot be asked is a warning."""
    image = inputs.get("imageDigest")
    service = inputs.get("serviceSecrets")
    raw = inputs.get("steps")
    # A step's own revision is another with every image and unknown in a preview; nothing of it is asked for.
    usable = [{key: value for key, value in step.items() if key != "taskDefinition"}
              for step in raw if isinstance(step, dict)] if isinstance(raw, list) else []  # fmt: skip
    phase = inputs.get("phase", "before")
    steps = [step for one in usable if not contains_unknown(one) and (step := Step.parse(one)).phase == phase]
    tasks = known_tasks(
        str(image) if image is not UNKNOWN else "",
        str(inputs.get("architecture") or "") if inputs.get("architecture") is not UNKNOWN else "",
        steps,
        _texts(inputs.get("secrets")),
        _texts(service),
    )
    if required(tasks) == Requirements():
        return
    try:
        clients = account()
        clients.verify()
        found = examine_known(clients, tasks)
    except (GateError, ClientError, BotoCoreError) as error:
        call.log(f"what the tasks need could not be looked at: {error}", "warning")
        return
    _told(call, found)
    if refusals(found):
        try:
            refuse(found, "Nothing was changed.")
        except NotReady as reason:
            raise Refused(str(reason)) from reason


def _told(call: Call, found: Sequence[Finding]) -> None:
    for one in warnings(found):
        call.log(str(one), "warning")


def _texts(values: object) -> list[str]:
    """The known texts among an object's values."""
    if not isinstance(values, dict):
        return []
    return [value for value in values.values() if isinstance(value, str)]
