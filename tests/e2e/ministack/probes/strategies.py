"""Faults that a deployment with two target groups meets: weights, figures, pauses."""

from __future__ import annotations

from tests.e2e.ministack.account import Account, code
from tests.e2e.ministack.probe import Probe
from tests.e2e.ministack.probes.balancing import NOWHERE, balancer, target_group
from tests.e2e.ministack.probes.services import ABSENT


def weights_are_forgotten(account: Account) -> bool:
    """DescribeRules shows no target groups of a forward action that has two."""
    elb = account.client("elbv2")
    groups = [{"TargetGroupArn": target_group(account, path), "Weight": 1} for path in ("/one", "/two")]
    made = elb.create_rule(
        ListenerArn=account.once(balancer)[2],
        Priority=50,
        Conditions=[{"Field": "path-pattern", "Values": ["/both"]}],
        Actions=[{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
    )["Rules"][0]["RuleArn"]
    action = elb.describe_rules(RuleArns=[made])["Rules"][0]["Actions"][0]
    shown = action.get("ForwardConfig", {}).get("TargetGroups", [])
    return {one["TargetGroupArn"] for one in shown} != {one["TargetGroupArn"] for one in groups}


def targets_are_not_counted(account: Account) -> bool:
    """ListMetrics has no figures of a load balancer's targets."""
    group = target_group(account, "/counted")
    account.client("elbv2").register_targets(TargetGroupArn=group, Targets=[{"Id": NOWHERE}])
    return not account.client("cloudwatch").list_metrics(Namespace="AWS/ApplicationELB")["Metrics"]


def pause_cannot_be_continued(account: Account) -> bool:
    """ContinueServiceDeployment is an unknown operation."""
    asked = {"serviceDeploymentArn": ABSENT, "hookId": "ecs-pause-1", "action": "CONTINUE"}
    return code(account.client("ecs").continue_service_deployment, **asked) != "ServiceDeploymentNotFoundException"


PROBES = (
    Probe("elb/weights", weights_are_forgotten),
    Probe("elb/metrics", targets_are_not_counted),
    Probe("ecs/strategies/continuing", pause_cannot_be_continued),
)
