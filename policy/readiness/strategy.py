"""Rules on strategies that shift traffic: no pause ends in success by itself, no user reaches an unproven version.

Sources: "Pause lifecycle hooks", "Application Load Balancer resources for blue/green, linear, and canary deployments"
and "AmazonECSInfrastructureRolePolicyForLoadBalancers" in the Amazon ECS developer guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from .rule import Judged, PolicyRule, RuleScope, Violation
from .stack import StackGraph, StackResource, listed, mappings
from .statement import allowed

SERVICE, RULE = "aws:ecs:Service", "aws:lb:ListenerRule"
ROLLBACK, ROLLING = "ROLLBACK", "ROLLING"
PROVEN = {
    "BLUE_GREEN": ("POST_TEST_TRAFFIC_SHIFT",),
    "CANARY": ("POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"),
    "LINEAR": ("POST_TEST_TRAFFIC_SHIFT", "PRE_PRODUCTION_TRAFFIC_SHIFT"),
}
"""The stages at which a deployment must pause for the gate, by strategy."""

RANDOM = ("gate:index:RandomText", "random:index:RandomPassword", "random:index:RandomString", "random:index:RandomId",
          "random:index:RandomUuid")  # fmt: skip
"""Resource types that create a value which nobody can guess."""

MANAGED = tuple(
    f"elasticloadbalancing:{one}"
    for one in ("DescribeListeners", "DescribeRules", "DescribeTargetGroups", "DescribeTargetHealth",
                "DeregisterTargets", "ModifyListener", "ModifyRule", "RegisterTargets")
)  # fmt: skip
"""What AWS's own policy for the role allows (version 6)."""

ECS = "ecs.amazonaws.com"


def strategy(service: StackResource) -> str:
    """Return a service's strategy as ECS names it; rolling by default."""
    return str(service.get("deploymentConfiguration.strategy") or ROLLING)


def _hooks(service: StackResource) -> Iterator[Mapping[str, Any]]:
    configuration = service.get("deploymentConfiguration")
    found = next(mappings(configuration), {})
    yield from mappings(found.get("lifecycleHooks"))


def _shut(one: StackResource) -> Judged:
    for hook in _hooks(one):
        action = next(mappings(hook.get("timeoutConfiguration")), {}).get("action", ROLLBACK)
        if hook.get("targetType") == "PAUSE" and action != ROLLBACK:
            stages = ", ".join(map(str, listed(hook.get("lifecycleStages"))))
            yield f"its pause at {stages} ends in {action}: whoever waits long enough passes the gate"


def _proven(stack: StackGraph) -> Iterator[Violation]:
    rollouts = stack.of("gate:index:Rollout")
    for one in stack.of(SERVICE):
        wanted = PROVEN.get(strategy(one))
        if wanted is None:
            continue
        paused = {
            str(stage)
            for hook in _hooks(one)
            if hook.get("targetType") == "PAUSE"
            for stage in listed(hook.get("lifecycleStages"))
        }
        for stage in wanted:
            if stage not in paused:
                yield Violation(one.urn, f"does not pause at {stage}: users get a version before anything proved it")
        if not any(rollout.get("strategy") for rollout in rollouts):
            yield Violation(one.urn, "no Rollout has its strategy: nobody continues its deployments")
        if not one.get("loadBalancers.advancedConfiguration.testListenerRule"):
            yield Violation(one.urn, "has no test rule: nothing reaches a new version before users do")


def _weights(stack: StackGraph) -> Iterator[Violation]:
    for service in stack.of(SERVICE):
        if strategy(service) == ROLLING:
            continue
        if "loadBalancers" not in service.ignored:
            yield Violation(service.urn, "does not ignore loadBalancers, which ECS changes with every deployment")
        for rule in _rules(stack, service):
            if "actions" not in rule.ignored:
                yield Violation(
                    rule.urn, "does not ignore actions: `pulumi up` would lead users to an empty target group"
                )


def _rules(stack: StackGraph, service: StackResource) -> list[StackResource]:
    """The listener rules that a service's load balancer names."""
    named = stack.behind(service, "loadBalancers", RULE)
    return [one for one in stack.of(RULE) if one.urn in named]


def _secret(stack: StackGraph) -> Iterator[Violation]:
    for service in stack.of(SERVICE):
        for rule in _rules(stack, service):
            if any("httpHeader" in one for one in mappings(rule.get("conditions"))) and not stack.behind(
                rule, "conditions", *RANDOM
            ):
                yield Violation(rule.urn, "the value of its header is written down: whoever reads it is served by a"
                              " version that nothing has proved")  # fmt: skip


def _infrastructure(stack: StackGraph) -> Iterator[Violation]:
    roles = [
        one
        for one in stack.of("aws:iam:Role")
        if any(ECS in part.principals for part in allowed(one.get("assumeRolePolicy")))
    ]
    for role in roles:
        for policy in stack.of("aws:iam:RolePolicy"):
            if role.urn not in stack.behind(policy, "role", "aws:iam:Role"):
                continue
            for part in allowed(policy.get("policy")):
                for action in part.actions:
                    if action not in MANAGED:
                        yield Violation(policy.urn, f"{part.sid}: {action} is not what ECS needs to shift traffic")


RULES = [
    PolicyRule(
        "pause-rolls-back",
        "A pause of a deployment that nobody ends in time rolls back",
        "timeoutConfiguration.action: ROLLBACK",
        RuleScope.EVERYWHERE,
        (SERVICE,),
        _shut,
    ),
    PolicyRule(
        "proof-before-users",
        "With a strategy other than rolling no user reaches a version that was not proven on test traffic",
        "set `service.strategy`, and leave hooks, rules and Rollout to the program",
        RuleScope.EVERYWHERE,
        whole=_proven,
    ),
    PolicyRule(
        "weights-of-ecs",
        "Nothing but ECS writes the weights of the rules that it shifts traffic with",
        "ignore changes of the service's `loadBalancers` and of the whole `actions` of both rules",
        RuleScope.EVERYWHERE,
        whole=_weights,
    ),
    PolicyRule(
        "test-traffic-secret",
        "Test traffic is known by a random value",
        "take the header's value from gate.RandomText",
        RuleScope.EVERYWHERE,
        whole=_secret,
    ),
    PolicyRule(
        "infrastructure-role",
        "The role by which ECS shifts traffic may do what AWS's own policy for it says, and nothing else",
        "Describe… of listeners, rules, target groups and health; RegisterTargets, DeregisterTargets; ModifyRule",
        RuleScope.EVERYWHERE,
        whole=_infrastructure,
    ),
]
