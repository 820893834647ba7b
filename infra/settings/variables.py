"""Variables that a user gives to the application's containers and to the image build."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from infra.settings.model import refused
from infra.settings.secrets import Plain, Reference, named_plainly
from infra.variables import RESERVED

VERSION = "VERSION"
"""The build argument that the program sets itself: the release's version."""


def free(name: str) -> str:
    """The same name, when it is possible and not one that the program sets itself."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise refused("a variable's name is letters, digits and _ and starts with no digit; rename it")
    if name in RESERVED:
        raise refused("is set by the program itself, from the database, the step and app.port; remove it")
    return name


def unset(name: str) -> str:
    """The same name of a build argument, when the program does not set it itself."""
    if name == VERSION:
        raise refused("is set by the program itself, to the release's version; remove it")
    return name


Free: TypeAlias = Annotated[str, AfterValidator(free)]
Variables: TypeAlias = dict[Annotated[str, AfterValidator(free), AfterValidator(named_plainly)], Plain]
"""Names to values; no secrets, they would be readable in the task definition."""

Secrets: TypeAlias = dict[Free, Reference]
"""Names to references."""

BuildArgs: TypeAlias = dict[Annotated[str, AfterValidator(unset), AfterValidator(named_plainly)], Plain]
"""Names to values; no secrets, they would be readable in the image."""
