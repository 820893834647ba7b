"""The `valueFrom` of a container's secret, taken apart. Pure.

Source: "Pass Secrets Manager secrets through Amazon ECS environment variables" (ECS developer guide): the full ARN of a
secret, with `:JSON-KEY:VERSION-STAGE:VERSION-ID` after it where one of them is meant; or ARN or name of a parameter.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

_SECRET = re.compile(r"(arn:[\w-]+:secretsmanager:[\w-]+:\d+:secret:[^:]+)(?::([^:]*):([^:]*):([^:]*))?")
_PARAMETER = re.compile(r"arn:[\w-]+:ssm:([\w-]+):\d+:parameter(/.+)")


READING = {"secret": "secretsmanager:GetSecretValue", "parameter": "ssm:GetParameters"}
"""What the execution role must be allowed to read a reference ("Amazon ECS task execution IAM role")."""

MANAGED = "rds!"
"""What the names of secrets begin with that RDS makes and keeps: nobody else can delete them ("Secrets managed by other
AWS services" in the Secrets Manager user guide)."""


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
        """For people: ``secret NAME`` or ``parameter NAME``."""
        return f"{self.kind} {self.name.rpartition(':')[2]}"


def reference(value_from: str) -> Reference:
    """Read a `valueFrom`. What is no ARN of a secret is a parameter."""
    found = _SECRET.fullmatch(value_from)
    if found:
        return Reference("secret", found[1], found[2] or "", found[3] or "", found[4] or "")
    parameter = _PARAMETER.fullmatch(value_from)
    return Reference("parameter", parameter[2] if parameter else value_from)


def wrong_form(value_from: str) -> str:
    """Return what is wrong with a `valueFrom` that names Secrets Manager and cannot be read; empty when it can."""
    if ":secretsmanager:" not in value_from or _SECRET.fullmatch(value_from):
        return ""
    return "is no ARN of a secret, with nothing or exactly `:KEY:STAGE:VERSION` after it (all three colons)"
