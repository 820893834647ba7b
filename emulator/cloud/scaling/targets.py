"""Scalable targets of ECS services and their policies, as every client sees them.

AWS, Application Auto Scaling API reference: RegisterScalableTarget creates or changes (what it does not name stays),
refuses a service that does not exist, and brings a service that has fewer tasks than the minimum, or more than the
maximum, within both; a policy needs its target, and goes with it; DeregisterScalableTarget of what is not there is
ObjectNotFoundException. Nothing is measured here, so no policy ever starts a task.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

from ministack import app
from ministack.core import router
from ministack.core.responses import (
    AccountRegionScopedDict,
    error_response_json,
    get_account_id,
    get_region,
    json_response,
    new_uuid,
)
from ministack.services import ecs

from emulator.cloud.correction import Correction
from emulator.cloud.settings import Settings

SERVICE = "application-autoscaling"
_targets: Any = AccountRegionScopedDict()
_policies: Any = AccountRegionScopedDict()
_tags: Any = AccountRegionScopedDict()
_KEPT = ("MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState")


def install(settings: Settings) -> None:
    """Give the emulator a service more."""
    if SERVICE in app.SERVICE_HANDLERS:
        raise KeyError(f"MiniStack knows {SERVICE} already")
    router.SERVICE_PATTERNS[SERVICE] = {"target_prefixes": ["AnyScaleFrontendService"], "host_patterns": []}
    app.SERVICE_HANDLERS[SERVICE] = handle


CORRECTION = Correction(
    rule="An ECS service can be a scalable target with policies.",
    fault="The service `application-autoscaling` is unknown.",
    ministack="1.5.33",
    install=install,
)


async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
    """One call."""
    operation = str(headers.get("x-amz-target", "")).rpartition(".")[2]
    if operation not in _OPERATIONS:
        return error_response_json("UnknownOperationException", f"not emulated: {operation}", 400)
    return _OPERATIONS[operation](json.loads(body or b"{}"))


def _register(data: dict[str, Any]) -> Any:
    key = _key(data)
    now = _service(key)
    if now is None:
        return error_response_json("ValidationException", f"ECS service doesn't exist: {data['ResourceId']}", 400)
    target = _targets.get(key)
    if target is None:
        if "MinCapacity" not in data or "MaxCapacity" not in data:
            return error_response_json("ValidationException", "MinCapacity and MaxCapacity are required", 400)
        target = {
            "ServiceNamespace": data["ServiceNamespace"],
            "ResourceId": data["ResourceId"],
            "ScalableDimension": data["ScalableDimension"],
            "RoleARN": f"arn:aws:iam::{get_account_id()}:role/aws-service-role/ecs.{SERVICE}.amazonaws.com/"
            "AWSServiceRoleForApplicationAutoScaling_ECSService",
            "CreationTime": int(time.time()),
            "SuspendedState": dict.fromkeys(
                ("DynamicScalingInSuspended", "DynamicScalingOutSuspended", "ScheduledScalingSuspended"), False
            ),
            "ScalableTargetARN": _arn(f"scalable-target/{new_uuid().replace('-', '')}"),
        }
        _tags[target["ScalableTargetARN"]] = dict(data.get("Tags") or {})
    target = {**target, **{name: data[name] for name in _KEPT if name in data}}
    if target["MinCapacity"] > target["MaxCapacity"]:
        return error_response_json("ValidationException", "Maximum capacity cannot be less than minimum capacity", 400)
    _targets[key] = target
    within = min(max(now, target["MinCapacity"]), target["MaxCapacity"])
    if within != now:
        _, cluster, service = data["ResourceId"].split("/")
        ecs._update_service({"cluster": cluster, "service": service, "desiredCount": within})
    return json_response({"ScalableTargetARN": target["ScalableTargetARN"]})


def _describe(data: dict[str, Any]) -> Any:
    wanted = data.get("ResourceIds")
    found = [
        target
        for target in _targets.values()
        if target["ServiceNamespace"] == data["ServiceNamespace"]
        and (not wanted or target["ResourceId"] in wanted)
        and data.get("ScalableDimension", target["ScalableDimension"]) == target["ScalableDimension"]
    ]
    return json_response({"ScalableTargets": found})


def _deregister(data: dict[str, Any]) -> Any:
    key = _key(data)
    if _targets.pop(key, None) is None:
        return _missing(f"No scalable target registered for service namespace: ecs, resource ID: {data['ResourceId']}")
    for policy in [name for name in _policies if name.startswith(f"{key}|")]:
        del _policies[policy]
    return json_response({})


def _put_policy(data: dict[str, Any]) -> Any:
    key = _key(data)
    if key not in _targets:
        return _missing(f"No scalable target registered for service namespace: ecs, resource ID: {data['ResourceId']}")
    name = f"{key}|{data['PolicyName']}"
    before = _policies.get(name) or {
        "PolicyARN": _arn(
            f"scalingPolicy:{new_uuid()}:resource/ecs/{data['ResourceId']}:policyName/{data['PolicyName']}"
        ),
        "CreationTime": int(time.time()),
        "Alarms": [],
    }
    _policies[name] = {**before, **data}
    return json_response({"PolicyARN": before["PolicyARN"], "Alarms": before["Alarms"]})


def _describe_policies(data: dict[str, Any]) -> Any:
    found = [
        policy
        for policy in _policies.values()
        if policy["ServiceNamespace"] == data["ServiceNamespace"]
        and data.get("ResourceId", policy["ResourceId"]) == policy["ResourceId"]
        and data.get("ScalableDimension", policy["ScalableDimension"]) == policy["ScalableDimension"]
        and (not data.get("PolicyNames") or policy["PolicyName"] in data["PolicyNames"])
    ]
    return json_response({"ScalingPolicies": found})


def _delete_policy(data: dict[str, Any]) -> Any:
    if _policies.pop(f"{_key(data)}|{data['PolicyName']}", None) is None:
        return _missing(f"No scaling policy found: {data['PolicyName']}")
    return json_response({})


def _tag(data: dict[str, Any]) -> Any:
    _tags[data["ResourceARN"]] = {**(_tags.get(data["ResourceARN"]) or {}), **data["Tags"]}
    return json_response({})


def _untag(data: dict[str, Any]) -> Any:
    kept = {key: value for key, value in (_tags.get(data["ResourceARN"]) or {}).items() if key not in data["TagKeys"]}
    _tags[data["ResourceARN"]] = kept
    return json_response({})


def _list_tags(data: dict[str, Any]) -> Any:
    return json_response({"Tags": _tags.get(data["ResourceARN"]) or {}})


def _key(data: dict[str, Any]) -> str:
    return f"{data['ServiceNamespace']}|{data['ResourceId']}|{data['ScalableDimension']}"


def _arn(rest: str) -> str:
    return f"arn:aws:{SERVICE}:{get_region()}:{get_account_id()}:{rest}"


def _service(key: str) -> int | None:
    """How many tasks the ECS service wants; None when there is no such service."""
    _, cluster, service = key.split("|")[1].split("/")
    answer = json.loads(ecs._describe_services({"cluster": cluster, "services": [service]})[2])
    active = [one for one in answer.get("services", []) if one["status"] == "ACTIVE"]
    return int(active[0]["desiredCount"]) if active else None


def _missing(text: str) -> Any:
    return error_response_json("ObjectNotFoundException", text, 400)


_OPERATIONS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "RegisterScalableTarget": _register,
    "DescribeScalableTargets": _describe,
    "DeregisterScalableTarget": _deregister,
    "PutScalingPolicy": _put_policy,
    "DescribeScalingPolicies": _describe_policies,
    "DeleteScalingPolicy": _delete_policy,
    "TagResource": _tag,
    "UntagResource": _untag,
    "ListTagsForResource": _list_tags,
}
