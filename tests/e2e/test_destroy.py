"""The end of a stack: nothing of it is left. The last of the stage's tests, by its name."""

from __future__ import annotations

import json
import subprocess

from tests.e2e.stage import STACK, Stage


def test_destroy_leaves_nothing(deployed: Stage) -> None:
    deployed.pulumi("destroy", "--yes", "--skip-preview")
    assert (
        json.loads(deployed.pulumi("stack", "export", "--stack", STACK).output)["deployment"].get("resources") is None
    )
    account = deployed.env["AWS_ACCESS_KEY_ID"]
    running = subprocess.run(
        ["docker", "ps", "--format", "{{.Names}}"], capture_output=True, text=True, timeout=30, check=True
    ).stdout.split()
    assert [name for name in running if account in name and "registry" not in name] == []
    ssm = deployed.client("ssm")
    assert ssm.get_parameters_by_path(Path="/sluice", Recursive=True)["Parameters"] == []
