"""The checks behind `make test`: every part is run, also after one failed, and each is timed."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass

from local.environment import Checkout
from local.terminal import attached
from local.toolchain import plan
from local.toolchain.process import Failed
from local.toolchain.progress import Progress, Timing, table


@dataclass(frozen=True)
class Part:
    """One part of the checks: its commands, and the steps of set-up they need (None: all)."""

    commands: tuple[tuple[str, ...], ...]
    needs: tuple[str, ...] | None


PARTS = {
    "lint": Part((("ruff", "check", "."), ("ruff", "format", "--check", ".")), plan.PYTHON),
    "types": Part((("mypy",),), plan.PYTHON),
    "imports": Part((("lint-imports",),), plan.PYTHON),
    "unit": Part((("pytest", "tests/unit"),), plan.TESTS),
    "components": Part((("pytest", "tests/components"),), plan.PYTHON),
    "e2e": Part((("pytest", "tests/e2e"),), None),
}


def chosen(names: Sequence[str]) -> list[str]:
    """The named parts, or all of them, in their order. Raises Failed on an unknown name."""
    unknown = sorted(set(names) - set(PARTS))
    if unknown:
        raise Failed(f"there is no check {', '.join(unknown)}\n  to do: take any of {', '.join(PARTS)}")
    return [name for name in PARTS if name in names or not names]


def needs(names: Sequence[str]) -> list[str] | None:
    """The steps of set-up that these parts need; None: all."""
    wanted: list[str] = []
    for name in names:
        part = PARTS[name].needs
        if part is None:
            return None
        wanted += part
    return wanted


def run(place: Checkout, names: Sequence[str], progress: Progress) -> int:
    """Run the parts; returns 0 when all passed, else 1."""
    env = os.environ | {"PATH": os.pathsep.join([str(place.venv / "bin"), os.environ.get("PATH", os.defpath)])}
    env.pop("PYTHONDONTWRITEBYTECODE", None)  # compiling the Pulumi SDKs anew costs every process two seconds
    timings = []
    for name in names:
        progress.say(f"\n== {name}")
        began = time.monotonic()
        failed = [command for command in PARTS[name].commands if _fails(place, command, env)]
        note = "failed: " + ", ".join(" ".join(command) for command in failed) if failed else "passed"
        timings.append(Timing(name, time.monotonic() - began, note))
    bad = [timing.part for timing in timings if timing.note != "passed"]
    progress.say(f"\n{table([*timings, Timing('total', progress.elapsed(), 'set-up included')])}")
    progress.say(f"{len(timings) - len(bad)} of {len(timings)} parts passed")
    return 1 if bad else 0


def _fails(place: Checkout, command: Sequence[str], env: dict[str, str]) -> bool:
    program = place.venv / "bin" / command[0]
    return attached([program, *command[1:]], cwd=place.root, env=env) != 0
