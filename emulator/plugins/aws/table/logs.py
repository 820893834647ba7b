"""Log groups (botocore service ``logs``; Pulumi files them under ``cloudwatch``)."""

from __future__ import annotations

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.property import CLEAR, LOCAL, Members, Name, Operation, Property

_GROUP = {"logGroupName": "$id"}


def _find(request: ResourceRequest) -> Members | None:
    """DescribeLogGroups only knows prefixes."""
    token: dict[str, str] = {}
    while True:
        page = request.ask("describe_log_groups", logGroupNamePrefix=request.id, **token)
        for group in page["logGroups"]:
            if group["logGroupName"] == request.id:
                # The ARN of the group itself; with `:*` it means its streams, and TagResource refuses it.
                return {**group, "groupArn": group.get("logGroupArn") or group["arn"].removesuffix(":*")}
        if "nextToken" not in page:
            return None
        token = {"nextToken": page["nextToken"]}


LOG_GROUP = Entry(
    "aws:cloudwatch/logGroup:LogGroup", "logs",
    create=Operation("create_log_group"),
    read=Operation("describe_log_groups"), item="", id="$name",
    delete=Operation("delete_log_group", _GROUP),
    arn="groupArn",
    operations={
        "retention": Operation("put_retention_policy", _GROUP, clear=Operation("delete_retention_policy", _GROUP)),
        "key": Operation("associate_kms_key", _GROUP, clear=Operation("disassociate_kms_key", _GROUP)),
    },
    properties={
        "name": Property("logGroupName", replace=True),
        "namePrefix": Property(local=True, replace=True, seen=""),
        "logGroupClass": Property(replace=True),
        "retentionInDays": Property(by="retention", unset=CLEAR),
        "kmsKeyId": Property(update="key", unset=CLEAR),
        "skipDestroy": LOCAL,
    },
    outputs={"arn": "groupArn"},
    name=Name(limit=512),
    hooks=Hooks(find=_find),
    gone=("ResourceNotFoundException",),
)  # fmt: skip

ENTRIES = (LOG_GROUP,)
