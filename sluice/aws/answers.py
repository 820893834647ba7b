"""Checks that an answer of AWS is complete. Pure.

An answer can be cut off in transit: botocore does not enforce the content length, and reads half a JSON document with
status 200 as an empty one. It can lack a key or a requested item. None of that proves anything about a task or a
service, so the call is repeated, as after throttling.

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
"""The keys that every complete answer of an operation has; ``[]`` is each item of a list, which may be empty."""

_ONE_OF: Mapping[str, tuple[str, str]] = {
    "RunTask": ("tasks", "failures"),
    "BatchGetImage": ("images", "failures"),
    "DescribeServices": ("services", "failures"),
    "DescribeServiceDeployments": ("serviceDeployments", "failures"),
}
"""Pairs of lists that are never both empty: a requested item is in one of them."""

_EACH: Mapping[str, tuple[str, str, str, str]] = {
    "DescribeTasks": ("tasks", "tasks", "taskArn", "arn"),
}
"""By operation: the request's list, the answer's list, and the keys that name an item there and in ``failures``."""


class IncompleteAnswer(BotoCoreError):  # type: ignore[misc]
    """A successful answer of AWS lacks a required part: it proves nothing, so the call is repeated."""

    fmt = "AWS answered {operation} incompletely: {lacking}"


class StaleAnswer(BotoCoreError):  # type: ignore[misc]
    """The answer of a replica is older than an earlier answer: the call is repeated."""

    fmt = "AWS answered {operation} with an outdated state: {lacking}"


def lacking(operation: str, request: Mapping[str, Any], answer: Mapping[str, Any]) -> str:
    """Return the missing part of an answer; empty when it is complete."""
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
    """Yield the places where the path is missing."""
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
    """Return whether both name one task: a request may have its id, and the answer its ARN."""
    return said == asked or said.endswith(f"/{asked}") or asked.endswith(f"/{said}")
