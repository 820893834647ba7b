"""What it costs to look at everything that a run needs, before its first step: calls and seconds."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from typing import Any

import boto3

from bench.stage import CONTAINER, GROUP, Stage
from emulator.cloud.emulator import REGION, Cloud
from sluice.admission.start_admission import AdmissionSubject, examine
from sluice.aws.session import Account, Clients
from sluice.clock import SystemClock
from sluice.finding import Finding
from sluice.inputs.step import Step

ROUNDS = 5
CALLS, SECONDS = 12, 0.5
"""The most that it may cost."""

THERE = ("sts", "ssm", "ecs")
"""Clients that a run has used by then: for the account, the records and the tasks."""

HEAD = ["before the first step", "runs", "API calls", "in all", "longest", "CPU", "refused"]
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}


@dataclass(frozen=True)
class Cost:
    """What one examination of a run's needs costs.

    Attributes:
        case: whether the clients that only it uses are made for it, as in a deploy, or are there.
        calls: those that a run makes for it, without those for the steps' task definitions, which it reads anyway.
        seconds: of the clock.
        cpu: seconds of this process.
        refused: findings that would refuse the run.
    """

    case: str
    calls: int
    seconds: float
    cpu: float
    refused: int


@dataclass
class Counting(Clients):
    """The gate's clients, whose calls are counted."""

    account: Account
    calls: list[str] = field(default_factory=list)
    _watched: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        super().__init__(self.account)

    def __getitem__(self, service: str) -> Any:
        client = super().__getitem__(service)
        if id(client) not in self._watched:
            self._watched.add(id(client))
            client.meta.events.register("before-send", lambda **about: self.calls.append(about["event_name"]))
        return client


def measure(stage: Stage, say: Callable[[str], None]) -> list[Cost]:
    """A stack with two kinds of steps and a service, each with roles and secrets of its own."""
    with _credentials(stage.cloud):
        subject = _subject(stage)
        account = Account(region=REGION, endpoint=stage.cloud.endpoint, account=stage.cloud.account)
        costs = [_cost("new clients", Counting(account), subject) for _ in range(ROUNDS)]
        clients = Counting(account)
        _cost("", clients, subject)
        costs += [_cost("the same clients again", clients, subject) for _ in range(ROUNDS)]
    for one in costs:
        say(f"admission, {one.case}: {one.calls} calls, {one.seconds:.2f} s")
    return costs


def rows(costs: Sequence[Cost]) -> list[list[str]]:
    """The table of the report."""
    table = []
    for case in dict.fromkeys(one.case for one in costs):
        runs = [one for one in costs if one.case == case]
        table.append(
            [
                case,
                str(len(runs)),
                str(max(one.calls for one in runs)),
                f"{median(one.seconds for one in runs):.2f} s",
                f"{max(one.seconds for one in runs):.2f} s",
                f"{median(one.cpu for one in runs):.2f} s",
                str(sum(one.refused for one in runs)),
            ]
        )
    return table


def _cost(case: str, clients: Counting, subject: AdmissionSubject) -> Cost:
    for service in THERE:
        clients[service]
    steps = [one for one in subject.revisions if one != subject.service]
    known = {one: clients["ecs"].describe_task_definition(taskDefinition=one)["taskDefinition"] for one in steps}
    before, began, cpu = len(clients.calls), time.monotonic(), time.process_time()
    found: list[Finding] = examine(clients, subject, SystemClock(threading.Event(), lambda: False), known)
    seconds, cpu = time.monotonic() - began, time.process_time() - cpu
    return Cost(case, len(clients.calls) - before, seconds, cpu, sum(one.result == "refused" for one in found))


def _subject(stage: Stage) -> AdmissionSubject:
    """Registers the three revisions, with roles and secrets; of the service's secret, the JSON key is looked for."""
    owner, app = (_secret(stage, name) for name in ("owner", "app"))
    master = f"arn:aws:secretsmanager:{REGION}:{stage.cloud.account}:secret:rds!db-1-AbCdEf"
    revisions = {
        kind: _revision(stage, kind, secrets)
        for kind, secrets in {"service": [app], "migration": [owner], "bootstrap": [master, owner]}.items()
    }
    steps = (
        Step("bootstrap", ("migrate", "bootstrap"), task_definition=revisions["bootstrap"]),
        Step("schema", ("migrate", "up")),
    )
    keyed, groups = [f"{app}:password::"], [stage.target_group("admission")]
    return AdmissionSubject(revisions["service"], revisions["migration"], CONTAINER, steps, keyed, groups)


def _revision(stage: Stage, kind: str, secrets: Sequence[str]) -> str:
    iam = _client(stage, "iam")
    path = "/sluice/bench/admission/"
    roles = {
        use: iam.create_role(RoleName=f"{kind}-{use}", Path=path, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"][
            "Arn"
        ]
        for use in ("execution", "task")
    }
    allowed = {"Effect": "Allow", "Action": "secretsmanager:GetSecretValue", "Resource": list(secrets)}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [allowed]})
    iam.put_role_policy(RoleName=f"{kind}-execution", PolicyName="read", PolicyDocument=policy)
    repository, _, tag = stage.image.rpartition(":")
    [detail] = _client(stage, "ecr").describe_images(repositoryName="app", imageIds=[{"imageTag": tag}])["imageDetails"]
    options = {"awslogs-group": GROUP, "awslogs-region": REGION, "awslogs-stream-prefix": kind}
    answer = stage.ecs.register_task_definition(
        family=f"admission-{kind}",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        executionRoleArn=roles["execution"],
        taskRoleArn=roles["task"],
        containerDefinitions=[
            {
                "name": CONTAINER,
                "image": f"{repository}@{detail['imageDigest']}",
                "secrets": [
                    {"name": f"S{number}", "valueFrom": f"{one}:password::"} for number, one in enumerate(secrets)
                ],
                "logConfiguration": {"logDriver": "awslogs", "options": options},
            }
        ],
    )
    return str(answer["taskDefinition"]["taskDefinitionArn"])


def _secret(stage: Stage, name: str) -> str:
    made = _client(stage, "secretsmanager").create_secret(Name=f"bench-{name}", SecretString='{"password": "p"}')
    return str(made["ARN"])


def _client(stage: Stage, service: str) -> Any:
    connect: Any = boto3.client  # the service is a variable: no overload fits
    return connect(service, endpoint_url=stage.cloud.endpoint, region_name=REGION)


@contextmanager
def _credentials(cloud: Cloud) -> Iterator[None]:
    """The emulator's, in the environment, as a deploy has them."""
    names = {"AWS_ACCESS_KEY_ID": cloud.account, "AWS_SECRET_ACCESS_KEY": cloud.secret()}
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(names)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
