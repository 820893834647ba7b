"""What the deploy role must be able to do, taken from what is really called: the resource types of the program, in the
tables of the bundled plugin, and the gate's own calls. A new call that no grant covers fails here."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from botocore import xform_name
from botocore.session import get_session

from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.mapping import model
from emulator.plugins.aws.property import Operation
from emulator.plugins.aws.table import ENTRIES
from emulator.plugins.aws.tags import SERVICES
from tests.unit.bootstrap import reference
from tests.unit.bootstrap.grants import LONGEST, statements

ROOT = Path(__file__).parents[3]

NOT_THE_DEPLOYERS = {
    "sts:GetCallerIdentity": "needs no grant",
    "sts:AssumeRole": "of `Provider(assume_role=…)`, which the program does not use",
    "rds:CopyDBSnapshot": "of the role of another account that copies (docs/snapshot-copies.md)",
    "rds:CopyDBClusterSnapshot": "of the role of another account that copies (docs/snapshot-copies.md)",
    "logs:CreateLogStream": "of the execution role, in an explanation",
    "logs:PutLogEvents": "of the execution role, in an explanation",
    "kms:GenerateDataKey": "of a topic's own key; beside it, of the states' key",
}
"""Actions that the gate names and no deployer needs, each with its reason."""

UNUSED = {
    **dict.fromkeys(
        (
            "ecs:ListClusters",
            "ecs:ListContainerInstances",
            "ecs:ListServices",
            "ecs:ListTaskDefinitions",
            "ecs:ListTasks",
        ),
        "flow logs whose lines name ECS's tasks",
    ),
    "wafv2:GetPermissionPolicy": "a web ACL that other accounts share",
    "wafv2:PutPermissionPolicy": "a web ACL that other accounts share",
    "ec2:AssociateVerifiedAccessInstanceWebAcl": "a web ACL before something else than a load balancer",
    "ec2:DisassociateVerifiedAccessInstanceWebAcl": "a web ACL before something else than a load balancer",
    "ec2:GetVerifiedAccessInstanceWebAcl": "a web ACL before something else than a load balancer",
    "iam:PassRole": "is granted on the stack's own roles, which no call of RDS gets",
    "rds:CreateTenantDatabase": "Oracle and SQL Server alone",
    "rds:DeleteTenantDatabase": "Oracle and SQL Server alone",
    "logs:AssociateKmsKey": "log groups have no key of their own",
    "logs:DisassociateKmsKey": "log groups have no key of their own",
}
"""Actions that the reference names besides others, and which this program's calls never lead to."""

ELSEWHERE = ("amplify:", "apigateway:", "apprunner:", "appsync:", "cognito-idp:")
"""Services whose resources a web ACL may be before, too."""

FAMILY = {"iam:CreatePolicy", "iam:CreatePolicyVersion", "iam:DeletePolicy", "iam:DeletePolicyVersion", "iam:GetPolicy",
          "iam:GetPolicyVersion", "iam:ListPolicyVersions", "iam:TagPolicy", "iam:UntagPolicy",
          "iam:DeleteRolePermissionsBoundary"}  # fmt: skip
"""Of resource types that bootstrap alone uses, and what a deployer must never do."""


def granted(role: str, action: str) -> bool:
    return any(fnmatchcase(action, pattern) for one in statements(role, LONGEST) for pattern in one.actions)


def actions(entry: Entry, operations: list[Operation | None]) -> set[str]:
    """IAM's actions of some operations of a resource type."""
    found = [operation for operation in operations if operation]
    found += [operation.clear for operation in found if operation.clear]
    names = {model(entry.service, operation.method).name for operation in found}
    service = model(entry.service, entry.read.method).service_model
    return {reference.action_of(service, name) for name in names}


def tagging(entry: Entry) -> set[str]:
    if not entry.taggable:
        return set()
    service = SERVICES.get(entry.token) or SERVICES[entry.service]
    methods = [one for one in (service.add, service.remove, service.show) if one]
    return actions(entry, [Operation(method) for method in methods])


TYPES = [entry.token.rpartition(":")[2] for entry in ENTRIES]


@pytest.mark.parametrize("entry", ENTRIES, ids=TYPES)
def test_the_deploy_role_may_do_what_the_programs_resources_call(entry: Entry) -> None:
    called = actions(entry, [entry.create, entry.read, entry.update, entry.delete, *entry.operations.values()])
    called |= tagging(entry)
    called |= {other for action in called for other in reference.besides(action) if not other.startswith(ELSEWHERE)}
    lacking = sorted(one for one in called - UNUSED.keys() - FAMILY if not granted("deploy", one))
    assert lacking == [], "grant it in bootstrap/grants/, on the stack's own resources"


@pytest.mark.parametrize("entry", ENTRIES, ids=TYPES)
def test_the_preview_role_may_look_at_what_a_refresh_reads(entry: Entry) -> None:
    seen = actions(entry, [entry.read]) | {one for one in tagging(entry) if "List" in one or "Describe" in one}
    assert sorted(one for one in seen - FAMILY if not granted("preview", one)) == []


GATE = sorted(path for path in (ROOT / "sluice").rglob("*.py"))
NAMED = {action for path in GATE for action in re.findall(r"\b[a-z][a-z0-9-]*:[A-Z][A-Za-z]+\b", path.read_text())}
KNOWN = {one for one in NAMED if reference.privilege(one)}
"""The actions that the gate's own texts name beside its calls."""


@pytest.mark.parametrize("action", sorted(KNOWN))
def test_the_deploy_role_may_do_what_the_gate_says_it_needs(action: str) -> None:
    assert granted("deploy", action) or action in NOT_THE_DEPLOYERS, "grant it in bootstrap/grants/"


def methods() -> dict[str, set[str]]:
    """boto3's method names of the services that the gate has clients of, with the actions that they may be."""
    session, found = get_session(), dict[str, set[str]]()
    for name in ("ecs", "ecr", "logs", "ssm", "sns", "rds", "secretsmanager", "elbv2", "cloudwatch", "sts", "iam"):
        service = session.get_service_model(name)
        for operation in service.operation_names:
            found.setdefault(xform_name(operation), set()).add(reference.action_of(service, operation))
    return found


METHODS = methods()
CALLED = sorted({word for path in GATE for word in re.findall(r"\b(\w+)\b", path.read_text()) if word in METHODS})


def test_the_gates_calls_are_found() -> None:
    assert {"run_task", "update_service", "stop_task", "put_parameter", "create_db_snapshot"} <= set(CALLED)


@pytest.mark.parametrize("method", CALLED)
def test_the_deploy_role_may_do_what_the_gate_calls(method: str) -> None:
    candidates = METHODS[method]
    assert any(granted("deploy", one) or one in NOT_THE_DEPLOYERS for one in candidates), sorted(candidates)


@pytest.mark.parametrize("method", CALLED)
def test_the_gate_says_which_actions_its_calls_need(method: str) -> None:
    assert METHODS[method] & NAMED, "write the IAM action next to the call (CONTRIBUTING.md)"
