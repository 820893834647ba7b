"""The stack's network: one of its own, or an existing one."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv4Network, NetmaskValueError
from typing import Annotated, Literal, TypeAlias

from pydantic import Field, ValidationInfo, field_validator
from pydantic.alias_generators import to_camel

from infra.settings.values.environment import PROTECTED, Environment
from infra.settings.values.model import Model, hidden, refused

Egress: TypeAlias = Literal["nat", "natPerZone", "endpoints", "public"]
"""How tasks reach AWS, and the internet."""

Flow: TypeAlias = Literal["off", "rejected", "all"]
"""Which connections are written down."""

Subnet = Annotated[str, Field(pattern=r"^subnet-[0-9a-f]{8,17}$")]
Endpoint = Annotated[str, Field(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)*$")]

CIDR, ZONES = "10.0.0.0/16", 2
NEEDED_ENDPOINTS = ("ecr.api", "ecr.dkr", "logs", "secretsmanager")
"""Interface endpoints without which no task on Fargate starts where there is no way to the internet; image layers come
through the gateway endpoint of S3 ("Amazon ECR interface VPC endpoints" in the Amazon ECR user guide)."""


class Network(Model):
    """A VPC of the stack's own, or with `vpc` and its subnets an existing one. Security groups are always the stack's
    own."""

    cidr: str = CIDR
    """IPv4 range, /16 to /22."""
    zones: Annotated[int, Field(ge=2, le=4)] = ZONES
    """Availability zones in use; a load balancer needs two."""
    egress: Egress | None = None
    """How tasks reach AWS and the internet. `nat`: private subnets and one NAT gateway. `natPerZone`: one gateway in
    every zone, so that no zone depends on another. `endpoints`: private subnets without any way to the internet, and
    private endpoints of the AWS services that tasks need. `public`: public subnets and a public address for every task.
    Unset: `natPerZone` in prod, `nat` in staging, `public` elsewhere."""
    endpoints: list[Endpoint] = Field(default_factory=list)
    """With egress `endpoints`: further AWS services that the application calls, as in the names of their endpoints,
    like `sqs`."""
    flow_logs: Flow | None = None
    """Which connections in the VPC are written down in a bucket of the stack's own (Amazon S3): those that a security
    group `rejected`, `all`, or none (`off`). Unset: `rejected` in prod, `off` elsewhere. Not with `vpc`: there it is
    the owner's business."""
    vpc: Annotated[str, Field(pattern=r"^vpc-[0-9a-f]{8,17}$")] | None = None
    """Id of an existing VPC with DNS support and DNS host names switched on; nothing of it is changed."""
    public_subnets: Annotated[list[Subnet], Field(min_length=2)] | None = None
    """With `vpc`: ids of public subnets in at least two zones, for the load balancer."""
    task_subnets: Annotated[list[Subnet], Field(min_length=1)] | None = None
    """With `vpc`: ids of the subnets for tasks, from which ECR, S3, CloudWatch Logs and Secrets Manager are reached."""
    database_subnets: Annotated[list[Subnet], Field(min_length=2)] | None = None
    """With `vpc`: ids of the subnets for the database, in at least two zones."""
    assign_public_ip: bool | None = None
    """With `vpc`: whether tasks get a public address, which in a public subnet is their only way out; unset: no."""

    @field_validator("cidr")
    @classmethod
    def _cidr(cls, cidr: str) -> str:
        try:
            network = IPv4Network(cidr)
        except (AddressValueError, NetmaskValueError, ValueError) as error:
            raise refused(f"is not an IPv4 range ({error}); write one like 10.0.0.0/16") from error
        if not 16 <= network.prefixlen <= 22:
            raise refused("is too large for a VPC or too small for the subnets of every zone; use /16 to /22")
        return cidr

    @field_validator("endpoints")
    @classmethod
    def _endpoints(cls, services: list[str], info: ValidationInfo) -> list[str]:
        if services and info.data.get("egress") != "endpoints":
            raise refused("are only made with network.egress endpoints; write that or remove them")
        if there := sorted(set(services) & {*NEEDED_ENDPOINTS, "s3"}):
            raise refused(f"{', '.join(there)} is made in any case; remove it")
        return services

    @field_validator("vpc")
    @classmethod
    def _vpc(cls, vpc: str | None, info: ValidationInfo) -> str | None:
        if vpc is None:
            return vpc
        defaults = {"cidr": CIDR, "zones": ZONES, "egress": None, "endpoints": [], "flow_logs": None}
        given = [to_camel(key) for key, default in defaults.items() if info.data.get(key, default) != default]
        if given:
            raise refused(f"is an existing network, which network.{given[0]} cannot change; keep one of the two")
        return vpc

    @field_validator("public_subnets", "task_subnets", "database_subnets")
    @classmethod
    def _subnets(cls, subnets: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if subnets is None:
            return subnets
        if twice := sorted({one for one in subnets if subnets.count(one) > 1}):
            raise refused(f"{', '.join(twice)} is named more than once; name every subnet once")
        return subnets

    @field_validator("public_subnets", "task_subnets", "database_subnets", "assign_public_ip")
    @classmethod
    def _existing(cls, value: list[str] | bool | None, info: ValidationInfo) -> list[str] | bool | None:
        if value is not None and "vpc" in info.data and info.data["vpc"] is None:
            raise refused("belongs to an existing network; name it with network.vpc, or remove this")
        return value

    @field_validator("task_subnets")
    @classmethod
    def _task_subnets(cls, subnets: list[str] | None, info: ValidationInfo) -> list[str] | None:
        if subnets is None and info.data.get("vpc"):
            raise hidden("is required with network.vpc; name the subnets that tasks run in")
        return subnets

    def egress_in(self, environment: Environment) -> Egress:
        """How tasks get out, in an environment, where the settings leave it open."""
        if self.egress is not None:
            return self.egress
        return {"prod": "natPerZone", "staging": "nat"}.get(environment, "public")  # type: ignore[return-value]

    def flow_logs_in(self, environment: Environment) -> Flow:
        """Which connections are written down in an environment, where the settings leave it open."""
        if self.vpc is not None:
            return "off"
        return self.flow_logs or ("rejected" if environment in PROTECTED else "off")
