"""The wait for the previous version: whole requests to AWS, whole texts, and limits to the second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.aws.patience import Unknown
from sluice.clock import Halt
from sluice.errors import GateError, Interrupted
from sluice.migration.drained import Unseen, await_drained
from tests.unit.sluice.migration.simulation import CLUSTER, Clock, client_error, failing

PLACE = "arn:aws:ecs:eu-west-1:123456789012"
SERVICE = f"{PLACE}:service/notes/web"
NEW, OLD, OLDER = (f"{PLACE}:task-definition/web:{number}" for number in (8, 7, 6))
ALONE: Sequence[Mapping[str, Any]] = ({"taskDefinition": NEW, "runningCount": 1},)


def task(name: str, status: str = "STOPPED", definition: str = OLD) -> dict[str, str]:
    return {"taskArn": f"{PLACE}:task/notes/{name}", "taskDefinitionArn": definition, "lastStatus": status}


class Aws:
    """ECS and the load balancer: keeps every request. *tasks* are listed in two pages."""

    def __init__(self, *tasks: Mapping[str, str], step: float = 5) -> None:
        self.clock = Clock()
        self.clock.step = step
        self.tasks = list(tasks)
        self.services: list[dict[str, Any]] = [{"deployments": ALONE}]
        self.draining: dict[str, int] = {}
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.log: list[tuple[str, bool]] = []

    def get_paginator(self, operation: str) -> Any:
        assert operation == "list_tasks"
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        self.requests.append(("list_tasks", request))
        stopped = request["desiredStatus"] == "STOPPED"
        arns = [one["taskArn"] for one in self.tasks if (one["lastStatus"] != "RUNNING") is stopped]
        return [{"taskArns": arns[:60]}, {"taskArns": arns[60:]}]

    def describe_tasks(self, **request: Any) -> dict[str, Any]:
        self.requests.append(("describe_tasks", request))
        return {"tasks": [one for one in self.tasks if one["taskArn"] in request["tasks"]]}

    def describe_services(self, **request: Any) -> dict[str, Any]:
        self.requests.append(("describe_services", request))
        return {"services": self.services}

    def describe_target_health(self, **request: Any) -> dict[str, Any]:
        self.requests.append(("describe_target_health", request))
        states = ["healthy", *["draining"] * self.draining[request["TargetGroupArn"]]]
        return {"TargetHealthDescriptions": [{"TargetHealth": {"State": state}} for state in states]}

    def wait(self) -> None:
        await_drained(self, self.clock, lambda *line: self.log.append(line), CLUSTER, SERVICE, NEW, self)

    def failure(self) -> str:
        with pytest.raises(GateError) as error:
            self.wait()
        return str(error.value)

    def forbid_listing(self) -> None:
        self.paginate = failing(refusal("ListTasks"))  # type: ignore[method-assign]


def refusal(operation: str) -> ClientError:
    return client_error("AccessDeniedException", operation)


def test_one_look_at_all_tasks_and_at_the_service() -> None:
    aws = Aws(*(task(str(number), "DELETED" if number % 2 else "STOPPED") for number in range(150)))
    aws.tasks.append(task("new", "RUNNING", NEW))
    aws.wait()
    arns = [task("new")["taskArn"], *(task(str(number))["taskArn"] for number in range(150))]
    asked = {"cluster": CLUSTER, "serviceName": "web"}
    assert aws.requests == [
        ("list_tasks", asked | {"desiredStatus": "RUNNING"}),
        ("list_tasks", asked | {"desiredStatus": "STOPPED"}),
        ("describe_tasks", {"cluster": CLUSTER, "tasks": arns[:100]}),
        ("describe_tasks", {"cluster": CLUSTER, "tasks": arns[100:]}),
        ("describe_services", {"cluster": CLUSTER, "services": [SERVICE]}),
    ]
    assert (aws.clock.elapsed, aws.log) == (0, [])


@pytest.mark.parametrize(
    ("count", "shown"),
    [(1, "1 task (t0)"), (5, "5 tasks (t0, t1, t2, t3, t4)"), (6, "6 tasks (t0, t1, t2, t3, t4, …)")],
)
def test_up_to_five_tasks_are_named(count: int, shown: str) -> None:
    aws = Aws(*(task(f"t{number}", "RUNNING") for number in reversed(range(count))))
    assert aws.failure() == (
        f"the previous version has not stopped after 1 h 05 min: {shown}. The after-steps were not started; the new "
        "version serves. Fix: find out why it does not stop, then run `pulumi up`"
    )
    assert aws.clock.elapsed == 3905
    times = ["0 s", "5 s", "15 s", "25 s", "35 s", "45 s", "55 s"]  # every 10 s, once the first look has taken time
    text = "waiting until the previous version has stopped"
    assert aws.log[:7] == [(f"{text}: {shown}, {time}", False) for time in times]


def test_the_end_is_seen_soon_after_it() -> None:
    aws = Aws(task("t", "RUNNING"), step=0)
    describe = aws.describe_tasks

    def ends(**request: Any) -> dict[str, Any]:
        aws.tasks = [task("t")] if aws.clock.elapsed >= 21 else aws.tasks
        return describe(**request)

    aws.describe_tasks = ends  # type: ignore[method-assign]
    aws.wait()
    assert 21 <= aws.clock.elapsed < 25


def test_an_absence_that_is_never_confirmed_has_the_deadline_too() -> None:
    """The list of tasks is empty and full by turns, and the service has another deployment all the time."""
    aws = Aws()
    aws.services = [{"deployments": [*ALONE, {"taskDefinition": OLD, "runningCount": 1}]}]
    describe = aws.describe_tasks

    def by_turns(**request: Any) -> list[dict[str, Any]]:
        there = request["desiredStatus"] == "RUNNING" and aws.clock.elapsed % 10 == 0
        return [{"taskArns": [task("t")["taskArn"]] if there else []}]

    aws.paginate = by_turns  # type: ignore[method-assign]
    assert describe(tasks=[]) == {"tasks": []}, "so a listed task is not described"
    assert aws.failure().startswith("the previous version has not stopped after 1 h 05 min: not confirmed. The after-")


def test_ctrl_c_says_what_serves_and_what_runs_the_steps() -> None:
    aws = Aws(task("t", "RUNNING"))
    aws.clock.halts = {5: Halt.STOP}
    with pytest.raises(Interrupted) as interrupted:
        aws.wait()
    assert str(interrupted.value) == ("cancelled before the after-steps: the new version serves; `pulumi up` runs them")


def test_expired_credentials_say_what_was_being_waited_for() -> None:
    aws = Aws()
    aws.paginate = failing(client_error("ExpiredTokenException", "ListTasks"))  # type: ignore[method-assign]
    with pytest.raises(Unknown, match=r"credentials expired while waiting for the previous version to stop: "):
        aws.wait()


def test_any_other_error_of_aws_is_passed_on() -> None:
    aws = Aws()
    aws.paginate = failing(client_error("ClusterNotFoundException", "ListTasks"))  # type: ignore[method-assign]
    with pytest.raises(ClientError, match="ClusterNotFoundException"):
        aws.wait()


# -- a deployer that may not list tasks

WARNING = (
    "warning: the tasks of the previous version cannot be listed (AccessDeniedException): the service's deployments "
    "and targets are watched instead, then 130 s more for stopping tasks"
)


@pytest.mark.parametrize(
    ("services", "left"),
    [
        ([], "the new version does not run"),
        ([{"deployments": [{"taskDefinition": NEW}]}], "the new version does not run"),
        ([{"deployments": [*ALONE, *ALONE]}], "the new version does not run"),
        (
            [{"deployments": [*({"taskDefinition": one} for one in (NEW, OLD, OLDER, OLD))]}],
            "deployment of web:6, web:7",
        ),
        ([{"deployments": ALONE, "loadBalancers": [{"targetGroupArn": "a"}]}], "1 draining target"),
        (
            [{"deployments": ALONE, "loadBalancers": [{"targetGroupArn": one} for one in ("b", "c", "a", "b")] + [{}]}],
            "3 draining targets",
        ),
    ],
    ids=["no service", "no count", "the same twice", "older ones", "a target", "targets of two groups"],
)
def test_without_listing_the_service_says_what_is_left(services: list[dict[str, Any]], left: str) -> None:
    aws = Aws()
    aws.forbid_listing()
    aws.services, aws.draining = services, {"a": 1, "b": 0, "c": 2}
    assert aws.failure() == (
        f"the previous version has not stopped after 1 h 05 min: {left}. The after-steps were not started; the new "
        "version serves. Fix: find out why it does not stop, then run `pulumi up`"
    )
    assert aws.log[:2] == [
        (WARNING, False),
        (f"waiting until the previous version has stopped: {left}, 0 s", False),
    ]


def test_without_listing_every_look_asks_the_service_and_its_target_groups() -> None:
    aws = Aws()
    aws.forbid_listing()
    aws.services = [{"deployments": ALONE, "loadBalancers": [{"targetGroupArn": "b"}, {"targetGroupArn": "a"}]}]
    aws.draining = {"a": 0, "b": 0}
    aws.wait()
    assert aws.requests[:3] == [
        ("describe_services", {"cluster": CLUSTER, "services": [SERVICE]}),
        ("describe_target_health", {"TargetGroupArn": "a"}),
        ("describe_target_health", {"TargetGroupArn": "b"}),
    ]
    assert (aws.clock.elapsed, aws.log) == (130, [(WARNING, False)])


def test_what_cannot_be_known_names_the_permissions_and_who_grants_them() -> None:
    aws = Aws()
    aws.forbid_listing()
    aws.describe_services = failing(refusal("DescribeServices"))  # type: ignore[method-assign]
    with pytest.raises(Unseen) as unseen:
        aws.wait()
    assert str(unseen.value) == (
        "it is unknown whether tasks of the previous version still run, so the after-steps were not started; the new "
        "version serves\n"
        "  cause: this deployer may not call DescribeServices: AccessDeniedException\n"
        "  fix:   allow it ecs:DescribeServices on the service, and ecs:ListTasks and ecs:DescribeTasks (condition "
        "ecs:cluster), as `make bootstrap` does; then run `pulumi up` again"
    )
