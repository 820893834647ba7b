"""How ECS shifts traffic to a new version: a service's deployment configuration, and what the gate must know of it.

Sources: DeploymentConfiguration, DeploymentLifecycleHook and AdvancedConfiguration in the Amazon ECS API reference.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pulumi
import pulumi_aws as aws

from components.network.traffic_shift import TrafficShift

Kind = Literal["rolling", "blueGreen", "canary", "linear"]

ECS_NAMES: Mapping[Kind, str] = {
    "rolling": "ROLLING",
    "blueGreen": "BLUE_GREEN",
    "canary": "CANARY",
    "linear": "LINEAR",
}

Hook = aws.ecs.ServiceDeploymentConfigurationLifecycleHookArgsDict


@dataclass(frozen=True)
class ProofTask:
    """A one-off task of the new image that asks the test address.

    Attributes:
        task: as Rollout takes it: command, taskDefinition, container and network.
        timeout: seconds until it must have ended.
    """

    task: Mapping[str, Any]
    timeout: int


@dataclass(frozen=True)
class Analysis:
    """Limits of each step of canary and linear.

    Attributes:
        min_requests: that the new version must have got before a step is judged.
        error_percent: percentage points of 5xx above the old version's.
        latency_factor: of the old version's p95 latency.
    """

    min_requests: int
    error_percent: float
    latency_factor: float

    def described(self) -> dict[str, Any]:
        """In the form of Rollout's input."""
        return {
            "minRequests": self.min_requests,
            "errorPercent": self.error_percent,
            "latencyFactor": self.latency_factor,
        }


@dataclass(frozen=True)
class Strategy:
    """A service with two target groups.

    Attributes:
        kind: `rolling` for a service on its way to another strategy, or back: it has both groups and shifts nothing.
        shift: its target groups and rules.
        role_arn: of the role by which ECS changes rules and target groups; known only when its policy is attached.
        bake_minutes: at 100 % before the old tasks stop.
        step_percent: of the first step (canary) or of each (linear).
        step_minutes: between two steps.
        pause_minutes: how long a pause waits for the gate.
        approve: who continues after the proofs: `automatic` (the gate) or `manual` (a person).
        guard: whether deployments pause before any task starts.
        proof: None: the smoke request alone proves.
        analysis: of each step; None for blueGreen.
    """

    kind: Kind
    shift: TrafficShift
    role_arn: pulumi.Output[str]
    bake_minutes: int
    step_percent: float
    step_minutes: int
    pause_minutes: int
    approve: str = "automatic"
    guard: bool = False
    proof: ProofTask | None = None
    analysis: Analysis | None = None

    def configuration(self) -> aws.ecs.ServiceDeploymentConfigurationArgsDict:
        """Of the service. `rolling` is set explicitly: the provider sends nothing for a block that was removed."""
        named: aws.ecs.ServiceDeploymentConfigurationArgsDict = {"strategy": ECS_NAMES[self.kind]}
        if self.kind == "rolling":
            return named
        made: aws.ecs.ServiceDeploymentConfigurationArgsDict = {
            **named,
            "bake_time_in_minutes": str(self.bake_minutes),
            "lifecycle_hooks": [self._pause(stage) for stage in self.stages],
        }
        if self.kind == "canary":
            made["canary_configuration"] = {
                "canary_percent": self.step_percent,
                "canary_bake_time_in_minutes": str(self.step_minutes),
            }
        if self.kind == "linear":
            made["linear_configuration"] = {
                "step_percent": self.step_percent,
                "step_bake_time_in_minutes": str(self.step_minutes),
            }
        return made

    @property
    def stages(self) -> list[str]:
        """At which stages ECS pauses for the gate: on test traffic, before each step, and for the guard before any task
        of the new version starts."""
        guard = ["PRE_SCALE_UP"] if self.guard else []
        steps = ["PRE_PRODUCTION_TRAFFIC_SHIFT"] if self.kind in ("canary", "linear") else []
        return [*guard, "POST_TEST_TRAFFIC_SHIFT", *steps]

    def _pause(self, stage: str) -> Hook:
        """A gate that nobody opens stays shut: at the timeout ECS rolls back."""
        return {
            "target_type": "PAUSE",
            "lifecycle_stages": [stage],
            "timeout_configuration": {"timeout_in_minutes": str(self.pause_minutes), "action": "ROLLBACK"},
        }

    def advanced(self) -> aws.ecs.ServiceLoadBalancerAdvancedConfigurationArgsDict:
        """Of the service's load balancer."""
        return {
            "alternate_target_group_arn": self.shift.alternate.arn,
            "production_listener_rule": self.shift.production.arn,
            "test_listener_rule": self.shift.test.arn,
            "role_arn": self.role_arn,
        }

    def update(self) -> dict[str, pulumi.Input[str]]:
        """The same, in the form of UpdateService."""
        return {
            "alternateTargetGroupArn": self.shift.alternate.arn,
            "productionListenerRule": self.shift.production.arn,
            "testListenerRule": self.shift.test.arn,
            "roleArn": self.role_arn,
        }

    def described(self, load_balancer: pulumi.Input[str]) -> dict[str, Any] | None:
        """In the form of Rollout's input; None for a service that is still, or again, rolling.

        Args:
            load_balancer: how CloudWatch names it.
        """
        if self.kind == "rolling":
            return None
        shift = self.shift
        described: dict[str, Any] = {
            "kind": self.kind,
            "productionRule": shift.production.arn,
            "testRule": shift.test.arn,
            "targetGroups": [group.arn for group in shift.groups],
            "testHeader": {"name": shift.header.name, "value": shift.header.value},
            "approve": self.approve,
            "guard": self.guard,
            "pauseMinutes": self.pause_minutes,
            "stepPercent": self.step_percent,
            "stepMinutes": self.step_minutes,
            "bakeMinutes": self.bake_minutes,
            "suffixes": {
                "loadBalancer": load_balancer,
                "targetGroups": [group.arn_suffix for group in shift.groups],
            },
        }
        if self.proof is not None:
            described["proof"] = {**self.proof.task, "timeout": self.proof.timeout}
        if self.analysis is not None:
            described["analysis"] = self.analysis.described()
        return described
