"""Whether an answer of AWS holds what it must hold. Pure.

An answer can be cut off on its way: botocore does not enforce the content length, and reads half a JSON document with
status 200 as an empty one. It can lack a key, or say nothing of what was asked. None of that says anything about a task
or a service, so it is asked again, as after a throttled call.

Sources: the *required* and always present members in the API references of Amazon ECS, Systems Manager, CloudWatch Logs
and Elastic Load Balancing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError

_SERVICE = (
    "status",
    "desiredCount",
    "runningCount",
    "deployments[].id",
    "deployments[].status",
    "deployments[].taskDefinition",
    "deployments[].createdAt",
)
_TASK = ("taskArn", "lastStatus", "containers[].name")
_PARAMETER = ("Name", "Value", "Version")

REQUIRED: Mapping[str, tuple[str, ...]] = {
    "RunTask": ("tasks[].taskArn",),
    "DescribeTasks": tuple(f"tasks[].{key}" for key in _TASK),
    "StopTask": ("task.taskArn",),
    "ListTasks": ("taskArns",),
    "DescribeTaskDefinition": (
        "taskDefinition.containerDefinitions[].name",
        "taskDefinition.containerDefinitions[].image",
    ),
    "DescribeServices": tuple(f"services[].{key}" for key in _SERVICE),
    "UpdateService": tuple(f"service.{key}" for key in _SERVICE),
    "ListServiceDeployments": ("serviceDeployments[].serviceDeploymentArn", "serviceDeployments[].status"),
    "DescribeServiceDeployments": (
        "serviceDeployments[].serviceDeploymentArn",
        "serviceDeployments[].status",
        "serviceDeployments[].targetServiceRevision.arn",
    ),
    "GetLogEvents": ("events[].message", "nextForwardToken"),
    "DescribeTargetHealth": ("TargetHealthDescriptions[].TargetHealth.State",),
    "GetParameter": tuple(f"Parameter.{key}" for key in _PARAMETER),
    "GetParameters": tuple(f"Parameters[].{key}" for key in _PARAMETER),
    "GetParametersByPath": tuple(f"Parameters[].{key}" for key in _PARAMETER),
    "PutParameter": ("Version",),
    "BatchGetImage": ("images[].imageManifest",),
    "GetDownloadUrlForLayer": ("downloadUrl",),
    "DescribeLogGroups": ("logGroups[].logGroupName",),
    "DescribeSecret": ("ARN",),
    "DescribeKey": ("KeyMetadata.KeyState",),
    "GetRole": ("Role.AssumeRolePolicyDocument",),
    "GetCallerIdentity": ("Account",),
}
"""Per operation, the keys that every whole answer has; ``[]`` stands for each item of a list, which may be empty."""

_ONE_OF: Mapping[str, tuple[str, str]] = {
    "RunTask": ("tasks", "failures"),
    "BatchGetImage": ("images", "failures"),
    "DescribeServices": ("services", "failures"),
    "DescribeServiceDeployments": ("serviceDeployments", "failures"),
}
"""Pairs of lists that are never both empty: what was asked for is in the one or the other."""

_EACH: Mapping[str, tuple[str, str, str, str]] = {
    "DescribeTasks": ("tasks", "tasks", "taskArn", "arn"),
}
"""Per operation: the request's list, the answer's list, and the keys by which it and ``failures`` name an item."""


class IncompleteAnswer(BotoCoreError):  # type: ignore[misc]
    """AWS answered with success and without what the answer must hold: nothing is known, so it is asked again."""

    fmt = "AWS answered {operation} incompletely: {lacking}"


class StaleAnswer(BotoCoreError):  # type: ignore[misc]
    """The answer is older than what is known already, from a replica that lags behind: it is asked again."""

    fmt = "AWS answered {operation} with what it knew before: {lacking}"


def lacking(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Return what an answer lacks, in words; empty when it is whole."""
    for path in REQUIRED.get(operation, ()):
        for where in _absent(answer, path.split("."), ""):
            return f"{where} is missing"
    if operation in _ONE_OF:
        first, second = _ONE_OF[operation]
        if not answer.get(first) and not answer.get(second):
            return f"neither {first} nor {second}"
    if operation in _EACH:
        asked, found, name, failed = _EACH[operation]
        said = {str(one.get(name)) for one in answer.get(found) or ()}
        said |= {str(one.get(failed)) for one in answer.get("failures") or ()}
        unsaid = [one for one in request.get(asked) or () if not any(_same(str(one), other) for other in said)]
        if unsaid:
            return f"nothing about {unsaid[0]}"
    return ""


def _absent(value: Any, path: list[str], where: str) -> Iterator[str]:
    """Return where the path is not there."""
    if not path:
        return
    key, each = path[0].removesuffix("[]"), path[0].endswith("[]")
    here = f"{where}.{key}" if where else key
    if not isinstance(value, Mapping) or value.get(key) is None:
        yield here
        return
    if not each:
        yield from _absent(value[key], path[1:], here)
        return
    for number, item in enumerate(value[key]):
        yield from _absent(item, path[1:], f"{here}[{number}]")


def _same(asked: str, said: str) -> bool:
    """A task may be asked for by its id and answered by its ARN."""
    return said == asked or said.endswith(f"/{asked}") or asked.endswith(f"/{said}")
