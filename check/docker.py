"""Docker's command line, with a timeout for every call."""

from __future__ import annotations

import os
import secrets
import subprocess
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SECONDS = 60.0


class DockerFailed(Exception):
    """A docker command failed; the text is its last line."""

    def __init__(self, text: str, output: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.output = tuple(output)


@dataclass(frozen=True)
class DockerResult:
    """A docker command that has ended.

    Attributes:
        code: its exit code; None after a timeout.
        output: the printed lines.
    """

    code: int | None
    output: tuple[str, ...]


def fresh() -> str:
    """Return a new name for a container or network of this process."""
    return f"sluice-check-{os.getpid()}-{secrets.token_hex(4)}"


def run(
    arguments: Sequence[str], seconds: float = SECONDS, environment: Mapping[str, str] | None = None
) -> DockerResult:
    """Run `docker ARGUMENTS` until it ends or times out.

    Args:
        environment: variables to add; values for `-e NAME` go here, so that no argument list shows them.
    """
    try:
        child = subprocess.Popen(
            ["docker", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
        )
    except OSError as error:
        raise DockerFailed(f"docker cannot be run: {error.strerror}; `make setup` installs it") from error
    output: list[str] = []
    reader = threading.Thread(target=_collect, args=(child, output), daemon=True)
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
    return DockerResult(code, tuple(output))


def _collect(child: subprocess.Popen[bytes], output: list[str]) -> None:
    for raw in child.stdout or ():
        if line := raw.decode(errors="replace").rstrip():
            output.append(line)


def ask(arguments: Sequence[str], seconds: float = SECONDS) -> str:
    """Return the output of a command. Raises DockerFailed unless it exits with 0."""
    ended = run(arguments, seconds)
    if ended.code != 0:
        why = ended.output[-1] if ended.output else "it printed nothing"
        how = f"did not end within {seconds:.0f} s" if ended.code is None else f"ended with exit code {ended.code}"
        raise DockerFailed(f"`docker {arguments[0]}` {how}: {why}", ended.output)
    return "\n".join(ended.output)


def there(image: str) -> bool:
    """Return whether this machine has the image."""
    return run(["image", "inspect", "--format", "{{.Id}}", image]).code == 0


def remove(*containers: str) -> None:
    """Remove containers that this check started, with their volumes; a missing one is ignored."""
    if containers:
        run(["rm", "-f", "-v", *containers])
