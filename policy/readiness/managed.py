"""Rules on AWS's managed policies: AWS may widen them, so only those with a reason are accepted."""

from __future__ import annotations

import re

from .rule import Judged, PolicyRule, RuleScope
from .stack import StackResource, listed

TAKEN = {
    "service-role/AmazonECSTaskExecutionRolePolicy": "pulls images and writes log lines; reads no secret",
    "service-role/AmazonRDSEnhancedMonitoringRole": "lets RDS write the machine's metrics",
    "AWSXRayDaemonWriteAccess": "sends traces",
    "CloudWatchAgentServerPolicy": "sends metrics and log lines",
    "AmazonPrometheusRemoteWriteAccess": "sends metrics",
}
"""Path and name of the managed policies that may be attached, each with the reason."""

WIDE = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess", "SecretsManagerReadWrite", "ReadOnlyAccess")
"""Names that are also refused for a policy of the account's own, which is probably a copy."""

AWS = re.compile(r"arn:[^:]+:iam::aws:policy/(.+)")


def attached(one: StackResource) -> Judged:
    """Yield what is wrong with the managed policies of a role, user or group."""
    arns = [*listed(one.get("policyArn")), *listed(one.get("policyArns")), *listed(one.get("managedPolicyArns"))]
    for arn in map(str, arns):
        name = arn.rpartition("/")[2]
        found = AWS.fullmatch(arn)
        if found and found[1] not in TAKEN:
            yield f"{name} is AWS's own and allows far more than this role needs, and AWS may widen it"
        elif not found and (name in WIDE or name.endswith("FullAccess")):
            yield f"{name} allows far more than this role needs"


RULES = [
    PolicyRule(
        "iam-no-broad-managed-policy",
        "No role has a managed policy of AWS except those known to be narrow",
        "write a policy with what the role needs; a narrow one gets a line with its reason in TAKEN",
        RuleScope.EVERYWHERE,
        (
            "aws:iam:Role",
            "aws:iam:RolePolicyAttachment",
            "aws:iam:RolePolicyAttachmentsExclusive",
            "aws:iam:PolicyAttachment",
            "aws:iam:UserPolicyAttachment",
            "aws:iam:GroupPolicyAttachment",
        ),
        attached,
    ),
]
