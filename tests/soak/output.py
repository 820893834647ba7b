"""What `pulumi up` prints, from real runs: `python -m tests.soak.output` writes docs/output.md (about two minutes)."""

from __future__ import annotations

import re
import signal
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from emulator.cloud import emulator
from tests.e2e.stage import ROOT, Finished, Stage

PAGE = "src/notes/page.html"
STEP = "command: [migrate, master]\n      timeout: 300"
BEGIN = "    database, service = settings.both()\n"
SLOW = "import time\nprint('waiting for a lock on notes', flush=True)\ntime.sleep(90)"
HEAD = """# What `pulumi up` prints

Compare your output with that of real runs: the example service on the local cloud, with real containers, at commit
{commit}. `python -m tests.soak.output` makes this page.

Each sample is the end of the output, where Pulumi gathers the messages of each resource; the image's build and the
stack's outputs are left out. During the update the same lines appear under their resource as they come, and the
progress (`step 2 of 4 (master), 7 s: running`) in its status column.
"""


@dataclass(frozen=True)
class Sample:
    """title: of the section. text: what was done. up: does it and runs `pulumi up`."""

    title: str
    text: str
    up: Callable[[Stage], Finished]


def good(stage: Stage) -> Finished:
    stage.edit(PAGE, "</body>", "<!-- another page --></body>")
    return stage.up()


def no_cli(stage: Stage) -> Finished:
    _settings(stage, STEP, 'command: [sh, -c, "prisma migrate deploy"]\n      timeout: 300')
    return stage.up(expect=None)


def no_module(stage: Stage) -> Finished:
    stage.add_migration(9001, "import stripe\nop.execute('select 1')")
    return stage.up(expect=None)


def hang(stage: Stage) -> Finished:
    stage.add_migration(9001, SLOW)
    _settings(stage, STEP, STEP.replace("300", "20"))
    return stage.up(expect=None)


def ctrl_c(stage: Stage) -> Finished:
    stage.add_migration(9001, SLOW)
    running = stage.start("up", "--yes", "--skip-preview")
    running.wait_for("waiting for a lock", 120)
    running.send(signal.SIGINT)
    return running.finish(60)


def crash(stage: Stage) -> Finished:
    stage.edit("src/notes/serve.py", BEGIN, f"    raise SystemExit('the licence file is missing')\n{BEGIN}")
    return stage.up(expect=None)


SAMPLES: Sequence[Sample] = (
    Sample("A new version", "A changed page; nothing to migrate.", good),
    Sample("The migration CLI is not in the image: exit code 127", "The step calls `prisma migrate deploy`.", no_cli),
    Sample("Exit code 1 that explains itself", "A migration imports a library that is not in the image.", no_module),
    Sample("A migration that hangs", "It waits for a lock; the step's `timeout` is 20 seconds.", hang),
    Sample("Ctrl-C", "Pressed while the migration ran.", ctrl_c),
    Sample("A version that does not start", "Its migrations are fine, its process ends at once.", crash),
)


def _settings(stage: Stage, old: str, new: str) -> None:
    text = stage.settings.read_text()
    assert old in text, f"{old!r} is not in {stage.settings}"
    stage.settings.write_text(text.replace(old, new))


def shown(output: str, folder: str) -> str:
    """The end of the output, where Pulumi gathers what each resource said: without the build, outputs and unchanged."""
    _, _, end = output.replace(folder, "FOLDER").partition("Diagnostics:\n")
    said, _, _ = end.partition("Outputs:\n")
    parts = re.split(r"\n(?=  \S+ \([^)]*\):)", said.rstrip())
    kept = [part.rstrip() for part in parts if "docker:index:Image" not in part]
    _, _, summary = end.partition("Resources:\n")
    return "\n\n".join(["Diagnostics:", *kept, "Resources:\n" + summary.rstrip()])


def main() -> None:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=10
    ).stdout.strip()
    parts = [HEAD.format(commit=commit)]
    with tempfile.TemporaryDirectory(prefix="sluice-output-") as name:
        folder = Path(name)
        stage = Stage(folder)
        settings = stage.settings.read_text()
        try:
            stage.up()
            for sample in SAMPLES:
                stage.restore_app()
                stage.settings.write_text(settings)
                finished = sample.up(stage)
                print(f"{sample.title}: exit code {finished.code} after {finished.seconds:.0f} s", flush=True)
                parts.append(
                    f"## {sample.title}\n\n{sample.text} Exit code {finished.code}, {finished.seconds:.0f} s.\n\n"
                    f"```text\n$ pulumi up --yes --skip-preview\n{shown(finished.output, name)}\n```\n"
                )
        finally:
            emulator.stop(folder / "local")
    (ROOT / "docs" / "output.md").write_text("\n".join(parts))


if __name__ == "__main__":
    main()
