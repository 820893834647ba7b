"""Which service deployments move, asked all the time."""

from __future__ import annotations

import threading
from typing import Any

MOVING = ("PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")
EVERY_SECONDS = 0.2


def listed(ecs: Any, service: dict[str, str]) -> list[dict[str, Any]]:
    """The newest hundred service deployments, as ListServiceDeployments shows them."""
    return list(ecs.list_service_deployments(**service, maxResults=100)["serviceDeployments"])


def newest(ecs: Any, service: dict[str, str]) -> dict[str, Any]:
    """The newest service deployment, as DescribeServiceDeployments shows it."""
    arn = max(listed(ecs, service), key=lambda one: one["createdAt"])["serviceDeploymentArn"]
    return dict(ecs.describe_service_deployments(serviceDeploymentArns=[arn])["serviceDeployments"][0])


class Movements:
    """Of one service, while it is watched.

    Attributes:
        together: service deployments that moved at the same time, once for each such set.
        asked: how many answers ECS gave.
    """

    def __init__(self, ecs: Any, service: dict[str, str]) -> None:
        self._ecs, self._service = ecs, service
        self._end = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.together: set[tuple[str, ...]] = set()
        self.asked = 0

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Raises what ended the watch early."""
        self._end.set()
        self._thread.join(30)
        if self._failure is not None:
            raise self._failure

    def _run(self) -> None:
        try:
            while not self._end.wait(EVERY_SECONDS):
                moving = [
                    f"{one['serviceDeploymentArn'].rpartition('/')[2]} {one['status']}"
                    for one in listed(self._ecs, self._service)
                    if one["status"] in MOVING
                ]
                self.asked += 1
                if len(moving) > 1:
                    self.together.add(tuple(sorted(moving)))
        except Exception as failure:  # raised in stop(), by the thread that plays the seed
            self._failure = failure
