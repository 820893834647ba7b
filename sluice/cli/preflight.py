"""`sluice preflight`: check what a deploy needs before it changes anything. Read only.

IAM: as for `sluice.admission.start_reading` and `sluice.image.image_trust`; ec2:DescribeSubnets, DescribeRouteTables
and DescribeVpcEndpoints; iam:SimulatePrincipalPolicy. A check whose action is denied is skipped with a message.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from sluice.admission.start_admission import AdmissionSubject, examine_deployed
from sluice.aws.session import Account, Clients
from sluice.cli import exits
from sluice.cli.checks import PreflightCheck, failed, passed, permitted, skipped, warned, way_out
from sluice.cli.stack import DeployedStack, NotDeployed, find
from sluice.cli.terminal import Terminal
from sluice.cli.traffic.traffic_checks import ACTIONS as SHIFTING_ACTIONS
from sluice.cli.traffic.traffic_checks import traffic_checks
from sluice.cli.traffic.traffic_status import parsed
from sluice.errors import GateError
from sluice.finding import Finding
from sluice.image.image_trust import finding
from sluice.inputs.step import Step
from sluice.rollout.deployment.service import Service

NAMES = ("credentials", "roles", "secrets", "log groups", "images", "subnets", "listener", "permissions")
_DENIED = ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AccessDeniedFault")
_ABSENT = ("NoSuchEntity", "ResourceNotFoundException", "ParameterNotFound", "RepositoryNotFoundException", "NotFound")

ACTIONS = (
    "ecs:RunTask",
    "ecs:StopTask",
    "ecs:DescribeTasks",
    "ecs:UpdateService",
    "ecs:RegisterTaskDefinition",
    "ssm:PutParameter",
    "ssm:GetParametersByPath",
    "logs:GetLogEvents",
    "elasticloadbalancing:DescribeTargetHealth",
)


def arguments(verbs: Any) -> None:
    verbs.add_parser(
        "preflight",
        help="check roles, secrets, log groups, image, network, listener and permissions before a deploy",
        description="Check everything that a deploy needs; change nothing. Every check passes, fails or is skipped "
        "with a reason; exit code 1 when one fails. Before the first deploy, only what exists can be checked.",
    )


def main(given: argparse.Namespace, terminal: Terminal) -> int:
    try:
        stack = find(given.stack, Path(given.cwd))
    except NotDeployed as reason:
        checks = [skipped(name, f"{reason}".partition(":")[0] + ": `pulumi up` creates it") for name in NAMES[1:]]
        return _report(terminal, [*_account(Clients(Account())), *checks])
    clients = stack.clients()
    return _report(terminal, [passed("credentials", f"account {stack.account}"), *stack_checks(stack, clients)])


def _account(clients: Clients) -> list[PreflightCheck]:
    try:
        clients.verify()
    except GateError as error:
        return [failed("credentials", str(error))]
    return [passed("credentials")]


def stack_checks(stack: DeployedStack, clients: Clients) -> Iterator[PreflightCheck]:
    """Yield every check of a deployed stack."""
    gate, place = stack.gate, stack.place
    subject = AdmissionSubject(
        service=str(gate.get("serviceTaskDefinition") or ""),
        task_definition=place.task_definition,
        container=place.container,
        steps=[
            Step(str(one["name"]), tuple(one["command"]), task_definition=str(one.get("taskDefinition") or ""))
            for one in gate.get("steps") or []
        ],
        target_groups=[str(group) for group in gate.get("targetGroups") or []],
    )
    if not subject.service:
        yield skipped("task definition of the service", "the stack's output has none")
    for found in examine_deployed(clients, subject, [*place.security_groups, *place.subnets]):
        yield checked(found)
    if trusted := [str(key) for key in gate.get("trusted") or []]:
        yield ask("signature", lambda: checked(finding(clients, str(gate["image"]), trusted)))
    yield from _subnets(clients, stack)
    if not subject.target_groups:
        yield skipped("listener", "the stack's output names no target group")
    if gate.get("copyTo"):
        yield _copies(clients, str(gate["copyTo"]))
    strategy = parsed(gate.get("strategy"))
    if strategy is not None:
        service = Service(clients["ecs"], clients["elbv2"], clients["logs"], gate["cluster"], str(gate["service"]))
        yield from traffic_checks(strategy, service, ask)
    yield _permissions(clients, bool(gate.get("snapshot")), strategy is not None)


def checked(found: Finding) -> PreflightCheck:
    """Return a finding as a check's result; what could not be read is skipped."""
    why = f"; {found.why}" if found.why else ""
    fix = f". Fix: {found.fix}" if found.fix else ""
    match found.result:
        case "passed":
            return passed(found.subject, found.what)
        case "unread":
            return skipped(found.subject, f"{found.why}{fix}")
        case "warning":
            return warned(found.subject, f"{found.what}{why}{fix}")
        case "refused":
            return failed(found.subject, f"{found.what}{why}{fix}")


def ask(name: str, check: Callable[[], PreflightCheck]) -> PreflightCheck:
    """Return a check's result: skipped when access is denied, failed when the resource does not exist."""
    try:
        return check()
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        message = str(error.response.get("Error", {}).get("Message") or code)
        if code in _DENIED or "not authorized" in message:
            return skipped(name, f"access denied: {error.operation_name}")
        if any(absent in code for absent in _ABSENT) or "does not exist" in message or "Unable to describe" in message:
            return failed(name, f"does not exist: {message}")
        return failed(name, f"{error.operation_name}: {code}: {message}")


def _subnets(clients: Any, stack: DeployedStack) -> Iterator[PreflightCheck]:
    place = stack.place
    for subnet in place.subnets:
        name = f"outbound route of {subnet}"

        def leads_out(subnet: str = subnet, name: str = name) -> PreflightCheck:
            ec2 = clients["ec2"]
            network = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
            within = [{"Name": "vpc-id", "Values": [network]}]
            tables = ec2.describe_route_tables(Filters=within)["RouteTables"]
            check = way_out(name, subnet, tables, place.assign_public_ip)
            if check.result == "passed":
                return check
            endpoints = ec2.describe_vpc_endpoints(Filters=within)["VpcEndpoints"]
            return way_out(name, subnet, tables, place.assign_public_ip, [str(one["ServiceName"]) for one in endpoints])

        yield ask(name, leads_out)


def _copies(clients: Clients, role: str) -> PreflightCheck:
    """Check whether the role that copies snapshots in another account can be assumed, and may list them."""
    name = f"snapshot copies in account {role.split(':')[4]}"

    def list_snapshots() -> PreflightCheck:
        clients.taking_on(role)["rds"].describe_db_snapshots(SnapshotType="manual", MaxRecords=20)
        return passed(name, "its role can be assumed")

    return ask(name, list_snapshots)


def _permissions(clients: Any, snapshot: bool, shifting: bool) -> PreflightCheck:
    """Check the caller's permissions by IAM's simulator, which ignores the policies of other services' resources."""
    name = "permissions" + (", including snapshots" if snapshot else "")
    actions = [*ACTIONS, *(["rds:CreateDBSnapshot", "rds:DescribeDBSnapshots"] if snapshot else [])]
    actions += SHIFTING_ACTIONS if shifting else ()

    def simulate() -> PreflightCheck:
        arn = str(clients["sts"].get_caller_identity()["Arn"])
        if arn.endswith(":root"):
            return passed(name, "the account's root user has every permission")
        answer = clients["iam"].simulate_principal_policy(PolicySourceArn=principal(arn), ActionNames=actions)
        return permitted(name, answer["EvaluationResults"])

    check = ask(name, simulate)
    # The simulator reports a grant on a resource pattern as a denial on "*", so a denial proves nothing.
    if check.result == "failed":
        return skipped(name, f"IAM's simulation on every resource: {check.detail}; narrower grants may be enough")
    return check


def principal(arn: str) -> str:
    """Return the ARN that IAM can simulate: for an assumed role's session, the role. Source: STS GetCallerIdentity."""
    head, kind, rest = arn.partition(":assumed-role/")
    if not kind:
        return arn
    return f"{head.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}"


def _report(terminal: Terminal, checks: list[PreflightCheck]) -> int:
    wrong = [check for check in checks if check.result == "failed"]
    terminal.result({"ok": not wrong, "checks": [vars(check) for check in checks]})
    if not terminal.machine:
        for check in checks:
            terminal.line(f"{check.result:<8} {check.name}" + (f": {check.detail}" if check.detail else ""))
    counts = {
        result: sum(check.result == result for check in checks) for result in ("passed", "warning", "failed", "skipped")
    }
    terminal.note(", ".join(f"{count} {result}" for result, count in counts.items()))
    return exits.FAILED if wrong else exits.OK
