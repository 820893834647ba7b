"""Isolation of a container: its root file system, user and capabilities.

Sources: ContainerDefinition, LinuxParameters and KernelCapabilities in the Amazon ECS API reference; "Use bind mounts
with Amazon ECS" and "Amazon ECS task definition differences for Fargate" in its developer guide. Fargate adds no
capability but SYS_PTRACE, so some are kept by dropping the others. It has no `dockerSecurityOptions`, so no
`no-new-privileges`: a container without capabilities gains none from a set-user-id program, but its user can change.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

CAPABILITIES = (
    "AUDIT_WRITE",
    "CHOWN",
    "DAC_OVERRIDE",
    "FOWNER",
    "FSETID",
    "KILL",
    "MKNOD",
    "NET_BIND_SERVICE",
    "NET_RAW",
    "SETFCAP",
    "SETGID",
    "SETPCAP",
    "SETUID",
    "SYS_CHROOT",
)
"""The default capabilities of a container ("Runtime privilege and Linux capabilities" in Docker's reference)."""

_OTHER = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True)
class Isolation:
    """The isolation of a container.

    Attributes:
        read_only: whether the root file system (the image) is read-only.
        writable: absolute paths of writable folders; each is an empty volume that is deleted with the task.
        user: `UID`, `UID:GID` or names of the image; empty: the image's own USER.
        capabilities: those of CAPABILITIES that are kept.
    """

    read_only: bool = True
    writable: Sequence[str] = ()
    user: str = ""
    capabilities: Sequence[str] = ()

    @property
    def volumes(self) -> list[str]:
        """Return the names of the task's volumes, one for each writable folder."""
        return [_volume(path) for path in sorted(self.writable)]

    def members(self) -> dict[str, Any]:
        """Return the members of a ContainerDefinition of the Amazon ECS API."""
        kept = set(self.capabilities)
        dropped = [one for one in CAPABILITIES if one not in kept] if kept else ["ALL"]
        members: dict[str, Any] = {
            "readonlyRootFilesystem": self.read_only,
            "mountPoints": [
                {"sourceVolume": _volume(path), "containerPath": path, "readOnly": False}
                for path in sorted(self.writable)
            ],
            "linuxParameters": {
                # ECS answers with an empty `add` where none was sent: a difference at every preview.
                "capabilities": {"add": [], "drop": dropped},
                # Passes signals on and reaps orphans, which a program as process 1 seldom does.
                "initProcessEnabled": True,
            },
        }
        return members | ({"user": self.user} if self.user else {})


def _volume(path: str) -> str:
    """Return a volume's name: letters, digits and hyphens, unique for each path."""
    label = _OTHER.sub("-", path.lower()).strip("-")
    return f"{label}-{hashlib.sha256(path.encode()).hexdigest()[:6]}"
