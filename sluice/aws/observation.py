"""Decides how much one answer of AWS proves. Pure.

AWS answers from replicas that lag behind, so a later answer can be older than an earlier one. Therefore:

- an answer that is older than a known one is ignored: tasks have a version, services the times of their deployments and
  events;
- a change for the worse (gone, superseded, rolled back, missing, without exit code) counts once it was seen for
  :data:`CONFIRM_SECONDS` without a better answer in between, or once a different call confirms it;
- a change for the better (RUNNING, COMPLETED, exit code 0) cannot be outdated, and counts at once.

Sources: ECS RunTask ("eventual consistency"), Task.version; Deployment.createdAt and updatedAt, ServiceEvent.createdAt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

CONFIRM_SECONDS = 5.0
"""Seconds for which a change for the worse must be seen before it counts."""
CONFIRM_ANSWERS = 3
GONE_SECONDS = 30.0
"""The same for a missing resource, which no other call can confirm."""
STALE_SECONDS = 30.0
"""Seconds for which older answers are ignored; after that they are accepted."""

_ORDER = (
    "PROVISIONING",
    "PENDING",
    "ACTIVATING",
    "RUNNING",
    "DEACTIVATING",
    "STOPPING",
    "DEPROVISIONING",
    "STOPPED",
    "DELETED",
)
"""The states of a task, in their order. Source: "Amazon ECS task lifecycle"."""


@dataclass
class Confirmation:
    """A change for the worse that has to be confirmed.

    Attributes:
        change: the change that was seen last; empty for none.
        since: when it was first seen, seconds.
        answers: number of answers that show it.
    """

    change: str = ""
    since: float = 0.0
    answers: int = 0

    def confirmed(self, change: str, now: float, seconds: float = CONFIRM_SECONDS) -> bool:
        """Record an answer and return whether its change counts, which is once it was seen for *seconds*.

        Args:
            change: the change for the worse in the answer; empty for none.
            now: time of the answer, seconds.
            seconds: for how long the change must be seen.
        """
        if change != self.change:
            self.change, self.since, self.answers = change, now, 0
        if not change:
            return False
        self.answers += 1
        return self.answers >= CONFIRM_ANSWERS and now - self.since >= seconds


def older_task(task: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Return whether a task's description is from before the *known* one (empty: none)."""
    if not known:
        return False
    version, newest = task.get("version"), known.get("version")
    if isinstance(version, int) and isinstance(newest, int) and version != newest:
        return version < newest
    return _stage(task) < _stage(known)


def whole_end(task: Mapping[str, Any], essential: frozenset[str]) -> bool:
    """Return whether a STOPPED task's description is complete, so that the task can be judged.

    It needs the stop code, and every essential container's exit code unless the task did not start.
    """
    code = task.get("stopCode")
    if not code:
        return False
    if code == "TaskFailedToStart":
        return True
    named = {str(one.get("name")): one for one in task.get("containers", ())}
    return all(name in named and named[name].get("exitCode") is not None for name in essential)


def service_moment(service: Mapping[str, Any] | None) -> float:
    """Return the newest time in a service's description, seconds since the epoch; 0 when it has none."""
    seen = service or {}
    moments = [one.get(key) for one in seen.get("deployments", ()) for key in ("createdAt", "updatedAt")]
    moments += [one.get("createdAt") for one in seen.get("events", ())[:1]]
    return max((one.timestamp() for one in moments if isinstance(one, datetime)), default=0.0)


@dataclass
class Dated:
    """Keeps the newest time that was seen of a resource, and recognises older answers.

    Attributes:
        newest: seconds since the epoch.
        stale_since: when older answers began; None while there are none.
    """

    newest: float = 0.0
    stale_since: float | None = None

    def stale(self, moment: float, now: float) -> bool:
        """Record an answer and return whether it is outdated, which no answer is for longer than :data:`STALE_SECONDS`.

        Args:
            moment: time in the answer, seconds since the epoch.
            now: time of the call, seconds.
        """
        if moment >= self.newest:
            self.newest, self.stale_since = moment, None
            return False
        if self.stale_since is None:
            self.stale_since = now
        if now - self.stale_since > STALE_SECONDS:
            self.newest, self.stale_since = moment, None
            return False
        return True


def _stage(task: Mapping[str, Any]) -> int:
    status = str(task.get("lastStatus"))
    return _ORDER.index(status) if status in _ORDER else 0
