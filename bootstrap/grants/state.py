"""The stack's own state in the account's bucket: no deployer reads another stack's.

Paths: Pulumi's layout below `.pulumi/` of a self-managed backend.
"""

from __future__ import annotations

from bootstrap.scope import Scope
from bootstrap.statement import IamStatement


def preview_state(scope: Scope) -> list[IamStatement]:
    """For a preview, for which Pulumi 3.250 writes nothing and takes no lock."""
    return [
        # No condition on `s3:prefix`: HeadObject of a missing object must answer 404, which S3 does only for
        # those who may list the bucket ("HeadObject" in the S3 API reference). That shows names, no content.
        IamStatement("Bucket", ["s3:ListBucket", "s3:GetBucketLocation"], [scope.states("")]),
        IamStatement("OwnState", ["s3:GetObject"], [scope.states("/.pulumi/meta.yaml"), *_own(scope)]),
        IamStatement("DecryptSecrets", ["kms:Decrypt", "kms:DescribeKey"], [scope.key]),
        IamStatement("DecryptBucket", ["kms:Decrypt"], [scope.bucket_key], _through_s3(scope)),
    ]


def keep(scope: Scope) -> list[IamStatement]:
    """For a deployment, beside `look`."""
    return [
        IamStatement("WriteState", ["s3:PutObject", "s3:DeleteObject"], _own(scope)),
        IamStatement("EncryptSecrets", ["kms:Encrypt", "kms:GenerateDataKey"], [scope.key]),
        IamStatement("EncryptBucket", ["kms:GenerateDataKey"], [scope.bucket_key], _through_s3(scope)),
    ]


def _own(scope: Scope) -> list[str]:
    stack = f"{scope.project}/{scope.stack}"
    places = (f"stacks/{stack}.*", f"history/{stack}/*", f"backups/{stack}/*", f"locks/*/{stack}/*")
    return [scope.states(f"/.pulumi/{place}") for place in places]


def _through_s3(scope: Scope) -> dict[str, dict[str, str]]:
    """The bucket's key serves all stacks: the grants above limit which objects can be decrypted."""
    return {"StringEquals": {"kms:ViaService": f"s3.{scope.account.region}.amazonaws.com"}}
