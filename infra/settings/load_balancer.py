"""The load balancer."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.values.arns import is_arn
from infra.settings.values.environment import PROTECTED, Environment
from infra.settings.values.model import Model, hidden, refused

HostName: TypeAlias = Annotated[str, Field(pattern=r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$")]
"""A host name with a dot in it, in lower case."""


class LoadBalancer(Model):
    """A load balancer of the stack's own, or a rule on a listener of an existing one. The rule forwards the requests
    for one host name, which is `domain.name` or, where somebody else looks after the name, `loadBalancer.host`."""

    listener: str | None = None
    """ARN of an existing listener of an Application Load Balancer in the network's VPC. Its other rules, its default
    action and its certificates are its owner's, and so is what its security group lets out: the tasks' `app.port`,
    and both ports before that one changes. In prod it must speak HTTPS. One of an internal load balancer is reached
    from inside its network only: see `smoke.from`."""
    priority: Annotated[int, Field(ge=1, le=50_000)] | None = None
    """With `listener`: the rule's place among the listener's rules; no two may share one."""
    host: HostName | None = None
    """With `listener`: the host name of the service, where `domain` is not set."""
    access_logs: bool | None = None
    """Whether every request is written down in a bucket of the stack's own (Amazon S3); unset: in environment `prod`,
    where the load balancer is the stack's own. They hold addresses of users: `logs.trafficDays`."""

    @field_validator("listener")
    @classmethod
    def _listener(cls, arn: str | None) -> str | None:
        listener = r"listener/app/[A-Za-z0-9-]{1,32}/[0-9a-z]+/[0-9a-z]+"
        if arn is not None and not is_arn(arn, "elasticloadbalancing", listener):
            raise refused(
                "is no ARN of a listener of an Application Load Balancer; write one like"
                " arn:aws:elasticloadbalancing:REGION:ACCOUNT:listener/app/NAME/ID/ID"
            )
        return arn

    @field_validator("access_logs")
    @classmethod
    def _access_logs(cls, wished: bool | None, info: ValidationInfo) -> bool | None:
        if wished and info.data.get("listener"):
            raise refused("are the business of the listener's owner; remove it")
        return wished

    @field_validator("priority", "host")
    @classmethod
    def _existing(cls, value: str | int | None, info: ValidationInfo) -> str | int | None:
        if value is not None and "listener" in info.data and info.data["listener"] is None:
            raise refused("belongs to an existing listener; name it with loadBalancer.listener, or remove this")
        return value

    @field_validator("priority")
    @classmethod
    def _priority(cls, priority: int | None, info: ValidationInfo) -> int | None:
        if priority is None and info.data.get("listener"):
            raise hidden("is required with loadBalancer.listener; write a number that no other rule of it has")
        return priority

    def access_logs_in(self, environment: Environment) -> bool:
        """Whether requests are written down in an environment, where the settings leave it open."""
        if self.listener is not None:
            return False
        return environment in PROTECTED if self.access_logs is None else self.access_logs
