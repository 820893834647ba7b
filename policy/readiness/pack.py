"""The rules as a Pulumi policy pack.

A rule that is mandatory on prod only becomes two policies: a mandatory one that judges production, and an advisory one
(`…-for-production`) that tells all other stacks what production would refuse. `production` decides which applies.
"""

from __future__ import annotations

from typing import Any

import pulumi_policy as pulumi

from .production import PRODUCTION, declared, environment
from .rule import PolicyRule, RuleScope
from .rules import RULES
from .stack import StackGraph, StackResource, token

SUFFIX = "-for-production"
MANDATORY, ADVISORY = pulumi.EnforcementLevel.MANDATORY, pulumi.EnforcementLevel.ADVISORY


def start() -> None:
    """Serve the pack to the engine until it is stopped. Raises ValueError when production.json is wrong."""
    declared()
    pulumi.PolicyPack("readiness", policies=policies())


def policies() -> list[pulumi.Policy]:
    """Return all rules as Pulumi policies."""
    found = []
    for rule in RULES:
        found.append(_policy(rule, rule.name, MANDATORY, production=rule.scope is RuleScope.PRODUCTION or None))
        if rule.scope is RuleScope.PRODUCTION:
            found.append(_policy(rule, rule.name + SUFFIX, ADVISORY, production=False))
    return found


def _policy(rule: PolicyRule, name: str, level: pulumi.EnforcementLevel, production: bool | None) -> pulumi.Policy:
    """Return one policy of the pack.

    Args:
        production: whether it judges production, or all others; None for any stack.
    """
    said = {"name": name, "description": rule.says, "enforcement_level": level, "remediation_steps": rule.remedy}
    if rule.each is None:

        def whole(args: pulumi.StackValidationArgs, report: pulumi.ReportViolation) -> None:
            stack = StackGraph([_resource(one, one.property_dependencies) for one in args.resources])
            if production not in (None, environment(stack) == PRODUCTION):
                return
            for finding in rule.judge(stack):
                report(_text(rule, finding.text), finding.about)

        return pulumi.StackValidationPolicy(validate=whole, **said)

    def each(args: pulumi.ResourceValidationArgs, report: pulumi.ReportViolation) -> None:
        one = _resource(args)
        if one.type not in rule.types:
            return
        provider = [_resource(args.provider)] if args.provider else []
        if production not in (None, environment(StackGraph([one, *provider])) == PRODUCTION):
            return
        for finding in rule.judge(StackGraph([one])):
            report(_text(rule, finding.text), None)

    return pulumi.ResourceValidationPolicy(validate=each, **said)


def _text(rule: PolicyRule, text: str) -> str:
    return f"{text}\n  fix: {rule.remedy}"


def _resource(one: Any, needs: Any = None) -> StackResource:
    """Return one of the engine's resources as the rules see it.

    Reading an unknown value raises the policy library's own exception, which it reports as such.
    """
    return StackResource(
        type=token(one.resource_type),
        name=one.name,
        urn=one.urn,
        props=one.props,
        needs={prop: [other.urn for other in others] for prop, others in (needs or {}).items()},
        ignored=list(one.opts.ignore_changes) if hasattr(one, "opts") else (),
    )
