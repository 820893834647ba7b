"""Which state is this project's."""

from pathlib import Path

import pytest

from local import environment
from local.stack import Pulumi, settings
from local.toolchain.process import SetupFailed


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


def test_other_stacks_of_the_project_are_forgotten_with_the_cloud(tmp_path: Path) -> None:
    pulumi = stack(tmp_path, "shop")
    for file in ("shop/local.json", "shop/orders.json.gz", "shop/gone.json.bak", "another/web.json"):
        state = pulumi.place.state / ".pulumi" / "stacks" / file
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_text("{}")
    assert pulumi.other_stacks() == ["orders"]
    elsewhere = environment.changes(pulumi.place, {"SLUICE_BACKEND_URL": "s3://state"}, "http://127.0.0.1:1")
    assert Pulumi(pulumi.place, environment.applied({}, elsewhere)).other_stacks() == []


@pytest.mark.parametrize("text", ["config:\n  environment: local\n", 'config:\n  shop:environment: "local"\n'])
def test_a_stack_of_the_local_cloud_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.shop.yaml").write_text(text)
    assert settings(tmp_path, "shop").name == "Pulumi.shop.yaml"


@pytest.mark.parametrize(
    "text", ["config:\n  environment: prod\n", "config:\n  # environment: local\n", "config:\n  app: {}\n"]
)
def test_another_stack_is_not_deployed_by_make_up(tmp_path: Path, text: str) -> None:
    (tmp_path / "Pulumi.shop.yaml").write_text(text)
    with pytest.raises(SetupFailed, match=r"Pulumi\.shop\.yaml does not say `environment: local`"):
        settings(tmp_path, "shop")


def test_a_stack_without_settings_is_named(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed, match=r"there is no Pulumi\.shop\.yaml"):
        settings(tmp_path, "shop")
