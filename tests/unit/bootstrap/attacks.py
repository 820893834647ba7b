"""What somebody who has one of the roles of `staging` would try, and what the same role must still do.

`before.json` holds the policies of 2026-11-25, before the security review: every attack succeeds there, so none of them
is a mere idea. `test_bootstrap_attacks.py` shows that, and that today's policies refuse it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tests.unit.bootstrap.decision import Policy, Request, allowed, policy
from tests.unit.bootstrap.grants import BUCKET_KEY, KEY, SCOPE, statements

Role = Literal["deploy", "preview", "boundary"]
BEFORE: dict[str, list[Policy]] = json.loads((Path(__file__).parent / "before.json").read_text())
EVERYTHING: list[Policy] = [{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}]
"""What a deployer can write into the policy of a task's role: the boundary alone is in its way."""

STATES = f"arn:aws:s3:::{SCOPE.bucket}/.pulumi"
THEIRS = KEY.replace("1a2b3c4d-", "5e5e5e5e-")
"""The key of another stack's secrets."""


@dataclass(frozen=True)
class Attempt:
    """role: whose policies decide. now: the request. before: the same one then, where it was about other keys."""

    what: str
    role: Role
    now: Request
    before: Request | None = None

    def succeeds(self) -> bool:
        """By today's policies."""
        return _decided(self.role, self.now, [policy(statements(self.role))])

    def succeeded(self) -> bool:
        """By the policies of before the review."""
        return _decided(self.role, self.before or self.now, BEFORE[self.role])


def _decided(role: Role, request: Request, policies: list[Policy]) -> bool:
    return allowed(request, EVERYTHING, policies) if role == "boundary" else allowed(request, policies)


def _get(key: str) -> Request:
    return Request("s3:GetObject", f"{STATES}/{key}")


THROUGH_S3 = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}

STATE = [
    Attempt("a pull request reads production's state", "preview", _get("stacks/sluice/prod.json")),
    Attempt("a pull request reads what production's state was", "preview", _get("history/sluice/prod/prod-1.json")),
    Attempt(
        "a pull request decrypts the secrets in production's state",
        "preview",
        Request("kms:Decrypt", THEIRS),
        Request("kms:Decrypt", KEY),  # one key for all stacks
    ),
    Attempt("staging's deployer reads production's state", "deploy", _get("stacks/sluice/prod.json")),
    Attempt(
        "staging's deployer decrypts the secrets in production's state",
        "deploy",
        Request("kms:Decrypt", THEIRS),
        Request("kms:Decrypt", KEY),
    ),
    Attempt(
        "a pull request logs in to the registry as the preview role",
        "preview",
        Request("ecr:GetAuthorizationToken", "*", {"aws:RequestedRegion": "eu-central-1"}),
    ),
    Attempt(
        "a pull request decrypts with the bucket's key what S3 would not give it",
        "preview",
        Request("kms:Decrypt", BUCKET_KEY),
        Request("kms:Decrypt", KEY),
    ),
]

ATTACKS = [*STATE]

NEEDED = [
    Attempt("a preview reads its own state", "preview", _get("stacks/sluice/staging.json")),
    Attempt("a preview decrypts its own secrets", "preview", Request("kms:Decrypt", KEY)),
    Attempt("a preview reads the bucket through S3", "preview", Request("kms:Decrypt", BUCKET_KEY, THROUGH_S3)),
    Attempt(
        "a deployer writes its own state", "deploy", Request("s3:PutObject", f"{STATES}/stacks/sluice/staging.json")
    ),
    Attempt(
        "a deployer logs in to the registry that it pushes to",
        "deploy",
        Request("ecr:GetAuthorizationToken", "*", {"aws:RequestedRegion": "eu-central-1"}),
    ),
]
"""What the same roles are for."""
