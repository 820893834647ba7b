"""Web ACLs and what they are before (botocore service ``wafv2``)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.mapping import parameters
from emulator.plugins.aws.property import REPLACE, UNSEEN, Members, Name, Operation, Property, names

_VISIBLE = Property(block=names("cloudwatchMetricsEnabled sampledRequestsEnabled metricName"))
_ACTION = Property(block=names("allow block count"))
_STATEMENT = names(
    "",
    rateBasedStatement=Property(block=names("limit aggregateKeyType evaluationWindowSec")),
    managedRuleGroupStatement=Property(block=names("name vendorName")),
)
_RULE = names(
    "name priority",
    action=_ACTION,
    overrideAction=Property(block=names("none count")),
    statement=Property(block=_STATEMENT),
    visibilityConfig=_VISIBLE,
)


def _marked(value: Any) -> Any:
    """A form in which an empty object is something: of `{"block": {}}` the name is all that matters."""
    if isinstance(value, Mapping):
        return {key: _marked(item) for key, item in value.items() if item is not None} or "empty"
    if isinstance(value, list):
        return [_marked(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _same(wanted: Any, current: Any) -> bool:
    """Whether two values are the same but for what AWS adds: rules in their order of priority."""
    if isinstance(wanted, list) and isinstance(current, list):
        by = "priority"
        pairs = zip(sorted(wanted, key=lambda one: one[by]), sorted(current, key=lambda one: one[by]), strict=False)
        return len(wanted) == len(current) and all(_same(left, right) for left, right in pairs)
    shown = {key: item for key, item in current.items() if key in wanted} if isinstance(wanted, Mapping) else current
    return json.dumps(_marked(wanted), sort_keys=True) == json.dumps(_marked(shown), sort_keys=True)


def _token(request: ResourceRequest) -> str:
    """What a change must name, so that two at once do not undo each other."""
    return str(request.do(request.entry.read)["LockToken"])


def _changed(request: ResourceRequest, operation: Operation, params: Members) -> None:
    """UpdateWebACL replaces an ACL: what it does not name is gone."""
    if operation.method == "update_web_acl":
        mine = [name for name in ("description", "defaultAction", "rules", "visibilityConfig") if name in request.flat]
        params |= parameters(request.entry, operation, request.flat, mine, changing=False) | {
            "LockToken": _token(request)
        }


def _deleting(request: ResourceRequest) -> None:
    request.flat["lockToken"] = _token(request)  # of one that is gone AWS says so here


_ACL = {"Name": "$name", "Scope": "$scope", "Id": "$id"}
WEB_ACL = Entry(
    "aws:wafv2/webAcl:WebAcl", "wafv2",
    create=Operation("create_web_acl"),
    read=Operation("get_web_acl", _ACL), item="WebACL", id="Summary.Id",
    update=Operation("update_web_acl", _ACL),
    delete=Operation(
        "delete_web_acl", {**_ACL, "LockToken": "$lockToken"},
        retry=("WAFAssociatedItemException", "WAFOptimisticLockException"),
    ),
    arn="ARN",
    properties={
        "name": REPLACE,
        "scope": Property(replace=True, seen=UNSEEN),
        "description": Property(unset=""),
        "defaultAction": Property(block=names("allow block"), same=_same),
        "rules": Property(block=_RULE, unset=[], same=_same),
        "visibilityConfig": _VISIBLE,
    },
    outputs={"arn": "ARN", "capacity": "Capacity"},
    name=Name(limit=128),
    hooks=Hooks(prepare=_changed, deleting=_deleting),
    gone=("WAFNonexistentItemException",),
)  # fmt: skip

_ASSOCIATED = {"ResourceArn": "$resourceArn"}
ASSOCIATION = Entry(
    "aws:wafv2/webAclAssociation:WebAclAssociation", "wafv2",
    # A load balancer that was made a moment ago is not known to WAF yet.
    create=Operation("associate_web_acl", retry=("WAFUnavailableEntityException",)),
    read=Operation("get_web_acl_for_resource", _ASSOCIATED), item="WebACL", id="$webAclArn:$resourceArn",
    delete=Operation("disassociate_web_acl", _ASSOCIATED),
    properties={
        "webAclArn": Property(replace=True, seen="ARN"),
        "resourceArn": Property(replace=True, seen=UNSEEN),
    },
    gone=("WAFNonexistentItemException",),
    taggable=False,
)  # fmt: skip

ENTRIES = (WEB_ACL, ASSOCIATION)
