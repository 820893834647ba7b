"""Docker's command line, with a deadline for every call."""

from __future__ import annotations

import os
import secrets
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SECONDS = 60.0


class Failed(Exception):
    """Docker said no; the text is its last line."""

    def __init__(self, text: str, lines: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.lines = tuple(lines)


@dataclass(frozen=True)
class Ended:
    """A command that has ended.

    Attributes:
        code: its exit code, None when its time was up.
        lines: what it printed.
    """

    code: int | None
    lines: tuple[str, ...]


def fresh() -> str:
    """A name for a container or network of this process."""
    return f"sluice-check-{os.getpid()}-{secrets.token_hex(4)}"


def run(words: Sequence[str], seconds: float = SECONDS, environment: Mapping[str, str] | None = None) -> Ended:
    """Run `docker WORDS` to its end or its deadline.

    Args:
        environment: variables to add; values for `-e NAME` go here, so that none stands in an argument list.
    """
    try:
        child = subprocess.Popen(
            ["docker", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
    except OSError as error:
        raise Failed(f"docker cannot be run: {error.strerror}; `make setup` says how to get it") from error
    lines: list[str] = []
    reader = threading.Thread(target=_collect, args=(child, lines), daemon=True)
    reader.start()
    try:
        code: int | None = child.wait(seconds)
    except subprocess.TimeoutExpired:
        code = None
    finally:
        if child.poll() is None:
            child.kill()
            child.wait(10)
    reader.join(10)
    return Ended(code, tuple(lines))


def _collect(child: subprocess.Popen[bytes], lines: list[str]) -> None:
    for raw in child.stdout or ():
        if line := raw.decode(errors="replace").rstrip():
            lines.append(line)


def ask(words: Sequence[str], seconds: float = SECONDS) -> str:
    """Return what a command prints. Raises Failed on any other end than exit code 0."""
    ended = run(words, seconds)
    if ended.code != 0:
        why = ended.lines[-1] if ended.lines else "it printed nothing"
        how = f"did not end within {seconds:.0f} s" if ended.code is None else f"ended with exit code {ended.code}"
        raise Failed(f"`docker {words[0]}` {how}: {why}", ended.lines)
    return "\n".join(ended.lines)


def there(image: str) -> bool:
    """Return whether this machine has the image."""
    return run(["image", "inspect", "--format", "{{.Id}}", image]).code == 0


def remove(*containers: str) -> None:
    """Remove containers that this check started, with their volumes, running or not; one that is gone is no error."""
    if containers:
        run(["rm", "-f", "-v", *containers])
