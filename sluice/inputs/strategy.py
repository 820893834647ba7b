"""The strategy of a rollout that shifts traffic: which rules and target groups, which pauses, which limits. Pure.

Ranges: ECS API reference: DeploymentConfiguration, CanaryConfiguration, LinearConfiguration, DeploymentLifecycleHook.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, cast, get_args

from sluice.errors import GateError
from sluice.inputs.analysis import Analysis, analysis_of
from sluice.inputs.keys import refuse_unknown
from sluice.inputs.numbers import number, whole
from sluice.inputs.proof_task import ProofTask

Kind = Literal["blueGreen", "canary", "linear"]
Approve = Literal["automatic", "manual"]

ECS_NAMES: Mapping[Kind, str] = {"blueGreen": "BLUE_GREEN", "canary": "CANARY", "linear": "LINEAR"}
"""The strategies in the words of ``deploymentConfiguration.strategy``."""
LEAST_CANARY, LEAST_LINEAR = 0.1, 3.0
"""Percent of a step at least. Source: ECS API reference, CanaryConfiguration and LinearConfiguration."""
_WHAT = "strategy"


@dataclass(frozen=True)
class Header:
    """The request header that the test rule matches.

    Attributes:
        name: of the header.
        value: random; whoever knows it reaches the new version before users do.
    """

    name: str
    value: str

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Header:
        """Read it from plain data. Raises GateError; its text never holds the value."""
        refuse_unknown(cls, raw, f"{_WHAT}: testHeader")
        for key in ("name", "value"):
            if not isinstance(raw.get(key), str) or not raw[key] or not raw[key].isprintable():
                raise GateError(f"{_WHAT}: testHeader: {key} must be a text that is not empty")
        return cls(raw["name"], raw["value"])


@dataclass(frozen=True)
class Suffixes:
    """How CloudWatch names the load balancer and its target groups (dimensions of ``AWS/ApplicationELB``).

    Attributes:
        load_balancer: ``app/NAME/ID``.
        target_groups: ``targetgroup/NAME/ID`` of each target group, in the order of the strategy's.
    """

    load_balancer: str
    target_groups: tuple[str, str]

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Suffixes:
        """Read it from plain data. Raises GateError."""
        refuse_unknown(cls, raw, f"{_WHAT}: suffixes")
        return cls(_text(raw, "loadBalancer"), _two(raw.get("targetGroups"), "suffixes: targetGroups"))


@dataclass(frozen=True)
class Strategy:
    """A strategy other than rolling.

    Attributes:
        kind: blueGreen, canary or linear.
        production_rule: ARN of the listener rule that users' requests match.
        test_rule: ARN of the listener rule that requests with *test_header* match.
        target_groups: ARNs: primary and alternate.
        test_header: what makes a request test traffic.
        approve: whether the gate continues by itself after its proofs, or a person does.
        guard: whether a pause before scale-up stops deployments that the gate did not start.
        pause_minutes: how long a pause waits before ECS rolls back.
        step_percent: canary: share of the first step; linear: share of each step.
        step_minutes: minutes between two steps.
        bake_minutes: minutes at 100 % before the old tasks stop.
        proof: the caller's own proof on test traffic; None: none.
        analysis: limits of each step; None for blueGreen, which has no steps.
        suffixes: CloudWatch dimensions; None: not known, so that nothing is analysed.
    """

    kind: Kind
    production_rule: str
    test_rule: str
    target_groups: tuple[str, str]
    test_header: Header
    approve: Approve = "automatic"
    guard: bool = False
    pause_minutes: int = 60
    step_percent: float = 10.0
    step_minutes: int = 5
    bake_minutes: int = 5
    proof: ProofTask | None = None
    analysis: Analysis | None = None
    suffixes: Suffixes | None = None

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Strategy:
        """Read it from plain data. Raises GateError naming the key and the remedy."""
        refuse_unknown(cls, raw, _WHAT)
        kind, approve = raw.get("kind"), raw.get("approve") or "automatic"
        if kind not in get_args(Kind):
            raise GateError(f"{_WHAT}: kind is {kind!r}; it must be blueGreen, canary or linear")
        if approve not in get_args(Approve):
            raise GateError(f"{_WHAT}: approve is {approve!r}; it must be automatic or manual")
        steps = kind != "blueGreen"
        if not steps and raw.get("analysis") is not None:
            raise GateError(f"{_WHAT}: analysis needs canary or linear: blueGreen moves all users at once")
        made = cls(
            kind=cast(Kind, kind),
            production_rule=_text(raw, "productionRule"),
            test_rule=_text(raw, "testRule"),
            target_groups=_two(raw.get("targetGroups"), "targetGroups"),
            test_header=Header.parse(_object(raw, "testHeader") or {}),
            approve=cast(Approve, approve),
            guard=_flag(raw, "guard"),
            pause_minutes=whole(raw, "pauseMinutes", cls.pause_minutes, 1, 20_160, _WHAT),
            step_percent=_percent(raw),
            step_minutes=whole(raw, "stepMinutes", cls.step_minutes, 0, 1440, _WHAT),
            bake_minutes=whole(raw, "bakeMinutes", cls.bake_minutes, 0, 1440, _WHAT),
            proof=ProofTask.parse(proof) if (proof := _object(raw, "proof")) is not None else None,
            analysis=analysis_of(raw.get("analysis")) if steps else None,
            suffixes=Suffixes.parse(suffixes) if (suffixes := _object(raw, "suffixes")) is not None else None,
        )
        if made.production_rule == made.test_rule:
            raise GateError(f"{_WHAT}: productionRule and testRule are the same rule: ECS needs two")
        if steps and made.suffixes is None:
            raise GateError(f"{_WHAT}: suffixes is missing: {kind} compares CloudWatch metrics of both target groups")
        return made

    @property
    def steps(self) -> bool:
        """Whether users are moved step by step."""
        return self.kind != "blueGreen"

    @property
    def ecs_name(self) -> str:
        """What ECS calls the strategy."""
        return ECS_NAMES[self.kind]

    def other(self, target_group: str) -> str:
        """The target group that is not *target_group*."""
        first, second = self.target_groups
        return second if target_group == first else first


def _percent(raw: Mapping[str, Any]) -> float:
    least = LEAST_LINEAR if raw.get("kind") == "linear" else LEAST_CANARY
    percent = number(raw, "stepPercent", Strategy.step_percent, least, 99.9, _WHAT)
    if round(percent, 1) != percent:
        raise GateError(f"{_WHAT}: stepPercent is {percent!r}; ECS takes one decimal")
    return percent


def _text(raw: Mapping[str, Any], key: str) -> str:
    value = raw.get(key)
    if not isinstance(value, str) or not value:
        raise GateError(f"{_WHAT}: {key} is {value!r}; it must be a text that is not empty")
    return value


def _flag(raw: Mapping[str, Any], key: str) -> bool:
    value = raw.get(key) or False
    if not isinstance(value, bool):
        raise GateError(f"{_WHAT}: {key} is {value!r}; it must be true or false")
    return value


def _object(raw: Mapping[str, Any], key: str) -> Mapping[str, Any] | None:
    value = raw.get(key)
    if value is not None and not isinstance(value, Mapping):
        raise GateError(f"{_WHAT}: {key} must be an object")
    return value


def _two(value: Any, name: str) -> tuple[str, str]:
    given = value if isinstance(value, Sequence) and not isinstance(value, str) else ()
    if len(given) != 2 or not all(isinstance(one, str) and one for one in given) or given[0] == given[1]:
        raise GateError(f"{_WHAT}: {name} is {value!r}; it must be two different texts: primary and alternate")
    return str(given[0]), str(given[1])
