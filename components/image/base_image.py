"""Base images of a Dockerfile: their names, whether they are named by digest, and whether they changed."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

LOCAL = "sluice-local/"
"""Prefix of the names of images that set-up builds on this machine; they are in no registry and have no digest."""

SECONDS = 20.0

_ARG = re.compile(r"ARG\s+(\w+)(?:=(\"[^\"]*\"|'[^']*'|\S*))?", re.IGNORECASE)
_FROM = re.compile(r"FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?", re.IGNORECASE)
_VARIABLE = re.compile(r"\$(?:(\w+)|\{(\w+)(?::-([^}]*))?\})")
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


def bases(dockerfile: str, args: Mapping[str, str]) -> list[str]:
    """Return the base images of a Dockerfile's stages, in their order, without earlier stages and `scratch`.

    Args:
        dockerfile: its text.
        args: build arguments, which override the defaults of the ARGs before the first FROM.
    """
    known: dict[str, str] = {}
    stages: set[str] = set()
    found: dict[str, None] = {}
    for line in _instructions(dockerfile):
        if (arg := _ARG.fullmatch(line)) and not stages and not found:
            known[arg[1]] = args.get(arg[1], _filled((arg[2] or "").strip("\"'"), known))
        elif begun := _FROM.fullmatch(line):
            image = _filled(begun[1], known)
            if image not in stages and image != "scratch":
                found.setdefault(image)
            stages.add(begun[2] or "")
    return list(found)


def _instructions(text: str) -> Iterator[str]:
    """Yield the instructions, one per line, without comments."""
    instructions = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    yield from (line.strip() for line in re.sub(r"\\\s*\n", " ", "\n".join(instructions)).splitlines())


def _filled(text: str, known: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda found: known.get(found[1] or found[2], "") or found[3] or "", text)


def by_tag(found: list[str]) -> list[str]:
    """Return those that are not named by digest, which can change between builds without a change of the sources.

    Images of this machine's set-up are left out.
    """
    return [image for image in found if not _DIGEST.search(image) and not image.startswith(LOCAL)]


def asked(image: str) -> str:
    """Return the id of an image on this machine; empty without the image, or without a Docker engine."""
    try:
        done = subprocess.run(
            ["docker", "image", "inspect", "--format", "{{.Id}}", image],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def moving(dockerfile: Path, args: Mapping[str, str], ask: Callable[[str], str] | None = None) -> dict[str, str]:
    """Return the ids of bases that this machine's set-up built, by name, because a new one needs a new build.

    Raises:
        OSError: the Dockerfile cannot be read.
    """
    found = bases(dockerfile.read_text(encoding="utf-8"), args)
    return {image: known for image in found if image.startswith(LOCAL) and (known := (ask or asked)(image))}
