"""`sluice run -- COMMAND…`: run a command of the live image like a migration: same task, records and lock.

IAM: as for sluice.migration.operator_run; ecs:DescribeServices, ecs:DescribeTaskDefinition and
ecs:ListTaskDefinitions on ``*``.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from sluice.cli import exits, step_secrets
from sluice.cli.context import Context
from sluice.cli.step_secrets import Choice
from sluice.diagnosis.redaction.redact import secrets as secrets_in
from sluice.diagnosis.verdict import StepFailed
from sluice.duration import short_time
from sluice.errors import GateError
from sluice.inputs.step import LONGEST_NAME, SHARDS, Step
from sluice.migration.operator_run import Order, RunRefused, exit_code, operate
from sluice.rollout.deployment.judge import primary

REVISIONS = 100
"""Number of the newest revisions that are searched for an image."""


def arguments(verbs: Any) -> None:
    one = verbs.add_parser(
        "run",
        help="run a command of the live image as a one-off task, under the migrations' lock",
        description="Run a command of the live image as a one-off task, with the network, role and variables of the "
        "migrations. Its log is printed while it runs. The exit code is the command's own; 1 when it ended without "
        "one, 3 when it was refused, 4 when AWS did not answer, 130 after Ctrl-C, which stops the task. Refused while "
        "another run is open. The command may change the schema, so the next `pulumi up` runs the migration steps "
        "again, unless --read-only is given.",
        epilog="example: sluice run --stack prod --env CLERK_ORG_ID=org_2x -- migrate provision",
    )
    one.add_argument(
        "--timeout",
        type=_seconds,
        default=Step.timeout,
        metavar="S",
        help="seconds until the task is stopped (default: %(default)s)",
    )
    one.add_argument(
        "--shards", type=_shards, default=1, metavar="N", help="number of parallel tasks: SHARD_INDEX, SHARD_COUNT"
    )
    one.add_argument("--env", action="append", default=[], type=variable, metavar="K=V", help="an extra variable")
    one.add_argument("--image", help="digest, or its beginning, of another image that this stack has migrated with")
    one.add_argument(
        "--secrets",
        metavar="NAMES",
        help="names of app.secrets that a migration step has, separated by commas; `all` or `none` (default: those of "
        "the step whose command begins like this one)",
    )
    one.add_argument("--task-definition", metavar="ARN", help="a revision of the migration's task definition")
    one.add_argument("--container", help="container of that revision, when it is not the migration's")
    one.add_argument(
        "--read-only",
        action="store_true",
        help="the command does not change the schema, so the next `pulumi up` need not run the migration steps again",
    )
    one.add_argument("command", nargs="+", metavar="COMMAND", help="after --: the command and its arguments")
    one.set_defaults(main=main)


def main(context: Context, given: argparse.Namespace) -> int:
    command = list(given.command)
    step = Step(
        name=step_name(command),
        command=tuple(command),
        timeout=given.timeout,
        attempts=1,
        shards=given.shards,
        environment=dict(given.env),
    )
    secrets = _secrets(context, given)
    definition, image = choose(context, given.image, given.task_definition, secrets.definition)
    place = replace(
        context.stack.place,
        task_definition=definition,
        container=given.container or context.stack.place.container,
    )
    terminal = context.terminal
    terminal.note(f"image {image.rpartition('@')[2][:19]}, task definition {definition.rpartition('/')[2]}")
    if not given.task_definition:
        terminal.note(f"secrets: {secrets}")
    context.interrupt.heeded = True
    try:
        result = operate(context.deployer(), Order(step, image, given.read_only), place)
    except StepFailed as failure:
        code = exit_code(failure)
        terminal.note(str(failure))
        shards = {str(shard): one.title for shard, one in failure.outcomes.items()}
        terminal.result({"outcome": "failed", "exit": code, "shards": shards, "error": str(failure)})
        return code
    done = result.steps[0]
    terminal.note(f"run {result.number}: exit code 0 after {short_time(done.seconds)}")
    if not given.read_only:
        terminal.note("the next `pulumi up` runs the migration steps again: this command may have changed the schema")
    terminal.result(
        {
            "outcome": "succeeded",
            "exit": 0,
            "run": result.number,
            "image": image,
            "tasks": list(done.tasks),
            "exitCodes": list(done.exit_codes),
            "seconds": done.seconds,
            "logStreams": list(done.log_streams),
        }
    )
    return exits.OK


def _secrets(context: Context, given: argparse.Namespace) -> Choice:
    """Return the step whose task definition, and so whose secrets, the command gets. Raises RunRefused."""
    if given.secrets and given.task_definition:
        raise RunRefused("--task-definition has secrets of its own; do not pass --secrets with it")
    gate = context.stack.gate
    return step_secrets.choose(gate.get("steps") or [], given.command, given.secrets, str(gate["taskDefinition"]))


def choose(context: Context, image: str | None, definition: str | None, usual: str) -> tuple[str, str]:
    """Return the revision to run and its image: the named revision, that of the named image, else the live image's.

    Args:
        usual: a revision that passed the gate; its family is searched.
    """
    ecs, stack = context.clients["ecs"], context.stack
    if definition:
        return _described(ecs, definition, stack.place.container)
    let_through = _described(ecs, usual, stack.place.container)
    wanted = image or _live_image(context)
    if not wanted or matches(let_through[1], wanted):
        return let_through
    arns = _revisions(ecs, usual)
    for arn in arns:
        found = _described(ecs, arn, stack.place.container)
        if matches(found[1], wanted):
            return found
    raise RunRefused(
        f"no migration task definition of this stack has image {wanted}: {len(arns)} revisions of "
        f"{_family(usual)} were searched. The newest one that passed the gate has "
        f"{let_through[1].rpartition('@')[2]}; run it with --image and that digest"
    )


def matches(image: str, wanted: str) -> bool:
    """Return whether an image has the wanted digest, or one that begins with it (at least seven digits)."""
    digest = image.rpartition("@sha256:")[2]
    start = wanted.rpartition("@")[2].removeprefix("sha256:")
    return len(start) >= 7 and digest.startswith(start)


def step_name(command: Sequence[str]) -> str:
    """Return a step's name, the label of its log lines: the command and its first argument. More may be private."""
    plain = "-".join(word.rpartition("/")[2] for word in command[:2])
    name = re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")
    return re.sub(r"^[^a-z]+", "", name)[:LONGEST_NAME].rstrip("-") or "run"


def variable(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise argparse.ArgumentTypeError(f"{name!r}: write it as NAME=VALUE")
    if name in ("SHARD_INDEX", "SHARD_COUNT"):
        raise argparse.ArgumentTypeError(f"{name} is set for every shard; use --shards")
    if secrets_in(text):  # by the name or by the value; neither is shown
        raise argparse.ArgumentTypeError(
            f"{name} looks like a secret, and ECS shows a task's variables to everyone who may describe it: store it"
            " in Secrets Manager and name it in app.secrets, or let the command read it itself"
        )
    return name, value


def _seconds(text: str) -> int:
    return _whole(text, 1, 172_800)


def _shards(text: str) -> int:
    return _whole(text, 1, SHARDS)


def _whole(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} to {most}")
    return int(text)


def _live_image(context: Context) -> str:
    """Return the image (by digest) of the service's newest deployment; empty without a service."""
    if not context.stack.gate.get("service"):
        return ""
    current = primary(context.service.describe() or {})
    if current is None:
        return ""
    return _image(_definition(context.clients["ecs"], str(current["taskDefinition"])), "")


def _described(ecs: Any, arn: str, container: str) -> tuple[str, str]:
    definition = _definition(ecs, arn)
    return str(definition["taskDefinitionArn"]), _image(definition, container)


def _definition(ecs: Any, arn: str) -> Mapping[str, Any]:
    return dict(ecs.describe_task_definition(taskDefinition=arn)["taskDefinition"])


def _image(definition: Mapping[str, Any], container: str) -> str:
    """Return the image of the named container, else of the first essential one."""
    containers = definition["containerDefinitions"]
    named = [one for one in containers if one["name"] == container]
    if container and not named:
        raise GateError(
            f"{definition['taskDefinitionArn'].rpartition('/')[2]} has no container {container!r}; it has "
            + ", ".join(one["name"] for one in containers)
        )
    return str((named or [one for one in containers if one.get("essential", True)])[0]["image"])


def _revisions(ecs: Any, arn: str) -> list[str]:
    """Return the revisions of the same family, newest first."""
    found: list[str] = []
    pages = ecs.get_paginator("list_task_definitions").paginate(
        familyPrefix=_family(arn), status="ACTIVE", sort="DESC", PaginationConfig={"MaxItems": REVISIONS}
    )
    for page in pages:
        found += [one for one in page["taskDefinitionArns"] if _family(one) == _family(arn)]
    return found


def _family(arn: str) -> str:
    return arn.rpartition("/")[2].partition(":")[0]
