"""The commands of the Makefile: setup, up, application (`make check`), check (`make test`), lock and others."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from emulator.cloud import emulator
from emulator.cloud.key import KeyFileError
from local import bootstrap, check, environment, lock, prepare, shell
from local.down import down
from local.environment import Checkout, NotStarted
from local.rehearse import place as rehearsal
from local.stack import settings
from local.terminal import Terminated, attached
from local.toolchain import engine, plan, preconditions
from local.toolchain.lock import Busy, held
from local.toolchain.process import SetupFailed, said
from local.toolchain.progress import SetupProgress, Timing, duration, table
from local.toolchain.steps import SetupInterrupted, SetupStep, carry_out, needed
from local.up import port, start, up

REHEARSING = {
    "rehearse": "deploy a stack's copy to an emulated account of its own",
    "preview": "show the changes that it would make",
}
# The commands that change the checkout's local folder; the checks have a folder of their own.
CHANGING = ("setup", "cloud", "up", "down", *REHEARSING)
INTERRUPTED = 130  # a shell's exit code after Ctrl-C


def main(arguments: Sequence[str]) -> int:
    """Run one command; return its exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("setup", help="install what is missing")
    deploy = commands.add_parser("up", help="set up, start the local cloud, pulumi up")
    deploy.add_argument("stack", nargs="?", default=environment.STACK, help="its settings are Pulumi.STACK.yaml")
    commands.add_parser("cloud", help="set up, start the local cloud, and deploy nothing")
    env_command = commands.add_parser("env", help="print the environment of a stack of this machine as shell lines")
    env_command.add_argument("stack", nargs="?", default="", help="a rehearsed one; unset: the local stack")
    commands.add_parser("down", help="stop the local cloud and forget the local stack")
    commands.add_parser("lock", help="compile the locks from the requirements*.in files")
    commands.add_parser(
        "prepare", help="all that the pipeline needs, by recorded checksums: before a job takes its role"
    )
    commands.add_parser("pin", help="record the checksums of Pulumi's archives")
    commands.add_parser("bench", help="measure the gate beside other tools; writes docs/bench.md")
    for name, text in REHEARSING.items():
        commands.add_parser(name, help=text).add_argument("stack", nargs="?", default="", metavar="STACK")
    commands.add_parser("policy", help="judge every stack's graph by the policy pack's rules; writes docs/policy.md")
    step = commands.add_parser("pipeline", help="run a step of the delivery pipeline, on the cloud it is pointed at")
    step.add_argument("arguments", nargs=argparse.REMAINDER, help="of `python -m pipeline`")
    application = commands.add_parser("application", help="check the application before the merge")
    application.add_argument("--stack", default=environment.STACK)
    ready = commands.add_parser("bootstrap", help="make an AWS account ready for a stack's deployments")
    ready.add_argument("stack", nargs="?", default="", metavar="STACK", help="none: the local cloud's account")
    ready.add_argument("--yes", action="store_true", help="do not ask before an account is changed")
    checks = commands.add_parser("check", help="run the checks, all or the named ones")
    checks.add_argument("parts", nargs="*", metavar="PART", help=f"any of: {', '.join(check.PARTS)}")
    chosen, rest = parser.parse_known_args(arguments)
    if rest and chosen.command != "application":  # it reads its own
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    signal.signal(signal.SIGTERM, terminate)
    place = environment.checkout(Path(__file__).resolve().parents[1], os.environ)

    def execute() -> int:
        with alone(place, "setup" if chosen.command in REHEARSING else chosen.command):
            code = _run(chosen, place, rest)
        return code or (_rehearse(chosen, place) if chosen.command in REHEARSING else 0)

    return reported(execute)


def reported(execute: Callable[[], int]) -> int:
    """Run a command and return its exit code; print a failure as one error."""
    try:
        return execute()
    except (SetupFailed, NotStarted, emulator.CloudError, KeyFileError) as failure:
        return _error(str(failure))
    except BrokenPipeError:  # `make up | head`: the reader has closed the pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        text = said(error)
        if text is None:
            raise
        return _error(text)
    except (SetupInterrupted, KeyboardInterrupt):
        print("interrupted: what ran was ended; the same command goes on where this one stopped", file=sys.stderr)
        return INTERRUPTED


@contextmanager
def alone(place: Checkout, command: str) -> Iterator[None]:
    """Lock this checkout's stack against other commands. Raises SetupFailed when one is running."""
    if command not in CHANGING:
        yield
        return
    if text := preconditions.unwritable(plan.folders(place)["local"]):
        raise SetupFailed(text)
    name = f"`make {command}`"
    try:
        with held(place.local / "lock", seconds=0, waiting=lambda line: None, cancelled=lambda: False, name=name):
            yield
    except Busy as busy:
        raise SetupFailed(
            f"{busy.owner} is at work in this checkout\n  fix: wait until it ends, or end it, then try again"
        ) from None


def _run(chosen: argparse.Namespace, place: Checkout, rest: Sequence[str]) -> int:
    if chosen.command == "env" and chosen.stack:
        return _rehearse(chosen, place)
    if chosen.command == "env":
        change = environment.changes(place, os.environ, environment.endpoint(place))
        print(shell.exports(os.environ, change, environment.STACK, shell.put_commands(place)))
        if emulator.status(place.local) is None:
            print("the local cloud is not running: `make up` starts it", file=sys.stderr)
        return 0
    progress = (
        SetupProgress(sys.stderr) if chosen.command == "application" else SetupProgress()
    )  # its stdout may be JSON
    try:
        if chosen.command == "application":
            file = place.root / f"Pulumi.{chosen.stack}.yaml"  # the check itself reports a missing one
            text = file.read_text() if file.is_file() else ""
            set_up(place, progress, plan.application(text), more=[plan.go_build(place)])
            command_line = ["-m", "check", "--stack", chosen.stack, *rest]
            return attached([place.venv / "bin" / "python", *command_line], cwd=place.root, env=os.environ)
        if chosen.command == "down":
            if (rehearsals := rehearsal.place(place)).local.is_dir():
                with alone(rehearsals, chosen.command):
                    rehearsal.end(rehearsals, progress)
            return down(place, progress)
        if chosen.command == "check":
            parts = check.chosen(chosen.parts)
            whole = check.needs(parts)
            set_up(place, progress, whole, more=[plan.go_build(place)] if whole is None else [])
            return check.run(place, parts, progress)
        if chosen.command == "bench":
            set_up(place, progress, more=[plan.bench(place)])
            return attached([place.venv / "bin" / "python", "-m", "bench"], cwd=place.root, env=os.environ)
        if chosen.command == "policy":
            set_up(place, progress, plan.PYTHON)
            return attached(
                [place.venv / "bin" / "python", "-m", "tests.components.policy"], cwd=place.root, env=os.environ
            )
        if chosen.command == "prepare":
            carry_out([prepare.pinned(place)], place.logs, progress)
            set_up(place, progress, plan.PIPELINE)
            return 0
        if chosen.command == "pin":
            return prepare.pin(place, progress)
        if chosen.command == "pipeline":
            prepare.refuse_to_install(
                os.environ, preconditions.pending(needed(plan.steps(place), plan.PIPELINE)), place
            )
            set_up(place, progress, plan.PIPELINE)
            # The program runs on the project's Python, whatever the caller's is.
            first = [str(environment.pulumi_bin(place)), str(place.venv / "bin")]
            path = os.pathsep.join([*first, os.environ.get("PATH", os.defpath)])
            command = [place.venv / "bin" / "python", "-m", "pipeline", *chosen.arguments]
            return attached(command, cwd=place.root, env=os.environ | {"PATH": path})
        if chosen.command == "bootstrap":
            set_up(place, progress, plan.BOOTSTRAP if chosen.stack else None)
            return bootstrap.prepare(place, progress, chosen.stack, yes=chosen.yes)
        if chosen.command == "lock":
            set_up(place, progress, plan.PYTHON)
            return lock.compile_all(place, progress)
        if chosen.command == "cloud":
            port(os.environ)
            set_up(place, progress)
            return start(place, progress)
        if chosen.command == "up":
            port(os.environ)  # report an invalid port before anything is set up
            text = settings(place.root, chosen.stack).read_text()
            timings = set_up(place, progress, more=[plan.go_build(place)] if plan.GO_BUILD in text else [])
            return up(place, progress, timings, chosen.stack)
        set_up(place, progress)
        return 0
    finally:
        progress.close()


def _rehearse(chosen: argparse.Namespace, place: Checkout) -> int:
    """Run a rehearsal in the project's environment, because it reads settings; it has a lock of its own."""
    command_line = [place.venv / "bin" / "python", "-m", "local.rehearse", chosen.command, chosen.stack]
    return attached(command_line, cwd=place.root, env=os.environ)


def set_up(
    place: Checkout, progress: SetupProgress, names: Sequence[str] | None = None, more: Sequence[SetupStep] = ()
) -> list[Timing]:
    """Run set-up and *more*, or only the named steps with their requirements; print a table if anything was done."""
    steps = [*plan.steps(place), *more]
    waiting = preconditions.pending(steps if names is None else needed(steps, names))
    preconditions.refuse(waiting, plan.folders(place), engine.data_root())
    worked = [timing for timing in carry_out(waiting, place.logs, progress) if timing.note != "done before"]
    if worked:
        progress.say(f"set up in {duration(progress.elapsed())}:\n{table(worked)}")
    else:
        progress.say(f"set up: nothing was missing ({duration(progress.elapsed())})")
    return [*worked, Timing("set-up", progress.elapsed(), "all of it" if worked else "nothing was missing")]


def _error(text: str) -> int:
    print(f"error: {text}", file=sys.stderr)
    return 1


def terminate(number: int, frame: FrameType | None) -> None:
    raise Terminated
