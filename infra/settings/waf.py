"""The web application firewall before the load balancer."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, field_validator

from infra.settings.values.environment import PROTECTED, Environment
from infra.settings.values.model import Model, refused

Effect: TypeAlias = Literal["block", "count"]

MANAGED: dict[str, Effect] = {
    "AWSManagedRulesAmazonIpReputationList": "block",
    "AWSManagedRulesKnownBadInputsRuleSet": "block",
    "AWSManagedRulesCommonRuleSet": "count",
}
"""AWS's own groups of rules in use unless said. The common ones refuse bodies over 8 KB and texts that look like code,
which a form or an upload may well be: they only count until somebody has looked ("AWS Managed Rules rule groups list"
in the AWS WAF developer guide)."""

CAPACITY = 10
"""Groups that fit into one web ACL beside the rate limit."""


class Waf(Model):
    """AWS WAF before the stack's own load balancer: a limit of requests from one address, and AWS's managed rules. Not
    with `loadBalancer.listener`: there it is the load balancer's owner's."""

    enabled: bool | None = None
    """Whether there is one; unset: in environment `prod`. It costs about 9 USD a month, and 0.60 USD a million
    requests."""
    rate_limit: Annotated[int, Field(ge=10, le=2_000_000_000)] | None = 2000
    """Requests that one address may make within five minutes; more of them are refused with 403. Empty: no limit."""
    managed_rules: dict[str, Effect] = Field(default_factory=lambda: dict(MANAGED))
    """AWS's managed groups of rules to `block` or only to `count` (metrics of WAF show what they would have blocked).
    Naming any replaces all defaults."""

    @field_validator("managed_rules")
    @classmethod
    def _managed_rules(cls, rules: dict[str, Effect]) -> dict[str, Effect]:
        if strange := sorted(name for name in rules if not name.startswith("AWSManagedRules")):
            raise refused(f"{strange[0]} is no group of AWS's; their names begin with AWSManagedRules")
        if len(rules) > CAPACITY:
            raise refused(f"are {len(rules)} groups; one web ACL holds at most {CAPACITY} of them")
        return rules

    def enabled_in(self, environment: Environment) -> bool:
        """Whether there is one in an environment, where the settings leave it open."""
        return environment in PROTECTED if self.enabled is None else self.enabled
