"""Secrets are only ever referred to: their values belong into AWS Secrets Manager."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Annotated, Literal, TypeAlias

from pydantic import AfterValidator, BeforeValidator

from infra.settings.values.model import hidden, refused

_ARN = r"arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@!-]+-[A-Za-z0-9]{6}"
_REFERENCE = re.compile(rf"{_ARN}(:[^:]*:[^:]*:[^:]*)?")
_NAMED = re.compile(
    r"(^|_)(password|passwd|secret|token|credentials?|(api|private|access|secret|signing|encryption)_?key)$", re.I
)
_VALUES = (
    re.compile(r"://[^/\s:@]*:[^/\s@]+@"),  # user and password in an address
    re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    re.compile(r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),  # AWS access keys
)

REMEDY = (
    "put it into AWS Secrets Manager and write its ARN into app.secrets (steps get none of them unless they ask:"
    " migrations[].secrets)"
)
ALL = "all"
LOCAL = "local"
"""In place of a reference, in `environment: local` alone: this machine gives the secret a value."""


def reference(value: str) -> str:
    """The same text, when it is what ECS takes as `valueFrom` of a secret in Secrets Manager, or LOCAL.

    Source: "Pass Secrets Manager secrets through Amazon ECS environment variables" in the Amazon ECS developer guide.
    """
    if value == LOCAL:
        return value
    if not value.startswith("arn:"):
        raise hidden(
            "must be the ARN of a secret in AWS Secrets Manager, or ARN:key:: for one key of its JSON; a secret's value"
            " must not be written here: put it into Secrets Manager"
        )
    if not _REFERENCE.fullmatch(value):
        raise refused(
            "is not the whole ARN of a secret in AWS Secrets Manager, with its random six characters at the end; write"
            " ARN, or ARN:key:: with all three colons for one key of its JSON"
        )
    parts = value.split(":")
    if len(parts) == 10 and parts[8] and parts[9]:
        raise refused("names a stage and a version, which exclude each other; write ARN:key:: for the current version")
    return value


def arn(reference: str) -> str:
    """The secret's own ARN, which is what a policy is about, from a reference that may also say what of it is meant."""
    return ":".join(reference.split(":")[:7])


def named_plainly(name: str) -> str:
    """The same name of a plain variable, when it does not say that its value is a secret."""
    if _NAMED.search(name):
        raise hidden(f"is called like a secret, and plain values are readable by many; {REMEDY}, or rename it")
    return name


def plain(value: str) -> str:
    """The same value of a plain variable, when it is none of the well-known forms of secrets."""
    if any(form.search(value) for form in _VALUES):
        raise hidden(f"holds a password or a key, and plain values are readable by many; {REMEDY}")
    return value


def asked_for(wanted: object) -> object:
    """The same, when it is names of secrets or `all`: one answer for everything else."""
    if wanted == ALL:
        return wanted
    if not isinstance(wanted, list) or not all(isinstance(name, str) for name in wanted):
        raise hidden("must be a list of names from app.secrets, like [SECRET_KEY], or all")
    if twice := sorted({name for name in wanted if wanted.count(name) > 1}):
        raise refused(f"names {', '.join(twice)} more than once; name each secret once")
    return wanted


def chosen(asked: Literal["all"] | list[str], secrets: Mapping[str, str]) -> dict[str, str]:
    """The secrets that somebody asks for, name to reference. secrets: those of the service (app.secrets)."""
    return dict(secrets) if asked == ALL else {name: secrets[name] for name in sorted(asked)}


def lacking(asked: Literal["all"] | list[str], secrets: Mapping[str, str]) -> str:
    """What is wrong with names that app.secrets does not have; empty when nothing is."""
    missing = [] if asked == ALL else [name for name in asked if name not in secrets]
    if not missing:
        return ""
    near = get_close_matches(missing[0], secrets, n=1)
    if near:
        return f"asks for {missing[0]}, which app.secrets does not have; did you mean {near[0]}?"
    return f"asks for {', '.join(missing)}, which app.secrets does not have; add it there, or remove it here"


Asked: TypeAlias = Annotated[Literal["all"] | list[str], BeforeValidator(asked_for)]
"""Which of app.secrets a task gets that is not the service's: their names, or all of them."""

Plain: TypeAlias = Annotated[str, AfterValidator(plain)]
Reference: TypeAlias = Annotated[str, AfterValidator(reference)]
