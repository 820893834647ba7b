"""Load balancers, target groups, listeners, their rules (botocore service ``elbv2``; Pulumi's module ``lb``)."""

from __future__ import annotations

from typing import Any

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.property import REPLACE, Members, Name, Operation, Property, names


def _attribute(key: str, unset: Any, by: str = "attributes") -> Property:
    return Property(key, by=by, unset=unset)


# -- load balancer


def _balancer_observe(request: ResourceRequest, item: Members) -> None:
    pairs = request.ask("describe_load_balancer_attributes", LoadBalancerArn=request.id)["Attributes"]
    item["Attributes"] = {pair["Key"]: pair["Value"] for pair in pairs}


def _balancer_active(request: ResourceRequest) -> None:
    def probe() -> tuple[bool, None, str]:
        state = str(request.item["State"]["Code"]) if request.observe() else "gone"
        return state in ("active", "failed", "active_impaired"), None, state

    request.wait(probe, "load balancer to be active")


def _suffix(request: ResourceRequest, item: Members) -> str:
    return request.id.split(":loadbalancer/")[-1]


_BALANCER = {"LoadBalancerArn": "$id"}
LOAD_BALANCER = Entry(
    "aws:lb/loadBalancer:LoadBalancer", "elbv2",
    create=Operation("create_load_balancer"),
    read=Operation("describe_load_balancers", {"LoadBalancerArns": ["$id"]}), item="LoadBalancers[0]",
    id="LoadBalancers[0].LoadBalancerArn",
    delete=Operation("delete_load_balancer", _BALANCER),
    operations={
        "attributes": Operation("modify_load_balancer_attributes", _BALANCER, attributes="Attributes"),
        "groups": Operation("set_security_groups", _BALANCER),
        "subnets": Operation("set_subnets", _BALANCER),
        "addresses": Operation("set_ip_address_type", _BALANCER),
    },
    properties={
        "name": Property(replace=True, seen="LoadBalancerName"),
        "namePrefix": Property(local=True, replace=True, seen=""),
        "loadBalancerType": Property("Type", replace=True),
        "internal": Property("Scheme", replace=True, values={True: "internal", False: "internet-facing"}),
        "securityGroups": Property(update="groups"),
        "subnets": Property(update="subnets", seen="AvailabilityZones[].SubnetId"),
        "ipAddressType": Property(update="addresses", unset="ipv4"),
        "idleTimeout": _attribute("idle_timeout.timeout_seconds", 60),
        "clientKeepAlive": _attribute("client_keep_alive.seconds", 3600),
        "dropInvalidHeaderFields": _attribute("routing.http.drop_invalid_header_fields.enabled", False),
        "desyncMitigationMode": _attribute("routing.http.desync_mitigation_mode", "defensive"),
        "enableDeletionProtection": _attribute("deletion_protection.enabled", False),
        "enableHttp2": _attribute("routing.http2.enabled", True),
        "preserveHostHeader": _attribute("routing.http.preserve_host_header.enabled", False),
        "xffHeaderProcessingMode": _attribute("routing.http.xff_header_processing.mode", "append"),
        "accessLogs.enabled": _attribute("access_logs.s3.enabled", False),
        "accessLogs.bucket": _attribute("access_logs.s3.bucket", ""),
        "accessLogs.prefix": _attribute("access_logs.s3.prefix", ""),
    },
    outputs={
        "arn": "LoadBalancerArn", "arnSuffix": _suffix, "dnsName": "DNSName", "zoneId": "CanonicalHostedZoneId",
        "vpcId": "VpcId",
    },
    name=Name(limit=32),
    hooks=Hooks(observe=_balancer_observe, ready=_balancer_active),
    gone=("LoadBalancerNotFound",),
)  # fmt: skip

# -- target group


def _group_observe(request: ResourceRequest, item: Members) -> None:
    pairs = request.ask("describe_target_group_attributes", TargetGroupArn=request.id)["Attributes"]
    item["Attributes"] = {pair["Key"]: pair["Value"] for pair in pairs}


_GROUP = {"TargetGroupArn": "$id"}
TARGET_GROUP = Entry(
    "aws:lb/targetGroup:TargetGroup", "elbv2",
    create=Operation("create_target_group"),
    read=Operation("describe_target_groups", {"TargetGroupArns": ["$id"]}), item="TargetGroups[0]",
    id="TargetGroups[0].TargetGroupArn",
    update=Operation("modify_target_group", _GROUP),
    delete=Operation("delete_target_group", _GROUP, retry=("ResourceInUse",)),
    operations={"attributes": Operation("modify_target_group_attributes", _GROUP, attributes="Attributes")},
    properties={
        "name": Property(replace=True, seen="TargetGroupName"),
        "namePrefix": Property(local=True, replace=True, seen=""),
        "port": REPLACE,
        "protocol": REPLACE,
        "protocolVersion": REPLACE,
        "vpcId": REPLACE,
        "targetType": REPLACE,
        "ipAddressType": REPLACE,
        # Unset, a health check's member goes back to AWS's default for HTTP. Source: elbv2 CreateTargetGroup.
        "healthCheck.enabled": Property("HealthCheckEnabled", unset=True),
        "healthCheck.path": Property("HealthCheckPath", unset="/"),
        "healthCheck.protocol": Property("HealthCheckProtocol", unset="HTTP"),
        "healthCheck.port": Property("HealthCheckPort", unset="traffic-port"),
        "healthCheck.matcher": Property("Matcher.HttpCode", unset="200"),
        "healthCheck.interval": Property("HealthCheckIntervalSeconds", unset=30),
        "healthCheck.timeout": Property("HealthCheckTimeoutSeconds", unset=5),
        "healthCheck.healthyThreshold": Property("HealthyThresholdCount", unset=5),
        "healthCheck.unhealthyThreshold": Property("UnhealthyThresholdCount", unset=2),
        "deregistrationDelay": _attribute("deregistration_delay.timeout_seconds", 300),
        "slowStart": _attribute("slow_start.duration_seconds", 0),
        "loadBalancingAlgorithmType": _attribute("load_balancing.algorithm.type", "round_robin"),
        "loadBalancingCrossZoneEnabled": _attribute(
            "load_balancing.cross_zone.enabled", "use_load_balancer_configuration"
        ),
        "stickiness.enabled": _attribute("stickiness.enabled", False),
        "stickiness.type": _attribute("stickiness.type", "lb_cookie"),
        "stickiness.cookieDuration": _attribute("stickiness.lb_cookie.duration_seconds", 86400),
    },
    outputs={
        "arn": "TargetGroupArn", "arnSuffix": lambda request, item: request.id.rsplit(":", 1)[-1],
        "loadBalancerArns": "LoadBalancerArns",
    },
    name=Name(limit=32),
    hooks=Hooks(observe=_group_observe),
    gone=("TargetGroupNotFound",),
)  # fmt: skip

# -- listener

_TARGETS = names("weight", arn=Property("TargetGroupArn"))
_FORWARD = {
    "targetGroups": Property("TargetGroups", block=_TARGETS),
    "stickiness": Property("TargetGroupStickinessConfig", block=names("enabled", duration=Property("DurationSeconds"))),
}
_ACTIONS = names(
    "type order targetGroupArn",
    forward=Property("ForwardConfig", block=_FORWARD),
    redirect=Property("RedirectConfig", block=names("statusCode host path port protocol query")),
    fixedResponse=Property("FixedResponseConfig", block=names("contentType messageBody statusCode")),
)
_LISTENER = {"ListenerArn": "$id"}
LISTENER = Entry(
    "aws:lb/listener:Listener", "elbv2",
    create=Operation("create_listener"),
    read=Operation("describe_listeners", {"ListenerArns": ["$id"]}), item="Listeners[0]", id="Listeners[0].ListenerArn",
    update=Operation("modify_listener", _LISTENER),
    delete=Operation("delete_listener", _LISTENER),
    properties={
        "loadBalancerArn": REPLACE,
        "port": Property(),
        "protocol": Property(),
        "sslPolicy": Property(),
        "certificateArn": Property("Certificates[].CertificateArn"),
        "defaultActions": Property(block=_ACTIONS),
    },
    outputs={"arn": "ListenerArn"},
    gone=("ListenerNotFound",),
    gettable=True,
)  # fmt: skip

# -- rule of a listener


_FIELDS = {
    "HostHeaderConfig": "host-header",
    "PathPatternConfig": "path-pattern",
    "HttpHeaderConfig": "http-header",
    "HttpRequestMethodConfig": "http-request-method",
}


def _condition_fields(request: ResourceRequest, operation: Operation, params: Members) -> None:
    """AWS wants every condition's field named beside its values."""
    for condition in params.get("Conditions", []):
        condition["Field"] = _FIELDS[next(iter(condition))]


_RULE = {"RuleArn": "$id"}
_VALUES = names("values")
_CONDITIONS = {
    "hostHeader": Property("HostHeaderConfig", block=_VALUES),
    "pathPattern": Property("PathPatternConfig", block=_VALUES),
    "httpHeader": Property("HttpHeaderConfig", block=names("httpHeaderName values")),
    "httpRequestMethod": Property("HttpRequestMethodConfig", block=_VALUES),
}
LISTENER_RULE = Entry(
    "aws:lb/listenerRule:ListenerRule", "elbv2",
    create=Operation("create_rule"),
    read=Operation("describe_rules", {"RuleArns": ["$id"]}), item="Rules[0]", id="Rules[0].RuleArn",
    update=Operation("modify_rule", _RULE),
    delete=Operation("delete_rule", _RULE),
    operations={"priority": Operation("set_rule_priorities", {"RulePriorities": [_RULE]})},
    properties={
        "listenerArn": Property(replace=True, seen=""),
        "priority": Property(changed="RulePriorities[].Priority", update="priority"),
        "conditions": Property(block=_CONDITIONS),
        "actions": Property(block=_ACTIONS),
    },
    outputs={"arn": "RuleArn"},
    hooks=Hooks(prepare=_condition_fields),
    gone=("RuleNotFound", "ListenerNotFound"),
)  # fmt: skip

ENTRIES = (LOAD_BALANCER, TARGET_GROUP, LISTENER, LISTENER_RULE)
