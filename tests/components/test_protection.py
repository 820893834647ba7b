"""What stands between `pulumi destroy` and a stack in production."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.components.program import Deployed


@pytest.mark.parametrize(("environment", "expected"), [("prod", True), ("staging", False), ("dev", False)])
def test_one_resource_stands_on_all_others_and_only_production_keeps_it(
    deploy: Callable[..., Deployed], environment: str, expected: bool
) -> None:
    deployed = deploy(environment=environment)
    protection = deployed.one("sluice:infra:Protection")
    assert protection.protected is expected
    others = {one.urn for one in deployed.resources if one.custom and not one.type.startswith("pulumi:providers:")}
    assert len(others) > 40
    assert set(protection.dependencies) == others, "what is missing here, a destroy deletes before it is refused"


def test_nothing_else_is_protected_by_the_engine(deploy: Callable[..., Deployed]) -> None:
    """The engine refuses to replace what it protects, and a new release replaces task definitions."""
    protected = [one for one in deploy(environment="prod").resources if one.protected]
    assert [one.type for one in protected] == ["sluice:infra:Protection"]
