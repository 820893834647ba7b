"""Variables that settings define for the application's containers and for the image build.

Every function returns its text unchanged, or refuses it.
"""

from __future__ import annotations

import re
from typing import Annotated, TypeAlias

from pydantic import AfterValidator

from infra.settings.values import connection
from infra.settings.values.model import refused
from infra.settings.values.program_variables import RESERVED, SERVICE, places
from infra.settings.values.secrets import PlainValue, Reference, not_a_secret, not_a_secret_name

VERSION = "VERSION"
"""The build argument that the program sets itself: the release's version."""


def variable_name(name: str) -> str:
    """Refuse a name that is not possible, or that the program sets itself."""
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        raise refused("is not a variable's name; use letters, digits and _, and begin with a letter or _")
    if name in RESERVED:
        raise refused("is set by the program from the database, the step and app.port; remove it")
    return name


def build_argument(name: str) -> str:
    """Refuse the build argument that the program sets itself."""
    if name == VERSION:
        raise refused("is set by the program to the release's version; remove it")
    return name


def not_a_secret_key(name: str) -> str:
    """Refuse a variable named like a key that every login's secret has."""
    if name in connection.LOGIN:
        raise refused("is a key of the login's secret; rename it")
    return name


def connection_template(text: str) -> str:
    """Refuse a template with an unknown placeholder, without any, or with a secret."""
    known = (*connection.PLACES, *connection.LOGIN)
    found = connection.placeholders(text)
    if unknown := sorted(found - {*known}):
        raise refused(f"has the unknown placeholder {{{unknown[0]}}}; use " + ", ".join(f"{{{one}}}" for one in known))
    if not found:
        raise refused("has no placeholder of the database, like {host}; write it into app.environment")
    not_a_secret(connection.bare(text))
    return text


def service_template(text: str) -> str:
    """Refuse an unknown placeholder of the service."""
    if unknown := sorted(places(text) - {*SERVICE}):
        known = " or ".join(f"${{service.{one}}}" for one in SERVICE)
        raise refused(f"has the unknown placeholder ${{service.{unknown[0]}}}; use {known}")
    return text


def without_service(text: str) -> str:
    """Refuse placeholders of the service, whose address is not known when the image is built."""
    if places(text):
        raise refused("names the service, whose address is not known during the build; write it into app.environment")
    return text


VariableName: TypeAlias = Annotated[str, AfterValidator(variable_name)]

Variables: TypeAlias = dict[
    Annotated[VariableName, AfterValidator(not_a_secret_name)], Annotated[PlainValue, AfterValidator(service_template)]
]
"""Name to value; no secrets, because the task definition shows the values."""

Secrets: TypeAlias = dict[VariableName, Reference]
"""Name to reference."""

Templates: TypeAlias = dict[
    Annotated[VariableName, AfterValidator(not_a_secret_key)], Annotated[str, AfterValidator(connection_template)]
]
"""Name to a text with placeholders of the database."""

BuildArgs: TypeAlias = dict[
    Annotated[str, AfterValidator(build_argument), AfterValidator(not_a_secret_name)],
    Annotated[PlainValue, AfterValidator(without_service)],
]
"""Name to value; no secrets, because the image shows the values."""
