"""What `make check` says of an image's entrypoint, platform and user."""

from __future__ import annotations

import pytest

from check.image.build import ImageConfig
from check.image.inside import FileEntry
from check.image.start import starts
from check.result import Broken
from infra.settings.app import App
from infra.settings.migrations import Step

SCRATCH = "/tmp"  # noqa: S108 - a path in the container
STEPS = [Step(name="schema", command=["python", "/app/migrate.py", "up"])]


class Script:
    """An image with one script in it."""

    def __init__(self, text: str = "") -> None:
        self.text = text

    def entry(self, path: str) -> FileEntry | None:
        return FileEntry(path, "file", head=self.text.encode()) if self.text and path == "/entrypoint.sh" else None


def image(*entrypoint: str, architecture: str = "amd64", volumes: tuple[str, ...] = (SCRATCH,)) -> ImageConfig:
    return ImageConfig("shop:1", entrypoint, ("serve",), architecture=architecture, user="app", volumes=volumes)


@pytest.mark.parametrize(
    ("built", "text", "said"),
    [
        (image("sh", "-c"), "", "step 'schema'.*keeps only the first word"),
        (image("sh", "-c", "exec python app.py"), "", "ignores its arguments"),
        (image(architecture="arm64"), "", "is built for linux/arm64, and its tasks run on linux/amd64"),
        (image("/entrypoint.sh"), "#!/bin/sh\nexec python app.py\n", "/entrypoint.sh never uses its arguments"),
    ],
)
def test_steps_that_would_not_be_what_runs(built: ImageConfig, text: str, said: str) -> None:
    with pytest.raises(Broken, match=said) as broken:
        starts(built, STEPS, App(), Script(text))
    assert broken.value.remedy


@pytest.mark.parametrize(
    ("built", "text", "said"),
    [
        (image(), "", "by themselves"),
        (image("tini", "--"), "", "through the entrypoint"),
        (image("/entrypoint.sh"), '#!/usr/bin/env bash\nset -e\nexec "$@"\n', "through /entrypoint.sh"),
        (image("/entrypoint.sh"), "\x7fELF", "unknown whether it ends with"),
        (image("/entrypoint.sh"), "#!/usr/bin/python3\nimport os", "unknown whether it ends with"),
    ],
)
def test_steps_that_run(built: ImageConfig, text: str, said: str) -> None:
    assert said in starts(built, STEPS, App(), Script(text))


def test_root_is_refused_unless_it_is_asked_for() -> None:
    built = ImageConfig("shop:1", architecture="amd64", volumes=(SCRATCH,))
    with pytest.raises(Broken, match="runs as root") as broken:
        starts(built, STEPS, App(), Script())
    assert "app.user" in broken.value.remedy
    assert "runs as root" in starts(built, STEPS, App(user="root"), Script())
    assert "root" not in starts(built, STEPS, App(user="10001"), Script())


def test_a_folder_that_could_not_be_written_to_is_said() -> None:
    assert f"{SCRATCH} in image shop:1: is not writable" in starts(image(volumes=()), STEPS, App(), Script())
