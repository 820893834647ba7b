"""The log group and stream of a container. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LogPlace:
    """The CloudWatch log group and stream prefix of a container."""

    group: str
    prefix: str
    container: str
    region: str = ""

    def stream(self, task_arn: str) -> str:
        return f"{self.prefix}/{self.container}/{task_arn.rpartition('/')[2]}"

    @classmethod
    def of(cls, container: Mapping[str, Any]) -> LogPlace | None:
        """Return the place from a container definition; None when the log is not in CloudWatch or has no fixed name."""
        options = (container.get("logConfiguration") or {}).get("options") or {}
        if not options.get("awslogs-group") or not options.get("awslogs-stream-prefix"):
            return None
        return cls(
            group=options["awslogs-group"],
            prefix=options["awslogs-stream-prefix"],
            container=container["name"],
            region=options.get("awslogs-region", ""),
        )
