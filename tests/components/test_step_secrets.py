"""Which tasks get which of the application's secrets: the service all, a step what it asks for, nobody else any."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.tasks.tasks import LONGEST_SUFFIX, suffix
from tests.components.program import ACCOUNT, DIGEST, OWNER, REGISTRY, Deployed

Deploy = Callable[..., Deployed]


def arn(name: str) -> str:
    return f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:{name}-AbCdEf"


SECRETS = {"SECRET_KEY_BASE": arn("base"), "API_KEY": f"{arn('vendors')}:maps::", "SENTRY": arn("sentry")}
DB = {"DB_USER": f"{OWNER}:username::", "DB_PASSWORD": f"{OWNER}:password::"}


@pytest.fixture
def asking(deploy: Deploy, config: dict[str, Any]) -> Callable[..., Deployed]:
    """Runs the program with the application's secrets, and steps that ask for some of them."""

    def asking(*asked: Any, phase: str = "before", **changes: Any) -> Deployed:
        steps = [{"name": "first", "command": ["migrate"]}]
        steps += [
            {"name": f"step-{number}", "command": ["migrate"], "secrets": wanted, "phase": phase}
            for number, wanted in enumerate(asked)
        ]
        return deploy(app={**config["app"], "secrets": SECRETS}, **{"migrations": steps, **changes})

    return asking


def given(deployed: Deployed, family: str) -> dict[str, str]:
    """The secrets of a task definition's container."""
    return {one["name"]: one["valueFrom"] for one in deployed.container(family)["secrets"]}


def readable(deployed: Deployed, kind: str) -> set[str]:
    """What the execution role of a kind of task may read."""
    policy = json.loads(deployed.one("RolePolicy", f"{kind}-execution").inputs["policy"])
    [resources] = [one["Resource"] for one in policy["Statement"] if one["Sid"] == "Secrets"]
    return set(resources)


def steps(deployed: Deployed, run: str = "test-migration") -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in deployed.one("MigrationRun", run).inputs["steps"]}


def families(deployed: Deployed) -> list[str]:
    return [
        one.inputs["family"].removeprefix("sluice-test-") for one in deployed.all("ecs/taskDefinition:TaskDefinition")
    ]


def test_a_step_that_asks_for_nothing_gets_and_may_read_nothing(asking: Callable[..., Deployed]) -> None:
    deployed = asking()
    assert given(deployed, "test-migration") == DB
    assert readable(deployed, "migration") == {OWNER}
    assert given(deployed, "test-service").keys() > SECRETS.keys()
    assert "secrets" not in steps(deployed)["first"]
    assert sorted(families(deployed)) == ["bootstrap", "migration", "service"]


def test_a_step_gets_what_it_asks_for_and_the_role_may_read_no_more(asking: Callable[..., Deployed]) -> None:
    deployed = asking(["API_KEY"])
    own = given(deployed, "with_API_KEY")
    assert own == {**DB, "API_KEY": SECRETS["API_KEY"]}
    assert given(deployed, "test-migration") == DB, "a step that asks for none runs as before"
    assert readable(deployed, "migration") == {OWNER, arn("vendors")}, "the secret itself, not a key of it"
    assert readable(deployed, "bootstrap").isdisjoint({arn("vendors"), arn("base"), arn("sentry")})
    step = steps(deployed)["step-0"]
    assert step["secrets"] == own, "as written: a change runs the steps again"
    assert step["taskDefinition"].endswith("TaskDefinition/sluice-test-migration-with_API_KEY")
    assert "image" not in step


def test_steps_with_the_same_secrets_share_a_task_definition(asking: Callable[..., Deployed]) -> None:
    deployed = asking(["API_KEY", "SENTRY"], ["SENTRY", "API_KEY"], ["SENTRY"], "all")
    made = [one for one in families(deployed) if one.startswith("migration-")]
    assert sorted(made) == [
        "migration-with_API_KEY-SECRET_KEY_BASE-SENTRY",
        "migration-with_API_KEY-SENTRY",
        "migration-with_SENTRY",
    ]
    known = steps(deployed)
    assert known["step-0"]["taskDefinition"] == known["step-1"]["taskDefinition"]
    assert len({known[f"step-{number}"]["taskDefinition"] for number in range(4)}) == 3
    assert given(deployed, "with_API_KEY-SECRET_KEY_BASE-SENTRY") == {**DB, **SECRETS}
    roles = {deployed.one("ecs/taskDefinition:TaskDefinition", family).inputs["executionRoleArn"]
             for family in ("test-migration", "with_SENTRY", "with_API_KEY-SENTRY")}  # fmt: skip
    assert len(roles) == 1


def test_an_image_and_secrets_of_its_own(asking: Callable[..., Deployed]) -> None:
    load = {"name": "load", "command": ["load"], "image": f"public.ecr.aws/tools@{DIGEST}", "secrets": ["SENTRY"]}
    steps_of_both = [{"name": "first", "command": ["migrate"]}, load]
    deployed = asking(migrations=steps_of_both, access={"repositories": ["public.ecr.aws/tools"]})
    step = steps(deployed)["load"]
    assert step["image"] == load["image"]
    assert step["secrets"] == given(deployed, "migration-load") == {**DB, "SENTRY": SECRETS["SENTRY"]}
    assert deployed.container("migration-load")["image"] == load["image"]
    assert families(deployed).count("migration-load") == 1


def test_after_steps_run_as_what_was_rolled_out(asking: Callable[..., Deployed]) -> None:
    live = f"{REGISTRY}@sha256:{'cd' * 32}"
    deployed = asking(["SENTRY"], phase="after", stale={"Rollout": {"imageDigest": live}})
    step = steps(deployed, "after")["step-0"]
    assert step["secrets"] == {**DB, "SENTRY": SECRETS["SENTRY"]}
    assert "image" not in step, "the run's own image is what its steps run"
    assert deployed.container("after-with_SENTRY")["image"] == live
    definition = deployed.one("ecs/taskDefinition:TaskDefinition", "after-with_SENTRY")
    assert deployed.one("Rollout").urn in definition.dependencies
    assert not [one for one in deployed.all("ecs/taskDefinition:TaskDefinition") if "migration-with" in one.name]


def test_the_bootstrap_step_and_the_probe_ask_for_themselves(asking: Callable[..., Deployed]) -> None:
    snapshot = {"before": True, "pending": ["manage.py", "check"], "secrets": ["SECRET_KEY_BASE"]}
    deployed = asking(database={"bootstrapSecrets": ["SENTRY"]}, snapshot=snapshot)
    assert given(deployed, "bootstrap")["SENTRY"] == SECRETS["SENTRY"]
    assert "SENTRY" not in given(deployed, "with_SECRET_KEY_BASE")
    assert arn("sentry") in readable(deployed, "bootstrap")
    assert readable(deployed, "migration") == {OWNER, arn("base")}
    wish = deployed.one("MigrationRun").inputs["snapshot"]
    assert wish["taskDefinition"].endswith("sluice-test-migration-with_SECRET_KEY_BASE")


def test_secrets_of_a_probe_that_is_not_run_are_not_readable(asking: Callable[..., Deployed]) -> None:
    deployed = asking(database={"bootstrapSecrets": []}, environment="staging")
    assert readable(deployed, "migration") == {OWNER}


def test_operators_learn_what_each_step_runs_as(asking: Callable[..., Deployed]) -> None:
    load = {"name": "load", "command": ["load"], "image": DIGEST, "secrets": ["SENTRY"]}
    first = {"name": "first", "command": ["migrate"]}
    step = {"name": "step-0", "command": ["migrate"], "secrets": ["SENTRY"]}
    known = {step["name"]: step for step in asking(migrations=[first, step, load]).outputs["gate"]["steps"]}
    assert known["step-0"]["secrets"] == ["SENTRY"]
    assert known["step-0"]["taskDefinition"].endswith("with_SENTRY")
    assert known["first"] == {"name": "first", "phase": "before", "command": ["migrate"], "secrets": []}
    assert known["bootstrap"]["taskDefinition"].endswith("bootstrap")
    assert "secrets" not in known["bootstrap"], "no operator's command runs as the master user by mistake"
    assert "secrets" not in known["load"], "nor as another image"


def test_a_set_of_secrets_has_one_name_of_bounded_length() -> None:
    assert suffix(["B", "A"]) == suffix(["A", "B"]) == "with_A-B"
    many = [f"SECRET_{number}" for number in range(20)]
    assert len(suffix(many)) <= LONGEST_SUFFIX
    assert suffix(many) == suffix(reversed(many))
    assert suffix(many) != suffix([*many[:-1], "OTHER"])
