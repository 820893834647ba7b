"""Rules of EventBridge and their targets (botocore service ``events``; Pulumi files them under ``cloudwatch``)."""

from __future__ import annotations

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.mapping import parameters
from emulator.plugins.aws.property import OMIT, Members, Name, Operation, Property, names


def _whole(request: ResourceRequest, operation: Operation, params: Members) -> None:
    """PutRule and PutTargets replace what is there."""
    if operation.method in ("put_rule", "put_targets"):
        params |= parameters(request.entry, operation, request.flat, request.flat, changing=False)


EVENT_RULE = Entry(
    "aws:cloudwatch/eventRule:EventRule", "events",
    create=Operation("put_rule"),
    read=Operation("describe_rule", {"Name": "$id"}), item="@", id="$name",
    update=Operation("put_rule"),
    delete=Operation("delete_rule", {"Name": "$id"}),
    arn="Arn",
    properties={
        "name": Property(replace=True),
        "description": Property(unset=OMIT),
        "eventPattern": Property(json=True),
        "state": Property(unset="ENABLED"),
    },
    outputs={"arn": "Arn"},
    name=Name(limit=64, prefix=""),
    hooks=Hooks(prepare=_whole),
    gone=("ResourceNotFoundException",),
)  # fmt: skip


def _find(request: ResourceRequest) -> Members | None:
    """A rule has few targets; they come on one page."""
    found = request.ask("list_targets_by_rule", Rule=request.flat["rule"])["Targets"]
    return next(
        ({"Targets": [target], "Rule": request.flat["rule"]} for target in found if target["Id"] == request.id), None
    )


_TRANSFORMER = names("inputTemplate", inputPaths=Property("InputPathsMap"))
EVENT_TARGET = Entry(
    "aws:cloudwatch/eventTarget:EventTarget", "events",
    create=Operation("put_targets"),
    read=Operation("list_targets_by_rule"), item="", id="$targetId",
    update=Operation("put_targets"),
    delete=Operation("remove_targets", {"Rule": "$rule", "Ids": ["$id"]}),
    properties={
        "rule": Property(replace=True),
        "targetId": Property("Targets[].Id", replace=True),
        "arn": Property("Targets[].Arn"),
        "inputTransformer": Property("Targets[].InputTransformer", unset=OMIT, block=_TRANSFORMER),
    },
    hooks=Hooks(prepare=_whole, find=_find),
    gone=("ResourceNotFoundException",),
    taggable=False,
)  # fmt: skip

ENTRIES = (EVENT_RULE, EVENT_TARGET)
