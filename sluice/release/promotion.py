"""The latest release of another stack, for a stack that promotes it.

The other stack writes it to one parameter (`/sluice/PROJECT/STACK/promotable`). Nothing else of that stack is read,
neither its state nor its key. In another account, a role is assumed that may read this parameter only.

IAM: ssm:GetParameter on the parameter; in another account instead sts:AssumeRole on
``arn:aws:iam::ACCOUNT:role/PROJECT-bootstrap/PROJECT-STACK-releases``, which `make bootstrap` creates there.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import ClientError

from sluice import stack_names
from sluice.aws.session import Clients
from sluice.errors import GateError


@dataclass(frozen=True)
class PromotionSource:
    """The stack that is promoted from.

    Attributes:
        account, region: of the stack; empty: those of the caller.
    """

    project: str
    stack: str
    account: str = ""
    region: str = ""

    @property
    def parameter(self) -> str:
        return stack_names.promotable(self.project, self.stack)

    def role(self, region: str) -> str:
        """Return the ARN of the role that reads the parameter for other accounts.

        Args:
            region: of the caller, for the partition.
        """
        partition = boto3.Session().get_partition_for_region(self.region or region)
        return f"arn:{partition}:iam::{self.account}:role{stack_names.releases_role(self.project, self.stack)}"


def released(clients: Clients, source: PromotionSource) -> dict[str, Any] | None:
    """Return the latest release of the source; None without one.

    Raises:
        GateError: access is denied, or the parameter holds no release.
    """
    reader = clients
    if source.account and source.account != clients.caller():
        reader = clients.taking_on(source.role(clients.region))
    ssm = reader.in_region("ssm", source.region)
    try:
        value = str(ssm.get_parameter(Name=source.parameter)["Parameter"]["Value"])
    except ClientError as error:
        detail = error.response.get("Error", {})
        if detail.get("Code") == "ParameterNotFound":
            return None
        if detail.get("Code") in ("AccessDenied", "AccessDeniedException"):
            raise GateError(_denied(source, str(detail.get("Message")), reader is not clients)) from error
        raise
    try:
        found = json.loads(value)
    except ValueError as error:
        raise GateError(f"the parameter {source.parameter} holds no release: {value[:80]}") from error
    return found if isinstance(found, dict) else None


def _denied(source: PromotionSource, message: str, elsewhere: bool) -> str:
    if not elsewhere:
        return (
            f"this deployer may not read {source.parameter} ({message}). fix: name the stack {source.stack} in"
            " `promoteFrom` of this stack's bootstrap settings, then run `make bootstrap` again"
        )
    return (
        f"this deployer may not read the releases of {source.stack} in account {source.account} ({message}). fix:"
        f" name this account in `releases.readers` of bootstrap/Pulumi.{source.stack}.yaml and {source.stack} in"
        " `promoteFrom` of this stack's, then run `make bootstrap` for both"
    )
