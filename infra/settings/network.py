"""The network: a VPC of the stack, or an existing one."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from infra.settings.values.environment import PROTECTED, Environment
from infra.settings.values.model import Model, hidden, refused, repeated

Egress: TypeAlias = Literal["nat", "natPerZone", "endpoints", "public"]
"""How tasks reach AWS and the internet."""

Flow: TypeAlias = Literal["off", "rejected", "all"]
"""Which connections the flow logs contain."""

Subnet: TypeAlias = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]
Endpoint: TypeAlias = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$")]

CIDR, ZONES = "10.0.0.0/16", 2
NEEDED_ENDPOINTS = ("ecr.api", "ecr.dkr", "logs", "secretsmanager")
"""Interface endpoints that every Fargate task needs without internet access; image layers come through the S3 gateway
endpoint ("Amazon ECR interface VPC endpoints" in the Amazon ECR user guide)."""


class Network(Model):
    """A VPC of the stack, or an existing VPC with its subnets (`vpc`). The security groups are always the stack's."""

    cidr: str = CIDR
    """IPv4 range of the VPC, /16 to /22."""
    zones: Annotated[int, Field(ge=2, le=4)] = ZONES
    """Number of availability zones; a load balancer needs two."""
    egress: Egress | None = None
    """How tasks reach AWS and the internet. `nat`: private subnets and one NAT gateway. `natPerZone`: a NAT gateway per
    zone, so that no zone depends on another. `endpoints`: private subnets without internet access, and VPC endpoints of
    the AWS services that tasks need. `public`: public subnets and a public IP address per task. Unset: `natPerZone` in
    prod, `nat` in staging, `public` elsewhere."""
    endpoints: list[Endpoint] = Field(default_factory=list)
    """With egress `endpoints`: further AWS services that the application calls, by the name of their endpoint without
    `com.amazonaws.REGION.`, like `sqs`."""
    flow_logs: Flow | None = None
    """Connections in the VPC that are logged to an S3 bucket of the stack: `rejected` by a security group, `all`, or
    `off`. Unset: `rejected` in prod, `off` elsewhere. Not with `vpc`, whose owner decides."""
    vpc: Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")] | None = None
    """Id of an existing VPC with DNS support and DNS host names enabled. The VPC is not changed."""
    public_subnets: Annotated[list[Subnet], Field(min_length=2)] | None = None
    """With `vpc`: ids of public subnets in at least two zones, for the load balancer."""
    task_subnets: Annotated[list[Subnet], Field(min_length=1)] | None = None
    """With `vpc`: ids of the subnets for tasks. They must reach ECR, S3, CloudWatch Logs and Secrets Manager."""
    database_subnets: Annotated[list[Subnet], Field(min_length=2)] | None = None
    """With `vpc`: ids of the subnets for the database, in at least two zones."""
    assign_public_ip: bool | None = None
    """With `vpc`: whether tasks get a public IP address. In a public subnet they have no other way out. Unset: no."""

    @field_validator("cidr")
    @classmethod
    def _check_cidr(cls, cidr: str) -> str:
        try:
            network = IPv4Network(cidr)
        except (AddressValueError, NetmaskValueError, ValueError) as error:
            raise refused(f"is not an IPv4 range ({error}); write one like 10.0.0.0/16") from error
        if not 16 <= network.prefixlen <= 22:
            raise refused("is larger than a VPC, or too small for the subnets of every zone; write /16 to /22")
        return cidr

    @field_validator("endpoints")
    @classmethod
    def _check_endpoints(cls, services: list[str], info: ValidationInfo) -> list[str]:
        if services and info.data.get("egress") != "endpoints":
            raise refused("have no effect without network.egress endpoints; write that, or remove them")
        if created := sorted(set(services) & {*NEEDED_ENDPOINTS, "s3"}):
            raise refused(f"{', '.join(created)} is always created; remove it")
        return services

    @field_validator("vpc")
    @classmethod
    def _check_vpc(cls, vpc: str | None, info: ValidationInfo) -> str | None:
        if vpc is None:
            return vpc
        defaults = {"cidr": CIDR, "zones": ZONES, "egress": None, "endpoints": [], "flow_logs": None}
        given = [to_camel(key) for key, default in defaults.items() if info.data.get(key, default) != default]
        if given:
            raise refused(f"is an existing network, which network.{given[0]} cannot change; remove one of the two")
        return vpc

    @field_validator("public_subnets", "task_subnets", "database_subnets")
    @classmethod
    def _check_subnets(cls, subnets: list[str] | None) -> list[str] | None:
        if twice := repeated(subnets or []):
            raise refused(f"{twice} is listed more than once; list every subnet once")
        return subnets

    @field_validator("public_subnets", "task_subnets", "database_subnets", "assign_public_ip")
    @classmethod
    def _check_vpc_given(cls, value: list[str] | bool | None, info: ValidationInfo) -> list[str] | bool | None:
        if value is not None and "vpc" in info.data and info.data["vpc"] is None:
            raise refused("has no effect without network.vpc; write that, or remove this")
        return value

    @field_validator("task_subnets")
    @classmethod
    def _check_task_subnets(cls, subnets: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if subnets is None and info.data.get("vpc"):
            raise hidden("is required with network.vpc; list the subnets for tasks")
        return subnets

    def egress_in(self, environment: Environment) -> Egress:
        """How tasks reach the internet; the setting, or the environment's default."""
        if self.egress is not None:
            return self.egress
        if environment in PROTECTED:
            return "natPerZone"
        return "nat" if environment == "staging" else "public"

    def flow_logs_in(self, environment: Environment) -> Flow:
        """Which connections are logged; the setting, or the environment's default."""
        if self.vpc is not None:
            return "off"
        return self.flow_logs or ("rejected" if environment in PROTECTED else "off")
