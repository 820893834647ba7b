"""The states of the project's stacks in their bucket: each deployer writes its own stack's and reads the others', which
promotion needs. Paths: Pulumi's own layout below `.pulumi/` of a self-managed backend."""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import Statement


def look(scope: Scope) -> list[Statement]:
    """For a preview: Pulumi 3.250 writes nothing and takes no lock for one."""
    bucket = f"arn:{scope.account.partition}:s3:::{scope.bucket}"
    return [
        Statement("Bucket", ["s3:ListBucket", "s3:GetBucketLocation"], [bucket]),
        Statement(
            "States",
            ["s3:GetObject"],
            [
                f"{bucket}/.pulumi/meta.yaml",
                *(
                    f"{bucket}/.pulumi/{place}"
                    for place in (
                        f"stacks/{scope.project}/*",
                        f"history/{scope.project}/*",
                        f"locks/*/{scope.project}/*",
                    )
                ),
            ],
        ),
        Statement("Decrypt", ["kms:Decrypt", "kms:DescribeKey"], [scope.key]),
    ]


def keep(scope: Scope) -> list[Statement]:
    """For a deployment, beside `look`."""
    bucket = f"arn:{scope.account.partition}:s3:::{scope.bucket}"
    stack = f"{scope.project}/{scope.stack}"
    places = (f"stacks/{stack}.*", f"history/{stack}/*", f"backups/{stack}/*", f"locks/*/{stack}/*")
    return [
        Statement(
            "OwnState",
            ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"],
            [f"{bucket}/.pulumi/{place}" for place in places],
        ),
        Statement("Encrypt", ["kms:Encrypt", "kms:GenerateDataKey"], [scope.key]),
    ]
