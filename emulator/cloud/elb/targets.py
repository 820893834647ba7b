"""Targets are what their health checks say, requests go to healthy ones, and leaving ones finish what they serve.

AWS, "Health checks for your target groups" and "Target groups for your Application Load Balancers" (ELB user guide): a
target starts `initial`; `unused` where no listener forwards to its group; deregistered, it gets no new request, shows
as `draining` for `deregistration_delay.timeout_seconds`, and the deregistration is over early when none of its requests
is in flight. An unanswerable request is 503 ("HTTP 503", troubleshooting page). MiniStack says `healthy` for every
registered target.

Checks run every `HealthCheckIntervalSeconds`. While a target is `initial` they are repeated faster, so that one that is
ready is seen at once; a failure counts towards the threshold once per interval only, as it would in AWS.
"""

from __future__ import annotations

import contextvars
import json
import logging
import threading
import time
from collections.abc import Callable
from typing import Any

from ministack.core.responses import StreamingResponse
from ministack.services import alb

from emulator.cloud.correction import Correction
from emulator.cloud.elb import address, metrics
from emulator.cloud.elb.check import check
from emulator.cloud.elb.health import State, Thresholds
from emulator.cloud.elb.registered import Registered, Target
from emulator.cloud.replace import replace, replace_operation
from emulator.cloud.settings import Settings, shortened

log = logging.getLogger("sluice.targets")
registered = Registered(time.monotonic)
listeners_for_change: list[Callable[[], None]] = []

_EAGER_SECONDS = 0.2


def install(settings: Settings) -> None:
    """Replace the target operations and the choice of a request's target."""
    delete_group = alb._ACTION_MAP["DeleteTargetGroup"]

    def delete_target_group(params: dict[str, Any]) -> Any:
        group = alb._p(params, "TargetGroupArn")
        if _forwarded_to(group):
            return alb._error("ResourceInUse", f"Target group '{group}' is currently in use by a listener or a rule")
        registered.forget(group)
        return delete_group(params)

    replace_operation(alb, "RegisterTargets", _register_targets)
    replace_operation(alb, "DeregisterTargets", _deregister_targets)
    replace_operation(alb, "DescribeTargetHealth", _describe_target_health)
    replace_operation(alb, "DeleteTargetGroup", delete_target_group)
    replace(alb, "_forward_to_tg", _forward)
    metrics.every_group(registered)


CORRECTION = Correction(
    rule="A target is what its health checks say, and only healthy targets get requests.",
    fault="Every registered target is `healthy`, whether anything listens there or not.",
    ministack="1.5.33",
    install=install,
)


def register(group: str, address: str, port: int) -> None:
    """Register an address in a group of the current account, and begin its checks."""
    target = registered.register(group, address, port)
    if target is None:
        return
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(_watch, target), daemon=True, name=f"sluice-check-{address}").start()


def deregister(group: str, address: str, port: int | None = None) -> tuple[list[Target], float]:
    """Take an address out of a group. Returns the leaving targets and how long they drain here, in seconds."""
    delay = shortened(delay_of(group))
    return registered.deregister(group, address, port, delay), delay


def delay_of(group: str) -> float:
    """The group's deregistration delay, in seconds (default 300)."""
    for attribute in alb._tg_attrs.get(group, []):
        if attribute["Key"] == "deregistration_delay.timeout_seconds":
            return float(attribute["Value"])
    return 300.0


def _watch(target: Target) -> None:
    """Check one target until it is deregistered."""
    counted = time.monotonic()
    while not target.gone.is_set():
        group = alb._tgs.get(target.group)
        if group is None:
            return
        used = _forwarded_to(target.group)
        registered.set_used(target, used)
        interval = shortened(float(group["HealthCheckIntervalSeconds"]))
        if used and group["HealthCheckEnabled"]:
            outcome = check(
                group["HealthCheckProtocol"],
                target.address,
                _check_port(group, target),
                group["HealthCheckPath"],
                float(group["HealthCheckTimeoutSeconds"]),
                (group.get("Matcher") or {}).get("HttpCode", "200"),
            )
            eager = target.health.state is State.INITIAL
            if outcome.passed or not eager or time.monotonic() - counted >= interval:
                counted = time.monotonic()
                limits = Thresholds(int(group["HealthyThresholdCount"]), int(group["UnhealthyThresholdCount"]))
                changed_state = registered.observed(target, outcome, limits)
                metrics.hosts(registered, target.group)
                if changed_state:
                    log.info(
                        "%s:%s is %s %s", target.address, target.port, target.health.state.value, outcome.description
                    )
                    for changed in listeners_for_change:
                        changed()
        pause = _EAGER_SECONDS if target.health.state in (State.INITIAL, State.UNUSED) else interval
        target.gone.wait(min(pause, interval))


def _check_port(group: dict[str, Any], target: Target) -> int:
    port = group["HealthCheckPort"]
    return target.port if port == "traffic-port" else int(port)


def _forwarded_to(group: str) -> bool:
    for rule in alb._rules.values():
        for action in rule.get("Actions") or []:
            if action.get("TargetGroupArn") == group:
                return True
            weighted = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
            if any(one.get("TargetGroupArn") == group for one in weighted):
                return True
    return False


def _register_targets(params: dict[str, Any]) -> Any:
    group = alb._p(params, "TargetGroupArn")
    if group not in alb._tgs:
        return alb._error("TargetGroupNotFound", f"Target group '{group}' not found.")
    wrong = [reason for one in alb._parse_targets_param(params) if (reason := address.refusal(one["Id"]))]
    if wrong:
        return alb._error("InvalidTarget", wrong[0])
    for wanted in alb._parse_targets_param(params):
        register(group, wanted["Id"], int(wanted.get("Port") or alb._tgs[group]["Port"]))
    return alb._empty("RegisterTargets")


def _deregister_targets(params: dict[str, Any]) -> Any:
    group = alb._p(params, "TargetGroupArn")
    if group not in alb._tgs:
        return alb._error("TargetGroupNotFound", f"Target group '{group}' not found.")
    for leaving in alb._parse_targets_param(params):
        deregister(group, leaving["Id"], leaving.get("Port"))
    return alb._empty("DeregisterTargets")


def _describe_target_health(params: dict[str, Any]) -> Any:
    group = alb._p(params, "TargetGroupArn")
    if group not in alb._tgs:
        return alb._error("TargetGroupNotFound", f"Target group '{group}' not found.")
    wanted = {target["Id"] for target in alb._parse_targets_param(params)}
    members = "".join(
        _health_xml(alb._tgs[group], target)
        for target in registered.of(group)
        if not wanted or target.address in wanted
    )
    return alb._xml(200, "DescribeTargetHealth", f"<TargetHealthDescriptions>{members}</TargetHealthDescriptions>")


def _health_xml(group: dict[str, Any], target: Target) -> str:
    health = target.health
    why = (
        f"<Reason>{health.reason}</Reason><Description>{alb._esc(health.description)}</Description>"
        if health.reason
        else ""
    )
    return (
        f"<member><Target><Id>{target.address}</Id><Port>{target.port}</Port></Target>"
        f"<HealthCheckPort>{_check_port(group, target)}</HealthCheckPort>"
        f"<TargetHealth><State>{health.state.value}</State>{why}</TargetHealth></member>"
    )


async def _forward(
    group_arn: str,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query_params: dict[str, Any],
    raw_query_string: str | None = None,
    raw_path: str | None = None,
) -> Any:
    group = alb._tgs.get(group_arn)
    if group is None:
        return 503, {"Content-Type": "text/plain"}, b"the listener's target group does not exist"
    target = registered.take(group_arn)
    if target is None:
        return (
            503,
            {"Content-Type": "application/json"},
            json.dumps({"message": "the target group has no target that can be asked"}).encode(),
        )
    handed_over, began = False, time.monotonic()
    try:
        where = {"Id": target.address, "Port": target.port}
        status, answer, content = await alb._proxy_http_target(
            where, group, method, raw_path or path, headers, body, query_params, raw_query_string
        )
        # A target that cannot be connected to is answered for by the load balancer, without a stream.
        own = status if isinstance(content, StreamingResponse) else None
        metrics.answered(group_arn, own, time.monotonic() - began)
        if isinstance(content, StreamingResponse):
            content = _counted(content, target)
            handed_over = True
        return status, answer, content
    finally:
        if not handed_over:
            registered.give_back(target)


def _counted(content: StreamingResponse, target: Target) -> StreamingResponse:
    """The same body, counted as in flight until its last byte is handed to the client."""

    async def run(send: Any, receive: Any) -> None:
        try:
            await content.runner(send, receive)
        finally:
            registered.give_back(target)

    return StreamingResponse(run)
