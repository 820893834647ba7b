"""A proof of one's own, end to end: a command of the new image asks it on test traffic before any user reaches it."""

from __future__ import annotations

import json
import re

import pytest

from tests.e2e.strategies.scene import Scene
from tests.e2e.strategies.test_deploy_blue_green import nothing_to_do, unseen

pytestmark = pytest.mark.soak

PROVING = """
import os
import urllib.request


def version(headers):
    request = urllib.request.Request(os.environ["SLUICE_URL"], headers=headers)
    return urllib.request.urlopen(request, timeout=10).headers["X-Version"]


new = version({os.environ["SLUICE_TEST_HEADER"]: os.environ["SLUICE_TEST_VALUE"]})
old = version({})
print(f"test traffic: {new}, users: {old}")
raise SystemExit(new == old)
"""
"""Exits 0 when the test header leads to another version than the one that users get."""


def proof(*command: str) -> str:
    """The setting with this command."""
    return f"proof: {{command: {json.dumps(command)}, timeout: 120}}"


def test_a_version_that_the_command_proves_is_released(scene: Scene) -> None:
    scene.choose("blueGreen", proof("python", "-c", PROVING))
    found = scene.deploy("good, proven by a command")
    assert found.finished.code == 0, found.finished.output
    assert "proof: task " in found.finished.output
    assert "and exited 0" in found.finished.output
    assert found.proven is not None
    assert min(one.at for one in found.reached) > found.proven - 1, "a user was served before the proof had ended"
    assert found.failed == []
    assert scene.serves() == found.release
    nothing_to_do(scene)


def test_a_version_that_the_command_refuses_reaches_no_user(scene: Scene) -> None:
    scene.choose("blueGreen", proof("sh", "-c", "echo asking for prices; echo order 17 has no price; exit 1"))
    weights = scene.weights()
    found = scene.deploy("refused by a command")
    assert found.finished.code != 0, found.finished.output
    assert re.search(
        r"proof: the task that asked \S+ ended with exit code 1.*: order 17 has no price", found.finished.output
    )
    assert "service.proof.command did not exit 0" in found.finished.output
    assert "keeps serving; no user reached" in found.finished.output
    unseen(found)
    assert scene.serves() == found.before
    assert scene.weights() == weights
