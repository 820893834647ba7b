"""Faults of ECS's tasks. Three probes share one container; the others start none."""

from __future__ import annotations

from typing import Any

from tests.e2e.cloud.stage import NETWORK, until
from tests.e2e.ministack.account import Account, code
from tests.e2e.ministack.probe import Probe

IMAGE = "sluice-local/python:3.13"
ABSENT = "127.0.0.1:1/absent:1"
"""An image that no registry has: a task with it starts no container."""
UNTIL_TERM = ["sh", "-c", "trap 'exit 7' TERM; while :; do sleep 0.1; done"]
REASON = "the probe ends it"


def cluster(account: Account) -> str:
    """A cluster: its name."""
    return str(account.client("ecs").create_cluster(clusterName="probe")["cluster"]["clusterName"])


def definition(account: Account, family: str, image: str = ABSENT, **container: Any) -> str:
    """Register a task definition with one container. Returns its ARN."""
    made = account.client("ecs").register_task_definition(
        family=family,
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": image, "essential": True, **container}],
    )
    return str(made["taskDefinition"]["taskDefinitionArn"])


def without_image(account: Account) -> str:
    """A task definition whose image does not exist: its ARN."""
    return definition(account, "without-image")


def run(account: Account, task_definition: str, **more: Any) -> dict[str, Any]:
    """Run one task. Returns it as RunTask does."""
    found: dict[str, Any] = account.client("ecs").run_task(
        cluster=account.once(cluster),
        taskDefinition=task_definition,
        launchType="FARGATE",
        networkConfiguration=NETWORK,
        **more,
    )["tasks"][0]
    return found


def described(account: Account, arn: str) -> dict[str, Any]:
    """A task, with its tags, as DescribeTasks has it."""
    found: dict[str, Any] = account.client("ecs").describe_tasks(
        cluster=account.once(cluster), tasks=[arn], include=["TAGS"]
    )["tasks"][0]
    return found


def stopped(account: Account) -> tuple[dict[str, Any], dict[str, Any]]:
    """A task that a StopTask ended: in the answer of StopTask, and when it is STOPPED."""
    family = definition(account, "stopped", IMAGE, command=UNTIL_TERM, stopTimeout=2)
    arn = run(account, family, tags=[{"key": "team", "value": "shop"}])["taskArn"]
    until(lambda: described(account, arn)["lastStatus"] == "RUNNING", 30)
    answer = account.client("ecs").stop_task(cluster=account.once(cluster), task=arn, reason=REASON)["task"]
    until(lambda: described(account, arn)["lastStatus"] == "STOPPED", 30)
    return answer, described(account, arn)


def stopped_before_its_container(account: Account) -> bool:
    """StopTask answers STOPPED while the container still runs."""
    return bool(account.once(stopped)[0]["lastStatus"] == "STOPPED")


def exit_code_is_zero(account: Account) -> bool:
    """A container that ended with another exit code after StopTask has exit code 0."""
    return bool(account.once(stopped)[1]["containers"][0]["exitCode"] == 0)


def stopped_task_has_tags(account: Account) -> bool:
    """A task keeps its tags after StopTask."""
    return bool(account.once(stopped)[1]["tags"])


def one_token_starts_two_tasks(account: Account) -> bool:
    """RunTask twice with one client token starts two tasks."""
    family, token = account.once(without_image), account.name("token")
    tasks = [run(account, family, clientToken=token)["taskArn"] for _ in range(2)]
    return bool(tasks[0] != tasks[1])


def inactive_definition_runs(account: Account) -> bool:
    """RunTask runs an INACTIVE task definition."""
    ecs, family = account.client("ecs"), definition(account, "inactive")
    ecs.deregister_task_definition(taskDefinition=family)
    return code(ecs.run_task, cluster=account.once(cluster), **launch(family)) != "ClientException"


def unknown_cluster_is_created(account: Account) -> bool:
    """RunTask creates a cluster that does not exist."""
    asked = launch(account.once(without_image))
    return code(account.client("ecs").run_task, cluster="absent", **asked) != "ClusterNotFoundException"


def launch(task_definition: str) -> dict[str, Any]:
    """The parameters of RunTask for Fargate, without the cluster."""
    return {"taskDefinition": task_definition, "launchType": "FARGATE", "networkConfiguration": NETWORK}


def short_interval_is_registered(account: Account) -> bool:
    """RegisterTaskDefinition takes a health check every second, where AWS's minimum is five."""
    return code(definition, account=account, family="short", healthCheck=health_check(interval=1)) != "ClientException"


def privileged_container_is_registered(account: Account) -> bool:
    """RegisterTaskDefinition takes a privileged container for Fargate."""
    return code(definition, account=account, family="privileged", privileged=True) != "ClientException"


def task_runs_on_instances(account: Account) -> bool:
    """RunTask with launch type EC2 starts a task in a cluster without instances."""
    asked = launch(account.once(without_image)) | {"launchType": "EC2"}
    return code(account.client("ecs").run_task, cluster=account.once(cluster), **asked) != "InvalidParameterException"


def health_check(interval: int) -> dict[str, Any]:
    """A container health check that always fails. interval: seconds."""
    return {"command": ["CMD-SHELL", "exit 1"], "interval": interval, "timeout": 2, "retries": 1}


def filters_are_combined(account: Account) -> bool:
    """ListTasks takes `startedBy` together with `family`."""
    asked = {"cluster": account.once(cluster), "startedBy": "probe", "family": "without-image"}
    return code(account.client("ecs").list_tasks, **asked) != "InvalidParameterException"


def task_has_no_group(account: Account) -> bool:
    """A task that RunTask starts has no group."""
    return not run(account, account.once(without_image)).get("group")


PROBES = (
    Probe("ecs/tasks/running_tasks", stopped_before_its_container),
    Probe("ecs/tasks/running_tasks", exit_code_is_zero),
    Probe("ecs/tasks/stop_task", stopped_task_has_tags),
    Probe("ecs/tokens", one_token_starts_two_tasks),
    Probe("ecs/references", inactive_definition_runs),
    Probe("ecs/references", unknown_cluster_is_created),
    Probe("ecs/tasks/registering", short_interval_is_registered),
    Probe("ecs/tasks/registering", privileged_container_is_registered),
    Probe("ecs/tasks/registering", task_runs_on_instances),
    Probe("ecs/tasks/listing", filters_are_combined),
    Probe("ecs/tasks/group", task_has_no_group),
)
