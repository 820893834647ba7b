"""Who in other accounts may read what a stack has released."""

from __future__ import annotations

from collections.abc import Sequence

from infra import naming, policies
from infra.policies import AccountRegion


def trust(account: AccountRegion, project: str, readers: Sequence[str]) -> str:
    """Return a trust policy for the deployers that `make bootstrap` created for this project in other accounts.

    Only an administrator can create other roles below that path: a deployer creates roles only below its stack's own
    path.

    Args:
        readers: twelve digits each.
    """
    path = naming.deployer_path(project)
    return policies.document(
        {
            "Effect": "Allow",
            "Principal": {"AWS": [f"arn:{account.partition}:iam::{one}:root" for one in sorted(readers)]},
            "Action": "sts:AssumeRole",
            "Condition": {
                "ArnLike": {
                    "aws:PrincipalArn": [f"arn:{account.partition}:iam::{one}:role{path}*" for one in sorted(readers)]
                }
            },
        }
    )
