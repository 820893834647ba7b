"""The AWS commands of the pages are operations of the API: every version of the AWS CLI has those."""

from __future__ import annotations

import re
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMAND = re.compile(r"(?<![\w-])aws ([a-z0-9-]+) (wait )?([a-z0-9]+(?:-[a-z0-9]+)+|tail)\b")
"""An operation has two words at least, unlike prose behind "aws"; `tail` is none and is in version 2 alone."""
FOUND = sorted({one for page in PAGES for one in COMMAND.findall(page.read_text())})


def operations(service: str, waiters: bool) -> set[str]:
    """What the CLI offers of a service, spelled as there."""
    session = botocore.session.get_session()
    if waiters:
        names = session.get_waiter_model(service).waiter_names
    else:
        names = session.get_service_model(service).operation_names
    return {xform_name(name, "-") for name in names}


@pytest.mark.parametrize(("service", "wait", "name"), FOUND, ids=[" ".join(filter(None, one)) for one in FOUND])
def test_a_documented_command_is_in_every_version_of_the_cli(service: str, wait: str, name: str) -> None:
    assert name in operations(service, bool(wait))


def test_the_pages_have_such_commands() -> None:
    assert {("ecs", "", "stop-task"), ("rds", "wait ", "db-instance-available")} <= set(FOUND)
