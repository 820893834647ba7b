"""Which of Docker's two builders builds an image.

BuildKit where the docker command has it, as with the official plugin, else the classic one, which every engine has.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from components.image.build_context import own_ignore_file
from sluice.protocol.resource import Refused

_SECONDS = 30.0
_ONLY_BUILDKIT = ("requires BuildKit", "unknown instruction", "Unknown flag")
"""What the classic builder says of `RUN --mount`, here-documents and `COPY --link`."""
INSTALL = (
    "  fix: install Docker's buildx plugin (https://docs.docker.com/go/buildx), which brings BuildKit; the official "
    "docker plugin always builds with it"
)


CLASSIC = (
    "this docker command has no BuildKit, so the classic builder builds the image; the official docker plugin always "
    "builds with BuildKit"
)


def environment(wanted: str | None, dockerfile: Path) -> dict[str, str]:
    """What makes ``docker build`` use a builder.

    Args:
        wanted: ``BuilderV1``, ``BuilderBuildKit``, or None, which means BuildKit (the official plugin's
            marshalBuilder). Without BuildKit the classic builder is used all the same, as long as it builds the same
            image: most Dockerfiles are for both.

    Raises:
        Refused: the Dockerfile has an ignore file that only BuildKit reads, and there is no BuildKit.
    """
    if wanted != "BuilderV1" and _has_buildkit():
        # Attestations make an index of the image, whose digest is not the one that a task runs.
        return {"DOCKER_BUILDKIT": "1", "BUILDKIT_PROGRESS": "plain", "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
    own = own_ignore_file(dockerfile)
    if own.is_file():
        raise Refused(
            f"{own} is read by BuildKit only, and the classic builder would send other files\n"
            f"  cause: this docker command has no BuildKit\n{INSTALL}; or name the file .dockerignore"
        )
    return {"DOCKER_BUILDKIT": "0"}


def explained(failure: Refused, used: dict[str, str]) -> Refused:
    """The same failure, with the remedy where the classic builder met a Dockerfile written for BuildKit."""
    text = str(failure)
    if used["DOCKER_BUILDKIT"] == "0" and any(words in text for words in _ONLY_BUILDKIT):
        return Refused(
            f"{text}\n  cause: the Dockerfile is written for BuildKit, and the classic builder built it\n{INSTALL}"
        )
    return failure


def _has_buildkit() -> bool:
    words = ["docker", "buildx", "version"]
    try:
        return subprocess.run(words, capture_output=True, timeout=_SECONDS, check=False).returncode == 0
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False  # without Docker the build itself says so
