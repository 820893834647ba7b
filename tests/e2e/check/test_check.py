"""`make check` as a whole: a pending migration on the released schema, beside the released version; its end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from check import docker
from check.checks import Checks
from check.command import timed
from tests.e2e.check.lost import STEP
from tests.e2e.check.stage import ROOT, ServerOf, Shop, git
from tests.e2e.stage import until

SECONDS = 120


def command(shop: Shop, *words: str) -> list[str]:
    return [sys.executable, "-m", "check", "--settings", str(shop.settings), *words]


def left(process: int) -> list[str]:
    """Containers and networks of a process' checks."""
    names = docker.ask(["ps", "--all", "--format", "{{.Names}}"]).splitlines()
    names += docker.ask(["network", "ls", "--format", "{{.Name}}"]).splitlines()
    return [name for name in names if name.startswith(f"sluice-check-{process}-")]


def branched(shop: Shop, sql: str) -> str:
    """The shop is released; a branch adds a migration. Returns the released revision."""
    released = git(shop.folder, "rev-parse", "HEAD")
    git(shop.folder, "switch", "--quiet", "-c", "change")
    shop.migration("0002_change", sql)
    shop.commit("a change of the schema")
    return released


def test_a_contracting_migration_is_refused_twice(server: ServerOf, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    released = branched(shop, "ALTER TABLE products\n  DROP COLUMN colour;\n")
    shop.edit("api/server.mjs", "SELECT name, colour", "SELECT name")
    with subprocess.Popen(command(shop, "--json"), cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        output, _ = running.communicate(timeout=SECONDS)
    assert running.returncode == 1, output
    told: dict[str, Any] = json.loads(output)
    found = {one["name"]: one for one in told["checks"]}
    assert found["bases by digest"]["result"] == "warned", "the tests' base is known by its tag alone"
    assert [name for name, one in found.items() if one["result"] in ("failed", "warned")] == [
        "bases by digest",
        "no unsafe SQL",
        "released version lives on",
    ]
    assert found["released schema"]["what"] == f"the schema of {released[:7]} (main)"
    assert f"from the schema of {released[:7]} (main)" in found["migrations run"]["what"]
    unsafe = found["no unsafe SQL"]["what"]
    assert unsafe.startswith(
        "prisma/migrations/0002_change/migration.sql, line 1: ALTER TABLE products DROP COLUMN colour"
    )
    assert "[ban-drop-column]" in unsafe
    assert "answers 503 at /health once the migrations have run" in found["released version lives on"]["what"]
    assert left(running.pid) == []


def test_an_expanding_migration_passes(server: ServerOf, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    branched(shop, "ALTER TABLE products ADD COLUMN size text;\n")
    checks = Checks(shop.read(), server=server)
    try:
        results = [timed(name, check) for name, check in checks.all()]
    finally:
        checks.close()
    assert [one.name for one in results if one.result in ("failed", "warned")] == ["bases by digest"]
    skipped = {one.name: one.what for one in results if one.result == "skipped"}
    assert skipped.keys() == {"service reaches its tables", "the tool's own check"}, "one user for all; not set"
    assert "Prisma has [npx, prisma, migrate, diff" in skipped["the tool's own check"]
    said = {one.name: one.what for one in results}
    assert said["steps have work"] == "statements that change something: migrate 1 (2 with the released ones)"


def test_ctrl_c_in_a_step_leaves_nothing(server: ServerOf, tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.write(migrations=[{**STEP, "command": ["sleep", "55"]}])
    running = subprocess.Popen(command(shop), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        until(lambda: "sleep 55" in docker.ask(["ps", "--no-trunc", "--format", "{{.Command}}"]), SECONDS, "the step")
        running.send_signal(signal.SIGINT)
        output, _ = running.communicate(timeout=60)
    finally:
        running.kill()
    assert running.returncode == 130, output
    assert "interrupted: all containers of this check were removed" in output
    assert left(running.pid) == []
