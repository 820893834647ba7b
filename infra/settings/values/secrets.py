"""References to secrets in AWS Secrets Manager. Settings never contain the value of a secret."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from infra.settings.values.model import hidden, refused, repeated

ARN = r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@!-]+-[A-Za-z0-9]{6}"
REFERENCE = re.compile(rf"{ARN}(:[^:]*:[^:]*:[^:]*)?")
"""An ARN, alone or with key, stage and version."""

SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|secret|token|credentials?|(api|private|access|secret|signing|encryption)_?key)$", re.I
)
"""Names of variables whose value is probably a secret."""

SECRET_VALUES = (
    re.compile(r"://[^/\s:@]*:[^/\s@]+@"),  # user and password in a URL
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),  # AWS access keys
)

REMEDY = (
    "store it in AWS Secrets Manager and write its ARN into app.secrets (a step gets only the secrets that it lists in"
    " migrations[].secrets)"
)
ALL = "all"
LOCAL = "local"
"""In place of a reference, with `environment: local` only: `make up` gives the secret a value on this machine."""


def reference(value: str) -> str:
    """Return what ECS takes as `valueFrom` of a secret in Secrets Manager, or LOCAL. Refuses anything else.

    Source: "Pass Secrets Manager secrets through Amazon ECS environment variables" in the Amazon ECS developer guide.
    """
    if value == LOCAL:
        return value
    if not value.startswith("arn:"):
        raise hidden(
            "must be the ARN of a secret in AWS Secrets Manager, or ARN:key:: for one key of its JSON, never the value"
            " itself; store the value in Secrets Manager"
        )
    if not REFERENCE.fullmatch(value):
        raise refused(
            "is not the whole ARN of a secret in AWS Secrets Manager, with the six random characters at its end; write"
            " ARN, or ARN:key:: with all three colons for one key of its JSON"
        )
    parts = value.split(":")
    if len(parts) == 10 and parts[8] and parts[9]:
        raise refused("names a stage and a version, which exclude each other; write ARN:key:: for the current version")
    return value


def arn(reference: str) -> str:
    """The ARN of the secret in a reference, for IAM policies, without key, stage and version."""
    return ":".join(reference.split(":")[:7])


def not_a_secret_name(name: str) -> str:
    """Return the name of a plain variable. Refuses one that suggests a secret."""
    if SECRET_NAME.search(name):
        raise hidden(f"is named like a secret, and many people can read plain values; {REMEDY}, or rename it")
    return name


def not_a_secret(value: str) -> str:
    """Return the value of a plain variable. Refuses well-known forms of secrets."""
    if any(form.search(value) for form in SECRET_VALUES):
        raise hidden(f"contains a password or a key, and many people can read plain values; {REMEDY}")
    return value


def secret_names(wanted: object) -> object:
    """Return names of secrets, or `all`. Refuses any other form, and a name that is listed twice."""
    if wanted == ALL:
        return wanted
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise hidden("must be a list of names from app.secrets, like [SECRET_KEY], or all")
    if twice := repeated(wanted):
        raise refused(f"{twice} is listed more than once; list every secret once")
    return wanted


def chosen(asked: Literal["all"] | list[str], secrets: Mapping[str, str]) -> dict[str, str]:
    """The secrets that a step asks for, name to reference. secrets: those of the service (app.secrets)."""
    return dict(secrets) if asked == ALL else {name: secrets[name] for name in sorted(asked)}


def unknown_secrets(asked: Literal["all"] | list[str], secrets: Mapping[str, str]) -> str:
    """Why names are refused that app.secrets does not have; empty if it has them all."""
    missing = [] if asked == ALL else [name for name in asked if name not in secrets]
    if not missing:
        return ""
    near = get_close_matches(missing[0], secrets, n=1)
    if near:
        return f"asks for {missing[0]}, which is not in app.secrets; did you mean {near[0]}?"
    return f"asks for {', '.join(missing)}, which is not in app.secrets; add it there, or remove it here"


Asked: TypeAlias = Annotated[Literal["all"] | list[str], BeforeValidator(secret_names)]
"""The secrets of app.secrets that a step gets: their names, or all of them."""

PlainValue: TypeAlias = Annotated[str, AfterValidator(not_a_secret)]
Reference: TypeAlias = Annotated[str, AfterValidator(reference)]
