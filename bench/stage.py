"""An emulated AWS of the bench's own: an account, a cluster, an image, task definitions, services behind a balancer."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import boto3
import botocore.config

from emulator.cloud.emulator import REGION, Cloud
from local.toolchain.process import SetupFailed

APP = Path(__file__).parent / "app"
CLUSTER = "bench"
GROUP = "/bench"
SUBNET = "subnet-1"
SECURITY_GROUP = "sg-1"
CONTAINER = "app"
T = TypeVar("T")


class NotInTime(RuntimeError):
    """Something of the emulated AWS did not come to be before its deadline."""


class Stage:
    """What the tools are measured on."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self.ecs, self.elb, self.logs, ecr = (self._client(name) for name in ("ecs", "elbv2", "logs", "ecr"))
        self.cluster = str(self.ecs.create_cluster(clusterName=CLUSTER)["cluster"]["clusterArn"])
        self.logs.create_log_group(logGroupName=GROUP)
        tag = ecr.create_repository(repositoryName="app")["repository"]["repositoryUri"] + ":1"
        _docker("build", "--quiet", "--tag", tag, str(APP))
        _docker("push", "--quiet", tag, login=cloud.docker_config())
        self.image = tag

    def _client(self, service: str) -> Any:
        connect: Any = boto3.client  # the service is a variable: no overload fits
        return connect(
            service,
            endpoint_url=self.cloud.endpoint,
            aws_access_key_id=self.cloud.account,
            aws_secret_access_key=self.cloud.secret(),
            region_name=REGION,
            config=botocore.config.Config(connect_timeout=5, read_timeout=30),
        )

    def definition(self, family: str, command: list[str], image: str = "") -> str:
        """Registers a revision; returns its ARN."""
        options = {"awslogs-group": GROUP, "awslogs-region": REGION, "awslogs-stream-prefix": "bench"}
        answer = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[
                {
                    "name": CONTAINER,
                    "image": image or self.image,
                    "essential": True,
                    "command": command,
                    "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
                    "logConfiguration": {"logDriver": "awslogs", "options": options},
                }
            ],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def tasks(self, family: str) -> dict[str, dict[str, Any]]:
        """Every task of a family, by ARN."""
        arns = [
            arn
            for desired in ("RUNNING", "STOPPED")
            for arn in self.ecs.list_tasks(cluster=self.cluster, family=family, desiredStatus=desired)["taskArns"]
        ]
        found = self.ecs.describe_tasks(cluster=self.cluster, tasks=arns)["tasks"] if arns else []
        return {str(task["taskArn"]): task for task in found}

    def stopped(self, arn: str) -> dict[str, Any]:
        """The task once it has stopped."""

        def look() -> dict[str, Any]:
            task: dict[str, Any] = self.ecs.describe_tasks(cluster=self.cluster, tasks=[arn])["tasks"][0]
            return task if task["lastStatus"] == "STOPPED" else {}

        return until(look, 60, f"{arn} has stopped")

    def target_group(self, name: str) -> str:
        """A target group that a load balancer's listener forwards to; returns its ARN."""
        balancer = self.elb.create_load_balancer(Name=name, Subnets=[SUBNET, "subnet-2"])["LoadBalancers"][0]
        group = str(
            self.elb.create_target_group(
                Name=name,
                Protocol="HTTP",
                Port=8080,
                VpcId="vpc-1",
                TargetType="ip",
                HealthCheckPath="/",
                HealthCheckIntervalSeconds=5,
                HealthCheckTimeoutSeconds=2,
                HealthyThresholdCount=2,
                UnhealthyThresholdCount=2,
            )["TargetGroups"][0]["TargetGroupArn"]
        )
        delay = [{"Key": "deregistration_delay.timeout_seconds", "Value": "5"}]
        self.elb.modify_target_group_attributes(TargetGroupArn=group, Attributes=delay)
        self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        return group

    def service(self, name: str, definition: str) -> str:
        """A service of one task behind a load balancer, with the circuit breaker; returns its target group's ARN."""
        group = self.target_group(name)
        self.ecs.create_service(
            cluster=self.cluster,
            serviceName=name,
            taskDefinition=definition,
            desiredCount=1,
            launchType="FARGATE",
            networkConfiguration={"awsvpcConfiguration": {"subnets": [SUBNET], "assignPublicIp": "ENABLED"}},
            loadBalancers=[{"targetGroupArn": group, "containerName": CONTAINER, "containerPort": 8080}],
            deploymentConfiguration={
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                "maximumPercent": 200,
                "minimumHealthyPercent": 100,
            },
        )
        return group

    def described(self, service: str) -> dict[str, Any]:
        found: dict[str, Any] = self.ecs.describe_services(cluster=self.cluster, services=[service])["services"][0]
        return found

    def settled(self, service: str, seconds: float = 90) -> str:
        """The revision that serves, once nothing else of the service is left."""

        def look() -> str:
            seen = self.described(service)
            one = seen["deployments"]
            done = len(one) == 1 and one[0].get("rolloutState") == "COMPLETED" and seen["runningCount"] == 1
            return str(one[0]["taskDefinition"]) if done else ""

        return until(look, seconds, f"service {service} has settled")


def until(look: Callable[[], T], seconds: float, what: str) -> T:
    """Asks until the answer is true. Raises NotInTime."""
    end = time.monotonic() + seconds
    while not (answer := look()):
        if time.monotonic() > end:
            raise NotInTime(f"not within {seconds:.0f} s: {what}")
        time.sleep(0.1)
    return answer


def _docker(*words: str, login: Path | None = None) -> None:
    """login: the folder of Docker's configuration; None: the user's."""
    env = os.environ | ({"DOCKER_CONFIG": str(login)} if login else {})
    done = subprocess.run(["docker", *words], env=env, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        raise SetupFailed(f"docker {words[0]} failed: {done.stderr.strip()}")
