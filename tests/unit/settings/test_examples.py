"""Settings that people copy: those of the second example, and every block of settings in the pages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.settings.reading.read import check

ROOT = Path(__file__).parents[3]
WHOLE = ("README.md", "docs/your-own-app.md")
"""Pages with the settings of a whole stack."""
PAGES = (*WHOLE, "docs/app-database.md", "docs/app-migrations.md", "docs/local-stack.md")


def blocks(page: str) -> list[dict[str, Any]]:
    """The YAML blocks of a page."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^( *)```yaml\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [
        yaml.safe_load("\n".join(line.removeprefix(indent) for line in body.splitlines())) for indent, body in found
    ]


@pytest.mark.parametrize("page", WHOLE)
def test_whole_settings_in_a_page_are_right(page: str, tmp_path: Path) -> None:
    whole = [block["config"] for block in blocks(page) if "config" in block]
    assert whole, f"{page} shows no settings"
    for given in whole:
        context = given["app"]["context"].removeprefix("../")
        (tmp_path / context).mkdir(parents=True)
        (tmp_path / context / "Dockerfile").touch()
        given["app"]["context"] = context
        check("test", given, folder=tmp_path)


@pytest.mark.parametrize("page", PAGES)
def test_parts_of_settings_in_a_page_are_right(page: str) -> None:
    given = yaml.safe_load((ROOT / "Pulumi.orders.yaml").read_text())["config"]
    for block in blocks(page):
        if "config" not in block:
            check("test", given | block, folder=ROOT)


def test_the_variables_that_the_page_offers_to_each_tool_are_taken() -> None:
    page = (ROOT / "docs" / "app-database.md").read_text(encoding="utf-8")
    offered = dict(re.findall(r'`([A-Z_]+): "?([^`]*?\{[^`]*?)"?`', page))
    assert {"DATABASE_URL", "SPRING_DATASOURCE_URL", "FLYWAY_PASSWORD"} <= offered.keys()
    given = yaml.safe_load((ROOT / "Pulumi.orders.yaml").read_text())["config"]
    given["database"]["variables"] = offered
    assert check("test", given, folder=ROOT).database.variables == offered


def test_the_second_example() -> None:
    given = yaml.safe_load((ROOT / "Pulumi.orders.yaml").read_text())["config"]
    settings = check("orders", given, folder=ROOT)
    assert [step.name for step in settings.migrations] == ["migrate", "verify"]
    assert int(settings.app.environment["SHUTDOWN_SECONDS"]) < settings.service.stop_timeout, "SIGKILL cuts it"
