"""How an application is told where its database is, when it knows other variables than DB_HOST and the like.

A template is a text with `{host}`, `{port}`, `{name}`, `{sslMode}`, `{caBundle}`, `{username}` and `{password}` in it
(settings database.variables). Where both parts of a login stand decides how it travels: nowhere, as a plain variable;
alone, as a reference to the login's secret; inside of a longer text, like an address, as a key of its own in that
secret. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

PLACES = ("host", "port", "name", "sslMode", "caBundle")
LOGIN = ("username", "password")
"""Keys of a login's secret, too."""

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

Templates = Mapping[str, str]


def placeholders(template: str) -> set[str]:
    """What stands in braces, known or not."""
    return set(_PLACEHOLDER.findall(template))


def bare(template: str) -> str:
    """The text without what stands in braces."""
    return _PLACEHOLDER.sub("", template)


def travels(template: str) -> Literal["plain", "alone", "composed"]:
    """How the variable reaches a task."""
    if not placeholders(template) & {*LOGIN}:
        return "plain"
    return "alone" if template in {f"{{{part}}}" for part in LOGIN} else "composed"


def filled(template: str, values: Mapping[str, str]) -> str:
    """The text with these values in it; what it names besides stays."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def places(host: str, port: int, name: str, *, verify_tls: bool, ca_bundle: str | None) -> dict[str, str]:
    """Where the database is and how to speak TLS with it, as texts.

    The words for the latter are libpq's `sslmode`, which most drivers share: `require` encrypts and trusts any server.
    """
    mode = "verify-full" if verify_tls else "require"
    return {"host": host, "port": str(port), "name": name, "sslMode": mode, "caBundle": ca_bundle or ""}


def plain(templates: Templates, places: Mapping[str, str]) -> dict[str, str]:
    """The plain variables. places: as the function of that name gives them."""
    return {name: filled(text, places) for name, text in templates.items() if travels(text) == "plain"}


def composed(templates: Templates, places: Mapping[str, str]) -> dict[str, str]:
    """What goes into a login's secret, with only its user and password left to fill in."""
    return {name: filled(text, places) for name, text in templates.items() if travels(text) == "composed"}


def references(templates: Templates, secret_arn: str, *, whole: bool) -> dict[str, str]:
    """`valueFrom` of the secret variables. whole: whether the secret holds the composed ones too; one that RDS manages
    has a user and a password and nothing else."""
    alone = {name: text[1:-1] for name, text in templates.items() if travels(text) == "alone"}
    keys = alone | ({name: name for name, text in templates.items() if travels(text) == "composed"} if whole else {})
    return {name: f"{secret_arn}:{key}::" for name, key in keys.items()}
