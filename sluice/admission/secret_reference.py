"""Parses the `valueFrom` of a container's secret. Pure.

Source: "Pass Secrets Manager secrets through Amazon ECS environment variables" (ECS developer guide): the full ARN of a
secret, optionally followed by `:JSON-KEY:VERSION-STAGE:VERSION-ID`; or ARN or name of a parameter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_SECRET = re.compile(r"(arn:[\w-]+:secretsmanager:[\w-]+:\d+:secret:[^:]+)(?::([^:]*):([^:]*):([^:]*))?")
_PARAMETER = re.compile(r"arn:[\w-]+:ssm:([\w-]+):\d+:parameter(/.+)")


READING = {"secret": "secretsmanager:GetSecretValue", "parameter": "ssm:GetParameters"}
"""The action that the execution role needs to read a reference ("Amazon ECS task execution IAM role")."""

MANAGED = "rds!"
"""Prefix of the names of secrets that RDS manages: nobody else can delete them ("Secrets managed by other AWS services"
in the Secrets Manager user guide)."""


@dataclass(frozen=True)
class Reference:
    """A secret of Secrets Manager or a parameter of SSM.

    Attributes:
        kind: which of the two.
        name: ARN of the secret, or name of the parameter.
        key: key of the secret's JSON; empty for the whole text.
        stage: version stage; empty for AWSCURRENT.
        version: version id; empty for the stage's.
    """

    kind: Literal["secret", "parameter"]
    name: str
    key: str = ""
    stage: str = ""
    version: str = ""

    @property
    def short(self) -> str:
        """The text ``secret NAME`` or ``parameter NAME``."""
        return f"{self.kind} {self.name.rpartition(':')[2]}"


def reference(value_from: str) -> Reference:
    """Parse a `valueFrom`. Anything but a secret's ARN is a parameter."""
    found = _SECRET.fullmatch(value_from)
    if found:
        return Reference("secret", found[1], found[2] or "", found[3] or "", found[4] or "")
    parameter = _PARAMETER.fullmatch(value_from)
    return Reference("parameter", parameter[2] if parameter else value_from)


def wrong_form(value_from: str) -> str:
    """Return what is wrong with a `valueFrom` that names Secrets Manager; empty when it is valid."""
    if ":secretsmanager:" not in value_from or _SECRET.fullmatch(value_from):
        return ""
    return "is not the ARN of a secret, with nothing or exactly `:KEY:STAGE:VERSION` after it (all three colons)"
