"""Secrets (botocore service ``secretsmanager``). What they hold is none of Pulumi's business: no value is touched."""

from __future__ import annotations

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.property import Name, Operation, Property


def _for_ever(request: ResourceRequest) -> None:
    """A window of no days is another parameter of DeleteSecret; until a window ends, the name stays taken."""
    if request.flat.get("recoveryWindowInDays") == 0:
        request.flat |= {"recoveryWindowInDays": None, "withoutRecovery": True}


SECRET = Entry(
    "aws:secretsmanager/secret:Secret", "secretsmanager",
    create=Operation("create_secret"),
    read=Operation("describe_secret", {"SecretId": "$id"}), item="@", id="ARN", absent="DeletedDate",
    update=Operation("update_secret", {"SecretId": "$id"}),
    delete=Operation(
        "delete_secret",
        {
            "SecretId": "$id", "RecoveryWindowInDays": "$recoveryWindowInDays",
            "ForceDeleteWithoutRecovery": "$withoutRecovery",
        },
    ),
    properties={
        "name": Property(replace=True),
        "namePrefix": Property(local=True, replace=True, seen=""),
        "description": Property(unset=""),
        "recoveryWindowInDays": Property(local=True, seen="", default=30),
    },
    outputs={"arn": "ARN"},
    name=Name(limit=512),
    hooks=Hooks(deleting=_for_ever),
    gone=("ResourceNotFoundException",),
)  # fmt: skip

ENTRIES = (SECRET,)
