"""A service whose traffic ECS shifts: two target groups, a production rule, a test rule, and what is asked of them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from tests.e2e.cloud.stage import NETWORK, Stage, until

HEADER, VALUE = "X-Sluice-Test", "a-random-value"
ENDED = ("SUCCESSFUL", "STOPPED", "ROLLBACK_SUCCESSFUL", "ROLLBACK_FAILED")
TRUST: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
RIGHTS: dict[str, Any] = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Action": [
                "elasticloadbalancing:DescribeListeners",
                "elasticloadbalancing:DescribeRules",
                "elasticloadbalancing:DescribeTargetGroups",
                "elasticloadbalancing:DescribeTargetHealth",
                "elasticloadbalancing:RegisterTargets",
                "elasticloadbalancing:DeregisterTargets",
                "elasticloadbalancing:ModifyListener",
                "elasticloadbalancing:ModifyRule",
            ],
            "Resource": "*",
        }
    ],
}


def pause(stage: str = "POST_TEST_TRAFFIC_SHIFT", minutes: int = 1440, action: str = "ROLLBACK") -> dict[str, Any]:
    """A pause hook. A minute takes six seconds in these tests."""
    return {
        "targetType": "PAUSE",
        "lifecycleStages": [stage],
        "timeoutConfiguration": {"timeoutInMinutes": minutes, "action": action},
    }


class Shifting:
    """A load balancer that is wired for shifts, and perhaps a service on it."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.service = stage, ""
        name = stage.name("shift")
        self.balancer = stage.elb.create_load_balancer(Name=name, Subnets=["subnet-1", "subnet-2"])["LoadBalancers"][0]
        self.url = f"http://{self.balancer['DNSName']}"
        self.primary, self.alternate = (self._group(f"{name}-{number}") for number in (1, 2))
        self.listener = stage.elb.create_listener(
            LoadBalancerArn=self.balancer["LoadBalancerArn"],
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
        )["Listeners"][0]["ListenerArn"]
        self.production = self._rule(20, {"Field": "path-pattern", "PathPatternConfig": {"Values": ["*"]}}, (1, 0))
        header = {"HttpHeaderName": HEADER, "Values": [VALUE]}
        self.test = self._rule(10, {"Field": "http-header", "HttpHeaderConfig": header}, (0, 1))
        iam = stage.client("iam")
        self.role_name = name
        self.role = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        iam.put_role_policy(RoleName=name, PolicyName="shift", PolicyDocument=json.dumps(RIGHTS))

    def _group(self, name: str) -> str:
        made = self.stage.elb.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=8080,
            VpcId="vpc-1",
            TargetType="ip",
            HealthCheckPath="/live",
            HealthCheckIntervalSeconds=20,
            HealthCheckTimeoutSeconds=2,
            HealthyThresholdCount=2,
            UnhealthyThresholdCount=2,
            Matcher={"HttpCode": "200"},
        )["TargetGroups"][0]["TargetGroupArn"]
        self.stage.elb.modify_target_group_attributes(
            TargetGroupArn=made, Attributes=[{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}]
        )
        return str(made)

    def forward(self, weights: Sequence[int]) -> list[dict[str, Any]]:
        """An action that forwards to both groups."""
        pairs = zip((self.primary, self.alternate), weights, strict=True)
        groups = [{"TargetGroupArn": arn, "Weight": weight} for arn, weight in pairs]
        return [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]

    def _rule(self, priority: int, condition: Mapping[str, Any], weights: Sequence[int]) -> str:
        rule = self.stage.elb.create_rule(
            ListenerArn=self.listener, Priority=priority, Conditions=[condition], Actions=self.forward(weights)
        )
        return str(rule["Rules"][0]["RuleArn"])

    def balancers(self, **change: Any) -> list[dict[str, Any]]:
        """loadBalancers of the service."""
        advanced = {
            "alternateTargetGroupArn": self.alternate,
            "productionListenerRule": self.production,
            "testListenerRule": self.test,
            "roleArn": self.role,
            **change,
        }
        return [
            {
                "targetGroupArn": self.primary,
                "containerName": "app",
                "containerPort": 8080,
                "advancedConfiguration": advanced,
            }
        ]

    def create(self, definition: str, configuration: Mapping[str, Any], count: int = 1, **more: Any) -> str:
        """Create the service. Returns its service deployment's ARN."""
        made = self.stage.ecs.create_service(
            cluster=self.stage.cluster,
            serviceName=self.stage.name("service"),
            taskDefinition=definition,
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=NETWORK,
            deploymentConfiguration=configuration,
            **{"loadBalancers": self.balancers(), **more},
        )["service"]
        self.service = made["serviceName"]
        return str(made["currentServiceDeployment"])

    def update(self, **change: Any) -> str:
        """UpdateService. Returns its service deployment's ARN."""
        made = self.stage.ecs.update_service(cluster=self.stage.cluster, service=self.service, **change)["service"]
        return str(made["currentServiceDeployment"])

    def described(self, deployment: str) -> dict[str, Any]:
        """The service deployment."""
        found = self.stage.ecs.describe_service_deployments(serviceDeploymentArns=[deployment])
        return dict(found["serviceDeployments"][0])

    def revision(self, deployment: str) -> dict[str, Any]:
        """The revision that a service deployment is towards."""
        arn = self.described(deployment)["targetServiceRevision"]["arn"]
        return dict(self.stage.ecs.describe_service_revisions(serviceRevisionArns=[arn])["serviceRevisions"][0])

    def at(self, deployment: str, stage: str, deadline: float = 60) -> dict[str, Any]:
        """Wait until the deployment waits at a pause of this stage. Returns the hook's detail."""

        def paused() -> dict[str, Any]:
            found = self.described(deployment)
            assert found["status"] == "IN_PROGRESS" or found["status"] == "PENDING", found
            awaiting = [one for one in found.get("lifecycleHookDetails", ()) if one["status"] == "AWAITING_ACTION"]
            return awaiting[0] if awaiting and found["lifecycleStage"] == stage else {}

        return until(paused, deadline)

    def ended(self, deployment: str, status: str = "SUCCESSFUL", deadline: float = 90) -> dict[str, Any]:
        """Wait until the deployment has ended, with this status."""
        found = until(lambda: ((now := self.described(deployment))["status"] in ENDED and now) or {}, deadline)
        assert found["status"] == status, found
        return found

    def answer(self, deployment: str, hook: str, action: str = "CONTINUE") -> None:
        """ContinueServiceDeployment."""
        self.stage.ecs.continue_service_deployment(serviceDeploymentArn=deployment, hookId=hook, action=action)

    def weights(self, rule: str) -> tuple[int, int]:
        """The weights of the primary and the alternate group in a rule, as DescribeRules has them."""
        [found] = self.stage.elb.describe_rules(RuleArns=[rule])["Rules"]
        groups = {
            one["TargetGroupArn"]: one["Weight"]
            for action in found["Actions"]
            for one in action["ForwardConfig"]["TargetGroups"]
        }
        return groups[self.primary], groups[self.alternate]

    def versions(self, number: int = 20, test: bool = False) -> Counter[str]:
        """Which version answered how many of so many requests; the status where it was an error."""
        return Counter(self.ask(test) for _ in range(number))

    def ask(self, test: bool = False, path: str = "/") -> str:
        """One request: `1` for version 1."""
        request = urllib.request.Request(f"{self.url}{path}", headers={HEADER: VALUE} if test else {})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return str(answer.read().decode()).split()[1]
        except urllib.error.HTTPError as error:
            return str(error.code)

    def delete(self) -> None:
        """Delete the service."""
        self.stage.delete(self.service)
