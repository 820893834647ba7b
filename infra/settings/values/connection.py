"""Variables with the database's connection parameters, under the names that an application reads.

A template (setting database.variables) is a text with the placeholders `{host}`, `{port}`, `{name}`, `{sslMode}`,
`{caBundle}`, `{username}` and `{password}`. Where it has user or password decides how the variable reaches a task:

- nowhere: as a plain variable;
- as the whole text: as a reference to a key of the login's secret;
- in a longer text, like a URL: as a key of its own in the login's secret.

Pure.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

PLACES = ("host", "port", "name", "sslMode", "caBundle")
"""Placeholders that are not secret."""

LOGIN = ("username", "password")
"""Placeholders that are secret; also the keys of a login's secret."""

PLACEHOLDER = re.compile(r"\{([^{}]*)\}")

Templates = Mapping[str, str]
"""Variable to template."""


def placeholders(template: str) -> set[str]:
    """The names in braces, known or not."""
    return set(PLACEHOLDER.findall(template))


def bare(template: str) -> str:
    """The text without its placeholders."""
    return PLACEHOLDER.sub("", template)


def travels(template: str) -> Literal["plain", "alone", "composed"]:
    """How a variable reaches a task: `plain`, `alone` (the whole text is a secret) or `composed` (part of it is)."""
    if not placeholders(template) & {*LOGIN}:
        return "plain"
    return "alone" if template in {f"{{{part}}}" for part in LOGIN} else "composed"


def filled(template: str, values: Mapping[str, str]) -> str:
    """The text with the values of these placeholders; other placeholders stay."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), template)


def places(host: str, port: int, name: str, *, verify_tls: bool, ca_bundle: str | None) -> dict[str, str]:
    """Values of the placeholders that are not secret.

    Args:
        host: address of the database.
        port: its TCP port.
        name: the database's name.
        verify_tls: whether the server's certificate is verified. `{sslMode}` is then `verify-full`, else `require`
            (encrypted, any server): the values of libpq's `sslmode`, which most drivers accept.
        ca_bundle: path of the CA bundle; None for the default of the image.
    """
    mode = "verify-full" if verify_tls else "require"
    return {"host": host, "port": str(port), "name": name, "sslMode": mode, "caBundle": ca_bundle or ""}


def plain(templates: Templates, places: Mapping[str, str]) -> dict[str, str]:
    """The plain variables. places: values of the placeholders, as `places` returns them."""
    return {name: filled(text, places) for name, text in templates.items() if travels(text) == "plain"}


def composed(templates: Templates, places: Mapping[str, str]) -> dict[str, str]:
    """The variables that become keys of a login's secret; only user and password are still placeholders."""
    return {name: filled(text, places) for name, text in templates.items() if travels(text) == "composed"}


def references(templates: Templates, secret_arn: str, *, whole: bool) -> dict[str, str]:
    """`valueFrom` of the secret variables.

    Args:
        secret_arn: ARN of the login's secret.
        whole: whether the secret has the composed variables too. A secret that RDS manages has user and password only.
    """
    alone = {name: text[1:-1] for name, text in templates.items() if travels(text) == "alone"}
    keys = alone | ({name: name for name, text in templates.items() if travels(text) == "composed"} if whole else {})
    return {name: f"{secret_arn}:{key}::" for name, key in keys.items()}
