"""The AWS services that the local cloud serves: those that the stacks use, and none that runs code on this machine.

MiniStack has a hundred, and some of them run what they are given: Lambda and Glue as a process of this machine's own
user, CodeBuild, EKS, Batch and others in containers of their own making. Whoever holds a task's credentials could take
the machine through them. A service that a stack begins to use is added here, once its module was read for that.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emulator.cloud.correction import Correction
from emulator.cloud.settings import Settings

SERVED: Mapping[str, tuple[str, ...]] = {
    "account": ("account",),
    "acm": ("acm",),
    "autoscaling": ("application-autoscaling", "autoscaling"),
    "backup": ("backup",),
    "budgets": ("budgets",),
    "cloudtrail": ("cloudtrail",),
    "config": ("config",),
    "ec2": ("ec2",),
    "ecr": ("ecr",),
    "ecs": ("ecs",),
    "elasticloadbalancing": ("elasticloadbalancing",),
    "events": ("events",),
    "iam": ("iam",),
    "inspector2": ("inspector2",),
    "kms": ("kms",),
    "logs": ("logs",),
    "monitoring": ("monitoring",),
    "organizations": ("organizations",),
    "rds": ("rds",),
    "resource-groups": ("resource-groups",),
    "route53": ("route53",),
    "s3": ("s3",),
    "secretsmanager": ("secretsmanager",),
    "signer": ("signer",),
    "sns": ("sns",),
    "sqs": ("sqs",),
    "ssm": ("ssm",),
    "sts": ("sts",),
    "tagging": ("tagging",),
    "waf": ("waf",),
    "waf-regional": ("waf-regional",),
    "wafv2": ("wafv2",),
}
"""MiniStack's name of a service to the names that requests are signed for."""

SIGNED = frozenset(name for names in SERVED.values() for name in names)


def install(settings: Settings) -> None:
    """Take every other service from MiniStack, and the instances of EC2, which would be containers."""
    from ministack import app
    from ministack.services import ec2

    from emulator.cloud.replace import replace

    for name in set(app.SERVICE_HANDLERS) - set(SERVED):
        del app.SERVICE_HANDLERS[name]
    replace(ec2, "_vm_launch", _no_instance)


CORRECTION = Correction(
    rule="Only the services that the stacks use are served, and none runs a caller's code on this machine.",
    fault="A hundred services are served; Lambda, Glue and others run a caller's code as this machine's user.",
    ministack="1.5.33",
    install=install,
)


def _no_instance(instance: dict[str, Any], image: str) -> Any:
    raise RuntimeError("the local cloud starts no EC2 instances")
