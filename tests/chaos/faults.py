"""How AWS may answer otherwise than it should, and which of that a seed brings. Pure.

AWS is late, partial, unreachable or refuses; it never invents a fact. So a write is forwarded or refused, never faked,
and a read is answered with less than the truth or with an earlier truth.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from random import Random
from typing import Literal

Kind = Literal[
    "throttle", "5xx", "reset before", "reset after", "cut body", "truncated JSON", "missing key", "failures[]",
    "stale", "lag", "delay", "denied", "expired", "one a page"
]  # fmt: skip

KINDS: tuple[Kind, ...] = (
    "throttle", "5xx", "reset before", "reset after", "cut body", "truncated JSON", "missing key", "failures[]",
    "stale", "lag", "delay", "denied", "expired", "one a page",
)  # fmt: skip

WRITES = frozenset(
    {
        "RunTask", "StopTask", "UpdateService", "StopServiceDeployment", "PutParameter", "DeleteParameter",
        "DeleteParameters",
    }
)  # fmt: skip
_QUERY_ADMISSION = frozenset(
    {"DescribeSubnets", "DescribeSecurityGroups", "DescribeTargetGroups", "GetRole", "SimulatePrincipalPolicy"}
)
ADMISSION = _QUERY_ADMISSION | {"BatchGetImage", "GetDownloadUrlForLayer", "DescribeLogGroups", "DescribeSecret"}
"""What the gate asks of an image and of what its tasks need before anything runs."""
READS = frozenset(
    {
        "GetCallerIdentity", "DescribeTasks", "ListTasks", "DescribeTaskDefinition", "DescribeServices",
        "ListServiceDeployments", "DescribeServiceDeployments", "DescribeTargetHealth", "DescribeAlarms",
        "GetParameter", "GetParametersByPath", "GetLogEvents", *ADMISSION,
    }
)  # fmt: skip
OPERATIONS = READS | WRITES

LISTED: Mapping[str, tuple[str, str, str]] = {
    "DescribeTasks": ("tasks", "tasks", "arn"),
    "DescribeServices": ("services", "services", "arn"),
    "DescribeServiceDeployments": ("serviceDeploymentArns", "serviceDeployments", "arn"),
}
"""Operations with ``failures[]``: the request's list, the answer's list, and what a failure calls the thing."""

PAGED: Mapping[str, str] = {
    "ListTasks": "maxResults",
    "ListServiceDeployments": "maxResults",
    "GetParametersByPath": "MaxResults",
    "GetLogEvents": "limit",
}
"""Operations that answer in pages, and the request's member that says how long a page is."""

DENIABLE = frozenset(
    {
        "GetLogEvents", "DescribeAlarms", "DeleteParameter", "DeleteParameters", "ListServiceDeployments",
        "DescribeServiceDeployments", "ListTasks",
    }
)  # fmt: skip
"""What a deployer's role may lack. A refused RunTask or UpdateService is an answer like any other."""

APPLIES: Mapping[Kind, frozenset[str]] = {
    "throttle": OPERATIONS,
    "5xx": OPERATIONS,
    "reset before": OPERATIONS,
    "reset after": OPERATIONS,
    "cut body": OPERATIONS - {"DescribeAlarms"},
    "truncated JSON": OPERATIONS - {"DescribeAlarms", "DescribeTargetHealth", "GetCallerIdentity"} - _QUERY_ADMISSION,
    "missing key": OPERATIONS - {"DescribeAlarms", "GetCallerIdentity"},
    "failures[]": frozenset({*LISTED, "RunTask"}),
    "stale": READS - {"GetCallerIdentity", "DescribeAlarms"},
    "lag": READS - {"GetCallerIdentity", "DescribeAlarms", "DescribeTaskDefinition"},
    "delay": OPERATIONS,
    "denied": DENIABLE,
    "expired": OPERATIONS,
    "one a page": frozenset(PAGED),
}
"""Which operations a kind can befall. Truncated JSON and missing keys need a body of text."""

STALE_SECONDS = 12.0
LAG_SECONDS = 3.0
DELAY_SECONDS = 5.0
OUTAGE_SECONDS = 25
"""Longer than a deployer here puts up with: see allowances.py."""


@dataclass(frozen=True)
class Fault:
    """A kind of fault at some operations' calls.

    Attributes:
        operations: whose calls; empty: those of every operation.
        probability: of each call.
        nth: calls (from 1, of each operation) that it befalls whatever the probability.
        seconds: how old a stale answer may be at most, how far reads lag, how long a delay takes at most, or how long a
            stretch of expired credentials lasts.
        beginning, lasting: seconds after the first call between which it happens.
    """

    kind: Kind
    operations: frozenset[str] = frozenset()
    probability: float = 0.0
    nth: frozenset[int] = frozenset()
    seconds: float = 0.0
    beginning: float = 0.0
    lasting: float = float("inf")

    def befalls(self, operation: str, nth: int, at: float, chance: float) -> bool:
        """Whether it happens to the *nth* call of *operation*, *at* seconds after the first call of all; *chance* is a
        number from 0 to 1 drawn for that call."""
        if operation not in APPLIES[self.kind] or (self.operations and operation not in self.operations):
            return False
        if nth in self.nth:
            return True
        return self.beginning <= at < self.beginning + self.lasting and chance < self.probability

    def __str__(self) -> str:
        where = ", ".join(sorted(self.operations)) or "any call"
        often = f"call {', '.join(map(str, sorted(self.nth)))} of" if self.nth else f"{self.probability:.0%} of"
        text = f"{self.kind}: {often} {where}"
        if self.seconds:
            text += f", {self.seconds:.1f} s"
        if self.lasting != float("inf"):
            text += f", from {self.beginning:.0f} s for {self.lasting:.0f} s"
        return text


@dataclass(frozen=True)
class Plan:
    """The faults of one deployer. Those earlier in the tuple come first; one call meets one fault."""

    faults: tuple[Fault, ...] = ()
    seed: str = ""

    def meets(self, operation: str, nth: int, at: float) -> Fault | None:
        """What befalls a call. The same seed, operation and number give the same draws, however calls interleave."""
        chance = Random(f"{self.seed}/{operation}/{nth}")  # noqa: S311 - reproducible on purpose
        drawn = [(fault, chance.random()) for fault in self.faults]
        return next((fault for fault, number in drawn if fault.befalls(operation, nth, at, number)), None)

    @property
    def kinds(self) -> frozenset[Kind]:
        return frozenset(fault.kind for fault in self.faults)

    def __str__(self) -> str:
        return "; ".join(str(fault) for fault in self.faults) or "no faults"


def mixture(chance: Random, kinds: Collection[Kind] = KINDS) -> tuple[Fault, ...]:
    """One to three kinds."""
    several = chance.choice((1, 2, 2, 3, 3))
    return tuple(fault(chance, kind) for kind in chance.sample(sorted(kinds), min(several, len(kinds))))


def fault(chance: Random, kind: Kind) -> Fault:
    """A fault of that kind as it may happen: some operations or all, more or less often."""
    possible = sorted(APPLIES[kind] - ADMISSION)
    # The calls that decide come as often as all the others together.
    vital = sorted({"RunTask", "UpdateService", "PutParameter", "DescribeServices", "DescribeTasks"} & APPLIES[kind])
    if chance.random() < 0.45 and kind != "lag":  # every read that lags is watched
        operations = frozenset[str]()
    elif vital and chance.random() < 0.5:
        operations = frozenset(chance.sample(vital, min(len(vital), chance.randint(1, 2))))
    else:
        operations = frozenset(chance.sample(possible, min(len(possible), chance.randint(1, 3))))
    # Three kinds at any call still let every third call through.
    probability = chance.choice((0.2, 0.35, 0.35, 0.5) if operations else (0.15, 0.25, 0.3))
    if kind == "expired":
        # Of everything, for a while: then it comes back, or the deployer has given up.
        return Fault(kind, probability=1.0, beginning=round(chance.uniform(0, 12), 1), lasting=chance.randint(2, 8))
    if kind == "lag":
        lasting = chance.randint(8, 25)
        seconds = round(chance.uniform(0.5, LAG_SECONDS), 1)
        beginning = round(chance.uniform(0, 6), 1)
        return Fault(kind, operations, 1.0, seconds=seconds, beginning=beginning, lasting=lasting)
    if kind in ("denied", "one a page"):
        return Fault(kind, operations, 1.0)  # a role's policy, a page's length: not by chance
    if kind == "stale":
        return Fault(kind, operations, probability, seconds=round(chance.uniform(2, STALE_SECONDS), 1))
    if kind == "delay":
        seconds = round(chance.uniform(0.5, DELAY_SECONDS), 1)
        return Fault(kind, operations, min(probability, 0.3), seconds=seconds)
    if kind == "reset before" and chance.random() < 0.3:  # nobody answers at all for a while
        beginning = round(chance.uniform(0, 12), 1)
        return Fault(kind, probability=1.0, beginning=beginning, lasting=chance.randint(3, OUTAGE_SECONDS))
    return Fault(kind, operations, probability)
