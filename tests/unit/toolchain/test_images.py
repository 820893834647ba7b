"""When an image has to be built again."""

from pathlib import Path

import pytest

from local.toolchain import images
from local.toolchain.images import inputs, signed
from local.toolchain.process import SetupFailed
from local.toolchain.steps import StepRunner


def test_inputs_change_with_every_cause_and_with_nothing_else(tmp_path: Path) -> None:
    folder, lock = tmp_path / "image", tmp_path / "requirements.txt"
    folder.mkdir()
    (folder / "Dockerfile").write_text("FROM x")
    entry = folder / "entry.sh"
    entry.write_text("exec true")
    lock.write_text("one==1")
    seen = [inputs(folder, "below", [lock])]

    assert inputs(folder, "below", [lock]) == seen[0]
    (folder / "stale.pyc").write_bytes(b"\0")
    assert inputs(folder, "below", [lock]) == seen[0]

    seen.append(inputs(folder, "another below", [lock]))
    entry.chmod(0o755)
    seen.append(inputs(folder, "below", [lock]))
    entry.write_text("exec false")
    seen.append(inputs(folder, "below", [lock]))
    lock.write_text("one==2")
    seen.append(inputs(folder, "below", [lock]))
    assert len(set(seen)) == len(seen)


def test_debian_is_taken_with_its_signatures_or_not_at_all(tmp_path: Path) -> None:
    keys = (tmp_path / "a.gpg", tmp_path / "a.pgp")
    with pytest.raises(SetupFailed, match="apt-get install debian-archive-keyring"):
        signed(keys)
    keys[1].touch()
    assert signed(keys) == ["--force-check-gpg", f"--keyring={keys[1]}"]


def test_the_base_is_made_with_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The command that makes the base image has the options."""
    called: list[list[str]] = []

    class Seen(Exception):
        pass

    class Recording:
        def run(self, command: list[str], **more: object) -> None:
            called.append([str(word) for word in command])
            raise Seen

    monkeypatch.setattr(images, "architecture", lambda: "amd64")
    monkeypatch.setattr(images, "signed", lambda: ["--force-check-gpg", "--keyring=here"])
    runner: StepRunner = Recording()  # type: ignore[assignment]
    with pytest.raises(Seen):
        images._debootstrap(runner, tmp_path)
    assert called[0][0] == "debootstrap"
    assert {"--force-check-gpg", "--keyring=here"} <= set(called[0])
