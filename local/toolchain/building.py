"""Creates folders in the cache atomically."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path


def building_folder(target: Path) -> Path:
    """Return a new empty folder, to be renamed to `target`; folders of killed set-ups are removed first.

    The caller holds the lock of its step, so no living set-up uses what is removed.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    for left in target.parent.glob(f"{target.name}.building-*"):
        remove(left)
    return Path(tempfile.mkdtemp(prefix=f"{target.name}.building-", dir=target.parent))


def publish(building: Path, target: Path) -> None:
    """Move a finished folder to its place."""
    building.chmod(0o755)
    shutil.rmtree(target, ignore_errors=True)
    building.rename(target)


def remove(folder: Path) -> None:
    """Remove a folder, but nothing in another file system: an interrupted debootstrap can leave its /proc mounted."""
    for proc in (folder / "proc", folder / "root" / "proc"):
        if proc.is_mount():
            subprocess.run(["umount", proc], stderr=subprocess.DEVNULL, timeout=10, check=False)
    subprocess.run(["rm", "-rf", "--one-file-system", folder], stderr=subprocess.DEVNULL, timeout=120, check=False)
