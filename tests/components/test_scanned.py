"""The image comes to the gate only through the judgement on its scan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from infra.image.scanned import ending
from infra.settings.image import Accepted
from tests.components.program import DIGEST, Deployed, Registered

Deploy = Callable[..., Deployed]
EXCEPTION = {
    "id": "CVE-2024-3094",
    "reason": "not reachable",
    "until": str(datetime.now(UTC).date() + timedelta(days=30)),
}


def image_of(run: Registered) -> list[str]:
    """What the image that a run is given comes from."""
    return [urn.rpartition("::")[2] for urn in run.needs["imageDigest"] if "ImageScan" in urn]


def test_it_is_judged_before_anything_runs_it(deploy: Deploy) -> None:
    deployed = deploy(scan={"severity": "high", "exceptions": [EXCEPTION], "timeout": 120, "unscanned": "refuse"})
    scan = deployed.one("gate:index:ImageScan")
    assert scan.inputs["image"].endswith(DIGEST)
    assert {key: scan.inputs[key] for key in ("severity", "unscanned", "timeout", "platform", "exceptions")} == {
        "severity": "high",
        "unscanned": "refuse",
        "timeout": 120,
        "platform": "linux/amd64",
        "exceptions": [EXCEPTION],
    }
    assert image_of(deployed.one("MigrationRun")) == [scan.name]
    for definition in deployed.all("ecs/taskDefinition:TaskDefinition"):
        assert scan.urn in definition.needs["containerDefinitions"], f"{definition.name} could start it before"


@pytest.mark.parametrize(("environment", "severity"), [("staging", "critical"), ("prod", "critical"), ("dev", None)])
def test_where_it_is_judged_unless_said(deploy: Deploy, environment: str, severity: str | None) -> None:
    found = [one.inputs["severity"] for one in deploy(environment=environment).all("ImageScan")]
    assert found == ([severity] if severity else [])


def test_it_can_be_switched_off(deploy: Deploy) -> None:
    deployed = deploy(scan={"severity": "off"})
    assert deployed.all("ImageScan") == []
    assert deployed.one("MigrationRun").inputs["imageDigest"].endswith(DIGEST)


def test_a_rollback_is_not_judged_again(deploy: Deploy) -> None:
    back = "sha256:" + "cd" * 32
    image = f"111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop@{back}"
    assert "rollback" not in deploy().one("ImageScan").inputs
    assert deploy(rollback=back, admission={"image": image}).one("ImageScan").inputs["rollback"] is True


@pytest.mark.parametrize(("day", "said"), [("2026-03-10", 0), ("2026-03-09", 1)])
def test_an_exception_that_has_ended_is_said_in_previews_too(day: str, said: int) -> None:
    given: dict[str, Any] = EXCEPTION | {"until": day}
    texts = ending([Accepted(**given)], date(2026, 3, 10))
    assert len(texts) == said
    assert all("CVE-2024-3094 ended on 2026-03-09" in text for text in texts)
