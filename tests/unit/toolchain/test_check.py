"""Which checks are run, and what they need."""

from pathlib import Path

import pytest

from local import check, environment
from local.toolchain import images, plan
from local.toolchain.process import SetupFailed


def test_all_in_their_order_unless_named() -> None:
    assert check.chosen([]) == ["lint", "types", "imports", "unit", "components", "e2e"]
    assert check.chosen(["unit", "lint"]) == ["lint", "unit"]


def test_an_unknown_check_is_named() -> None:
    with pytest.raises(SetupFailed, match="no check benches"):
        check.chosen(["benches"])


def test_only_end_to_end_tests_need_everything() -> None:
    assert check.needs(["lint", "types"]) == ["python environment", "python environment"]
    assert check.needs(["lint", "e2e"]) is None


ROOT = Path(check.__file__).resolve().parents[1]


def test_every_end_to_end_test_is_in_one_group() -> None:
    """A file that no group has would never run; one in two groups would run twice."""
    groups = check.groups(ROOT)
    files = sorted((ROOT / "tests" / "e2e").rglob("test_*.py"))
    for file in files:
        path = file.relative_to(ROOT).as_posix()
        having = [
            name for name, words in groups.items() if any(path == word or path.startswith(f"{word}/") for word in words)
        ]
        assert len(having) == 1, f"{path} is in {having}"
    assert all((ROOT / word).exists() for words in groups.values() for word in words)


def test_the_files_that_share_a_deployment_are_one_group_and_the_longest_come_first(tmp_path: Path) -> None:
    for name in ("test_deploy.py", "test_deploy_again.py", "test_destroy.py", "notes/test_x.py", "cloud/a/test_y.py"):
        file = tmp_path / "tests" / "e2e" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    assert check.groups(tmp_path) == {
        "deploy": ("tests/e2e/test_deploy.py",),
        "deploy_again": ("tests/e2e/test_deploy_again.py", "tests/e2e/test_destroy.py"),
        "cloud": ("tests/e2e/cloud",),
        "notes": ("tests/e2e/notes",),
    }
    assert [job.name for job in check.jobs(tmp_path, ["lint", "e2e"])] == [
        "e2e deploy",
        "e2e deploy_again",
        "e2e notes",
        "e2e cloud",
        "lint ruff check",
        "lint ruff format",
    ]


@pytest.mark.parametrize("reachable", [True, False])
def test_the_check_of_an_application_needs_what_its_settings_name(
    monkeypatch: pytest.MonkeyPatch, reachable: bool
) -> None:
    monkeypatch.setattr(images, "registry_answers", lambda: reachable)
    ours = [] if reachable else ["image postgres"]
    always = ["python environment", "Docker engine"]
    assert plan.application("app: {context: ../shop}") == [*always, *ours]
    python = ["image python", "image python-build"]
    assert plan.application((ROOT / "Pulumi.local.yaml").read_text()) == [*always, *python, *ours]
    assert plan.application((ROOT / "Pulumi.orders.yaml").read_text()) == [*always, "image go-build", *ours]
    known = {
        step.name
        for step in [*plan.steps(environment.checkout(ROOT, {})), plan.go_build(environment.checkout(ROOT, {}))]
    }
    assert {*always, *python, "image go-build", "image postgres"} <= known
