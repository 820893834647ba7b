"""Which state is this project's."""

from pathlib import Path

import pytest

from local import environment
from local.stack import Pulumi


def stack(root: Path, project: str) -> Pulumi:
    (root / "Pulumi.yaml").write_text(f"# comment\nname: {project}\nruntime:\n  name: python\n")
    place = environment.checkout(root, {})
    return Pulumi(place, environment.applied({}, environment.changes(place, {}, "http://127.0.0.1:1")))


@pytest.mark.parametrize(
    ("file", "there"),
    [
        ("shop/local.json", True),
        ("shop/local.json.gz", True),
        ("shop/local.json.bak", False),
        ("sluice/local.json", False),
        ("shop/prod.json", False),
    ],
)
def test_a_stack_is_there_when_its_state_is(tmp_path: Path, file: str, there: bool) -> None:
    pulumi = stack(tmp_path, "shop")
    state = pulumi.place.state / ".pulumi" / "stacks" / file
    state.parent.mkdir(parents=True)
    state.write_text("{}")
    assert pulumi.exists() is there
