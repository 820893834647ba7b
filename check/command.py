"""`make check`: order, report and exit code."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from types import FrameType

from check import docker
from check.checks import Checks
from check.report import document, summary, text
from check.result import Broken, Result, Skipped, Warned
from check.source import git
from check.subject import CheckedStack, read

WIDTH = len("released migrations unchanged")
OK, WRONG, INTERRUPTED = 0, 1, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the checks; return 0 when none failed (a warning is not a failure), 1 when one did, 130 after Ctrl-C."""
    given = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _terminate)
    results: list[Result] = []

    def tell(result: Result) -> None:
        results.append(result)
        if not given.json:
            clear()
            print(text(result, WIDTH), flush=True)

    try:
        run(given, tell)
    except KeyboardInterrupt:
        clear()
        print("interrupted: all containers of this check were removed", file=sys.stderr)
        return INTERRUPTED
    print(document(given.stack, results) if given.json else f"\n{summary(results)}")
    return WRONG if any(one.result == "failed" for one in results) else OK


def parser() -> argparse.ArgumentParser:
    found = argparse.ArgumentParser(prog="check", description="Check an application before the merge; changes nothing.")
    found.add_argument(
        "--stack", default="local", help="the stack whose settings name the application (default: local)"
    )
    found.add_argument("--settings", type=Path, help="the stack's settings file, if it is not Pulumi.STACK.yaml")
    found.add_argument(
        "--released", default="", help="the released git revision (where this branch left main), or none"
    )
    found.add_argument("--image", default="", help="a local image to check, instead of building one")
    found.add_argument("--json", action="store_true", help="print one JSON document instead of text")
    return found


def run(given: argparse.Namespace, tell: Callable[[Result], None]) -> None:
    """Run all checks and report each result at once. Invalid settings end the run, as nothing else can be checked."""
    root = Path(__file__).resolve().parents[1]
    found: list[CheckedStack] = []

    def settings() -> str:
        found.append(read(root, given.stack, given.settings))
        return f"{found[0].file.name}: the application in {found[0].source}"

    tell(timed("settings", settings))
    if not found:
        return
    checks = Checks(found[0], given.released or None, given.image or None)
    try:
        for name, check in checks.all():
            doing(name)
            tell(timed(name, check))
    finally:
        checks.close()


def timed(name: str, check: Callable[[], str]) -> Result:
    """Return a check's result with its duration."""
    begun = time.monotonic()
    try:
        what = check()
    except Skipped as reason:
        return Result(name, "skipped", time.monotonic() - begun, str(reason))
    except Warned as warned:
        seconds = time.monotonic() - begun
        return Result(name, "warned", seconds, warned.what, warned.remedy, warned.output)
    except Broken as broken:
        seconds = time.monotonic() - begun
        return Result(name, "failed", seconds, broken.what, broken.remedy, broken.output)
    except docker.DockerFailed as error:
        remedy = "check `docker info`; `make setup` starts an engine"
        return Result(name, "failed", time.monotonic() - begun, str(error), remedy, error.output)
    except git.GitFailed as error:
        return Result(name, "failed", time.monotonic() - begun, f"git: {error}", "run this in a git checkout")
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return Result(name, "failed", time.monotonic() - begun, f"{where}{error.strerror}", "make the file readable")
    return Result(name, "passed", time.monotonic() - begun, what)


def doing(name: str) -> None:
    """On a terminal, print the running check; its result replaces the line."""
    if sys.stderr.isatty():
        print(f"… {name}", end="", file=sys.stderr, flush=True)


def clear() -> None:
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def _terminate(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt
