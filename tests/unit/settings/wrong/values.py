"""Right settings, and the values that wrong ones are made of."""

from __future__ import annotations

from typing import Any

REMOVE = object()
"""As a value in `changed`: remove the key."""


def right() -> dict[str, Any]:
    """Minimal settings without a mistake, as the engine passes them."""
    return {
        "environment": "staging",
        "aws": {"region": "eu-central-1", "account": "111122223333"},
        "app": {"context": "shop"},
        "migrations": [{"name": "master", "command": ["migrate"]}],
    }


def changed(settings: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The settings with values set at dotted paths; numbers are list indexes."""
    for path, value in changes.items():
        at: Any = settings
        *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
        for part in parents:
            at = at[part] if isinstance(part, int) else at.setdefault(part, {})
        if value is REMOVE:
            del at[last]
        elif isinstance(last, int):
            at[last:] = [value]
        else:
            at[last] = value
    return settings


KMS = "arn:aws:kms:eu-central-1:111122223333:key/1a2b3c4d-1234-1234-1234-1a2b3c4d5e6f"
REPOSITORY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/tools"
IMAGE = f"{REPOSITORY}@sha256:{'ab' * 32}"
SECRET = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-AbCdEf"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:failures"

EXISTING: dict[str, Any] = {
    "vpc": "vpc-0123456789abcdef0",
    "publicSubnets": ["subnet-00000001", "subnet-00000002"],
    "taskSubnets": ["subnet-00000011"],
    "databaseSubnets": ["subnet-00000021", "subnet-00000022"],
}

LISTENER = (
    "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/shared/0123456789abcdef/fedcba9876543210"
)
COPY_TO = {
    "role": "arn:aws:iam::999988887777:role/sluice-copies",
    "key": "arn:aws:kms:eu-central-1:999988887777:key/1a2b3c4d-1234-1234-1234-1a2b3c4d5e6f",
}
HERE, FAR = COPY_TO["role"].replace("999988887777", "111122223333"), COPY_TO["key"].replace("central", "west")
COPIED: dict[str, Any] = {"database.kmsKey": KMS, "snapshot": {"before": True, "copyTo": COPY_TO}}
"""Settings that copy each snapshot."""
BALANCER = LISTENER.replace(":listener/", ":loadbalancer/").rpartition("/")[0]
NAMED = {"name": "shop.example.com", "zone": "Z0123456789ABC"}
CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef"


def without(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    """The mapping without one of its keys."""
    return {name: value for name, value in mapping.items() if name != key}


ROUTED = without(EXISTING, "publicSubnets")
"""An existing network for a listener of an existing load balancer."""
