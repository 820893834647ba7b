"""Where in the network tasks run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Placement:
    """subnet_ids, security_group_ids: of one VPC. public_ip: whether tasks get a public address, which in a subnet
    without NAT is their only way to ECR, Secrets Manager and CloudWatch Logs."""

    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_ids: Sequence[pulumi.Input[str]]
    public_ip: bool
