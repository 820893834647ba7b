"""One stage for all faults: a small service with short checks. Those of table.ALWAYS always run, all with SOAK=1."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from emulator.cloud import emulator
from tests.e2e.faults import table
from tests.e2e.faults.scene import Scene
from tests.e2e.stage import ROOT, STACK, Stage

FAULTS = 12
"""How many there are: a run of some of them must not overwrite the table of all."""

SHORT = "health: {startPeriod: 30, interval: 5, timeout: 3, retries: 3}"
"""A bad version is seen within 45 s, and a slow start on a busy machine is not taken for one."""

SETTINGS = """\
config:
  environment: local
  aws: {{region: us-east-1}}
  app:
    context: {app}
    buildArgs: {{BASE: "sluice-local/python:3.13", BUILD_BASE: "sluice-local/python-build:3.13"}}
    environment: {{DB_WAIT_SECONDS: "5"}}
  migrations:
    - {{name: master, command: [migrate, master], timeout: 60}}
  database:
    {{name: notes, instanceClass: db.t4g.micro, storage: 20, backupDays: 0, verifyTls: false, roles: false}}
  service:
    min: 2
    {health}
    deadline: 240
    drainSeconds: 5
{salt}
"""


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("faults")
    try:
        made = Stage(folder)
        salt = next(line for line in made.settings.read_text().splitlines() if line.startswith("encryptionsalt:"))
        made.settings.write_text(SETTINGS.format(app=made.app, salt=salt, health=SHORT))
        made.up()
        yield made
    finally:
        emulator.stop(folder / "local")


@pytest.fixture(scope="session")
def rows(request: pytest.FixtureRequest) -> Iterator[list[table.Row]]:
    """The table; printed at the end, and kept by a run of all faults that all passed."""
    found: list[table.Row] = []
    yield found
    print(f"\n{table.text(found)}")
    all_of_them = {one for one in request.session.items if one.path.name == "test_faults.py"}
    if os.environ.get("SOAK") and not request.session.testsfailed and len(found) == len(all_of_them) == FAULTS:
        words = ["git", "describe", "--always", "--dirty=, with changes"]
        commit = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
        today, load = f"{datetime.now(UTC):%Y-%m-%d}", os.getloadavg()[1]
        table.PAGE.write_text(table.page(found, today, commit, os.cpu_count() or 0, load))


@pytest.fixture
def scene(stage: Stage, rows: list[table.Row]) -> Iterator[Scene]:
    """The stage with the good version serving; what a fault changed in sources and settings is undone."""
    settings = stage.settings.read_text()
    stage.restore_app()
    scene = Scene(stage, rows)
    yield scene
    stage.settings.write_text(settings)
    if scene.interrupted:
        stage.pulumi("cancel", "--yes", "--stack", STACK, expect=None)
