"""Bad stacks of the second review: each was let through before it was written down here."""

from __future__ import annotations

import json

from policy.readiness.stack import StackResource
from tests.unit.policy.production import ARN, allow, container, policy
from tests.unit.policy.ways_past import ACCOUNT, READS, SECRETS, Way, changed, granted, limited, more, taken

EU = f"eu-central-1:{ACCOUNT}"
LINUX = {"initProcessEnabled": True}

AGAIN = [
    # A wildcard where the type of a resource should stand, or before the name's first letter
    Way("every secret, without its type's end", "iam-no-wildcard", "extra", f"{READS} on every resource",
        granted(allow(READS, f"{SECRETS}*"))),
    Way("every secret, by a letter of its type", "iam-no-wildcard", "extra", f"{READS} on every resource",
        granted(allow(READS, f"arn:aws:secretsmanager:{EU}:s*"))),
    Way("every parameter, without its type's end", "iam-no-wildcard", "extra", "every resource",
        granted(allow("ssm:GetParameter", f"arn:aws:ssm:{EU}:parameter*"))),
    Way("every log group whose name is a path", "iam-no-wildcard", "extra", "every resource",
        granted(allow("logs:GetLogEvents", f"arn:aws:logs:{EU}:log-group:/*"))),
    Way("every state machine", "iam-no-wildcard", "extra", "every resource",
        granted(allow("states:StartExecution", f"arn:aws:states:{EU}:stateMachine:*"))),
    Way("every master password, by how ids begin", "iam-no-wildcard", "extra", "master password of every database",
        granted(allow(READS, f"{SECRETS}:rds!db-*"))),
    Way("every master password, by a shorter name", "iam-no-wildcard", "extra", "master password of every database",
        granted(allow(READS, f"{SECRETS}:rds*"))),
    Way("every cluster's master password", "iam-no-wildcard", "extra", "master password of every database",
        granted(allow(READS, f"{SECRETS}:rds!cluster-*"))),
    Way("every master password, with a question mark", "iam-no-wildcard", "extra", "master password of every database",
        granted(allow(READS, f"{SECRETS}:rd?!*"))),
    Way("a role of that name in every account", "iam-no-wildcard", "extra", "in every account",
        granted(allow("sts:AssumeRole", "arn:aws:iam::*:role/admin"))),
    Way("a tag compared with itself", "iam-no-wildcard", "extra", "every resource",
        granted(allow("ecs:StopTask", "*",
                      **limited("StringEquals", "aws:ResourceTag/Project", "${aws:ResourceTag/Project}")))),
    # More than somebody was given
    Way("a role that changes who may take roles", "iam-no-escalation", "extra", "iam:UpdateAssumeRolePolicy",
        granted(allow("iam:UpdateAssumeRolePolicy", f"arn:aws:iam::{ACCOUNT}:role/admin"))),
    Way("a role that changes a user's password", "iam-no-escalation", "extra", "iam:UpdateLoginProfile",
        granted(allow("iam:UpdateLoginProfile", f"arn:aws:iam::{ACCOUNT}:user/admin"))),
    # Trust
    Way("every branch of the repository", "iam-trust", "deploy-role", "more than one",
        taken("StringLike", "repo:shop/shop:ref:refs/heads/*")),
    Way("every ref of the repository", "iam-trust", "deploy-role", "more than one",
        taken("StringLike", "repo:shop/shop:ref:*")),
    Way("every environment of the repository", "iam-trust", "deploy-role", "more than one",
        taken("StringLike", "repo:shop/shop:environment:*")),
    # Others may have it
    Way("a snapshot for everybody", "resource-policy", "extra", "anybody in any account may",
        more("aws:rds/snapshot:Snapshot", sharedAccounts=["all"])),
    Way("a cluster's snapshot for everybody", "resource-policy", "extra", "anybody in any account may",
        more("aws:rds/clusterSnapshot:ClusterSnapshot", sharedAccounts=["all"])),
    Way("a copy of a snapshot for everybody", "resource-policy", "extra", "anybody in any account may",
        more("aws:rds/snapshotCopy:SnapshotCopy", sharedAccounts=["all"])),
    Way("a machine image for everybody", "resource-policy", "extra", "anybody in any account may",
        more("aws:ec2/amiLaunchPermission:AmiLaunchPermission", group="all")),
    Way("an object for everybody by its ACL", "bucket-acl", "extra", "public-read",
        more("aws:s3/bucketObjectv2:BucketObjectv2", acl="public-read")),
    Way("a file system for everybody", "resource-policy", "extra", "may use it",
        more("aws:efs/fileSystemPolicy:FileSystemPolicy",
             policy=policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "elasticfilesystem:ClientMount",
                            "Resource": "arn:x"}))),
    Way("a vault of backups for everybody", "resource-policy", "extra", "may use it",
        more("aws:backup/vaultPolicy:VaultPolicy",
             policy=policy({"Effect": "Allow", "Principal": "*", "Action": "backup:CopyIntoBackupVault",
                            "Resource": "*"}))),
    Way("an event bus for everybody", "resource-policy", "extra", "may use it",
        more("aws:cloudwatch/eventBusPolicy:EventBusPolicy",
             policy=policy({"Effect": "Allow", "Principal": "*", "Action": "events:PutEvents", "Resource": "arn:x"}))),
    # Containers
    Way("one capability dropped of all", "isolated-containers", "definition", "keeps capabilities",
        changed(definition={"containerDefinitions": container(
            linuxParameters=LINUX | {"capabilities": {"drop": ["AUDIT_WRITE"]}})})),
    Way("root in other digits", "isolated-containers", "definition", "runs as root",
        changed(definition={"containerDefinitions": container(user="00:0")})),
    Way("the processes of the host", "restrained-containers", "definition", "is the host's",
        changed(definition={"pidMode": "host", "containerDefinitions": container()})),
    Way("the network of the host", "restrained-containers", "definition", "is the host's",
        changed(definition={"networkMode": "host", "containerDefinitions": container()})),
    Way("a seccomp profile that is off", "restrained-containers", "definition", "unconfined",
        changed(definition={"containerDefinitions": container(dockerSecurityOptions=["seccomp:unconfined"])})),
    # Past the gate, and nothing to look at afterwards
    Way("a service that ECS makes whole", "gate", "extra", "without the gate",
        more("aws:ecs/expressGatewayService:ExpressGatewayService")),
    Way("a flow log of what was let in alone", "flow-logs", "network", "refused",
        changed(flow={"trafficType": "ACCEPT"})),
]  # fmt: skip

WELL_AGAIN = [
    granted(allow(READS, f"{SECRETS}:shop-*")),
    granted(allow(READS, f"{SECRETS}:rds!db-0123abcd-1111-2222-3333-444455556666-??????")),
    granted(allow("logs:GetLogEvents", f"arn:aws:logs:{EU}:log-group:/sluice/shop/*:*")),
    granted(allow("states:StartExecution", f"arn:aws:states:{EU}:stateMachine:shop-*")),
    granted(allow("sts:AssumeRole", f"arn:aws:iam::{ACCOUNT}:role/shop-reader")),
    granted(allow("iam:UpdateAssumeRolePolicy", f"{ARN}/*")),
    granted(allow("s3:GetObject", "arn:aws:s3:::shop-files/*")),
    taken("StringLike", "repo:shop/shop:ref:refs/heads/release-*"),
    more("aws:rds/snapshot:Snapshot", sharedAccounts=["999988887777"]),
    changed(definition={"pidMode": "task", "containerDefinitions": container(user="10001:10001")}),
    {"more": [StackResource("aws:iam:RolePolicy", "extra", "extra", {"policy": json.dumps({"Statement": [
        allow("ecs:StopTask", "*", **limited("StringEquals", "aws:ResourceTag/Team", "${aws:PrincipalTag/Team}"))
    ]})})]},
]  # fmt: skip
"""Changes that look like one of those, and are right."""
