"""Creates with boto3 what Pulumi's state needs: state bucket and keys; and the account's one identity provider.

IAM: s3:CreateBucket, Get/PutBucketVersioning, Get/PutEncryptionConfiguration, Get/PutBucketPublicAccessBlock,
Get/PutBucketOwnershipControls, Get/PutBucketPolicy, Get/PutLifecycleConfiguration, s3:ListBucket; kms:CreateKey,
kms:CreateAlias, kms:DescribeKey, Get/PutKeyPolicy, Get/EnableKeyRotation, kms:TagResource;
iam:GetOpenIDConnectProvider, iam:CreateOpenIDConnectProvider, iam:AddClientIDToOpenIDConnectProvider. Run by
an administrator, once.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from bootstrap import subject
from infra import naming
from infra.policies import VERSION, AccountRegion

OLD_VERSIONS_DAYS = 365
"""Days for which the bucket keeps old versions of a state."""

ABSENT = {
    "404", "NoSuchBucket", "NoSuchBucketPolicy", "NoSuchEntity", "NoSuchLifecycleConfiguration",
    "NoSuchPublicAccessBlockConfiguration", "NotFoundException", "OwnershipControlsNotFoundError",
    "ServerSideEncryptionConfigurationNotFoundError",
}  # fmt: skip
"""AWS error codes for something that does not exist yet."""

Clients = Callable[[str], Any]
"""Returns the boto3 client of a service by its name."""

Say = Callable[[str, bool], None]
"""Takes what was checked, and whether it had to be created or changed."""


@dataclass(frozen=True)
class StateLocation:
    """The location of a stack's state.

    Attributes:
        bucket: name; the project's stacks of this account share one.
        bucket_key: ARN of the key that encrypts the bucket's objects.
        key: ARN of the stack's own key, for the secrets in its state.
    """

    bucket: str
    bucket_key: str
    key: str


def bucket_name(project: str, account: AccountRegion) -> str:
    """Return the globally unique name of the bucket, with the account id; at most 63 characters."""
    return f"{naming.prefix(project, 'state')}-{account.id}-{account.region}"[:63]


def bucket_alias(project: str) -> str:
    """Return the alias by which the bucket's key is found."""
    return f"alias/{naming.prefix(project, 'state')}"


def alias(project: str, stack: str) -> str:
    """Return the alias by which a stack's own key is found."""
    return f"alias/{naming.prefix(project, stack)}-secrets"


def prepare(clients: Clients, account: AccountRegion, project: str, stack: str, say: Say) -> StateLocation:
    """Create or correct bucket and keys, and report each. Can be repeated."""
    kms, name = clients("kms"), bucket_name(project, account)
    tags = {"Project": project}
    bucket_key = key(kms, account, bucket_alias(project), f"States of the stacks of {project}", tags, say)
    bucket(clients("s3"), account, name, bucket_key, say)
    secrets = f"Secrets in the state of stack {stack} of {project}"
    return StateLocation(
        name, bucket_key, key(kms, account, alias(project, stack), secrets, tags | {"Stack": stack}, say)
    )


def key(kms: Any, account: AccountRegion, name: str, purpose: str, tags: Mapping[str, str], say: Say) -> str:
    """Return the ARN of the key with this alias; create or correct the key.

    Source: KMS CreateKey, PutKeyPolicy, EnableKeyRotation.
    """
    wanted = key_policy(account)
    found = asked(lambda: kms.describe_key(KeyId=name)["KeyMetadata"]["Arn"])
    if found is None:
        made = kms.create_key(
            Description=purpose,
            Policy=json.dumps(wanted),
            Tags=[{"TagKey": one, "TagValue": value} for one, value in tags.items()],
        )["KeyMetadata"]
        kms.create_alias(AliasName=name, TargetKeyId=made["KeyId"])
        found = made["Arn"]
        say(f"key {name}", True)
    else:
        current = json.loads(kms.get_key_policy(KeyId=found, PolicyName="default")["Policy"])
        if current != wanted:
            kms.put_key_policy(KeyId=found, PolicyName="default", Policy=json.dumps(wanted))
        say(f"key {name}", current != wanted)
    rotates = kms.get_key_rotation_status(KeyId=found)["KeyRotationEnabled"]
    if not rotates:
        kms.enable_key_rotation(KeyId=found)
    say(f"key {name} rotates every year", not rotates)
    return str(found)


def bucket(s3: Any, account: AccountRegion, name: str, key_arn: str, say: Say) -> None:
    """Create or correct the bucket: versioned, encrypted, not public, TLS only.

    Sources: the S3 API's pages of each call below.
    """
    missing = asked(lambda: s3.head_bucket(Bucket=name)) is None
    if missing:
        # us-east-1 is S3's default and is refused as a location constraint ("CreateBucket").
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
        s3.create_bucket(Bucket=name, **(elsewhere if account.region != "us-east-1" else {}))
    say(f"bucket {name}", missing)
    for what, read, write, wanted in _configured(s3, account, name, key_arn):
        differs = asked(read) != wanted
        if differs:
            write()
        say(f"bucket {what}", differs)


def _configured(
    s3: Any, account: AccountRegion, name: str, key_arn: str
) -> list[tuple[str, Callable[[], Any], Callable[[], Any], Any]]:
    """Return the bucket's settings: description, how each is read, how it is written, and its wanted value."""
    closed = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key_arn}
    rules = [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]
    policy = bucket_policy(account, name)
    retention = [
        {
            "ID": "old-versions",
            "Status": "Enabled",
            "Filter": {"Prefix": ""},
            "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        }
    ]
    owner = [{"ObjectOwnership": "BucketOwnerEnforced"}]
    return [
        (
            "is closed to the public",
            lambda: s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"],
            lambda: s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=closed),
            closed,
        ),
        (
            "knows no object owners",
            lambda: s3.get_bucket_ownership_controls(Bucket=name)["OwnershipControls"]["Rules"],
            lambda: s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": owner}),
            owner,
        ),
        (
            "keeps old versions",
            lambda: s3.get_bucket_versioning(Bucket=name).get("Status"),
            lambda: s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"}),
            "Enabled",
        ),
        (
            "is encrypted with that key",
            lambda: [
                {field: rule[field] for field in rules[0] if field in rule}
                for rule in s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
            ],
            lambda: s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules}),
            rules,
        ),
        (
            "takes TLS only",
            lambda: json.loads(s3.get_bucket_policy(Bucket=name)["Policy"]),
            lambda: s3.put_bucket_policy(Bucket=name, Policy=json.dumps(policy)),
            policy,
        ),
        (
            f"drops old versions after {OLD_VERSIONS_DAYS} days",
            lambda: [
                {field: rule[field] for field in retention[0] if field in rule}
                for rule in s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
            ],
            lambda: s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": retention}),
            retention,
        ),
    ]


def identity_provider(iam: Any, account: AccountRegion, say: Say) -> str:
    """Return the ARN of GitHub's identity provider. An account has only one, so an existing one is adopted.

    Source: IAM CreateOpenIDConnectProvider; AWS verifies GitHub with its own trusted authorities, without thumbprints.
    """
    arn = subject.provider(account)
    found = asked(lambda: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn))
    lacks = found is not None and subject.AUDIENCE not in found.get("ClientIDList", [])
    if found is None:
        iam.create_open_id_connect_provider(Url=f"https://{subject.ISSUER}", ClientIDList=[subject.AUDIENCE])
    elif lacks:
        iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=arn, ClientID=subject.AUDIENCE)
    say(f"identity provider {subject.ISSUER}", found is None or lacks)
    return arn


def key_policy(account: AccountRegion) -> dict[str, Any]:
    """Return a key policy that leaves access to the account's IAM and allows no other account."""
    root = f"arn:{account.partition}:iam::{account.id}:root"
    statement = {
        "Sid": "Account",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }
    return {"Version": VERSION, "Statement": [statement]}


def bucket_policy(account: AccountRegion, name: str) -> dict[str, Any]:
    """Return a bucket policy that refuses access without TLS and from other accounts."""
    arn = f"arn:{account.partition}:s3:::{name}"
    statement = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [arn, f"{arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": VERSION, "Statement": [statement]}


def asked(read: Callable[[], Any]) -> Any:
    """Return AWS's answer; None when it says that there is no such thing."""
    try:
        return read()
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in ABSENT:
            return None
        raise
