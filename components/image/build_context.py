"""The tag of an image before it is built: a hash of all inputs of the build."""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from components.image.docker_ignore import DockerIgnore

TAG_LENGTH = 40
"""Hexadecimal digits of the hash in a tag: 160 bits, as in a git revision."""


def tag(
    context: Path, dockerfile: str, build_args: Mapping[str, str], platform: str, bases: Mapping[str, str] | None = None
) -> str:
    """Return the tag of the image that this build makes: equal inputs give an equal tag, any other input another one.

    Tags in the registry never move, so everything that can change the image is hashed: the files that Docker receives,
    with their modes (COPY keeps them), the Dockerfile, which may be excluded from them, the build arguments, the
    platform, and the ids of local bases without a digest (`base_image.moving`).

    Args:
        context: the folder.
        dockerfile: path relative to it.
        platform: `linux/amd64` or the like. Raises OSError when a file cannot be read.
    """
    whole = hashlib.sha256()
    build: dict[str, object] = {"dockerfile": dockerfile, "args": dict(build_args), "platform": platform}
    if bases:
        build["bases"] = dict(bases)
    whole.update(json.dumps(build, sort_keys=True).encode())
    whole.update(_content(context / dockerfile))
    for path in sent(context, ignored(context / dockerfile, context)):
        whole.update(json.dumps(_entry(context, path)).encode())
    return whole.hexdigest()[:TAG_LENGTH]


def sent(context: Path, ignored: DockerIgnore) -> Iterator[str]:
    """Yield the files, links and folders that Docker receives, relative to the context, in a fixed order."""
    for folder, folders, files in os.walk(context):
        here = Path(folder).relative_to(context)
        below = {name: (here / name).as_posix() for name in [*folders, *files]}
        folders[:] = sorted(name for name in folders if ignored.takes_back or not ignored.excludes(below[name]))
        yield from sorted(path for path in below.values() if not ignored.excludes(path))


def ignored(dockerfile: Path, context: Path) -> DockerIgnore:
    """Return the rules of the Dockerfile's own ignore file if it exists, else of the context's."""
    for file in (own_ignore_file(dockerfile), context / ".dockerignore"):
        if file.is_file():
            return DockerIgnore.parse(file.read_text(encoding="utf-8"))
    return DockerIgnore()


def own_ignore_file(dockerfile: Path) -> Path:
    """Return the ignore file that BuildKit prefers and the classic builder ignores ("Dockerignore files", "Filename and
    location")."""
    return dockerfile.with_name(f"{dockerfile.name}.dockerignore")


def _entry(context: Path, path: str) -> list[str]:
    file = context / path
    status = file.lstat()
    mode = oct(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return [path, mode, str(file.readlink())]
    if stat.S_ISREG(status.st_mode):
        return [path, mode, _content(file).hex()]
    return [path, mode]


def _content(file: Path) -> bytes:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").digest()
