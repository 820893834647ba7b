"""What is audited before a merge: locked dependencies and the history."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
import yaml

from local.lock import sources
from pipeline.audit import ACCEPTED, GITLEAKS, GOVULNCHECK, AcceptedWeakness, Audit, audits, expired, ignored, run

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 3, 10)
KNOWN = {
    "GHSA-aaaa": AcceptedWeakness("not called", date(2026, 3, 10)),
    "GHSA-bbbb": AcceptedWeakness("old", date(2026, 3, 9)),
}


def listed() -> list[str]:
    done = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    return done.stdout.splitlines()


def test_every_lock_and_every_go_module_is_audited() -> None:
    found = audits(listed(), TODAY)
    locks = {one.command[-1] for one in found if one.command[0].endswith("pip-audit")}
    assert locks == {str(path.with_suffix(".txt").relative_to(ROOT)) for path, _ in sources(ROOT)}
    assert all((ROOT / lock).is_file() for lock in locks)
    assert [one.at for one in found if GOVULNCHECK in one.command] == ["examples/orders"]
    [history] = [one for one in found if GITLEAKS in one.command]
    assert "--redact" in history.command, "a log of CI is read by more people than the repository"


def test_hashes_are_checked_and_nothing_is_resolved() -> None:
    [one, _] = audits(["a/requirements.in"], TODAY)
    assert {"--require-hashes", "--disable-pip"} <= set(one.command)
    assert one.command[-2:] == ("--requirement", "a/requirements.txt")


def test_what_is_accepted_is_left_out_up_to_its_last_day() -> None:
    assert ignored(KNOWN, TODAY) == ["--ignore-vuln", "GHSA-aaaa"]
    assert expired(KNOWN, TODAY) == ["ACCEPTED: GHSA-bbbb ended on 2026-03-09 (old)"]
    [one, _] = audits(["requirements.in"], TODAY, KNOWN)
    assert "GHSA-aaaa" in one.command
    assert all(one.reason for one in ACCEPTED.values())


def test_every_audit_runs_also_after_a_bad_one(tmp_path: Path) -> None:
    def python(code: str) -> tuple[str, ...]:
        return (sys.executable, "-c", code)

    (tmp_path / "below").mkdir()
    all_ = [
        Audit("bad", python("raise SystemExit(1)")),
        Audit("good", python("import pathlib; pathlib.Path('seen').touch()"), "below"),
        Audit("missing", ("no-such-command",)),
    ]
    said: list[str] = []
    assert run(all_, tmp_path, said.append) == ["bad", "missing"]
    assert (tmp_path / "below" / "seen").exists()
    assert said[:3] == ["== bad", "== good", "== missing"]


@pytest.mark.parametrize("workflow", ["pull-request"])
def test_a_pull_request_is_audited_with_its_whole_history(workflow: str) -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / f"{workflow}.yml").read_text(encoding="utf-8"))["jobs"]
    [job] = [job for job in jobs.values() if any(step.get("run") == "make audit" for step in job["steps"])]
    assert job["permissions"] == {"contents": "read"}
    assert job["steps"][0]["with"]["fetch-depth"] == 0
    assert "if" not in job
