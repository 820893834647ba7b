"""The application's image, and when it is not built once more."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.components.program import REGISTRY, Deployed

Deploy = Callable[..., Deployed]
OWN = "organization/sluice/test"
THERE = "sha256:" + "ef" * 32


def before(tag: str = "") -> dict[str, Any]:
    """The stack's outputs of its last update, which built *tag*."""
    return {OWN: {"repository": REGISTRY, "builtTag": tag}}


def test_an_image_that_was_pushed_by_an_update_that_died_is_taken_and_not_pushed_over(deploy: Deploy) -> None:
    deployed = deploy(others=before("of-the-build-before"), stale={"pushed": {"digest": THERE}})
    assert not deployed.all("image:Image")
    assert deployed.outputs["image"].endswith(f"@{THERE}")
    assert deployed.outputs["builtTag"] == "", "so that the next update does not build it either"
    assert len(deployed.outputs["release"]["tag"]) == 40


@pytest.mark.parametrize("last", [{}, before("of-the-build-before")], ids=["a first update", "a tag that is not there"])
def test_else_it_is_built_under_a_tag_that_the_outputs_keep(deploy: Deploy, last: dict[str, Any]) -> None:
    deployed = deploy(others=last)
    assert deployed.one("image:Image").inputs["imageName"].endswith(f":{deployed.outputs['builtTag']}")


def test_what_the_stack_has_built_itself_stays_its_own(deploy: Deploy) -> None:
    tag = deploy().outputs["builtTag"]
    deployed = deploy(others=before(tag), stale={"pushed": {"digest": THERE}})
    assert deployed.all("image:Image"), "an update without a change must not show one"
    assert deployed.outputs["builtTag"] == tag
