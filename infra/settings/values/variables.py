"""Variables that a user gives to the application's containers and to the image build."""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from infra.settings.values import connection
from infra.settings.values.model import refused
from infra.settings.values.program_variables import RESERVED, SERVICE, places
from infra.settings.values.secrets import Plain, Reference, named_plainly, plain

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


def template(text: str) -> str:
    """The same text, when it says something of the database and nothing else that is known only while deploying."""
    known = (*connection.PLACES, *connection.LOGIN)
    if strangers := sorted(connection.placeholders(text) - {*known}):
        raise refused(f"{{{strangers[0]}}} is not known here; write " + ", ".join(f"{{{part}}}" for part in known))
    if not connection.placeholders(text):
        raise refused("says nothing of the database, like {host}; write it into app.environment")
    plain(connection.bare(text))
    return text


def apart(name: str) -> str:
    """The same name, when it is not one of the keys that a login's secret has anyway."""
    if name in connection.LOGIN:
        raise refused("is a key of the login's secret itself; rename it")
    return name


def placed(text: str) -> str:
    """The same text, when it names nothing of the service that is not known."""
    if strangers := sorted(places(text) - {*SERVICE}):
        known = " or ".join(f"${{service.{part}}}" for part in SERVICE)
        raise refused(f"${{service.{strangers[0]}}} is not known here; write {known}")
    return text


def unplaced(text: str) -> str:
    """The same text, when it names nothing of the service: an image is built before that is known."""
    if places(text):
        raise refused("the image is built before the service's address is known; write it into app.environment")
    return text


Free: TypeAlias = Annotated[str, AfterValidator(free)]
Variables: TypeAlias = dict[
    Annotated[str, AfterValidator(free), AfterValidator(named_plainly)], Annotated[Plain, AfterValidator(placed)]
]
"""Names to values; no secrets, they would be readable in the task definition."""

Secrets: TypeAlias = dict[Free, Reference]
"""Names to references."""

Templates: TypeAlias = dict[Annotated[Free, AfterValidator(apart)], Annotated[str, AfterValidator(template)]]
"""Names to texts about the database."""

BuildArgs: TypeAlias = dict[
    Annotated[str, AfterValidator(unset), AfterValidator(named_plainly)], Annotated[Plain, AfterValidator(unplaced)]
]
"""Names to values; no secrets, they would be readable in the image."""
