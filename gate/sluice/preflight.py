"""`sluice preflight`: what a deploy will need, looked at before anything is changed. It only reads.

IAM: ecs:DescribeTaskDefinition on ``*``, iam:GetRole, secretsmanager:DescribeSecret and GetSecretValue,
ssm:GetParameter, logs:DescribeLogGroups, ecr:BatchGetImage, ec2:DescribeSubnets, DescribeRouteTables and
DescribeVpcEndpoints, elasticloadbalancing:DescribeTargetGroups, elasticloadbalancing:DescribeListeners and
elasticloadbalancing:DescribeRules, iam:SimulatePrincipalPolicy. What may not be asked is skipped and said so.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError

from gate.errors import GateError
from gate.hold import hexadecimal, short
from gate.session import Account, Clients
from gate.sluice import exits
from gate.sluice.checks import (
    Check,
    failed,
    forwards,
    has_key,
    passed,
    permitted,
    reference,
    skipped,
    trusts_tasks,
    way_out,
)
from gate.sluice.stack import NotDeployed, Stack, find
from gate.sluice.terminal import Terminal

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
        description="Looks at everything that a deploy will need and changes nothing. Every check passes, fails or is "
        "skipped with a reason; exit code 1 when one fails. Before the first deploy only what exists can be checked.",
    )


def main(given: argparse.Namespace, terminal: Terminal) -> int:
    try:
        stack = find(given.stack, Path(given.cwd))
    except NotDeployed as reason:
        checks = [skipped(name, f"{reason}".partition(":")[0] + ": `pulumi up` makes it") for name in NAMES[1:]]
        return _report(terminal, [*_account(Clients(Account())), *checks])
    clients = stack.clients()
    return _report(terminal, [passed("credentials", f"account {stack.account}"), *look(stack, clients)])


def _account(clients: Clients) -> list[Check]:
    try:
        clients.verify()
    except GateError as error:
        return [failed("credentials", str(error))]
    return [passed("credentials")]


def look(stack: Stack, clients: Mapping[str, Any] | Clients) -> Iterator[Check]:
    """Every check of a deployed stack."""
    gate = stack.gate
    definitions: dict[str, Mapping[str, Any]] = {}
    for key in ("taskDefinition", "serviceTaskDefinition"):
        arn = gate.get(key)
        if not arn:
            yield skipped(f"task definition {key}", "the stack's output has none")
            continue
        revision = str(arn).rpartition("/")[2]

        def describe(arn: str = arn, revision: str = revision) -> Check:
            definitions[revision] = clients["ecs"].describe_task_definition(taskDefinition=arn)["taskDefinition"]
            status = definitions[revision].get("status", "ACTIVE")
            name = f"task definition {revision}"
            return passed(name) if status == "ACTIVE" else failed(name, f"it is {status}: deploy again")

        yield ask(f"task definition {revision}", describe)
    yield from _roles(clients, definitions)
    yield from _secrets(clients, definitions)
    yield from _log_groups(clients, definitions)
    yield from _images(clients, definitions, str(gate.get("repository") or ""))
    yield from _subnets(clients, stack)
    yield from _listener(clients, gate)
    yield _permissions(clients, bool(gate.get("snapshot")))


def ask(name: str, check: Callable[[], Check]) -> Check:
    """A check's result; what AWS does not let us look at is skipped, what is not there has failed."""
    try:
        return check()
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code"))
        message = str(error.response.get("Error", {}).get("Message") or code)
        if code in _DENIED or "not authorized" in message:
            return skipped(name, f"these credentials may not look ({error.operation_name})")
        if any(absent in code for absent in _ABSENT) or "does not exist" in message or "Unable to describe" in message:
            return failed(name, f"it does not exist: {message}")
        return failed(name, f"{error.operation_name}: {code}: {message}")


def _roles(clients: Any, definitions: Mapping[str, Mapping[str, Any]]) -> Iterator[Check]:
    arns = {
        str(definition[key])
        for definition in definitions.values()
        for key in ("executionRoleArn", "taskRoleArn")
        if definition.get(key)
    }
    if definitions and not arns:
        yield skipped("roles", "the task definitions name none")
    for arn in sorted(arns):
        role = arn.rpartition("/")[2]
        name = f"role {role}"
        yield ask(
            name,
            lambda name=name, role=role: trusts_tasks(name, clients["iam"].get_role(RoleName=role)["Role"]),  # type: ignore[misc]
        )


def _secrets(clients: Any, definitions: Mapping[str, Mapping[str, Any]]) -> Iterator[Check]:
    wanted = {
        str(secret["valueFrom"])
        for definition in definitions.values()
        for container in definition["containerDefinitions"]
        for secret in container.get("secrets") or []
    }
    if definitions and not wanted:
        yield skipped("secrets", "the task definitions take none")
    for value_from in sorted(wanted):
        found = reference(value_from)
        name = f"{found.kind} {found.name.rpartition(':')[2]}" + (f", key {found.key}" if found.key else "")
        yield ask(name, lambda name=name, found=found: _secret(clients, name, found))  # type: ignore[misc]


def _secret(clients: Any, name: str, found: Any) -> Check:
    if found.kind == "parameter":
        clients["ssm"].get_parameter(Name=found.name)
        return passed(name)
    if clients["secretsmanager"].describe_secret(SecretId=found.name).get("DeletedDate"):
        return failed(name, "it is marked for deletion: restore it (aws secretsmanager restore-secret)")
    which = {"VersionStage": found.stage} if found.stage else {"VersionId": found.version} if found.version else {}
    answer = clients["secretsmanager"].get_secret_value(SecretId=found.name, **which)
    return has_key(name, found.key, answer.get("SecretString"))


def _log_groups(clients: Any, definitions: Mapping[str, Mapping[str, Any]]) -> Iterator[Check]:
    groups = {
        str(options["awslogs-group"])
        for definition in definitions.values()
        for container in definition["containerDefinitions"]
        if (options := (container.get("logConfiguration") or {}).get("options") or {}).get("awslogs-group")
    }
    if definitions and not groups:
        yield skipped("log groups", "no container logs to CloudWatch")
    for group in sorted(groups):
        name = f"log group {group}"

        def exists(group: str = group, name: str = name) -> Check:
            found = clients["logs"].describe_log_groups(logGroupNamePrefix=group)["logGroups"]
            if any(one["logGroupName"] == group for one in found):
                return passed(name)
            return failed(name, "it does not exist: tasks would not start; `pulumi up --refresh` makes it again")

        yield ask(name, exists)


def _images(clients: Any, definitions: Mapping[str, Mapping[str, Any]], repository: str) -> Iterator[Check]:
    images = {str(one["image"]) for definition in definitions.values() for one in definition["containerDefinitions"]}
    for image in sorted(images):
        where, at, digest = image.partition("@")
        name = f"image {short(image) if at else image}"
        if not at or where != repository:
            yield skipped(name, "it is not in the stack's own repository, so its registry was not asked")
            continue

        def exists(where: str = where, digest: str = digest, name: str = name) -> Check:
            hexadecimal(digest)
            answer = clients["ecr"].batch_get_image(
                repositoryName=where.partition("/")[2], imageIds=[{"imageDigest": digest}]
            )
            return passed(name) if answer.get("images") else failed(name, "it is not in the repository any more")

        yield ask(name, exists)


def _subnets(clients: Any, stack: Stack) -> Iterator[Check]:
    place = stack.place
    for subnet in place.subnets:
        name = f"way out of {subnet}"

        def leads_out(subnet: str = subnet, name: str = name) -> Check:
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


def _listener(clients: Any, gate: Mapping[str, Any]) -> Iterator[Check]:
    groups = gate.get("targetGroups") or []
    if not groups:
        yield skipped("listener", "the stack's output names no target group")
    for group in groups:
        name = f"listener of {str(group).partition(':targetgroup/')[2].partition('/')[0]}"

        def leads_there(group: str = group, name: str = name) -> Check:
            elb, rules = clients["elbv2"], []
            balancers = elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0].get("LoadBalancerArns")
            for balancer in balancers or []:
                for listener in elb.describe_listeners(LoadBalancerArn=balancer)["Listeners"]:
                    rules += [listener, *elb.describe_rules(ListenerArn=listener["ListenerArn"])["Rules"]]
            return forwards(name, group, rules)

        yield ask(name, leads_there)


def _permissions(clients: Any, snapshot: bool) -> Check:
    """What the caller may do, as IAM's simulator sees it: without the conditions of other services' policies."""
    name = "permissions" + (", snapshot among them" if snapshot else "")
    actions = [*ACTIONS, *(["rds:CreateDBSnapshot", "rds:DescribeDBSnapshots"] if snapshot else [])]

    def simulate() -> Check:
        arn = str(clients["sts"].get_caller_identity()["Arn"])
        if arn.endswith(":root"):
            return passed(name, "the account's root user may do everything")
        answer = clients["iam"].simulate_principal_policy(PolicySourceArn=principal(arn), ActionNames=actions)
        return permitted(name, answer["EvaluationResults"])

    check = ask(name, simulate)
    # A grant on a resource pattern is a denial on "*": a simulation cannot prove that something is forbidden.
    if check.result == "failed":
        return skipped(name, f"IAM's simulation on every resource says {check.detail}; narrower grants may be enough")
    return check


def principal(arn: str) -> str:
    """The ARN that IAM can simulate: of an assumed role's session, the role. Source: STS GetCallerIdentity."""
    head, kind, rest = arn.partition(":assumed-role/")
    if not kind:
        return arn
    return f"{head.replace(':sts:', ':iam:')}:role/{rest.partition('/')[0]}"


def _report(terminal: Terminal, checks: list[Check]) -> int:
    wrong = [check for check in checks if check.result == "failed"]
    terminal.result({"ok": not wrong, "checks": [vars(check) for check in checks]})
    if not terminal.machine:
        for check in checks:
            terminal.line(f"{check.result:<8} {check.name}" + (f": {check.detail}" if check.detail else ""))
    counts = {result: sum(check.result == result for check in checks) for result in ("passed", "failed", "skipped")}
    terminal.note(", ".join(f"{count} {result}" for result, count in counts.items()))
    return exits.FAILED if wrong else exits.OK
