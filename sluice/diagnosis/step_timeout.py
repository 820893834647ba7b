"""What it means that a step did not end in its time. Pure.

RunTask replaces a container's command, never its entrypoint: one that ignores its arguments starts the web server in
every step, and a web server does not end. It says so itself: it prints that it listens, and where.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from sluice.diagnosis.exit_code import Advice
from sluice.diagnosis.listening import served
from sluice.diagnosis.verdict import Kind, Outcome
from sluice.inputs.step import Step

HANGS = Advice(
    "a migration that hangs usually waits for a lock, for a database it cannot reach, or for input",
    "read its last lines; look for long transactions in the database; raise the step's timeout if it was only slow; "
    "then run `pulumi up` again",
)


class Server(NamedTuple):
    """A step that runs the service.

    Attributes:
        line: of its log, which says so.
        advice: what is behind it, and what to do about that.
        certain: it names the service's own port; otherwise another line of the log may know better.
    """

    line: str
    advice: Advice
    certain: bool


def ended_alone(task: Mapping[str, Any]) -> bool:
    """Whether a stopped task had ended by itself before it was told to stop: the deployer was suspended meanwhile, or
    an answer long on its way. ECS then keeps the first reason (stopCode in the API's Task)."""
    return task.get("stopCode") == "EssentialContainerExited"


def timed_out(outcome: Outcome, title: str) -> Outcome:
    """The outcome of a task that was stopped because its time was over. *title*: what happened, in one line."""
    return replace(outcome, kind=Kind.FAILED, title=title, cause=HANGS.cause, remedy=HANGS.remedy)


def ports(definition: Mapping[str, Any]) -> frozenset[int]:
    """Where the containers of a task definition listen, as DescribeTaskDefinition shows it."""
    return frozenset(
        int(mapping["containerPort"])
        for container in definition.get("containerDefinitions") or ()
        for mapping in container.get("portMappings") or ()
        if mapping.get("containerPort")
    )


def server(step: Step, lines: Sequence[str], ports: frozenset[int]) -> Server | None:
    """The web server that ran in place of the step's command; None when its log does not say so.

    Args:
        lines: of the step's log, the first and the last ones.
        ports: of the service's containers; empty when they are not known.
    """
    found = served(lines, ports)
    if found is None:
        return None
    certain = found.port in ports
    where = f" on port {found.port}, the service's own," if certain else ""
    started = "started" if certain else "probably started"
    if step.entry_point:
        why = f"the step's command or its entrypoint [{', '.join(step.entry_point)}] starts the service"
        fix = "let the command be the migration's, and the entrypoint (app.stepEntryPoint) hand it on"
    else:
        why = "the image's entrypoint ignores its arguments, or the step's command is the service's own"
        fix = (
            'end the entrypoint\'s script with `exec "$@"`, or give the steps an entrypoint of their own '
            "(`app.stepEntryPoint: [env]`); let the step's command be the migration's"
        )
    cause = f"the step {started} the web server{where} instead of a migration: {why}"
    return Server(found.text, Advice(cause, fix), certain)
