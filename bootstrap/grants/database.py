"""RDS: the instance, its groups and its snapshots."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement
from infra import naming


def database(scope: Scope) -> list[IamStatement]:
    """For the deploy role. It never reads the master user's secret, which RDS creates and rotates."""
    taken = naming.snapshots(scope.project, scope.stack)
    names = (f"{taken}-run-*", f"{scope.name}-*")
    instances = [scope.arn("rds", f"db:{scope.name}-*"), *scope.used("rds", "db:")]
    clusters = scope.used("rds", "cluster:")
    # Production's last snapshots survive a misused deploy role. docs/restore.md says who deletes surplus ones.
    deletes = scope.deletes_snapshots
    own = [scope.arn("rds", f"{kind}:{scope.name}-*") for kind in ("db", "pg", "subgrp")]
    defaults = [scope.arn("rds", "og:default:*"), scope.arn("rds", "pg:default.*")]
    return [
        IamStatement(
            "Instance",
            [f"rds:{one}" for one in (
                "AddTagsToResource", "CreateDBInstance", "CreateDBParameterGroup", "CreateDBSubnetGroup",
                "DeleteDBInstance", "DeleteDBParameterGroup", "DeleteDBSubnetGroup", "ModifyDBInstance",
                "ModifyDBParameterGroup", "ModifyDBSubnetGroup", "RebootDBInstance", "RemoveTagsFromResource",
                "ResetDBParameterGroup")],
            [*own, *defaults],
        ),
        IamStatement(
            "Snapshots",
            ["rds:AddTagsToResource", "rds:CreateDBSnapshot", *(["rds:DeleteDBSnapshot"] if deletes else [])],
            [*instances, *(scope.arn("rds", f"snapshot:{name}") for name in names)],
        ),
        *(
            [IamStatement(
                "ClusterSnapshots",
                ["rds:AddTagsToResource", "rds:CreateDBClusterSnapshot",
                 *(["rds:DeleteDBClusterSnapshot"] if deletes else [])],
                [*clusters, *(scope.arn("rds", f"cluster-snapshot:{name}") for name in names)],
            )]
            if clusters else []
        ),
        *(copies(scope, taken) if scope.snapshot_copies else []),
        # RDS creates it in the deployer's name; only an AWS service may use `!` in a secret's name.
        IamStatement(
            "MasterSecret",
            ["secretsmanager:CreateSecret", "secretsmanager:TagResource"],
            [scope.arn("secretsmanager", "secret:rds!*")],
        ),
        IamStatement(
            "RotateMasterSecret",
            ["secretsmanager:RotateSecret"],
            [scope.arn("secretsmanager", "secret:rds!*")],
            scope.of_databases,
        ),
        *keys(scope),
    ]  # fmt: skip


def copies(scope: Scope, taken: str) -> list[IamStatement]:
    """Return what it takes to share pre-migration snapshots and have a role of another account copy them.

    No IAM condition limits with whom a snapshot is shared ("Actions, resources, and condition keys for Amazon RDS").
    The key's policy does: without the key nobody can copy or restore. AWS shares no snapshot under its own key.
    """
    kinds = ["snapshot", *(["cluster-snapshot"] if scope.used("rds", "cluster:") else [])]
    shares = {"snapshot": "rds:ModifyDBSnapshotAttribute", "cluster-snapshot": "rds:ModifyDBClusterSnapshotAttribute"}
    return [
        IamStatement(
            "ShareSnapshots",
            [shares[kind] for kind in kinds],
            [scope.arn("rds", f"{kind}:{taken}-run-*") for kind in kinds],
        ),
        IamStatement("CopySnapshots", ["sts:AssumeRole"], [scope.snapshot_copies]),
    ]


def keys(scope: Scope) -> list[IamStatement]:
    """Return access to AWS's own keys for RDS and Secrets Manager (ids differ by account) and to the settings' keys.

    Only through these services, and grants only for AWS itself: RDS creates one when it attaches an encrypted volume
    ("Encrypting Amazon RDS resources" in its user guide, "kms:GrantIsForAWSResource" in the AWS KMS developer guide).
    """
    through = {"kms:ViaService": [
        f"{service}.{scope.account.region}.amazonaws.com" for service in ("rds", "secretsmanager")
    ]}  # fmt: skip
    named = scope.used("kms", "key/")
    managed = {"kms:ResourceAliases": ["alias/aws/rds", "alias/aws/secretsmanager"]}
    uses, grants = ["kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"], {"kms:GrantIsForAWSResource": "true"}
    any_key = [scope.arn("kms", "key/*")]
    return [
        IamStatement("Keys", uses, any_key, {"StringEquals": through, "ForAnyValue:StringEquals": managed}),
        IamStatement(
            "KeyGrants",
            ["kms:CreateGrant"],
            any_key,
            {"StringEquals": through, "ForAnyValue:StringEquals": managed, "Bool": grants},
        ),
        *(
            [
                IamStatement("NamedKeys", uses, named, {"StringEquals": through}),
                IamStatement("NamedKeyGrants", ["kms:CreateGrant"], named, {"StringEquals": through, "Bool": grants}),
            ]
            if named
            else []
        ),
    ]
