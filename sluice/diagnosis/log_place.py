"""Where a container's log goes. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class LogPlace:
    """Where a container's log goes."""

    group: str
    prefix: str
    container: str
    region: str = ""

    def stream(self, task_arn: str) -> str:
        return f"{self.prefix}/{self.container}/{task_arn.rpartition('/')[2]}"

    @classmethod
    def of(cls, container: Mapping[str, Any]) -> LogPlace | None:
        """From a container definition; None when it does not log to CloudWatch in a way that can be followed."""
        options = (container.get("logConfiguration") or {}).get("options") or {}
        if not options.get("awslogs-group") or not options.get("awslogs-stream-prefix"):
            return None
        return cls(
            group=options["awslogs-group"],
            prefix=options["awslogs-stream-prefix"],
            container=container["name"],
            region=options.get("awslogs-region", ""),
        )
