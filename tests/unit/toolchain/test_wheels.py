"""Wheels for the image, whatever the host is."""

from pathlib import Path

import pytest

from local.toolchain.process import SetupFailed
from local.toolchain.wheels import folder, platforms


@pytest.mark.parametrize(("architecture", "machine"), [("amd64", "x86_64"), ("arm64", "aarch64")])
def test_platforms_reach_from_old_manylinux_to_trixies_glibc(architecture: str, machine: str) -> None:
    tags = platforms(architecture)
    assert {f"manylinux2014_{machine}", f"manylinux_2_17_{machine}", f"manylinux_2_28_{machine}"} <= set(tags)
    assert f"manylinux_2_41_{machine}" in tags
    assert f"manylinux_2_42_{machine}" not in tags


def test_an_unknown_architecture_is_refused() -> None:
    with pytest.raises(SetupFailed, match="riscv64"):
        platforms("riscv64")


def test_the_folder_belongs_to_exactly_these_locks(tmp_path: Path) -> None:
    lock = tmp_path / "requirements.txt"
    lock.write_text("one==1")
    first = folder(tmp_path, [lock], "amd64")
    assert folder(tmp_path, [lock], "amd64") == first
    assert folder(tmp_path, [lock], "arm64") != first
    lock.write_text("one==2")
    assert folder(tmp_path, [lock], "amd64") != first
