"""The cause of a step that timed out. Pure.

RunTask replaces a container's command, never its entrypoint. An entrypoint that ignores its arguments starts the web
server in every step, and a web server does not end. Its log shows that: a server prints where it listens.
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
    "a migration that hangs usually waits for a lock, for a database that it cannot reach, or for input",
    "read its last log lines; check the database for long transactions; raise the step's timeout if it was only slow; "
    "then run `pulumi up` again",
)


class Server(NamedTuple):
    """The web server that a step runs in place of its command.

    Attributes:
        line: the log line that shows it.
        advice: cause and remedy.
        certain: the line names the service's own port; otherwise another log line may explain the failure better.
    """

    line: str
    advice: Advice
    certain: bool


def ended_alone(task: Mapping[str, Any]) -> bool:
    """Return whether a stopped task had ended by itself before it was asked to stop.

    That happens when the deployer was suspended or an answer was late. ECS keeps the first reason (stopCode in the
    API's Task).
    """
    return task.get("stopCode") == "EssentialContainerExited"


def timed_out(outcome: Outcome, title: str) -> Outcome:
    """Return the outcome of a task that was stopped at its timeout.

    Args:
        outcome: as judged from the stopped task.
        title: what happened, in one line.
    """
    return replace(outcome, kind=Kind.FAILED, title=title, cause=HANGS.cause, remedy=HANGS.remedy)


def ports(definition: Mapping[str, Any]) -> frozenset[int]:
    """Return the container ports of a task definition, as DescribeTaskDefinition shows it."""
    return frozenset(
        int(mapping["containerPort"])
        for container in definition.get("containerDefinitions") or ()
        for mapping in container.get("portMappings") or ()
        if mapping.get("containerPort")
    )


def server(step: Step, log_lines: Sequence[str], ports: frozenset[int]) -> Server | None:
    """Return the web server that ran in place of the step's command; None when the log shows none.

    Args:
        log_lines: of the step's log, the first and the last ones.
        ports: of the service's containers; empty when unknown.
    """
    found = served(log_lines, ports)
    if found is None:
        return None
    certain = found.port in ports
    where = f" on port {found.port}, the service's own," if certain else ""
    started = "started" if certain else "probably started"
    if step.entry_point:
        why = f"the step's command or its entrypoint [{', '.join(step.entry_point)}] starts the service"
        fix = "set the step's command to the migration's, and let the entrypoint (app.stepEntryPoint) run its arguments"
    else:
        why = "the image's entrypoint ignores its arguments, or the step's command is the service's own"
        fix = (
            'end the entrypoint\'s script with `exec "$@"`, or give the steps an entrypoint of their own '
            "(`app.stepEntryPoint: [env]`); set the step's command to the migration's"
        )
    cause = f"the step {started} the web server{where} instead of a migration: {why}"
    return Server(found.text, Advice(cause, fix), certain)
