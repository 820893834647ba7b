"""What must hold before a deploy. Pure: from what AWS answered to a check's result."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import unquote

Result = Literal["passed", "failed", "skipped"]


@dataclass(frozen=True)
class Check:
    """*detail*: why it failed or was skipped, with the remedy; or what was seen."""

    name: str
    result: Result
    detail: str = ""


def passed(name: str, detail: str = "") -> Check:
    return Check(name, "passed", detail)


def failed(name: str, detail: str) -> Check:
    return Check(name, "failed", detail)


def skipped(name: str, reason: str) -> Check:
    return Check(name, "skipped", reason)


def trusts_tasks(name: str, role: Mapping[str, Any]) -> Check:
    """Whether ECS tasks may take the role. Source: IAM GetRole (the policy is URL-encoded JSON; boto3 decodes it)."""
    policy = role.get("AssumeRolePolicyDocument") or {}
    if isinstance(policy, str):
        policy = json.loads(unquote(policy))
    statements = policy.get("Statement") or []
    for one in statements if isinstance(statements, list) else [statements]:
        principal = one.get("Principal") or {}
        services = principal.get("Service", []) if isinstance(principal, Mapping) else []
        actions = one.get("Action") or []
        if (
            one.get("Effect") == "Allow"
            and "ecs-tasks.amazonaws.com" in _listed(services)
            and {"sts:AssumeRole", "sts:*", "*"} & set(_listed(actions))
        ):
            return passed(name)
    return failed(name, "its trust policy does not let ecs-tasks.amazonaws.com assume it: add that principal")


@dataclass(frozen=True)
class Reference:
    """A ``valueFrom``: a secret of Secrets Manager with an optional JSON key, or a parameter of SSM (*kind*)."""

    kind: Literal["secret", "parameter"]
    name: str
    key: str = ""
    stage: str = ""
    version: str = ""


def reference(value_from: str) -> Reference:
    """Reads a ``valueFrom``. Source: ECS "Pass Secrets Manager secrets through Amazon ECS environment variables"."""
    found = re.fullmatch(
        r"(arn:[\w-]+:secretsmanager:[\w-]+:\d+:secret:[^:]+)(?::([^:]*):([^:]*):([^:]*))?", value_from
    )
    if found:
        return Reference("secret", found[1], found[2] or "", found[3] or "", found[4] or "")
    parameter = re.fullmatch(r"arn:[\w-]+:ssm:[\w-]+:\d+:parameter(/.+)", value_from)
    return Reference("parameter", parameter[1] if parameter else value_from)


def has_key(name: str, key: str, secret: str | None) -> Check:
    """Whether a secret's text has the JSON key that a ``valueFrom`` names."""
    if secret is None:
        return failed(
            name, "it has no text (SecretString), only binary content, which ECS cannot pass on as a variable"
        )
    if not key:
        return passed(name) if secret else failed(name, "it is empty")
    try:
        content = json.loads(secret)
    except ValueError:
        return failed(name, f"it is no JSON, but the task takes its key {key!r}")
    if not isinstance(content, dict) or key not in content:
        return failed(name, f"it has no key {key!r}: the task would not start")
    return passed(name)


def way_out(
    name: str, subnet: str, tables: Sequence[Mapping[str, Any]], public_ip: bool, endpoints: Sequence[str] = ()
) -> Check:
    """Whether a task in the subnet can reach ECR, CloudWatch Logs and Secrets Manager.

    Args:
        tables: the route tables of the subnet's network, as DescribeRouteTables gives them.
        endpoints: service names of the network's VPC endpoints.

    Source: VPC "Subnet route tables" (a subnet without an association of its own has the main table).
    """

    def associated(table: Mapping[str, Any]) -> bool:
        return any(one.get("SubnetId") == subnet for one in table.get("Associations", []))

    def main(table: Mapping[str, Any]) -> bool:
        return any(one.get("Main") for one in table.get("Associations", []))

    table = next((one for one in tables if associated(one)), None) or next((one for one in tables if main(one)), None)
    routes = [one for one in (table or {}).get("Routes", []) if one.get("DestinationCidrBlock") == "0.0.0.0/0"]
    route = next((one for one in routes if one.get("State", "active") == "active"), None)
    if route is None:
        lacking = [
            one
            for one in ("ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager")
            if not any(service.endswith(f".{one}") for service in endpoints)
        ]
        if not lacking:
            return passed(name, "by VPC endpoints")
        return failed(
            name,
            f"it has no route to 0.0.0.0/0 and no VPC endpoint for {', '.join(lacking)}: its tasks could not start",
        )
    if str(route.get("GatewayId", "")).startswith("igw-") and not public_ip:
        return failed(
            name, "it leads to an internet gateway, but tasks get no public address: use NAT, or assignPublicIp"
        )
    return passed(name)


def forwards(name: str, group: str, rules: Sequence[Mapping[str, Any]]) -> Check:
    """Whether a rule or default action sends requests to the target group. Source: ELBv2 Action."""
    for rule in rules:
        for action in rule.get("Actions") or rule.get("DefaultActions") or []:
            weighted = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
            taken = [one.get("TargetGroupArn") for one in weighted if one.get("Weight", 1)]
            if action.get("Type") == "forward" and group in (action.get("TargetGroupArn"), *taken):
                return passed(name)
    return failed(name, "no listener forwards to it: no request would reach the service")


def permitted(name: str, answers: Sequence[Mapping[str, Any]]) -> Check:
    """From SimulatePrincipalPolicy's EvaluationResults."""
    denied = sorted(str(one["EvalActionName"]) for one in answers if one.get("EvalDecision") != "allowed")
    return failed(name, f"not allowed: {', '.join(denied)}") if denied else passed(name)


def _listed(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]
