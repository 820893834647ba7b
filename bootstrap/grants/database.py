"""RDS: the instance, its groups and its snapshots."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement
from infra import naming


def database(scope: Scope) -> list[IamStatement]:
    """For the deploy role. It never reads the master user's secret: RDS makes it and rotates it."""
    taken = naming.snapshots(scope.project, scope.stack)
    names = (f"{taken}-run-*", f"{scope.name}-*")
    instances = [scope.arn("rds", f"db:{scope.name}-*"), *scope.used("rds", "db:")]
    clusters = scope.used("rds", "cluster:")
    # Production's last copies survive whoever has the deploy role; who deletes what is too many, docs/restore.md says.
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
        # RDS makes it in the deployer's name; nobody but a service may give a secret a name with `!`.
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
    """To share the snapshots of before a migration, and to have them copied by a role of another account.

    No condition of IAM says with whom a snapshot is shared ("Actions, resources, and condition keys for Amazon RDS").
    The key's policy does: who may not use the key can neither copy nor restore, and AWS shares none under its own key.
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
    """AWS's own keys for RDS and Secrets Manager, whose ids differ by account, and those that the settings name.

    Only through these services, and a grant only for AWS itself: RDS makes it when it attaches an encrypted volume
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
