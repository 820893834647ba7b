"""The command line: global options, the commands, and one text per error."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.patience import Unknown
from sluice.cli import exits, history, migrate, preflight, rollback, rotate, run, status
from sluice.cli.context import Context
from sluice.cli.interrupt import Interrupt, say_interrupted
from sluice.cli.stack import NoStack, find
from sluice.cli.terminal import Terminal
from sluice.cli.traffic import abort_rollout, continue_rollout
from sluice.clock import Clock, SystemClock
from sluice.errors import GateError, Interrupted
from sluice.migration.operator_run import RunRefused

VERBS = (run, migrate, history, status, rollback, continue_rollout, abort_rollout, rotate, preflight)


def parser() -> argparse.ArgumentParser:
    """Return the whole command line; every command adds its own part."""
    top = argparse.ArgumentParser(
        prog="sluice",
        description="Operate a deployed stack: run a command in the live image, show runs and the serving release, "
        "roll back, rotate a database password, check AWS before a deploy.",
        epilog="exit codes: 0 success; 1 failed or not healthy; 2 wrong usage; 3 refused, nothing was changed; "
        "4 unknown, AWS did not answer; 130 Ctrl-C; `sluice run` returns the exit code of its command",
    )
    common(top, root=True)
    verbs = top.add_subparsers(dest="verb", required=True, metavar="VERB")
    for module in VERBS:
        module.arguments(verbs)
    for one in verbs.choices.values():
        common(one, root=False)
    return top


def common(to: argparse.ArgumentParser, root: bool) -> None:
    """Add the options that may stand before or after the command."""

    def default(value: object) -> object:
        return value if root else argparse.SUPPRESS

    to.add_argument(
        "--stack", "-s", default=default(None), help="the Pulumi stack (default: PULUMI_STACK, else the selected one)"
    )
    to.add_argument("--cwd", "-C", default=default("."), help="the folder of the Pulumi project (default: this one)")
    to.add_argument("--json", action="store_true", default=default(False), help="print one JSON document on stdout")


@dataclass
class _Failure:
    code: int
    text: str


def main(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    given = parser().parse_args(list(arguments))
    with Interrupt() as interrupt:
        return execute(given, interrupt)


def entry() -> None:
    """The installed command `sluice`: run one command and exit with its code."""
    sys.exit(main(sys.argv[1:]))


def execute(given: argparse.Namespace, interrupt: Interrupt) -> int:
    terminal = Terminal(given.json)
    try:
        if given.verb == "preflight":
            return int(preflight.main(given, terminal))
        stack = find(given.stack, Path(given.cwd))
        clients = stack.clients()
        if clients.wrong_clock:
            terminal.note(f"warning: {clients.wrong_clock}")
        clock: Clock = SystemClock(interrupt.event, skew=clients.skew)
        return int(given.main(Context(stack, clients, terminal, clock, interrupt), given))
    except KeyboardInterrupt:
        return say_interrupted()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader (`| head`) has closed the pipe
        return exits.OK
    except (GateError, BotoCoreError, ClientError) as error:
        failure = judged(error)
        terminal.note(f"sluice {given.verb}: {failure.text}")
        terminal.result({"error": failure.text, "exit": failure.code})
        return failure.code


def judged(error: Exception) -> _Failure:
    """Return the exit code and the text of an error that ended a command."""
    if isinstance(error, Interrupted):
        return _Failure(exits.INTERRUPTED, str(error))
    if isinstance(error, Unknown):
        return _Failure(exits.UNKNOWN, str(error))
    if isinstance(error, (NoStack, RunRefused)):
        return _Failure(exits.REFUSED, str(error))
    if isinstance(error, GateError):
        return _Failure(exits.FAILED, str(error))
    if isinstance(error, ClientError):
        detail = error.response.get("Error", {})
        return _Failure(
            exits.FAILED,
            f"AWS refused {error.operation_name}: {detail.get('Code')}: {detail.get('Message')}. Fix: allow your "
            "credentials this action (docs/access.md lists every grant)",
        )
    endpoint = os.environ.get("AWS_ENDPOINT_URL")
    where = f"the local cloud at {endpoint} does not answer: run `make up`" if endpoint else "AWS could not be reached"
    return _Failure(exits.UNKNOWN, f"{where} ({error})")
