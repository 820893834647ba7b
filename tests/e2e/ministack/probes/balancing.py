"""Faults of Elastic Load Balancing."""

from __future__ import annotations

import http.client

from tests.e2e.ministack.account import Account
from tests.e2e.ministack.probe import Probe

NOWHERE = "10.255.255.1"
"""A private address where nothing listens."""


def balancer(account: Account) -> tuple[str, str, str]:
    """A load balancer whose listener answers itself: its ARN, its DNS name, the listener's ARN."""
    elb = account.client("elbv2")
    made = elb.create_load_balancer(Name=account.name("alb"), Subnets=["subnet-1", "subnet-2"])["LoadBalancers"][0]
    answer = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "200", "MessageBody": "here"}}
    listener = elb.create_listener(
        LoadBalancerArn=made["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=[answer]
    )["Listeners"][0]["ListenerArn"]
    return made["LoadBalancerArn"], made["DNSName"], listener


def target_group(account: Account, path: str = "/probe") -> str:
    """A target group behind a rule of the load balancer's listener: its ARN. path: the rule's."""
    elb, listener = account.client("elbv2"), account.once(balancer)[2]
    group = elb.create_target_group(
        Name=account.name("group"), Protocol="HTTP", Port=8080, VpcId="vpc-1", TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]
    elb.create_rule(
        ListenerArn=listener,
        Priority=len(elb.describe_rules(ListenerArn=listener)["Rules"]),
        Conditions=[{"Field": "path-pattern", "Values": [path]}],
        Actions=[{"Type": "forward", "TargetGroupArn": group}],
    )
    return str(group)


def name_leads_nowhere(account: Account) -> bool:
    """A load balancer's DNS name leads to no listener."""
    name = account.once(balancer)[1]
    if name.endswith(".amazonaws.com"):
        return True  # AWS's own zone: nothing on this machine can be behind such a name
    connection = http.client.HTTPConnection(name, timeout=5)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().read() != b"here"
    finally:
        connection.close()


def silent_target_is_healthy(account: Account) -> bool:
    """DescribeTargetHealth says `healthy` of a target where nothing listens."""
    elb, group = account.client("elbv2"), account.once(target_group)
    elb.register_targets(TargetGroupArn=group, Targets=[{"Id": NOWHERE}])
    found = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
    return "healthy" in [one["TargetHealth"]["State"] for one in found]


def group_behind_a_rule_has_no_balancer(account: Account) -> bool:
    """DescribeTargetGroups shows no load balancer of a target group that a rule forwards to."""
    group = account.client("elbv2").describe_target_groups(TargetGroupArns=[account.once(target_group)])
    return account.once(balancer)[0] not in group["TargetGroups"][0]["LoadBalancerArns"]


PROBES = (
    Probe("elb/listeners", name_leads_nowhere),
    Probe("elb/targets", silent_target_is_healthy),
    Probe("elb/associations", group_behind_a_rule_has_no_balancer),
)
