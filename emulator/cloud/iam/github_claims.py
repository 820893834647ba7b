"""What a trust policy may compare of a GitHub job's token, besides audience and subject.

AWS: "AWS STS now supports validation of select identity provider specific claims" (What's New, January 2026) and
"Available keys for AWS OIDC federation" (IAM user guide). MiniStack knows `aud`, `sub` and `amr` alone, so a policy
that asks for more would refuse every job.
"""

from __future__ import annotations

from typing import Any

from ministack.services import cognito, sts

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

ISSUER = "token.actions.githubusercontent.com"
CLAIMS = (
    "actor", "actor_id", "enterprise_id", "environment", "job_workflow_ref", "ref", "repository", "repository_id",
    "workflow",
)  # fmt: skip


def install(settings: Settings) -> None:
    """Add the claims of GitHub's tokens to the keys of the decision."""
    before = sts._web_identity_principal

    def principal(token: str, provider_id: str, role_arn: str) -> tuple[str, dict[str, Any]]:
        name, keys = before(token, provider_id, role_arn)
        if name.endswith(f"oidc-provider/{ISSUER}"):
            claims = cognito._decode_id_token_unverified(token)
            keys |= {f"{ISSUER}:{claim}": str(claims[claim]) for claim in CLAIMS if claim in claims}
        return name, keys

    replace(sts, "_web_identity_principal", principal)


CORRECTION = Correction(
    rule="A trust policy may compare the claims of a GitHub job's token.",
    fault="Only `aud`, `sub` and `amr` can be compared.",
    ministack="1.5.33",
    install=install,
)
