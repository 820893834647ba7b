"""The load balancer, the service's domain name, and the web application firewall."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.values.arns import arn_of
from infra.settings.values.environment import PROTECTED, Environment
from infra.settings.values.model import Model, hidden, refused

HostName: TypeAlias = Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")]
"""A host name with a dot in it, in lower case."""

ListenerArn: TypeAlias = Annotated[
    str,
    arn_of(
        "a listener of an Application Load Balancer",
        "elasticloadbalancing",
        r"listener/app/[A-Za-z0-9-]{1,32}/[0-9a-z]+/[0-9a-z]+",
        "listener/app/NAME/ID/ID",
    ),
]
CertificateArn: TypeAlias = Annotated[
    str,
    arn_of("a certificate in AWS Certificate Manager", "acm", r"certificate/[0-9a-f-]{36}", "certificate/ID"),
]
Effect: TypeAlias = Literal["block", "count"]

MANAGED_RULES: dict[str, Effect] = {
    "AWSManagedRulesAmazonIpReputationList": "block",
    "AWSManagedRulesKnownBadInputsRuleSet": "block",
    "AWSManagedRulesCommonRuleSet": "count",
}
"""Default rule groups. The common rules refuse bodies over 8 KB and text that looks like code, as forms and uploads
often are, so they only count until somebody has checked the metrics ("AWS Managed Rules rule groups list" in the AWS
WAF developer guide)."""

MOST_RULE_GROUPS = 10
"""Managed rule groups of one web ACL, beside the rate limit."""


class LoadBalancer(Model):
    """A load balancer of the stack, or a rule on a listener of an existing one. The rule forwards requests for one host
    name: `domain.name`, or `loadBalancer.host` if the stack does not manage the name."""

    listener: ListenerArn | None = None
    """ARN of an existing listener of an Application Load Balancer in the network's VPC. Its other rules, default action
    and certificates are not changed. Its security group is not changed either: it must allow outbound traffic to
    `app.port`, and to the old and the new port before `app.port` changes. In prod it must use HTTPS. An internal load
    balancer is reachable only inside its network: see `smoke.from`."""
    priority: Annotated[int, Field(ge=1, le=50_000)] | None = None
    """With `listener`: priority of the rule. No other rule of the listener may have it."""
    test_priority: Annotated[int, Field(ge=1, le=50_000)] | None = None
    """With `listener` and a `service.strategy` other than rolling: priority of the rule for test traffic, a lower
    number than `priority`. No other rule of the listener may have it."""
    host: HostName | None = None
    """With `listener`: host name of the service, if `domain` is not set."""
    access_logs: bool | None = None
    """Whether every request is logged to an S3 bucket of the stack, for `logs.trafficDays`. The log contains IP
    addresses of users. Unset: in environment `prod`. Not with `listener`."""

    @field_validator("priority", "test_priority", "host")
    @classmethod
    def _check_listener_given(cls, value: str | int | None, info: ValidationInfo) -> str | int | None:
        if value is not None and "listener" in info.data and info.data["listener"] is None:
            raise refused("has no effect without loadBalancer.listener; write that, or remove this")
        return value

    @field_validator("priority")
    @classmethod
    def _check_priority(cls, priority: int | None, info: ValidationInfo) -> int | None:
        if priority is None and info.data.get("listener"):
            raise hidden("is required with loadBalancer.listener; write a number that no other rule of it has")
        return priority

    @field_validator("test_priority")
    @classmethod
    def _check_test_priority(cls, priority: int | None, info: ValidationInfo) -> int | None:
        production = info.data.get("priority")
        if priority is not None and production is not None and priority >= production:
            raise refused(
                f"is not below loadBalancer.priority ({production}), so the rule of users' requests would match test"
                " traffic first; write a lower number"
            )
        return priority

    @field_validator("access_logs")
    @classmethod
    def _check_access_logs(cls, enabled: bool | None, info: ValidationInfo) -> bool | None:
        if enabled and info.data.get("listener"):
            raise refused("is set by the owner of the existing load balancer (loadBalancer.listener); remove it")
        return enabled

    def access_logs_in(self, environment: Environment) -> bool:
        """Whether requests are logged; the setting, or the environment's default."""
        if self.listener is not None:
            return False
        return environment in PROTECTED if self.access_logs is None else self.access_logs


class Domain(Model):
    """The service's domain name. With a name the service uses HTTPS and redirects HTTP to it. Without one it answers
    over HTTP at the load balancer's own name, which prod refuses."""

    name: HostName | None = None
    """Host name of the service, like shop.example.com."""
    zone: Annotated[str, Field(pattern=r"^Z[A-Z0-9]{1,31}$")] | None = None
    """Id of the public Route 53 hosted zone of the name. The program adds the record that points to the load balancer,
    and the record that AWS Certificate Manager validates."""
    certificate: CertificateArn | None = None
    """ARN of an existing certificate for the name, in the stack's Region. Unset: one is issued, validated in `zone`.
    Without `zone`, create the record yourself: a CNAME to the output `address`."""

    @field_validator("zone", "certificate")
    @classmethod
    def _check_name_given(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("name", value) is None:
            raise refused("has no effect without domain.name; write that, or remove this")
        return value


class Waf(Model):
    """AWS WAF on the stack's own load balancer: a rate limit per IP address, and AWS managed rules. Not with
    `loadBalancer.listener`, whose owner decides."""

    enabled: bool | None = None
    """Whether AWS WAF is used. Unset: in environment `prod`. It costs about 9 USD a month, and 0.60 USD per million
    requests."""
    rate_limit: Annotated[int, Field(ge=10, le=2_000_000_000)] | None = 2000
    """Requests per IP address within five minutes; more are refused with status 403. Empty: no limit."""
    managed_rules: dict[str, Effect] = Field(default_factory=lambda: dict(MANAGED_RULES))
    """AWS managed rule groups to `block` or only to `count`; the metrics of `count` show what `block` would refuse.
    This replaces all default groups."""

    @field_validator("managed_rules")
    @classmethod
    def _check_managed_rules(cls, rules: dict[str, Effect]) -> dict[str, Effect]:
        if unknown := sorted(name for name in rules if not name.startswith("AWSManagedRules")):
            raise refused(f"{unknown[0]} is not an AWS managed rule group; their names begin with AWSManagedRules")
        if len(rules) > MOST_RULE_GROUPS:
            raise refused(f"are {len(rules)} rule groups; list at most {MOST_RULE_GROUPS}")
        return rules

    def enabled_in(self, environment: Environment) -> bool:
        """Whether AWS WAF is used; the setting, or the environment's default."""
        return environment in PROTECTED if self.enabled is None else self.enabled
