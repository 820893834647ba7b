"""Checks before set-up: the steps to run, and every obstacle.

It changes nothing, so a machine that cannot be set up gets one error with all reasons, and stays as it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.toolchain.process import FULL, ROOM_REMEDY, SetupFailed
from local.toolchain.room import Need, shortages
from local.toolchain.steps import SetupStep

ALWAYS = {"local": 0.2, "docker": 0.5}  # GB: logs, state, scratch; the application's next image
RUNNING = "running the stack"


@dataclass(frozen=True)
class Folder:
    """A folder that set-up writes to.

    Attributes:
        called: its name in messages.
        remedy: the fix when it is not writable.
    """

    called: str
    path: Path
    remedy: str


def pending(steps: Sequence[SetupStep]) -> list[SetupStep]:
    """Return the steps that are not done; all are checked in parallel, because they mostly wait."""
    with ThreadPoolExecutor(max_workers=max(1, len(steps))) as pool:
        done = list(pool.map(lambda step: step.done(), steps))
    return [step for step, is_done in zip(steps, done, strict=True) if not is_done]


def refuse(waiting: Sequence[SetupStep], folders: Mapping[str, Folder], docker_root: Path) -> None:
    """Raise Failed with every obstacle there is, each with its remedy.

    Args:
        waiting: the steps that are not done.
        folders: where set-up writes, by the names that steps know them under.
        docker_root: where the engine keeps its data.
    """
    found = [text for text in (_obstacle(step.obstacle) for step in waiting) if text]
    used = folders if waiting else {name: folders[name] for name in ("local",)}
    found += [text for folder in used.values() if (text := unwritable(folder))]
    places = {name: folder.path for name, folder in folders.items()} | {"docker": docker_root}
    found += shortages(needs(waiting, places))
    if found:
        raise SetupFailed("\nerror: ".join(dict.fromkeys(found)))


def needs(waiting: Iterable[SetupStep], places: Mapping[str, Path]) -> list[Need]:
    """Return the disk space that the steps and the running stack need, by folder."""
    wanted = [(step.name, name, size) for step in waiting for name, size in step.room().items()]
    wanted += [(RUNNING, name, size) for name, size in ALWAYS.items()]
    return [Need(part, places[name], size) for part, name, size in wanted]


def unwritable(folder: Folder, attempt: Callable[[Path], None] | None = None) -> str | None:
    """Return why a folder is not writable, with the fix; None when it is. A missing folder is created."""
    try:
        (attempt or _write)(folder.path)
    except OSError as error:
        remedy = ROOM_REMEDY if error.errno in FULL else folder.remedy
        return f"{folder.called} {folder.path} cannot be written: {error.strerror}\n  fix: {remedy}"
    return None


def _write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    probe = folder / f".sluice-{os.getpid()}"
    probe.touch()
    probe.unlink()


def _obstacle(probe: Callable[[], object]) -> str | None:
    try:
        probe()
    except SetupFailed as failure:
        return str(failure)
    return None
