"""The look before set-up: what is still to be done, and everything that would keep it from being done.

Nothing is changed here, so a machine that cannot be set up is told so, once and for all reasons, and left as it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from local.toolchain.process import FULL, ROOM_REMEDY, Failed
from local.toolchain.room import Need, shortages
from local.toolchain.steps import Step

ALWAYS = {"local": 0.2, "docker": 0.5}  # GB: logs, state, scratch; the application's next image
RUNNING = "running the stack"


@dataclass(frozen=True)
class Folder:
    """A folder that set-up writes to: what it is called, where it is, and what to do when it cannot be written."""

    called: str
    path: Path
    remedy: str


def pending(steps: Sequence[Step]) -> list[Step]:
    """The steps that are not done; all are asked side by side, for they mostly wait."""
    with ThreadPoolExecutor(max_workers=max(1, len(steps))) as pool:
        done = list(pool.map(lambda step: step.done(), steps))
    return [step for step, is_done in zip(steps, done, strict=True) if not is_done]


def refuse(waiting: Sequence[Step], folders: Mapping[str, Folder], docker_root: Path) -> None:
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
        raise Failed("\nerror: ".join(dict.fromkeys(found)))


def needs(waiting: Iterable[Step], places: Mapping[str, Path]) -> list[Need]:
    """Return what the steps and the running stack will write, and where."""
    wanted = [(step.name, name, size) for step in waiting for name, size in step.room().items()]
    wanted += [(RUNNING, name, size) for name, size in ALWAYS.items()]
    return [Need(part, places[name], size) for part, name, size in wanted]


def unwritable(folder: Folder, attempt: Callable[[Path], None] | None = None) -> str | None:
    """Return why nothing can be written to a folder, with the remedy; None when it can. It is made when it is
    missing."""
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
    except Failed as failure:
        return str(failure)
    return None
