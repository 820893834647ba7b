"""What scales a service (botocore service ``application-autoscaling``)."""

from __future__ import annotations

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.mapping import parameters
from emulator.plugins.aws.property import OMIT, REPLACE, Members, Name, Operation, Property, names

_WHICH = {
    "ServiceNamespace": "$serviceNamespace", "ResourceId": "$resourceId", "ScalableDimension": "$scalableDimension",
}  # fmt: skip


def _whole(request: ResourceRequest, operation: Operation, params: Members) -> None:
    """Both operations replace what is there, and name it by several members."""
    if operation.method in ("register_scalable_target", "put_scaling_policy"):
        params |= parameters(request.entry, operation, request.flat, request.flat, changing=False)


_DESCRIBED = {
    "ServiceNamespace": "$serviceNamespace", "ResourceIds": ["$resourceId"], "ScalableDimension": "$scalableDimension",
}  # fmt: skip
TARGET = Entry(
    "aws:appautoscaling/target:Target", "application-autoscaling",
    create=Operation("register_scalable_target"),
    read=Operation("describe_scalable_targets", _DESCRIBED), item="ScalableTargets[0]", id="$resourceId",
    update=Operation("register_scalable_target"),
    delete=Operation("deregister_scalable_target", _WHICH),
    arn="ScalableTargetARN",
    properties={
        "serviceNamespace": REPLACE,
        "resourceId": REPLACE,
        "scalableDimension": REPLACE,
        "minCapacity": Property(),
        "maxCapacity": Property(),
    },
    outputs={"arn": "ScalableTargetARN", "roleArn": "RoleARN"},
    hooks=Hooks(prepare=_whole),
    gone=("ObjectNotFoundException",),
)  # fmt: skip


_TRACKING = "TargetTrackingScalingPolicyConfiguration"
_CONFIGURATION = names(
    "targetValue scaleInCooldown scaleOutCooldown disableScaleIn",
    predefinedMetricSpecification=Property(block=names("predefinedMetricType resourceLabel")),
)
POLICY = Entry(
    "aws:appautoscaling/policy:Policy", "application-autoscaling",
    create=Operation("put_scaling_policy"),
    read=Operation(
        "describe_scaling_policies",
        {
            "ServiceNamespace": "$serviceNamespace", "ResourceId": "$resourceId",
            "ScalableDimension": "$scalableDimension", "PolicyNames": ["$name"],
        },
    ),
    item="ScalingPolicies[0]", id="$name",
    update=Operation("put_scaling_policy"),
    delete=Operation("delete_scaling_policy", {**_WHICH, "PolicyName": "$name"}),
    properties={
        "name": Property("PolicyName", replace=True),
        "policyType": REPLACE,
        "serviceNamespace": REPLACE,
        "resourceId": REPLACE,
        "scalableDimension": REPLACE,
        "targetTrackingScalingPolicyConfiguration": Property(_TRACKING, unset=OMIT, block=_CONFIGURATION),
    },
    outputs={"arn": "PolicyARN", "alarmArns": "Alarms[].AlarmARN"},
    name=Name(limit=256, prefix=""),
    hooks=Hooks(prepare=_whole),
    gone=("ObjectNotFoundException",),
    taggable=False,
)  # fmt: skip

ENTRIES = (TARGET, POLICY)
