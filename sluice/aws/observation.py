"""How much one answer of AWS proves. Pure: what was seen, and when.

AWS answers from replicas that lag behind, and an answer may say less than it knew a moment ago. So:

- an answer that is older than what is known already counts for nothing: tasks carry a version, services the times of
  their deployments and events;
- a change for the worse (gone, superseded, rolled back, missing, without exit code) counts when it was seen again
  over :data:`CONFIRM_SECONDS` with nothing better in between, or when a call of another kind says the same;
- what only gets better (RUNNING, COMPLETED, exit code 0) cannot come from the past, and counts at once.

Sources: ECS RunTask ("eventual consistency"), Task.version; Deployment.createdAt and updatedAt, ServiceEvent.createdAt.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

CONFIRM_SECONDS = 5.0
"""Over how long a change for the worse must be seen before it counts."""
CONFIRM_LOOKS = 3
GONE_SECONDS = 30.0
"""The same for what is not there at all, of which no other call says anything."""
STALE_SECONDS = 30.0
"""How long answers may be older than what is known; after that they are taken as they are."""

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
"""A task's life. Source: "Amazon ECS task lifecycle"."""


@dataclass
class Confirmation:
    """A change for the worse on its way to being believed."""

    change: str = ""
    since: float = 0.0
    looks: int = 0

    def confirmed(self, change: str, now: float, seconds: float = CONFIRM_SECONDS) -> bool:
        """Take what was seen *now* (seconds); empty: nothing bad. True when the change counts, which is when it has
        been seen for *seconds*."""
        if change != self.change:
            self.change, self.since, self.looks = change, now, 0
        if not change:
            return False
        self.looks += 1
        return self.looks >= CONFIRM_LOOKS and now - self.since >= seconds


def older_task(task: Mapping[str, Any], known: Mapping[str, Any]) -> bool:
    """Return whether a task's description is from before the *known* one (empty: none)."""
    if not known:
        return False
    version, newest = task.get("version"), known.get("version")
    if isinstance(version, int) and isinstance(newest, int) and version != newest:
        return version < newest
    return _stage(task) < _stage(known)


def whole_end(task: Mapping[str, Any], essential: frozenset[str]) -> bool:
    """Return whether a STOPPED task's description says how it ended: why it stopped, and every essential container's
    exit code unless it did not start. Otherwise it is looked at again before it is judged."""
    code = task.get("stopCode")
    if not code:
        return False
    if code == "TaskFailedToStart":
        return True
    named = {str(one.get("name")): one for one in task.get("containers", ())}
    return all(name in named and named[name].get("exitCode") is not None for name in essential)


def service_moment(service: Mapping[str, Any] | None) -> float:
    """The newest moment that a service's description knows of, seconds since the epoch; 0 when it has none."""
    seen = service or {}
    moments = [one.get(key) for one in seen.get("deployments", ()) for key in ("createdAt", "updatedAt")]
    moments += [one.get("createdAt") for one in seen.get("events", ())[:1]]
    return max((one.timestamp() for one in moments if isinstance(one, datetime)), default=0.0)


@dataclass
class Dated:
    """Keeps the newest moment that was seen of something, and says which answers come from before it."""

    newest: float = 0.0
    stale_since: float | None = None

    def stale(self, moment: float, now: float) -> bool:
        """Take an answer's *moment*, seen *now*. True when it is older than what is known, unless that has lasted for
        :data:`STALE_SECONDS`."""
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
