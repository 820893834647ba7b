"""Which image a stack deploys: one that it builds, one that is named, or one that another stack has released."""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from infra.settings.values.model import hidden, refused


def unset(value: Any) -> Any:
    """None for nothing at all: Pulumi.yaml can give a key no other default than a text."""
    return None if value == "" else value


def by_digest(image: str | None) -> str | None:
    """The same reference of an image, when it can never mean another one."""
    if image is not None and not re.fullmatch(r"[^\s@]+@sha256:[0-9a-f]{64}", image):
        raise refused(
            "must be an image by digest, REPOSITORY@sha256: and 64 hexadecimal digits; a tag may move to another image"
        )
    return image


def digest(text: str | None) -> str | None:
    """The same digest, when it is one."""
    if text is not None and not re.fullmatch(r"sha256:[0-9a-f]{64}", text):
        raise refused(
            "must be a digest, sha256: and 64 hexadecimal digits; `sluice rollback --list` shows the releases"
        )
    return text


def stack_name(name: str | None) -> str | None:
    """The same name of a stack, when it is complete or all but its own name can be added."""
    if name is not None and not re.fullmatch(r"[\w.-]+(/[\w.-]+/[\w.-]+)?", name):
        raise refused("is no stack; write its name, like staging, or org/project/staging for one of another project")
    return name


Image: TypeAlias = Annotated[str | None, BeforeValidator(unset), AfterValidator(by_digest)]
Digest: TypeAlias = Annotated[str | None, BeforeValidator(unset), AfterValidator(digest)]
StackName: TypeAlias = Annotated[str | None, BeforeValidator(unset), AfterValidator(stack_name)]


def only_one(context: str | None, image: str | None, promote_from: str | None) -> None:
    """Refuses settings that name no image, or more than one."""
    given = {"app.context": context, "image": image, "promoteFrom": promote_from}
    said = [key for key, value in given.items() if value is not None]
    if not said:
        raise hidden(
            "nothing says which image to deploy; set app.context to build it here, image to name it, or promoteFrom to"
            " take what another stack has released"
        )
    if len(said) > 1:
        raise hidden(f"{' and '.join(said)} each say which image to deploy; keep one of them")
