"""The checks of `make test`: every part runs, also after a failure, and is timed."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from local import parallel
from local.environment import Checkout
from local.parallel import Job
from local.terminal import attached
from local.toolchain import plan
from local.toolchain.process import SetupFailed
from local.toolchain.progress import SetupProgress, Timing, table


@dataclass(frozen=True)
class CheckPart:
    """One part of the checks.

    Attributes:
        commands: run in parallel with those of other parts.
        needs: the set-up steps that they need; None: all.
    """

    commands: tuple[tuple[str, ...], ...]
    needs: tuple[str, ...] | None


PARTS = {
    "lint": CheckPart((("ruff", "check", "."), ("ruff", "format", "--check", ".")), plan.PYTHON),
    "types": CheckPart((("mypy",),), plan.PYTHON),
    "imports": CheckPart((("lint-imports",),), plan.PYTHON),
    "unit": CheckPart((("pytest", "tests/unit"),), plan.TESTS),
    "components": CheckPart((("pytest", "tests/components"),), plan.PYTHON),
    "e2e": CheckPart((("pytest", "tests/e2e"),), None),
}

WIDTH = min((os.cpu_count() or 2) + 1, 6)
"""Commands at a time: end-to-end tests wait more than they compute, so one more than there are cores."""
TOGETHER = {"deploy_soak": "deploy_again", "destroy": "deploy_again"}  # deployed once for both
FIRST = (
    "deploy",
    "deploy_again",
    "check",
    "faults",
    "deploy_port",
    "notes",
    "strategies",
    "cloud",
    "rehearse",
)  # the longest, lest one of them end alone


def chosen(names: Sequence[str]) -> list[str]:
    """Return the named parts, or all of them, in their order. Raises SetupFailed on an unknown name."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        raise SetupFailed(f"there is no check {', '.join(unknown)}\n  fix: take any of {', '.join(PARTS)}")
    return [name for name in PARTS if name in names or not names]


def needs(names: Sequence[str]) -> list[str] | None:
    """Return the set-up steps that these parts need; None: all."""
    wanted: list[str] = []
    for name in names:
        part = PARTS[name].needs
        if part is None:
            return None
        wanted += part
    return wanted


def jobs(root: Path, names: Sequence[str]) -> list[Job]:
    """Return the parts' commands, the end-to-end groups first, because they wait longest."""
    found: list[Job] = []
    for name in sorted(names, key=lambda name: name != "e2e"):
        if name == "e2e":
            found += [
                Job(f"e2e {group}", ("pytest", "-o", f"cache_dir=.pytest_cache/{group}", *files))
                for group, files in groups(root).items()
            ]
            continue
        several = len(PARTS[name].commands) > 1
        found += [Job(" ".join((name, *command[:2])) if several else name, command) for command in PARTS[name].commands]
    return found


def groups(root: Path) -> dict[str, tuple[str, ...]]:
    """Return the groups of end-to-end tests, those of FIRST first. Each has an emulator, a state and ports of its own.

    A folder below tests/e2e is a group, and so is a test file beside them; one that TOGETHER names goes with another.
    """
    folder = root / "tests" / "e2e"
    found: dict[str, list[str]] = {}
    for file in sorted(folder.rglob("test_*.py")):
        inside = file.relative_to(folder).parts
        name = inside[0] if len(inside) > 1 else inside[0].removeprefix("test_").removesuffix(".py")
        path = (folder / name) if len(inside) > 1 else file
        files = found.setdefault(TOGETHER.get(name, name), [])
        if (test_file := path.relative_to(root).as_posix()) not in files:
            files.append(test_file)
    order = sorted(found, key=lambda name: (FIRST.index(name) if name in FIRST else len(FIRST), name))
    return {name: tuple(found[name]) for name in order}


def run(place: Checkout, names: Sequence[str], progress: SetupProgress) -> int:
    """Run the parts; return 0 when all passed, else 1."""
    env = os.environ | {"PATH": os.pathsep.join([str(place.venv / "bin"), os.environ.get("PATH", os.defpath)])}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling the Pulumi SDKs anew costs every process two seconds
    todo = [
        Job(job.name, (str(place.venv / "bin" / job.command[0]), *job.command[1:])) for job in jobs(place.root, names)
    ]
    if len(names) == 1 and names[0] != "e2e":
        timings = [_watched(place, job, env, progress) for job in todo]
    else:
        timings = parallel.run(
            todo, width=WIDTH, logs=place.logs / "checks", cwd=place.root, env=env, progress=progress
        )
    bad = [timing.part for timing in timings if timing.note != "passed"]
    progress.say(f"\n{table([*timings, Timing('total', progress.elapsed(), 'set-up included')])}")
    progress.say(f"{len(timings) - len(bad)} of {len(timings)} checks passed")
    return 1 if bad else 0


def _watched(place: Checkout, job: Job, env: dict[str, str], progress: SetupProgress) -> Timing:
    """Run one command with its output on this terminal."""
    progress.say(f"\n== {job.name}")
    began = time.monotonic()
    failed = attached(job.command, cwd=place.root, env=env) != 0
    return Timing(job.name, time.monotonic() - began, f"failed: {' '.join(job.command)}" if failed else "passed")
