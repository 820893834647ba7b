"""ListServiceDeployments, DescribeServiceDeployments, StopServiceDeployment, DescribeServiceRevisions.

AWS, the four operations (ECS API reference), "Stopping Amazon ECS service deployments" (developer guide): a list newest
first, 20 at a time; unknown ARNs are failures MISSING; only stopType ROLLBACK is documented as valid, works without the
rollback option, in PENDING, IN_PROGRESS, STOP_REQUESTED, ROLLBACK_REQUESTED and ROLLBACK_IN_PROGRESS, else
ConflictException. With nothing to return to AWS's answer is not documented: here InvalidParameterException.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json, json_response
from ministack.services import ecs

from emulator.cloud.correction import Correction
from emulator.cloud.ecs.service import deployment, deployments, scheduler, service_deployments
from emulator.cloud.ecs.service.service_deployment import ONGOING, monitor
from emulator.cloud.ecs.service.service_deployments import ServiceDeployment
from emulator.cloud.ecs.service.services import find
from emulator.cloud.ecs.strategies import progress, shown
from emulator.cloud.replace import add_operation, replace_operation
from emulator.cloud.settings import Settings

_PAGE, _LARGEST_PAGE, _MOST_DESCRIBED = 20, 100, 20


def install(settings: Settings) -> None:
    """Add the operations."""
    replace_operation(ecs, "ListServiceDeployments", _list)
    replace_operation(ecs, "DescribeServiceDeployments", _describe)
    replace_operation(ecs, "DescribeServiceRevisions", _describe_revisions)
    add_operation(ecs, "StopServiceDeployment", _stop)


CORRECTION = Correction(
    rule="A service deployment has a status, a rollback and monitors, and can be stopped.",
    fault="StopServiceDeployment is unknown, and no service has a list of its deployments.",
    ministack="1.5.33",
    install=install,
)


def _list(data: dict[str, Any]) -> Any:
    cluster = ecs._resolve_cluster_name(data.get("cluster", "default"))
    if cluster is None or cluster not in ecs._clusters:
        return error_response_json("ClusterNotFoundException", "Cluster not found.", 400)
    service = find(data)
    if service is None:
        return error_response_json("ServiceNotFoundException", "Service not found.", 400)
    wanted, span = set(data.get("status") or []), data.get("createdAt") or {}
    found = [
        one
        for one in service_deployments.of(service)
        if (not wanted or one.status in wanted)
        and float(span.get("after") or 0) <= one.created <= float(span.get("before") or one.created)
    ]
    size = min(int(data.get("maxResults") or _PAGE), _LARGEST_PAGE)
    begin = int(data.get("nextToken") or 0)
    answer: dict[str, Any] = {"serviceDeployments": [_brief(one) for one in found[begin : begin + size]]}
    if begin + size < len(found):
        answer["nextToken"] = str(begin + size)
    return json_response(answer)


def _describe(data: dict[str, Any]) -> Any:
    arns = data.get("serviceDeploymentArns") or []
    if not 1 <= len(arns) <= _MOST_DESCRIBED:
        return error_response_json("InvalidParameterException", "Between 1 and 20 service deployment ARNs.", 400)
    known = {arn: service_deployments.find(arn) for arn in arns}
    return json_response(
        {
            "serviceDeployments": [_full(one) for one in known.values() if one is not None],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn, one in known.items() if one is None],
        }
    )


def _describe_revisions(data: dict[str, Any]) -> Any:
    known = {arn: service_deployments.revision(arn) for arn in data.get("serviceRevisionArns") or []}
    return json_response(
        {
            "serviceRevisions": [
                {
                    "serviceRevisionArn": one.arn,
                    **ecs._sanitize(one.service),
                    "containerImages": one.images,
                    "createdAt": one.created,
                    **({"resolvedConfiguration": {"loadBalancers": one.resolved}} if one.resolved else {}),
                }
                for one in known.values()
                if one is not None
            ],
            "failures": [{"arn": arn, "reason": "MISSING"} for arn, one in known.items() if one is None],
        }
    )


def _stop(data: dict[str, Any]) -> Any:
    arn = data.get("serviceDeploymentArn", "")
    found = service_deployments.find(arn)
    if found is None:
        return error_response_json("ServiceDeploymentNotFoundException", "The service deployment was not found.", 400)
    if data.get("stopType", "ROLLBACK") != "ROLLBACK":
        return error_response_json("InvalidParameterException", "The only valid stopType is ROLLBACK.", 400)
    with scheduler.one_at_a_time:
        return _roll_back(found)


def _roll_back(found: ServiceDeployment) -> Any:
    if found.status not in ONGOING:
        return error_response_json(
            "ConflictException", f"The service deployment is {found.status} and cannot be stopped.", 400
        )
    shifting = progress.of(found)
    if shifting is not None:
        wrong = progress.stop(shifting)
        if wrong:
            return error_response_json("InvalidParameterException", wrong, 400)
        scheduler.wake()
    elif found.rollback is None:
        target = deployment.return_to(deployments.seen(found.service), found.own["id"])
        if target is None:
            return error_response_json(
                "InvalidParameterException", "The service has no completed deployment to roll back to.", 400
            )
        deployments.fail(found.service, deployment.Fail(found.own["id"], target, deployment.REQUEST))
        scheduler.wake()
    return json_response({"serviceDeploymentArn": found.arn})


def _brief(one: ServiceDeployment) -> dict[str, Any]:
    answer = {
        "serviceDeploymentArn": one.arn,
        "serviceArn": one.service["serviceArn"],
        "clusterArn": one.service["clusterArn"],
        "createdAt": one.created,
        "startedAt": one.started,
        "finishedAt": one.finished,
        "targetServiceRevisionArn": one.target.arn,
        "status": one.status,
        "statusReason": _reason(one),
    }
    return {name: value for name, value in answer.items() if value is not None}


def _reason(one: ServiceDeployment) -> str | None:
    """Why it is not going on; of a rolling deployment AWS's own words are not documented."""
    if one.state is not None:
        return shown.reason(one)
    if one.rollback is not None or one.own["rolloutState"] == "FAILED":
        return str(one.own["rolloutStateReason"])
    return "A newer service deployment has taken its place." if one.status == "STOPPED" else None


def _full(one: ServiceDeployment) -> dict[str, Any]:
    brief = _brief(one)
    arn = brief.pop("targetServiceRevisionArn")
    breaker = one.configuration.get("deploymentCircuitBreaker") or {}
    alarms = one.configuration.get("alarms") or {}
    by = one.own.get("_failed_by")
    answer = {
        **brief,
        "updatedAt": one.updated,
        "sourceServiceRevisions": [service_deployments.counted(source.arn, one.service) for source in one.sources],
        "targetServiceRevision": service_deployments.counted(arn, one.service),
        "deploymentConfiguration": one.configuration,
        "deploymentCircuitBreaker": {
            "status": monitor(bool(breaker.get("enable")), by == deployment.BREAKER, one.status),
            "failureCount": int(one.own["failedTasks"]),
            "threshold": deployments.breaker_threshold(one.service),
        },
        "alarms": {
            "status": monitor(bool(alarms.get("enable")), by == deployment.ALARM, one.status),
            "alarmNames": list(alarms.get("alarmNames") or []),
            "triggeredAlarmNames": list(one.own.get("_fired_alarms") or []),
        },
    }
    if one.status == "STOPPED":
        answer["stoppedAt"] = one.finished
    if one.rollback is not None and one.rollback_target is not None:
        answer["rollback"] = {
            "reason": str(one.rollback["rolloutStateReason"]),
            "startedAt": one.rollback_began,
            "serviceRevisionArn": one.rollback_target.arn,
        }
    answer |= shown.added(one)
    return {name: value for name, value in answer.items() if value is not None}
