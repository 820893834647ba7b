"""IAM's simulation: each action with each resource, for a role with a path, within its boundary."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.e2e.cloud.stage import Stage

READ = "secretsmanager:GetSecretValue"
ONE, TWO = (f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}" for name in ("one-AbCdEf", "two-AbCdEf"))


def document(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def test_a_role_may_read_what_its_policies_and_its_boundary_allow(stage: Stage) -> None:
    iam, name = stage.client("iam"), stage.name("reader")
    allow = {"Effect": "Allow", "Action": READ, "Resource": ONE}
    role = iam.create_role(RoleName=name, Path="/sluice/a/b/", AssumeRolePolicyDocument=document())["Role"]["Arn"]

    def simulated(*resources: str) -> dict[str, str]:
        answer = iam.simulate_principal_policy(PolicySourceArn=role, ActionNames=[READ], ResourceArns=list(resources))
        return {one["EvalResourceName"]: one["EvalDecision"] for one in answer["EvaluationResults"]}

    assert simulated(ONE) == {ONE: "implicitDeny"}
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=document(allow))
    assert simulated(ONE, TWO) == {ONE: "allowed", TWO: "implicitDeny"}
    deny = {**allow, "Effect": "Deny"}
    iam.put_role_policy(RoleName=name, PolicyName="deny", PolicyDocument=document(deny))
    assert simulated(ONE) == {ONE: "explicitDeny"}
    iam.delete_role_policy(RoleName=name, PolicyName="deny")
    policy = iam.create_policy(PolicyName=stage.name("boundary"), PolicyDocument=document({**allow, "Resource": TWO}))[
        "Policy"
    ]["Arn"]
    iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=policy)
    assert simulated(ONE, TWO) == {ONE: "implicitDeny", TWO: "implicitDeny"}
    with pytest.raises(iam.exceptions.NoSuchEntityException):
        iam.simulate_principal_policy(PolicySourceArn=role.replace("/a/b/", "/a/"), ActionNames=[READ])
