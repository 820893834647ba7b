"""How settings name an image, a release, and the stack that released one."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from infra.settings.values.model import refused


def unset(value: Any) -> Any:
    """Return None for an empty text: Pulumi.yaml can give a key no other empty default."""
    return None if value == "" else value


def image_by_digest(image: str | None) -> str | None:
    """Return an image reference with repository and digest. Refuses a tag, which can move to another image."""
    if image is not None and not re.fullmatch(r"[^\s@]+@sha256:[0-9a-f]{64}", image):
        raise refused(
            "is not an image by digest; write REPOSITORY@sha256: and 64 hexadecimal digits (a tag can move to another"
            " image)"
        )
    return image


def task_image_by_digest(image: str | None) -> str | None:
    """Return the same, or a digest alone, which names an image in the stack's own repository."""
    if image is not None and not re.fullmatch(r"(\S+@)?sha256:[0-9a-f]{64}", image):
        raise refused(
            "is not an image by digest; write REPOSITORY@sha256: or sha256: and 64 hexadecimal digits (a tag can move"
            " to another image)"
        )
    return image


def release_digest(text: str | None) -> str | None:
    """Return the digest of a release. Refuses a shortened one."""
    if text is not None and not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise refused(
            "is not a digest; write sha256: and 64 hexadecimal digits (`sluice rollback --list` shows the releases)"
        )
    return text


def stack_name(name: str | None) -> str | None:
    """Return the name of a stack, alone or with organization and project."""
    if name is not None and not re.fullmatch(r"[\w.-]+(/[\w.-]+/[\w.-]+)?", name):
        raise refused("is not a stack; write its name, like staging, or org/project/staging if the project differs")
    return name


def repository_of(image: str | None) -> str:
    """The repository in an image by digest; empty if it names none."""
    return (image or "").rpartition("sha256:")[0].rstrip("@")


Image: TypeAlias = Annotated[str | None, BeforeValidator(unset), AfterValidator(image_by_digest)]
TaskImage: TypeAlias = Annotated[str | None, AfterValidator(task_image_by_digest)]
Digest: TypeAlias = Annotated[str | None, BeforeValidator(unset), AfterValidator(release_digest)]
StackName: TypeAlias = Annotated[str | None, BeforeValidator(unset), AfterValidator(stack_name)]
