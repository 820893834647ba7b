"""Where in the network tasks run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Placement:
    """Where tasks run.

    Attributes:
        subnet_ids, security_group_ids: of one VPC.
        public_ip: whether tasks get a public address. In a subnet without NAT it is their only way to ECR, Secrets
            Manager and CloudWatch Logs.
    """

    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    public_ip: bool
