"""What the Go example's build image is made from."""

from pathlib import Path

import pytest

from local.toolchain.modules import context
from tests.unit.toolchain.provoke import runner


def test_without_go_on_the_host_the_build_downloads_the_modules_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, target = tmp_path / "made", tmp_path / "context"
    made.mkdir()
    target.mkdir()
    for name in ("Dockerfile", "go.mod", "go.sum"):
        (made / name).write_text(name)
    monkeypatch.setenv("PATH", str(made))
    context(runner(tmp_path), made / "Dockerfile", [made / "go.mod", made / "go.sum"], target)
    assert sorted(file.name for file in target.iterdir()) == ["Dockerfile", "go.mod", "go.sum", "modules"]
    assert list((target / "modules").iterdir()) == [], "COPY needs the folder, and Go goes on to the next proxy"
