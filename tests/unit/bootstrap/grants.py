"""The grants under test, for a stack of ordinary names and for one of the longest."""

from __future__ import annotations

from bootstrap.deployers import BOUNDARY, DEPLOY, PREVIEW, RELEASES
from bootstrap.scope import Scope, Upstream
from bootstrap.statement import IamStatement
from infra.policies import AccountRegion

ACCOUNT = AccountRegion("aws", "eu-central-1", "111122223333")
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1a2b3c4d-1234-1234-1234-1a2b3c4d5e6f"
BUCKET_KEY = KEY.replace("1a2b3c4d-", "9f8e7d6c-")
SCOPE = Scope(ACCOUNT, "sluice", "staging", "sluice-state-111122223333-eu-central-1", BUCKET_KEY, KEY)

LONGEST = Scope(
    account=AccountRegion("aws-us-gov", "ap-southeast-1", "111122223333"),
    project="a-project-whose-name-is-rather-long",
    stack="and-a-stack-like-it",
    bucket="b" * 63,
    bucket_key=BUCKET_KEY.replace("eu-central-1", "ap-southeast-1"),
    key=KEY.replace("eu-central-1", "ap-southeast-1"),
    upstream=Upstream("a-stack-that-releases-for-it", "444455556666"),
    existing=(
        "arn:aws:ecs:ap-southeast-1:111122223333:cluster/the-cluster-that-all-teams-share",
        "arn:aws:elasticloadbalancing:ap-southeast-1:111122223333:listener/app/shared/50dc6c495c0c9188/f2f7dc8efc522ab2",
        "arn:aws:ec2:ap-southeast-1:111122223333:vpc/vpc-0123456789abcdef0",
        "arn:aws:rds:ap-southeast-1:111122223333:db:a-database-that-was-there-before",
        "arn:aws:rds:ap-southeast-1:111122223333:cluster:a-cluster-that-was-there-before",
        "arn:aws:ec2:ap-southeast-1:111122223333:security-group/sg-0123456789abcdef0",
        "arn:aws:ecr:ap-southeast-1:444455556666:repository/sluice-staging-1a2b3c4",
        "arn:aws:sns:ap-southeast-1:111122223333:what-goes-wrong",
        "arn:aws:kms:ap-southeast-1:111122223333:key/1a2b3c4d-1234-1234-1234-1a2b3c4d5e6f",
    ),
    zones=("Z0123456789ABCDEFGHIJ",),
    hosts=("a-shop-with-a-long-name.of-a-company.example.com",),
    secrets=tuple(f"arn:aws:secretsmanager:ap-southeast-1:111122223333:secret:of-the-shop-{n}-*" for n in range(10)),
    check_keys=True,
    signing_key=KEY.replace("eu-central-1", "ap-southeast-1").replace("1a2b3c4d-", "3c4d5e6f-"),
    trusted=(KEY.replace("111122223333", "444455556666"), KEY.replace("111122223333", "555566667777")),
    snapshot_copies="arn:aws:iam::444455556666:role/copies/that-copies-the-snapshots",
    app=("s3:GetObject", "s3:PutObject", "sqs:SendMessage", "sqs:ReceiveMessage", "dynamodb:*"),
)
"""With everything that settings can add."""


def statements(role: str, scope: Scope = SCOPE) -> list[IamStatement]:
    """What a role may do: `deploy`, `preview`, `releases` for other accounts' deployers, or `boundary`: the most that a
    task's role may do."""
    grants = {"deploy": DEPLOY, "preview": PREVIEW, "releases": RELEASES, "boundary": {"boundary": BOUNDARY}}[role]
    return [one for grant in grants.values() for one in grant(scope)]
