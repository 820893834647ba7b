"""The key that a stack signs images with, created with boto3 like the account's other keys (bootstrap/account.py).

IAM: kms:CreateKey, kms:CreateAlias, kms:DescribeKey, kms:GetKeyPolicy, kms:PutKeyPolicy, kms:TagResource. Run by
an administrator, once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from bootstrap.account import Say, asked
from infra import naming
from infra.policies import VERSION, AccountRegion

SPEC = "ECC_NIST_P256"
"""The key type that every implementation of cosign's specification must support.

Asymmetric keys do not rotate by themselves ("Rotating AWS KMS keys" in the KMS developer guide).
"""

ADMINISTRATION = (
    "kms:CancelKeyDeletion", "kms:CreateAlias", "kms:DeleteAlias", "kms:DescribeKey", "kms:DisableKey", "kms:EnableKey",
    "kms:GetKeyPolicy", "kms:GetKeyRotationStatus", "kms:GetPublicKey", "kms:ListAliases", "kms:ListGrants",
    "kms:ListKeyPolicies", "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RevokeGrant", "kms:ScheduleKeyDeletion",
    "kms:TagResource", "kms:UntagResource", "kms:UpdateAlias", "kms:UpdateKeyDescription", "kms:Verify",
)  # fmt: skip
"""What the account's IAM may allow: everything but signing, and letting others sign by a grant."""


def alias(project: str, stack: str) -> str:
    """Return the alias by which a stack's signing key is found."""
    return f"alias/{naming.prefix(project, stack)}-signing"


def prepare(kms: Any, account: AccountRegion, project: str, stack: str, readers: Sequence[str], say: Say) -> str:
    """Return the ARN of the key; create it or correct its policy. Can be repeated.

    Source: CreateKey and PutKeyPolicy in the KMS API reference.

    Args:
        readers: ids of other accounts whose stacks verify signatures with it.
    """
    name, wanted = alias(project, stack), policy(account, project, stack, readers)
    found = asked(lambda: kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"])
    if found is None:
        tags = {"Project": project, "Stack": stack}
        made = kms.create_key(
            Description=f"Signs the images that stack {stack} of {project} has proven",
            KeySpec=SPEC,
            KeyUsage="SIGN_VERIFY",
            Policy=json.dumps(wanted),
            Tags=[{"TagKey": one, "TagValue": value} for one, value in tags.items()],
        )["KeyMetadata"]
        kms.create_alias(AliasName=name, TargetKeyId=made["KeyId"])
        say(f"key {name}", True)
        return str(made["Arn"])
    current = json.loads(kms.get_key_policy(KeyId=found, PolicyName="default")["Policy"])
    if current != wanted:
        kms.put_key_policy(KeyId=found, PolicyName="default", Policy=json.dumps(wanted))
    say(f"key {name}", current != wanted)
    return str(found)


def policy(account: AccountRegion, project: str, stack: str, readers: Sequence[str]) -> dict[str, Any]:
    """Return the key policy: only the stack's deploy role may sign; other accounts may verify.

    The role is named in a condition, because a principal that does not exist yet is refused ("PutKeyPolicy" in the KMS
    API reference).
    """
    root = f"arn:{account.partition}:iam::{account.id}:root"
    signer = f"arn:{account.partition}:iam::{account.id}:role{deploy_role(project, stack)}"
    statements: list[dict[str, Any]] = [
        {
            "Sid": "Administration",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": list(ADMINISTRATION),
            "Resource": "*",
        },
        {
            "Sid": "Sign",
            "Effect": "Allow",
            "Principal": {"AWS": root},
            "Action": "kms:Sign",
            "Resource": "*",
            "Condition": {"ArnEquals": {"aws:PrincipalArn": signer}},
        },
    ]
    if readers:
        statements.append(
            {
                "Sid": "Verify",
                "Effect": "Allow",
                "Principal": {"AWS": [f"arn:{account.partition}:iam::{one}:root" for one in sorted(readers)]},
                "Action": ["kms:DescribeKey", "kms:GetPublicKey", "kms:Verify"],
                "Resource": "*",
            }
        )
    return {"Version": VERSION, "Statement": statements}


def deploy_role(project: str, stack: str) -> str:
    """Return the deploy role's path and name, the end of its ARN (bootstrap/__main__.py)."""
    return f"{naming.deployer_path(project)}{naming.prefix(project, stack)}-deploy"
