"""A liar between the gate and a simulated AWS: some calls are refused, lost, cut off, or answered from the past.

It never invents anything good, and every write is either made or refused: as AWS' own troubles are.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ConnectionClosedError, ReadTimeoutError

from sluice.aws.answers import IncompleteAnswer, lacking
from tests.unit.sluice.migration.simulation import client_error

READS = ("describe", "list", "get")
FAULTS = ("throttle", "server error", "reset before", "reset after", "incomplete", "stale", "missing")
"""Kinds; *stale* and *missing* come with reads, and with a write as *reset after*."""


@dataclass
class Lies:
    """What happens to the calls, in their order: an entry for each, empty for the truth. After them everything is true.

    Attributes:
        told: kinds that came about.
    """

    plan: Sequence[str]
    told: list[str] = field(default_factory=list)
    _count: int = 0

    def next(self) -> str:
        self._count += 1
        return self.plan[self._count - 1] if self._count <= len(self.plan) else ""


class Liar:
    """Stands before *truth*, whose methods are API calls by boto3's names."""

    def __init__(self, truth: Any, lies: Lies) -> None:
        self._truth = truth
        self._lies = lies
        self._past: dict[str, list[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        if name == "get_paginator":
            return lambda operation: _Pages(getattr(self, operation))
        found = getattr(self._truth, name)
        if not callable(found) or name.startswith("_"):
            return found
        return lambda **request: self._call(name, found, request)

    def _call(self, name: str, call: Callable[..., Any], request: Mapping[str, Any]) -> Any:
        fault, read = self._lies.next(), name.startswith(READS)
        if fault in ("stale", "missing") and not read:
            fault = "reset after"
        if fault:
            self._lies.told.append(fault)
        if fault == "throttle":
            raise client_error("ThrottlingException", name)
        if fault == "server error":
            raise client_error("InternalError", name, 500)
        if fault == "reset before":
            raise ConnectionClosedError(endpoint_url="x")
        answer = call(**request)
        past = self._past.setdefault(f"{name} {sorted(request.items(), key=str)}", [])
        past.append(copy.deepcopy(answer))
        if fault == "reset after":
            raise ReadTimeoutError(endpoint_url="x")
        if fault == "incomplete":
            raise IncompleteAnswer(operation=name, lacking="half of it")
        if fault == "stale":
            return copy.deepcopy(past[max(0, len(past) - 3)])
        if fault == "missing":
            return _without(name, answer)
        return answer


class _Pages:
    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call

    def paginate(self, **request: Any) -> list[Any]:
        return [self._call(**request)]


def _without(name: str, answer: Any) -> Any:
    """The answer as if AWS knew nothing yet; where that is no whole answer, what the clients make of it."""
    if answer is None:
        return None
    empty = {key: [] if isinstance(value, list) else value for key, value in answer.items()}
    if name == "describe_tasks":
        empty["failures"] = [{"arn": one["taskArn"], "reason": "MISSING"} for one in answer["tasks"]]
    if wanting := lacking("".join(part.title() for part in name.split("_")), {}, empty):
        raise IncompleteAnswer(operation=name, lacking=wanting)
    return empty
