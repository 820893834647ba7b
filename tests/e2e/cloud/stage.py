"""What the tests of the local cloud need before they can begin: clients, a cluster, images in ECR, task definitions."""

from __future__ import annotations

import itertools
import os
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import boto3
import botocore.config

from emulator.cloud.emulator import Cloud

APP = Path(__file__).parent / "app"
NETWORK = {"awsvpcConfiguration": {"subnets": ["subnet-1"], "assignPublicIp": "ENABLED"}}
GROUP = "/e2e/app"
T = TypeVar("T")


def until(what: Callable[[], T], deadline: float, each: float = 0.1) -> T:
    """Ask until the answer is true; the last answer at the deadline is a failure."""
    end = time.monotonic() + deadline
    while not (answer := what()):
        assert time.monotonic() < end, f"not within {deadline} s: {answer!r}"
        time.sleep(each)
    return answer


class Stage:
    """One account with a cluster, a log group and a repository."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud
        self._numbers = itertools.count(1)
        self.ecs, self.elb, self.rds, self.ecr = (self.client(name) for name in ("ecs", "elbv2", "rds", "ecr"))
        self.logs, self.secrets, self.ssm = (self.client(name) for name in ("logs", "secretsmanager", "ssm"))
        self.cluster = self.ecs.create_cluster(clusterName="e2e")["cluster"]["clusterArn"]
        self.logs.create_log_group(logGroupName=GROUP)
        self.repository = self.ecr.create_repository(repositoryName="app")["repository"]["repositoryUri"]

    def client(self, service: str) -> Any:
        """A boto3 client of this account, without retries: the first answer counts."""
        settings = botocore.config.Config(retries={"total_max_attempts": 1}, read_timeout=30)
        connect: Any = boto3.client  # The service is a variable: no overload fits.
        return connect(
            service,
            endpoint_url=self.cloud.endpoint,
            aws_access_key_id=self.cloud.account,
            aws_secret_access_key=self.cloud.secret(),
            region_name="us-east-1",
            config=settings,
        )

    def name(self, what: str) -> str:
        """A name nothing else has."""
        return f"{what}-{next(self._numbers)}"

    def push(self, version: str, folder: Path = APP) -> str:
        """Build and push the test's service, or what *folder* holds. Returns its reference by digest."""
        tag = f"{self.repository}:{version}"
        docker("build", "--quiet", "--build-arg", f"VERSION={version}", "--tag", tag, str(folder))
        self.docker("push", "--quiet", tag)
        found = self.ecr.describe_images(repositoryName="app", imageIds=[{"imageTag": version}])["imageDetails"]
        return f"{self.repository}@{found[0]['imageDigest']}"

    def docker(self, *words: str) -> str:
        """One docker command that is logged in to the registry. Returns its output."""
        return docker(*words, env=os.environ | {"DOCKER_CONFIG": str(self.cloud.docker_config())})

    def task_definition(self, image: str, family: str = "app", **container: Any) -> str:
        """Register a one-container task definition. Returns the revision's ARN."""
        options = {"awslogs-group": GROUP, "awslogs-region": "us-east-1", "awslogs-stream-prefix": family}
        made = {
            "name": "app",
            "image": image,
            "essential": True,
            "logConfiguration": {"logDriver": "awslogs", "options": options},
            "portMappings": [{"containerPort": 8080, "protocol": "tcp"}],
            **container,
        }
        answer = self.ecs.register_task_definition(
            family=family,
            networkMode="awsvpc",
            requiresCompatibilities=["FARGATE"],
            cpu="256",
            memory="512",
            containerDefinitions=[made],
        )
        return str(answer["taskDefinition"]["taskDefinitionArn"])

    def run(self, definition: str, command: list[str] | None = None, **more: Any) -> str:
        """Run one task. Returns its ARN."""
        overrides = {"containerOverrides": [{"name": "app", "command": command}]} if command else {}
        answer = self.ecs.run_task(
            cluster=self.cluster,
            taskDefinition=definition,
            launchType="FARGATE",
            networkConfiguration=NETWORK,
            overrides=overrides,
            **more,
        )
        assert not answer["failures"]
        return str(answer["tasks"][0]["taskArn"])

    def task(self, arn: str) -> dict[str, Any]:
        """The task as DescribeTasks has it."""
        found: dict[str, Any] = self.ecs.describe_tasks(cluster=self.cluster, tasks=[arn])["tasks"][0]
        return found

    def in_state(self, arn: str, state: str, deadline: float = 30) -> dict[str, Any]:
        """Wait until the task's lastStatus is this one."""
        return until(lambda: ((task := self.task(arn))["lastStatus"] == state and task) or {}, deadline)

    def lines(self, arn: str, family: str = "app") -> list[str]:
        """What the task wrote to its log stream, as it is now."""
        stream = f"{family}/app/{arn.rsplit('/', 1)[-1]}"
        events = self.logs.get_log_events(logGroupName=GROUP, logStreamName=stream, startFromHead=True)["events"]
        return [event["message"] for event in events]

    def load_balancer(self, path: str = "/live", interval: int = 20, unhealthy: int = 2) -> tuple[str, str]:
        """A load balancer with one listener. Returns its DNS name and its target group's ARN."""
        name = self.name("alb")
        balancer = self.elb.create_load_balancer(Name=name, Subnets=["subnet-1", "subnet-2"])["LoadBalancers"][0]
        group = self.elb.create_target_group(
            Name=name,
            Protocol="HTTP",
            Port=8080,
            VpcId="vpc-1",
            TargetType="ip",
            HealthCheckPath=path,
            HealthCheckIntervalSeconds=interval,
            HealthCheckTimeoutSeconds=2,
            HealthyThresholdCount=2,
            UnhealthyThresholdCount=unhealthy,
            Matcher={"HttpCode": "200"},
        )["TargetGroups"][0]["TargetGroupArn"]
        self.elb.create_listener(
            LoadBalancerArn=balancer["LoadBalancerArn"],
            Port=80,
            Protocol="HTTP",
            DefaultActions=[{"Type": "forward", "TargetGroupArn": group}],
        )
        return balancer["DNSName"], group

    def service(self, definition: str, group: str, count: int = 2, **more: Any) -> dict[str, Any]:
        """Create a service behind a target group. Returns it as CreateService does."""
        created: dict[str, Any] = self.ecs.create_service(
            cluster=self.cluster,
            serviceName=self.name("service"),
            taskDefinition=definition,
            desiredCount=count,
            launchType="FARGATE",
            networkConfiguration=NETWORK,
            loadBalancers=[{"targetGroupArn": group, "containerName": "app", "containerPort": 8080}],
            **more,
        )["service"]
        return created

    def described(self, service: str) -> dict[str, Any]:
        """The service as DescribeServices has it."""
        found: dict[str, Any] = self.ecs.describe_services(cluster=self.cluster, services=[service])["services"][0]
        return found

    def deployment(self, service: str, identity: str) -> dict[str, Any]:
        """One deployment of the service; empty when it is not listed."""
        return next((one for one in self.described(service)["deployments"] if one["id"] == identity), {})

    def completed(self, service: str, identity: str, deadline: float = 60) -> None:
        """Wait until the deployment is COMPLETED."""
        until(lambda: self.deployment(service, identity).get("rolloutState") == "COMPLETED", deadline)

    def states(self, group: str) -> list[tuple[str, str]]:
        """State and reason of every target of the group."""
        found = self.elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
        return sorted((one["TargetHealth"]["State"], one["TargetHealth"].get("Reason", "")) for one in found)

    def delete(self, service: str) -> None:
        """Delete the service and wait until it is INACTIVE."""
        self.ecs.delete_service(cluster=self.cluster, service=service, force=True)
        until(lambda: self.described(service)["status"] == "INACTIVE", 60)


class Caller:
    """A client that calls a URL every 50 ms until it is told to stop, and keeps every answer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: list[str] = []
        self.failures: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._call, daemon=True)

    def __enter__(self) -> Caller:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(30)

    def _call(self) -> None:
        while not self._stop.wait(0.05):
            try:
                self.answers.append(get(self.url))
            except (urllib.error.URLError, OSError) as error:
                self.failures.append(f"{time.strftime('%X')} {error}")


def get(url: str, timeout: float = 20) -> str:
    """One GET. Returns the body."""
    with urllib.request.urlopen(url, timeout=timeout) as answer:
        return str(answer.read().decode())


def docker(*words: str, env: Mapping[str, str] | None = None) -> str:
    """One docker command. Returns its output."""
    done = subprocess.run(["docker", *words], env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
