"""`python -m tests.soak.foreign [ROW ...]`: plays foreign images and writes docs/foreign-images.md.

All of them take about ten minutes on two cores; a row is named as on the page.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from emulator.cloud import emulator
from tests.e2e.stage import ROOT, Client, Stage, until
from tests.soak.foreign.database import Database
from tests.soak.foreign.images import IMAGES, Image
from tests.soak.foreign.page import PAGE, Row, verdict, written

FIRST = 9001
"""Number of the first image's migration."""
SHORTER = (
    ("startPeriod: 60", "startPeriod: 15"),
    ("    - name: tenants\n      command: [migrate, tenants]\n      shards: 2\n      timeout: 300\n", ""),
)
"""Settings that a verdict here needs no more of."""


def play(stage: Stage, image: Image, number: int, commit: str) -> Row:
    """Deploys the image over the version that serves, and looks at what became of everything.

    Raises:
        AssertionError: it is not what the image's row says.
    """
    stage.restore_app()
    database, table = Database(stage), f"foreign_{number}"
    with contextmanager(image.change)(stage, database):
        before, revision = database.fingerprint(), str(stage.service()["taskDefinition"])
        made = None
        if image.migration is not None:
            made = stage.add_migration(number, f"{image.migration}\nop.execute('create table {table} (id int)')")
        with Client(f"{stage.outputs()['url']}/health").calling() as client:
            until(lambda: len(client.answers) > 2, 20, "the client is answered")
            done = stage.up(expect=None)
            seen = len(client.answers)
            until(lambda: len(client.answers) > seen + 2, 20, "the client is answered afterwards")
        print(done.output, flush=True)
        here, after = database.has(table), database.fingerprint()
    if made is not None and here:
        stage.applied(made)
    shown = verdict(done.output)
    for part in image.says:
        assert part in "\n".join(shown), f"{image.name}: no {part!r} in {shown}"
    assert "Traceback" not in done.output
    assert "\x1b" not in done.output, f"{image.name}: control codes reach the terminal"
    assert here is (image.database == "migrated"), f"{image.name}: its migration {'ran' if here else 'did not run'}"
    assert (before == after) is (image.database == "untouched"), f"{image.name}: the database is not {image.database}"
    assert client.failed == [], f"{image.name}: {client.failed[:3]}"
    until(lambda: _settled(stage.service()), 60, "as many tasks run as are wanted")
    service = stage.service()
    serves = "the version before" if service["taskDefinition"] == revision else "this version"
    assert serves == image.serves, f"{image.name}: {serves} serves"
    assert (done.code == 0) is (serves == "this version")
    running = f"{serves}, {service['runningCount']} of {service['desiredCount']} tasks"
    failed = f"{len(client.failed)} of {len(client.answers)}"
    return Row(image.name, image.what, shown, done.seconds, image.database, running, failed, commit)


def _settled(service: Mapping[str, Any]) -> bool:
    return bool(service["runningCount"] == service["desiredCount"]) and len(service["deployments"]) == 1


def main() -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # the cloud is stopped all the same
    wanted = sys.argv[1:]
    if unknown := sorted(set(wanted) - {image.name for image in IMAGES}):
        print(f"no row is called {', '.join(unknown)}; there are {', '.join(image.name for image in IMAGES)}")
        return 2
    words = ["git", "rev-parse", "--short", "HEAD"]
    commit = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=10).stdout.strip()
    rows: dict[str, Row] = {}
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(prefix="sluice-foreign-") as name:
        folder = Path(name)
        stage = Stage(folder)
        try:
            text = stage.settings.read_text()
            for old, new in SHORTER:
                assert old in text, f"{old!r} is not in {stage.settings}"
                text = text.replace(old, new)
            stage.settings.write_text(text)
            stage.up()
            for number, image in enumerate(IMAGES, start=FIRST):
                if wanted and image.name not in wanted:
                    continue
                try:
                    rows[image.name] = row = play(stage, image, number, commit)
                except AssertionError as error:
                    wrong.append(f"WRONG: {image.name}: {error}")
                    print(wrong[-1], flush=True)
                    continue
                print(f"{image.name}: {row.verdict[0]} ({row.seconds:.0f} s)", flush=True)
                PAGE.write_text(written(rows, [one.name for one in IMAGES]))
        finally:
            emulator.stop(folder / "local")
    print("\n".join(wrong) or f"{len(rows)} images: nothing wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
