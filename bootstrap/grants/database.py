"""RDS: the instance, its groups and its snapshots."""

from __future__ import annotations

import re

from bootstrap.scope import Scope
from bootstrap.statement import Statement


def database(scope: Scope) -> list[Statement]:
    """For the deploy role. It never reads the master user's secret: RDS makes it and rotates it."""
    taken = re.sub(r"[^a-z0-9]+", "-", f"sluice-{scope.project}-{scope.stack}".lower())  # gate/snapshot_name.py
    names = (f"{taken}-run-*", f"{scope.name}-*")
    instances = [scope.arn("rds", f"db:{scope.name}-*"), *scope.used("rds", "db:")]
    clusters = scope.used("rds", "cluster:")
    own = [scope.arn("rds", f"{kind}:{scope.name}-*") for kind in ("db", "pg", "subgrp")]
    defaults = [scope.arn("rds", "og:default:*"), scope.arn("rds", "pg:default.*")]
    return [
        Statement(
            "Instance",
            [f"rds:{one}" for one in (
                "AddTagsToResource", "CreateDBInstance", "CreateDBParameterGroup", "CreateDBSubnetGroup",
                "DeleteDBInstance", "DeleteDBParameterGroup", "DeleteDBSubnetGroup", "ModifyDBInstance",
                "ModifyDBParameterGroup", "ModifyDBSubnetGroup", "RebootDBInstance", "RemoveTagsFromResource",
                "ResetDBParameterGroup")],
            [*own, *defaults],
        ),
        Statement(
            "Snapshots",
            ["rds:AddTagsToResource", "rds:CreateDBSnapshot", "rds:DeleteDBSnapshot"],
            [*instances, *(scope.arn("rds", f"snapshot:{name}") for name in names)],
        ),
        *(
            [Statement(
                "ClusterSnapshots",
                ["rds:AddTagsToResource", "rds:CreateDBClusterSnapshot", "rds:DeleteDBClusterSnapshot"],
                [*clusters, *(scope.arn("rds", f"cluster-snapshot:{name}") for name in names)],
            )]
            if clusters else []
        ),
        Statement(
            "MasterSecret",
            ["secretsmanager:CreateSecret", "secretsmanager:RotateSecret", "secretsmanager:TagResource"],
            [scope.arn("secretsmanager", "secret:rds!*")],
        ),
        Statement(
            "Keys",
            ["kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey"],
            [scope.arn("kms", "key/*")],
            {"StringEquals": {"kms:ViaService": [
                f"{service}.{scope.account.region}.amazonaws.com" for service in ("rds", "secretsmanager")
            ]}},
            why="AWS's own keys for RDS and Secrets Manager, whose ids differ by account; only through these services",
        ),
    ]  # fmt: skip
