"""The end of a stack: nothing of it is left. The last of the stage's tests, by its name."""

from __future__ import annotations

import json
import subprocess

from tests.e2e.leftover import inventory
from tests.e2e.stage import STACK, Stage

MADE = {
    "alarm", "cluster", "dashboard", "database", "database parameter group", "database subnet group",
    "internet gateway", "load balancer", "log group", "parameter", "repository", "role", "secret", "security group",
    "subnet", "target group", "task definition", "VPC",
}  # fmt: skip
"""What the stack has in its account; a kind that the test could not see would be one that it cannot miss either."""


def test_destroy_leaves_nothing(deployed: Stage) -> None:
    """docs/environments.md says what stays of a protected stack; a local one is not protected."""
    before = inventory(deployed.client)
    assert set(before) >= MADE, f"not seen: {MADE - set(before)}"
    deployed.pulumi("destroy", "--yes", "--skip-preview")
    assert (
        json.loads(deployed.pulumi("stack", "export", "--stack", STACK).output)["deployment"].get("resources") is None
    )
    account = deployed.env["AWS_ACCESS_KEY_ID"]
    running = subprocess.run(
        ["docker", "ps", "--format", "{{.Names}}"], capture_output=True, text=True, timeout=30, check=True
    ).stdout.split()
    assert [name for name in running if account in name and "registry" not in name] == []
    assert inventory(deployed.client) == {}
