"""`python -m bench`: measures, prints the tables, writes docs/bench.md. `python -m bench admission` measures admission
alone, in ten seconds, prints its table and writes nothing."""

from __future__ import annotations

import os
import platform
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from bench import admission, report, rollouts, simulated, tasks
from bench.peers import BIN, ROOT
from bench.stage import NotInTime, Stage
from emulator.cloud import emulator
from local.toolchain.process import SetupFailed

ADMISSION = "admission"


def say(text: str) -> None:
    print(f"· {text}", flush=True)


def about(seconds: float, load: float) -> dict[str, str]:
    """When, where, and with what."""
    names = subprocess.run(
        [BIN / "python", "-c", "from importlib.metadata import version as v; print(v('awscli'), v('ecs-deploy'))"],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    ).stdout.split()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    head = subprocess.run(
        ["git", "describe", "--always", "--dirty=, with changes"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    return {
        "code": f"commit {head.stdout.strip()}" if head.returncode == 0 else "of no commit",
        "date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {seconds:.0f} s in all",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs, {memory:.0f} GiB; load "
        f"{load:.1f} before, {os.getloadavg()[0]:.1f} at the end",
        "versions": f"AWS CLI {names[0]}, ecs-deploy {names[1]}, boto3 {version('boto3')}, Python "
        f"{platform.python_version()}",
    }


@contextmanager
def staged() -> Iterator[Stage]:
    """An emulator of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="sluice-bench-") as name:
        account = "9" + "".join(secrets.choice("0123456789") for _ in range(11))
        try:
            yield Stage(emulator.start(Path(name), None, account))
        finally:
            emulator.stop(Path(name))


def main(words: Sequence[str]) -> int:
    """Measures everything, or what is named; returns the exit code."""
    if words == [ADMISSION]:
        return admission_alone()
    if words:
        raise SetupFailed(f"there is no measure {' '.join(words)}\n  fix: name {ADMISSION}, or nothing for all of them")
    load, began = os.getloadavg()[0], time.monotonic()
    with staged() as stage:
        costs = admission.measure(stage, say)
        measured = tasks.measure(stage, say)
        rolled = rollouts.measure(stage, say)
    outputs = {one.tool: one.ran.output for one in rolled if one.case != "good"}
    document = report.document(about(time.monotonic() - began, load), measured, rolled, costs, outputs)
    (ROOT / "docs" / "bench.md").write_text(document)
    for title, head, rows in (
        ("admission", admission.HEAD, admission.rows(costs)),
        ("one-off tasks", report.TASK_HEAD, report.task_rows(measured)),
        ("rollouts", report.ROLLOUT_HEAD, report.rollout_rows(rolled)),
        ("on a simulated clock", simulated.HEAD, simulated.rows()),
    ):
        print(f"\n{title}\n{report.aligned(head, rows)}")
    print(f"\nwritten: docs/bench.md ({time.monotonic() - began:.0f} s)")
    return 0


def admission_alone() -> int:
    """Measures admission; 1 when it costs more than it may."""
    load = os.getloadavg()[0]
    with staged() as stage:
        costs = admission.measure(stage, say)
    print(f"\nadmission, at load {load:.1f}\n{report.aligned(admission.HEAD, admission.rows(costs))}")
    return 0 if all(one.calls <= admission.CALLS and one.seconds <= admission.SECONDS for one in costs) else 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except (SetupFailed, NotInTime, emulator.CloudError) as failure:
        sys.exit(f"error: {failure}")
    except subprocess.TimeoutExpired as late:
        sys.exit(
            f"error: {late.cmd[0]} took longer than {late.timeout:.0f} s and was ended; docs/bench.md is as it was"
        )
    except KeyboardInterrupt:
        sys.exit(130)
