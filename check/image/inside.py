"""Reads the files of an image without running it."""

from __future__ import annotations

import hashlib
import posixpath
import subprocess
import tarfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import IO, Protocol

from check import docker

HEAD = 65_536
"""Bytes of a file to read: enough for a script and for an ELF header."""
LINKS = 20
"""Symbolic links to follow in a row; Linux's limit is 40."""
WALK_SECONDS = 120.0


@dataclass(frozen=True)
class FileEntry:
    """One path in an image.

    Attributes:
        path: its absolute path.
        kind: file, folder or link.
        target: of a link.
        head: a file's first bytes.
    """

    path: str
    kind: str
    mode: int = 0o755
    target: str = ""
    head: bytes = b""


class Files(Protocol):
    """Access to an image's files."""

    def entry(self, path: str) -> FileEntry | None:
        """Return the entry at an absolute path, without following links; None when the path does not exist."""


def resolve(files: Files, path: str) -> tuple[FileEntry | None, str]:
    """Follow a path's links. Return the entry, or None, and the last path that was tried."""
    for _ in range(LINKS):
        found = files.entry(path)
        if found is None or found.kind != "link":
            return found, path
        path = posixpath.normpath(posixpath.join(posixpath.dirname(path), found.target))
    return None, path


class UnstartedContainer:
    """The image's files, read through a container that is created and never started."""

    def __init__(self, image: str) -> None:
        self.name = docker.fresh()
        self._seen: dict[str, FileEntry | None] = {}
        docker.ask(["create", "--name", self.name, "--network", "none", "--entrypoint", "/nothing", image])

    def __enter__(self) -> UnstartedContainer:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        docker.remove(self.name)

    def entry(self, path: str) -> FileEntry | None:
        if path not in self._seen:
            self._seen[path] = self._entry_at(path)
        return self._seen[path]

    def _entry_at(self, path: str) -> FileEntry | None:
        child = self._copy(path)
        with suppress(tarfile.TarError), tarfile.open(fileobj=pipe(child), mode="r|") as bundle:
            member = bundle.next()
            if member is not None:
                head = b""
                if member.isreg() and (stream := bundle.extractfile(member)):
                    head = stream.read(HEAD)
                end(child)
                kind = "link" if member.issym() else "folder" if member.isdir() else "file"
                return FileEntry(path, kind, member.mode, member.linkname, head)
        end(child)
        return None

    def holding(self, wanted: Mapping[str, bytes], folder: str) -> set[str]:
        """Return the files (name to content) whose content is in the image, searching *folder* first.

        A file of the same content counts at any path, and so does a program that embeds the content (Go's `embed`,
        Rust's `include_str!`).
        """
        found = self._search(wanted, self._copy(folder))
        missing = {name: content for name, content in wanted.items() if name not in found}
        if missing:
            child = subprocess.Popen(["docker", "export", self.name], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
            found |= self._search(missing, child)
        return found

    def _search(self, wanted: Mapping[str, bytes], child: subprocess.Popen[bytes]) -> set[str]:
        by_size: dict[int, dict[bytes, set[str]]] = {}
        for name, content in wanted.items():
            by_size.setdefault(len(content), {}).setdefault(hashlib.sha256(content).digest(), set()).add(name)
        found: set[str] = set()
        try:
            with suppress(tarfile.ReadError), tarfile.open(fileobj=pipe(child), mode="r|") as bundle:
                for member in bundle:
                    if not member.isreg() or len(found) == len(wanted):
                        continue
                    if member.size in by_size and (stream := bundle.extractfile(member)):
                        found |= by_size[member.size].get(hashlib.sha256(stream.read()).digest(), set())
                    elif _program(member) and (stream := bundle.extractfile(member)):
                        found |= _embedded(wanted, stream)
        finally:
            end(child)
        return found

    def _copy(self, path: str) -> subprocess.Popen[bytes]:
        search_arguments = ["docker", "cp", f"{self.name}:{path}", "-"]
        return subprocess.Popen(search_arguments, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def _program(member: tarfile.TarInfo) -> bool:
    """Return whether a file can be the application's own program: executable, and of a linked program's size."""
    return bool(member.mode & 0o111) and 500_000 < member.size < 200_000_000


def _embedded(wanted: Mapping[str, bytes], stream: IO[bytes]) -> set[str]:
    content = stream.read()
    if not content.startswith(b"\x7fELF"):
        return set()
    return {name for name, text in wanted.items() if len(text) > 16 and text in content}


def pipe(child: subprocess.Popen[bytes]) -> IO[bytes]:
    """Return the output stream of a docker process. Raises DockerFailed without one."""
    if child.stdout is None:
        raise docker.DockerFailed("docker was started without a pipe")
    return child.stdout


def end(child: subprocess.Popen[bytes]) -> None:
    """End a docker process whose output was read."""
    if child.stdout:
        child.stdout.close()
    try:
        child.wait(2)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait(10)
