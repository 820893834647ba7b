"""A task inside the network asks in place of the deployer: smoke request and soak, a good version and a bad one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from tests.e2e.stage import Client, Stage

PAGE, APP = "src/notes/page.html", "src/notes/app.py"
ASK = (
    "import os, urllib.request as web;"
    "url = os.environ['SLUICE_URL'];"
    "print(os.environ['SLUICE_STATUS'], os.environ['SLUICE_VERSION'] or 'any version', flush=True);"
    "print(web.urlopen(url, timeout=float(os.environ['SLUICE_TIMEOUT'])).status)"
)
"""Ends with 1 and the error's text when the answer is no success."""
SMOKE = f"  smoke:\n    from: task\n    attempts: 1\n    command: {json.dumps(['python', '-c', ASK])}\n"


@pytest.fixture
def stage(deployed: Stage) -> Iterator[Stage]:
    """The stage with a task that asks; its settings are put back."""
    text = deployed.settings.read_text()
    assert "  soak:\n" in text
    deployed.settings.write_text(text.replace("  soak:\n", f"{SMOKE}  soak:\n"))
    yield deployed
    deployed.settings.write_text(text)


def test_a_task_asks_in_place_of_the_deployer(stage: Stage) -> None:
    stage.edit(PAGE, "</body>", "<!-- asked inside --></body>")
    url = stage.outputs()["url"]
    preview = stage.pulumi("preview").output
    assert (
        f"a task in the service's network sends the smoke request to {url}/health (smoke.from: task): python -c"
        in preview
    )
    assert "and soaks the serving version first" in preview

    with Client(url).calling() as client:
        finished = stage.up()
    assert client.failed == []
    # Each line is printed twice: when it comes, and in the summary.
    asked = list(dict.fromkeys(re.findall(r"task ([\w-]+) asks http\S+/health: python -c", finished.output)))
    soaked = re.search(r"was healthy on the new schema in (\d+) checks", finished.output)
    assert soaked, finished.output
    assert len(asked) == int(soaked[1]) + 1, "one for each look at the old version, and one of the new version"
    assert f"task {asked[-1]} asked {url}/health and exited 0" in finished.output
    assert "GET http" not in finished.output, "the deployer asks nothing"
    (task,) = [one for one in stage.migration_tasks() if one["taskArn"].endswith(asked[-1])]
    service = stage.service()["networkConfiguration"]["awsvpcConfiguration"]
    told = {one["name"]: one["value"] for one in task["overrides"]["containerOverrides"][0]["environment"]}
    assert (told["SLUICE_URL"], told["SLUICE_STATUS"]) == (f"{url}/health", "200")
    assert told["SLUICE_VERSION"] == stage.outputs()["release"]["version"]
    interface = {one["name"]: one["value"] for one in task["attachments"][0]["details"]}
    assert interface["subnetId"] in service["subnets"]

    # A version that does not answer there: its health path moved, and nobody told the settings.
    before = stage.service()["taskDefinition"]
    stage.edit(APP, '"/health"', '"/health-elsewhere"')
    with Client(url).calling() as client:
        failed = stage.up(expect=None)
    assert failed.code != 0
    assert client.failed == []
    assert f"smoke.command, which asked {url}/health from inside the network, ended with exit code 1" in failed.output
    assert "HTTP Error 404: Not Found" in failed.output, "the last lines of the task that asked"
    assert "serves again" in failed.output
    assert stage.service()["taskDefinition"] == before
