"""The checks before a deploy: AWS's answer in, a check's result out. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

Result = Literal["passed", "warning", "failed", "skipped"]


@dataclass(frozen=True)
class PreflightCheck:
    """The result of one check.

    Attributes:
        detail: why it failed or was skipped, with the remedy; else what was found.
    """

    name: str
    result: Result
    detail: str = ""


def passed(name: str, detail: str = "") -> PreflightCheck:
    return PreflightCheck(name, "passed", detail)


def failed(name: str, detail: str) -> PreflightCheck:
    return PreflightCheck(name, "failed", detail)


def skipped(name: str, reason: str) -> PreflightCheck:
    return PreflightCheck(name, "skipped", reason)


def warned(name: str, detail: str) -> PreflightCheck:
    return PreflightCheck(name, "warning", detail)


def way_out(
    name: str, subnet: str, tables: Sequence[Mapping[str, Any]], public_ip: bool, endpoints: Sequence[str] = ()
) -> PreflightCheck:
    """Check whether a task in the subnet can reach ECR, CloudWatch Logs and Secrets Manager.

    Args:
        tables: the route tables of the subnet's network, as DescribeRouteTables returns them.
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
            f"it has no route to 0.0.0.0/0 and no VPC endpoint for {', '.join(lacking)}: its tasks cannot start",
        )
    if str(route.get("GatewayId", "")).startswith("igw-") and not public_ip:
        return failed(
            name, "it routes to an internet gateway, but tasks get no public address: use NAT, or assignPublicIp"
        )
    return passed(name)


def permitted(name: str, answers: Sequence[Mapping[str, Any]]) -> PreflightCheck:
    """Return the check of SimulatePrincipalPolicy's EvaluationResults."""
    denied = sorted(str(one["EvalActionName"]) for one in answers if one.get("EvalDecision") != "allowed")
    return failed(name, f"not allowed: {', '.join(denied)}") if denied else passed(name)
