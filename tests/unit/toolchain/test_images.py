"""When an image has to be built again."""

from pathlib import Path

from local.toolchain.images import inputs


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
