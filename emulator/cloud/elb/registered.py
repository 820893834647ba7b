"""The targets that are registered, their health, and the requests each of them is serving.

Choosing a target and counting its request is one step under one lock, and so is deregistering it: after `deregister`
returns, no request is ever given to that target, and `busy` counts every one it was given before.
"""

from __future__ import annotations

import dataclasses
import itertools
import threading
from collections.abc import Callable

from emulator.cloud.elb import health as rules
from emulator.cloud.elb.health import Health, Outcome, State, Thresholds

Key = tuple[str, int]


@dataclasses.dataclass(eq=False)
class Target:
    """One registered address.

    Attributes:
        group: the target group's ARN.
        address: where requests go.
        port: its port.
        health: what DescribeTargetHealth says.
        busy: requests being served right now.
        gone: set when it is deregistered, so that its checks end.
        forgotten_at: when a draining target leaves the list (monotonic seconds), or None.
    """

    group: str
    address: str
    port: int
    health: Health = rules.REGISTERING
    busy: int = 0
    gone: threading.Event = dataclasses.field(default_factory=threading.Event)
    forgotten_at: float | None = None


class Registered:
    """Every target of every group. Safe to use from any thread."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._groups: dict[str, dict[Key, Target]] = {}
        self._changed = threading.Condition()
        self._turn = itertools.count()

    def register(self, group: str, address: str, port: int) -> Target | None:
        """Register an address. Returns the new target, or None when it is registered already."""
        with self._changed:
            targets = self._groups.setdefault(group, {})
            known = targets.get((address, port))
            if known is not None and not known.gone.is_set():
                return None
            target = targets[address, port] = Target(group, address, port)
            self._changed.notify_all()
            return target

    def deregister(self, group: str, address: str, port: int | None, delay: float) -> list[Target]:
        """Give these targets no further request; they show as draining for `delay` seconds."""
        with self._changed:
            leaving = [
                target
                for target in self._groups.get(group, {}).values()
                if target.address == address and port in (None, target.port) and not target.gone.is_set()
            ]
            for target in leaving:
                target.gone.set()
                target.health = rules.DRAINING
                target.forgotten_at = self._clock() + delay
            self._changed.notify_all()
            return leaving

    def drained(self, targets: list[Target], deadline: float) -> bool:
        """Wait until none of the targets serves a request any more, or until `deadline` (monotonic seconds)."""
        with self._changed:
            while any(target.busy for target in targets):
                left = deadline - self._clock()
                if left <= 0:
                    return False
                self._changed.wait(left)
            return True

    def of(self, group: str) -> list[Target]:
        """The group's targets, without those whose deregistration is over."""
        with self._changed:
            targets = self._groups.get(group, {})
            now = self._clock()
            for key, target in list(targets.items()):
                if target.forgotten_at is not None and now >= target.forgotten_at and not target.busy:
                    del targets[key]
            return list(targets.values())

    def health(self, group: str, address: str, port: int) -> Health | None:
        """The health of one target, or None when it is not registered."""
        with self._changed:
            target = self._groups.get(group, {}).get((address, port))
            return target.health if target is not None else None

    def take(self, group: str) -> Target | None:
        """Choose the target of one request, in turn, and count the request. None when there is nobody to ask."""
        with self._changed:
            targets = list(self._groups.get(group, {}).values())
            choices = rules.routable([target.health.state for target in targets])
            if not choices:
                return None
            target = targets[choices[next(self._turn) % len(choices)]]
            target.busy += 1
            return target

    def give_back(self, target: Target) -> None:
        """The request is over."""
        with self._changed:
            target.busy -= 1
            self._changed.notify_all()

    def set_used(self, target: Target, used: bool) -> None:
        """Tell whether a listener or rule forwards to the target's group: without one it is `unused`."""
        with self._changed:
            if target.gone.is_set():
                return
            if not used:
                target.health = rules.UNUSED
            elif target.health.state is State.UNUSED or target.health is rules.REGISTERING:
                target.health = rules.CHECKING

    def observed(self, target: Target, outcome: Outcome, thresholds: Thresholds) -> bool:
        """Count one check. Returns whether the state changed."""
        with self._changed:
            if target.gone.is_set():
                return False
            before = target.health.state
            target.health = rules.observe(target.health, outcome, thresholds)
            return target.health.state is not before

    def forget(self, group: str) -> None:
        """The group was deleted."""
        with self._changed:
            for target in self._groups.pop(group, {}).values():
                target.gone.set()
            self._changed.notify_all()
