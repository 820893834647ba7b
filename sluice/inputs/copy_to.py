"""The account that gets a copy of each snapshot. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.errors import GateError
from sluice.inputs.keys import refuse_unknown


@dataclass(frozen=True)
class CopyTo:
    """Where snapshots are copied to.

    Attributes:
        role: ARN of the role in the other account that copies.
        key: ARN of that account's KMS key, under which the copy is encrypted.
    """

    role: str
    key: str

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> CopyTo:
        """Reads it from plain data. Raises GateError naming the key and the remedy."""
        refuse_unknown(cls, raw, "copyTo")
        given = {key: str(raw.get(key) or "") for key in ("role", "key")}
        for key, service in (("role", "iam"), ("key", "kms")):
            parts = given[key].split(":")
            if len(parts) < 6 or parts[2] != service or not parts[4]:
                raise GateError(f"copyTo.{key} is {given[key]!r}; it must be the ARN of a {key} in the other account")
        return cls(given["role"], given["key"])

    @property
    def account(self) -> str:
        """The account that copies."""
        return self.role.split(":")[4]
