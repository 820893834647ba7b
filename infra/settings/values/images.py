"""How settings name an image, a release, and the stack that released one."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import BeforeValidator

from infra.settings.values.model import matching


def unset(value: Any) -> Any:
    """Return None for an empty text: Pulumi.yaml can give a key no other empty default."""
    return None if value == "" else value


def repository_of(image: str | None) -> str:
    """The repository in an image by digest; empty if it names none."""
    return (image or "").rpartition("sha256:")[0].rstrip("@")


Image: TypeAlias = Annotated[
    Annotated[
        str,
        matching(
            r"[^\s@]+@sha256:[0-9a-f]{64}",
            "is not an image by digest; write REPOSITORY@sha256: and 64 hexadecimal digits (a tag can move to another"
            " image)",
        ),
    ]
    | None,
    BeforeValidator(unset),
]
"""Repository and digest."""

TaskImage: TypeAlias = (
    Annotated[
        str,
        matching(
            r"(\S+@)?sha256:[0-9a-f]{64}",
            "is not an image by digest; write REPOSITORY@sha256: or sha256: and 64 hexadecimal digits (a tag can move"
            " to another image)",
        ),
    ]
    | None
)
"""Repository and digest, or a digest alone in the stack's own repository."""

Digest: TypeAlias = Annotated[
    Annotated[
        str,
        matching(
            r"sha256:[0-9a-f]{64}",
            "is not a digest; write sha256: and 64 hexadecimal digits (`sluice rollback --list` shows the releases)",
        ),
    ]
    | None,
    BeforeValidator(unset),
]
"""Digest of a release."""

StackName: TypeAlias = Annotated[
    Annotated[
        str,
        matching(
            r"[\w.-]+(/[\w.-]+/[\w.-]+)?",
            "is not a stack; write its name, like staging, or org/project/staging if the project differs",
        ),
    ]
    | None,
    BeforeValidator(unset),
]
"""Name of a stack, alone or with organization and project."""
