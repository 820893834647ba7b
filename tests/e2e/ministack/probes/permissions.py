"""Faults of IAM, KMS, Systems Manager and CloudWatch."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.ministack.account import Account, code
from tests.e2e.ministack.probe import Probe

READ = "secretsmanager:GetSecretValue"
ONE, TWO = (f"arn:aws:secretsmanager:us-east-1:123456789012:secret:{name}" for name in ("one-AbCdEf", "two-AbCdEf"))


def document(*statements: dict[str, Any]) -> str:
    """A policy document."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def reader(account: Account, path: str = "/", boundary: str = "") -> str:
    """A role that may read one secret: its ARN. boundary: the ARN of a policy."""
    iam, name = account.client("iam"), account.name("reader")
    limit = {"PermissionsBoundary": boundary} if boundary else {}
    role = iam.create_role(RoleName=name, Path=path, AssumeRolePolicyDocument=document(), **limit)["Role"]["Arn"]
    allow = document({"Effect": "Allow", "Action": READ, "Resource": ONE})
    iam.put_role_policy(RoleName=name, PolicyName="read", PolicyDocument=allow)
    return str(role)


def simulated(account: Account, role: str, *resources: str) -> list[str]:
    """The decisions of a simulation."""
    answer = account.client("iam").simulate_principal_policy(
        PolicySourceArn=role, ActionNames=[READ], ResourceArns=list(resources)
    )
    return [one["EvalDecision"] for one in answer["EvaluationResults"]]


def one_resource_is_evaluated(account: Account) -> bool:
    """SimulatePrincipalPolicy evaluates the first of two resources alone."""
    return simulated(account, reader(account), ONE, TWO) != ["allowed", "implicitDeny"]


def role_with_a_path_is_not_found(account: Account) -> bool:
    """SimulatePrincipalPolicy finds no policies of a role with a path."""
    return simulated(account, reader(account, path="/a/b/"), ONE) != ["allowed"]


def boundary_is_ignored(account: Account) -> bool:
    """SimulatePrincipalPolicy allows an action that the role's boundary does not."""
    limit = document({"Effect": "Allow", "Action": READ, "Resource": TWO})
    policy = account.client("iam").create_policy(PolicyName=account.name("boundary"), PolicyDocument=limit)["Policy"]
    return simulated(account, reader(account, boundary=policy["Arn"]), ONE) != ["implicitDeny"]


def repository_claim_is_unknown(account: Account) -> bool:
    """The `repository_id` of a GitHub job's token is no key that a trust policy can compare."""
    return account.functions["repository_claim_is_unknown"]


def key(account: Account, *actions: str) -> str:
    """A key whose policy lets the other account do these actions: its ARN."""
    own, other = (f"arn:aws:iam::{number}:root" for number in (account.number, account.other))
    said = [{"Effect": "Allow", "Principal": {"AWS": own}, "Action": "kms:*", "Resource": "*"}]
    if actions:
        said.append({"Effect": "Allow", "Principal": {"AWS": other}, "Action": [*actions], "Resource": "*"})
    return str(account.client("kms").create_key(Policy=document(*said))["KeyMetadata"]["Arn"])


def shared_key_is_not_found(account: Account) -> bool:
    """DescribeKey does not find another account's key whose policy lets the caller."""
    arn = key(account, "kms:DescribeKey")
    return code(account.client("kms", account.other).describe_key, KeyId=arn) != ""


def closed_key_is_not_refused(account: Account) -> bool:
    """DescribeKey is not AccessDenied for another account's key that is not shared."""
    return code(account.client("kms", account.other).describe_key, KeyId=key(account)) != "AccessDeniedException"


def large_parameter_is_stored(account: Account) -> bool:
    """PutParameter stores 4,097 bytes in the standard tier."""
    asked = {"Name": account.name("/probe/large"), "Value": "x" * 4097, "Type": "String"}
    return code(account.client("ssm").put_parameter, **asked) != "ValidationException"


def alarm(account: Account) -> dict[str, Any]:
    """An alarm on a formula, as DescribeAlarms has it."""
    cloudwatch, name = account.client("cloudwatch"), account.name("alarm")
    metric = {"Metric": {"Namespace": "Shop", "MetricName": "E"}, "Period": 60, "Stat": "Sum"}
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=5,
        Metrics=[
            {"Id": "result", "Expression": "100*e", "ReturnData": True},
            {"Id": "e", "ReturnData": False, "MetricStat": metric},
        ],
    )
    found: dict[str, Any] = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
    return found


def formula_is_forgotten(account: Account) -> bool:
    """DescribeAlarms shows no metrics of an alarm on a formula."""
    return not account.once(alarm).get("Metrics")


def formula_has_a_statistic(account: Account) -> bool:
    """DescribeAlarms shows a statistic of an alarm on a formula."""
    return "Statistic" in account.once(alarm)


PROBES = (
    Probe("iam/simulation", one_resource_is_evaluated),
    Probe("iam/simulation", role_with_a_path_is_not_found),
    Probe("iam/simulation", boundary_is_ignored),
    Probe("iam/github_claims", repository_claim_is_unknown),
    Probe("kms/sharing", shared_key_is_not_found),
    Probe("kms/sharing", closed_key_is_not_refused),
    Probe("ssm/parameter_size", large_parameter_is_stored),
    Probe("cloudwatch/alarms", formula_is_forgotten),
    Probe("cloudwatch/alarms", formula_has_a_statistic),
)
