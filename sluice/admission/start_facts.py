"""The state of everything that tasks need to start, as read from AWS. Plain data; `start_findings` decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

from sluice.aws.found import Absent, Present, Unread
from sluice.image.image_configuration import ImageConfiguration

Decision = Literal["allowed", "implicitDeny", "explicitDeny"]
"""A decision of IAM's simulator (EvaluationResult in the IAM API reference)."""


@dataclass(frozen=True)
class Secret:
    """A secret's description.

    Attributes:
        arn: full, with its suffix.
        deleted: whether it is scheduled for deletion.
        key: ARN or id of its own KMS key; empty for AWS's own.
        contents: what is wrong with its value, by JSON key (empty: the whole text); a missing key was not read.
        closed: whether the caller was denied its value.
    """

    arn: str
    deleted: bool = False
    key: str = ""
    contents: Mapping[str, str] = field(default_factory=dict)
    closed: bool = False


@dataclass(frozen=True)
class Role:
    """An existing role.

    Attributes:
        trusted: whether ECS tasks may assume it; None where its trust policy was not read.
    """

    trusted: bool | None = None


@dataclass(frozen=True)
class KmsKey:
    """A KMS key.

    Attributes:
        state: ``Enabled``, ``Disabled``, ``PendingDeletion`` … (KeyMetadata in the KMS API reference).
    """

    state: str


@dataclass(frozen=True)
class StartFacts:
    """Answers by the requirement they are for; a requirement without an answer was not read.

    Attributes:
        images: by reference and platform.
        secrets: by ARN, as the reference gives it.
        parameters: by name.
        keys: by ARN or id, as the secret's description gives it.
        log_groups: by name.
        roles: by ARN.
        reading: by role and resource, whether the role may read the secret or parameter.
        network: security groups and subnets, by id.
        forwarded: target groups by ARN, whether some listener forwards to them.
    """

    images: Mapping[tuple[str, str], ImageConfiguration | Absent | Unread] = field(default_factory=dict)
    secrets: Mapping[str, Secret | Absent | Unread] = field(default_factory=dict)
    parameters: Mapping[str, Present | Absent | Unread] = field(default_factory=dict)
    keys: Mapping[str, KmsKey | Absent | Unread] = field(default_factory=dict)
    log_groups: Mapping[str, Present | Absent | Unread] = field(default_factory=dict)
    roles: Mapping[str, Role | Absent | Unread] = field(default_factory=dict)
    reading: Mapping[tuple[str, str], Decision | Unread] = field(default_factory=dict)
    network: Mapping[str, Present | Absent | Unread] = field(default_factory=dict)
    forwarded: Mapping[str, Present | Absent | Unread] = field(default_factory=dict)

    def merged(self, later: StartFacts) -> StartFacts:
        """Return these answers, replaced by *later* ones where they were read again."""
        both: dict[str, Any] = {
            one.name: {**getattr(self, one.name), **getattr(later, one.name)} for one in fields(self)
        }
        return StartFacts(**both)
