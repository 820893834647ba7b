"""Variables that a user gives to the application's containers."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from infra.settings.model import refused
from infra.variables import RESERVED


def free(name: str) -> str:
    """The same name, when it is possible and not one that the program sets itself."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise refused("a variable's name is letters, digits and _ and starts with no digit; rename it")
    if name in RESERVED:
        raise refused("is set by the program itself, from the database and app.port; remove it")
    return name


Variables: TypeAlias = dict[Annotated[str, AfterValidator(free)], str]
"""Names to values; no secrets, they would be readable in the task definition."""
