"""Tasks of the serving version that had to be replaced: they ended by themselves, or failed their health checks.

ListTasks and DescribeTasks tell which and why. A deployer that may not call them reads the service's events, which name
failed health checks, and not a program that ended by itself.

IAM: ecs:ListTasks and ecs:DescribeTasks (condition ecs:cluster); in place of them ecs:DescribeServices on the service.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.answer import denied, message
from sluice.aws.patience import Patience
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.evidence import event_ids, event_texts

_UNHEALTHY = re.compile(r"is unhealthy in .*due to|failed container health checks")
"""Source: ECS "Service event messages"."""


class ReplacedTasks:
    """Finds the tasks of one *deployment* of the service that were replaced since now.

    Attributes:
        unlisted: why its tasks cannot be listed, in AWS's words; empty while they can.
    """

    def __init__(self, service: Service, patience: Patience, deployment: Mapping[str, Any]) -> None:
        self._service = service
        self._patience = patience
        self._deployment = str(deployment["id"])
        self._revision = str(deployment["taskDefinition"])
        self.unlisted = ""
        self._known_events: frozenset[str] = frozenset()
        self._stopped_before = {task["taskArn"] for task in self._stopped()}

    def reasons(self) -> list[str]:
        """Why tasks have stopped since, as far as that says something about the version."""
        found = [
            str(task.get("stoppedReason") or "no reason given")
            for task in self._stopped()
            if task["taskArn"] not in self._stopped_before and failed_by_itself(task)
        ]
        if not self.unlisted:
            return found
        events = event_texts(self._patience.ask(self._service.describe), self._known_events)
        return [text for text in events if _UNHEALTHY.search(text)]

    def _stopped(self) -> list[dict[str, Any]]:
        if self.unlisted:
            return []
        try:
            return self._patience.ask(self._service.stopped_tasks, self._deployment, self._revision)
        except ClientError as error:
            if not denied(error):
                raise
            self.unlisted = message(error)
            self._known_events = event_ids(self._patience.ask(self._service.describe))
            return []


def failed_by_itself(task: Mapping[str, Any]) -> bool:
    """Whether a stopped task says that its version cannot live: its program ended, or its health checks failed. Not: it
    was stopped by hand, for Fargate's maintenance or Spot, or by the service for scaling and for the balance of zones.

    Source: "Stopped tasks error messages", Task.stopCode; an unknown code says nothing about the version.
    """
    code, reason = str(task.get("stopCode") or ""), str(task.get("stoppedReason") or "")
    if code == "ServiceSchedulerInitiated":
        return "health check" in reason.lower()
    return code == "EssentialContainerExited"
