"""Who of other accounts may read what a stack has released."""

from __future__ import annotations

from collections.abc import Sequence

from infra import naming, policies
from infra.policies import AccountRegion


def trust(account: AccountRegion, project: str, readers: Sequence[str]) -> str:
    """Let the deployers that `make bootstrap` made for this project in other accounts take a role.

    Nobody else there can make a role below that path but an administrator: a deployer makes roles below its stack's
    own path alone.

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
