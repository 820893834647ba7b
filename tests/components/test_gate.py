"""What the program promises about the gate, the tasks and the service, seen in what it asks the engine for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from infra.settings.values.program_variables import ROLES
from tests.components.program import DIGEST, REGISTRY, Deployed, leaves

Deploy = Callable[..., Deployed]

STEPS = [{"name": "master", "command": ["migrate", "master"]}]
LATE = {"name": "late", "command": ["migrate", "late"], "phase": "after"}


class TestGate:
    """Nothing is deployed that the migrations did not let through."""

    def test_service_and_rollout_get_the_revision_from_the_migration_run_only(self, deploy: Deploy) -> None:
        deployed = deploy()
        revision = deployed.one("MigrationRun").inputs["serviceTaskDefinition"]
        assert revision.endswith("TaskDefinition/sluice-test-service")
        assert deployed.one("ecs/service:Service").inputs["taskDefinition"] == f"let-through/{revision}"
        assert deployed.one("Rollout").inputs["taskDefinition"] == f"let-through/{revision}"

    def test_no_other_resource_knows_the_service_revision(self, deploy: Deploy) -> None:
        deployed = deploy()
        revision = deployed.one("MigrationRun").inputs["serviceTaskDefinition"]
        knowing = {one.type for one in deployed.resources if revision in [value for _, value in leaves(one.inputs)]}
        assert knowing == {"gate:index:MigrationRun"}

    def test_the_image_that_serves_is_the_one_that_was_let_through(self, deploy: Deploy) -> None:
        other = f"{REGISTRY}@sha256:{'cd' * 32}"
        deployed = deploy(migrations=[*STEPS, LATE], stale={"MigrationRun": {"imageDigest": other}})
        assert deployed.one("Rollout").inputs["imageDigest"] == other
        assert deployed.one("MigrationRun", "after").inputs["imageDigest"] == other
        assert deployed.outputs["image"] == other
        assert deployed.outputs["release"].keys() == {"digest", "time"}, "the build is not what serves"

    def test_rollout_waits_for_the_service(self, deploy: Deploy) -> None:
        deployed = deploy()
        assert deployed.one("ecs/service:Service").urn in deployed.one("Rollout").dependencies

    def test_only_the_rollout_moves_the_service_to_another_revision(self, deploy: Deploy) -> None:
        assert deploy().one("ecs/service:Service").ignored == ["taskDefinition", "loadBalancers"]

    def test_another_port_goes_to_the_rollout_and_replaces_nothing(
        self, deploy: Deploy, config: dict[str, Any]
    ) -> None:
        """UpdateService takes port and revision together or refuses; a new target group would have no targets."""
        groups, entries = [], []
        for port in (8080, 9090):
            deployed = deploy(app=config["app"] | {"port": port})
            group, service = deployed.one("TargetGroup"), deployed.one("ecs/service:Service")
            assert "port" in group.ignored, "a stack of before has a group of its own port"
            groups.append({key: value for key, value in group.inputs.items() if key not in group.ignored})
            [entry] = deployed.one("Rollout").inputs["loadBalancers"]
            entries.append(entry)
            assert service.inputs["loadBalancers"] == [entry], "what a service begins with"
            [mapped] = deployed.container("service")["portMappings"]
            assert entry["containerPort"] == mapped["containerPort"] == port
        assert groups[0] == groups[1]
        assert entries[0]["targetGroupArn"] == entries[1]["targetGroupArn"]

    def test_steps_arrive_in_their_order_with_their_own_settings(self, deploy: Deploy) -> None:
        steps = [
            {"name": "second", "command": ["migrate", "b"], "timeout": 60, "environment": {"A": "1"}},
            {"name": "first", "command": ["migrate", "a"], "attempts": 1, "shards": 4},
        ]
        run = deploy(migrations=steps).one("MigrationRun").inputs
        assert run["phase"] == "before"
        assert run["steps"][1:] == [
            {
                "name": "second",
                "command": ["migrate", "b"],
                "phase": "before",
                "timeout": 60,
                "attempts": 3,
                "shards": 1,
                "environment": {"A": "1"},
            },
            {
                "name": "first",
                "command": ["migrate", "a"],
                "phase": "before",
                "timeout": 900,
                "attempts": 1,
                "shards": 4,
                "environment": {},
            },
        ]
        assert run["database"] == "db-RESOURCE"
        assert run["records"] == "/sluice/sluice/test/runs"

    def test_the_run_sees_the_variables_and_secrets_of_its_own_task(self, deploy: Deploy) -> None:
        deployed = deploy()
        run, container = deployed.one("MigrationRun").inputs, deployed.container("migration")
        assert {one["name"]: one["value"] for one in container["environment"]} == run["environment"]
        assert {one["name"]: one["valueFrom"] for one in container["secrets"]} == run["secrets"]
        assert run["container"] == container["name"]
        assert run["environment"]["LOG_LEVEL"] == "info"

    @pytest.mark.parametrize("port", [8080, 9000])
    def test_shape_changes_with_what_starts_a_deployment(
        self, deploy: Deploy, config: dict[str, Any], port: int
    ) -> None:
        shapes = {deploy(app=config["app"] | {"port": value}).one("Rollout").inputs["shape"] for value in (8080, port)}
        assert len(shapes) == (1 if port == 8080 else 2)

    @pytest.mark.parametrize(
        ("environment", "snapshot", "taken"),
        [
            ("staging", {}, False),
            ("prod", {}, True),
            ("staging", {"before": True}, True),
            ("prod", {"before": False}, False),
        ],
    )
    def test_a_snapshot_comes_first_in_prod_or_where_it_is_asked_for(
        self, deploy: Deploy, environment: str, snapshot: dict[str, Any], taken: bool
    ) -> None:
        deployed = deploy(environment=environment, snapshot=snapshot, migrations=[*STEPS, LATE])
        wish = {"instance": "sluice-test-database", "keep": 5, "timeout": 3600} if taken else None
        assert deployed.one("MigrationRun", "migration").inputs.get("snapshot") == wish
        assert "snapshot" not in deployed.one("MigrationRun", "after").inputs

    def test_the_probe_and_the_deadline_reach_the_run(self, deploy: Deploy) -> None:
        wish = {"before": True, "pending": ["migrate", "pending"], "keep": 2, "timeout": 60}
        run = deploy(snapshot=wish, migrationDeadline=1000).one("MigrationRun").inputs
        assert run["snapshot"]["pending"] == ["migrate", "pending"]
        assert (run["snapshot"]["keep"], run["snapshot"]["timeout"], run["deadline"]) == (2, 60, 1000)

    def test_where_the_snapshot_is_copied_to_reaches_the_run(self, deploy: Deploy) -> None:
        there = {
            "role": "arn:aws:iam::999988887777:role/sluice-copies",
            "key": "arn:aws:kms:eu-central-1:999988887777:key/1a2b",
        }
        key = "arn:aws:kms:eu-central-1:111122223333:key/3c4d"
        deployed = deploy(snapshot={"before": True, "copyTo": there}, database={"name": "notes", "kmsKey": key})
        assert deployed.one("MigrationRun").inputs["snapshot"]["copyTo"] == there
        assert deployed.one("rds/instance:Instance").inputs["kmsKeyId"] == key
        assert deployed.outputs["gate"]["copyTo"] == there["role"]

    def test_failures_are_told_to_the_stacks_topic(self, deploy: Deploy) -> None:
        deployed = deploy(notify={"email": ["ops@example.com"]})
        topic = deployed.one("sns/topic:Topic")
        subscription = deployed.one("TopicSubscription").inputs
        assert (subscription["protocol"], subscription["endpoint"]) == ("email", "ops@example.com")
        arn = deployed.outputs["topic"]
        assert arn.endswith(topic.name)
        assert {
            subscription["topic"],
            *(deployed.one(kind).inputs["topic"] for kind in ("MigrationRun", "Rollout")),
        } == {arn}

    def test_failures_are_told_to_an_existing_topic(self, deploy: Deploy) -> None:
        arn = "arn:aws:sns:eu-central-1:111122223333:failures"
        deployed = deploy(notify={"topic": arn})
        assert deployed.all("sns/topic:Topic") == []
        assert [deployed.one(kind).inputs["topic"] for kind in ("MigrationRun", "Rollout")] == [arn, arn]
        assert deployed.outputs["topic"] == arn

    def test_rollout_gets_the_network_that_ecs_may_take_back(self, deploy: Deploy) -> None:
        deployed = deploy()
        rollout, service = deployed.one("Rollout").inputs, deployed.one("ecs/service:Service").inputs
        own = service["networkConfiguration"]
        assert rollout["network"] == {
            "subnets": own["subnets"],
            "securityGroups": own["securityGroups"],
            "assignPublicIp": own["assignPublicIp"],
        }
        assert rollout["platformVersion"] == service["platformVersion"]
        assert rollout["loadBalancers"] == service["loadBalancers"]

    def test_rollout_asks_for_the_version_that_was_built_and_soaks_the_one_before(self, deploy: Deploy) -> None:
        deployed = deploy(smoke={"json": {"status": "ok"}, "path": "/deep"}, soak={"seconds": 7})
        rollout = deployed.one("Rollout").inputs
        assert rollout["smoke"]["version"] == deployed.outputs["release"]["version"]
        assert rollout["smoke"]["versionHeader"] == "X-Version"
        assert rollout["smoke"]["json"] == {"status": "ok"}
        assert rollout["smoke"]["url"] == "http://web.example.com/deep"
        assert rollout["soak"] == {"seconds": 7, "url": "http://web.example.com/health", "timeout": 10}

    def test_an_earlier_build_is_not_asked_for_todays_version(self, deploy: Deploy) -> None:
        deployed = deploy(stale={"MigrationRun": {"imageDigest": "repository@sha256:earlier"}})
        assert deployed.one("Rollout").inputs["smoke"]["version"] == ""

    @pytest.mark.parametrize(("environment", "retain"), [("staging", False), ("prod", True)])
    def test_releases_and_holds_are_the_stacks_own(self, deploy: Deploy, environment: str, retain: bool) -> None:
        rollout = deploy(environment=environment).one("Rollout").inputs
        assert rollout["records"] == "/sluice/sluice/test"
        assert rollout["holds"] == "/sluice/sluice/test/holds"
        assert rollout["retain"] is retain


class TestImagesOfSteps:
    """A step may bring an image of its own, by digest, which then needs a revision of its own."""

    @pytest.mark.parametrize(
        ("written", "meant"),
        [(DIGEST, f"{REGISTRY}@{DIGEST}"), (f"public.ecr.aws/tools@{DIGEST}", f"public.ecr.aws/tools@{DIGEST}")],
    )
    def test_runs_as_the_migration_but_for_the_image(self, deploy: Deploy, written: str, meant: str) -> None:
        steps = [{"name": "load", "command": ["load"], "image": written}, *STEPS]
        deployed = deploy(migrations=steps, access={"repositories": ["public.ecr.aws/tools"]})
        _, load, master = deployed.one("MigrationRun").inputs["steps"]
        assert load["taskDefinition"].endswith("TaskDefinition/sluice-test-migration-load")
        assert load["image"] == meant
        assert "image" not in master
        assert "taskDefinition" not in master
        own, usual = (deployed.container(family) for family in ("migration-load", "test-migration"))
        assert own == usual | {"image": meant}
        assert deployed.one("taskDefinition:TaskDefinition", "load").inputs["family"] == "sluice-test-migration-load"

    def test_secrets_are_said_where_they_are_the_steps_own(self, deploy: Deploy) -> None:
        deployed = deploy(migrations=[{"name": "load", "command": ["load"], "image": DIGEST}])
        bootstrap, load = deployed.one("MigrationRun").inputs["steps"]
        assert bootstrap["secrets"].keys() == {f"{role}_{part}" for role in ROLES for part in ("USER", "PASSWORD")}
        assert "image" not in bootstrap
        assert "secrets" not in load


class TestAfter:
    """After-steps run once the new version has been rolled out, and only when there are any."""

    def test_none(self, deploy: Deploy) -> None:
        assert [one.inputs["phase"] for one in deploy().all("MigrationRun")] == ["before"]

    def test_follow_the_rollout(self, deploy: Deploy) -> None:
        deployed = deploy(migrations=[*STEPS, LATE])
        before, after = deployed.one("MigrationRun", "migration"), deployed.one("MigrationRun", "after")
        rollout = deployed.one("Rollout")
        assert [step["name"] for step in before.inputs["steps"]] == ["bootstrap", "master"]
        assert [step["name"] for step in after.inputs["steps"]] == ["late"]
        assert (before.inputs["phase"], after.inputs["phase"]) == ("before", "after")
        assert rollout.urn in after.dependencies
        assert rollout.urn not in before.dependencies
        rolled_out = rollout.inputs["taskDefinition"]
        service = deployed.one("ecs/service:Service")
        assert after.inputs["afterService"] == {"service": service.name, "taskDefinition": rolled_out}
        assert after.inputs["serviceTaskDefinition"] == rolled_out
        assert "afterService" not in before.inputs

    def test_belong_to_the_revision_that_was_rolled_out(self, deploy: Deploy) -> None:
        deployed = deploy(migrations=[*STEPS, LATE], stale={"Rollout": {"taskDefinition": "rolled-out"}})
        after = deployed.one("MigrationRun", "after").inputs
        assert after["serviceTaskDefinition"] == after["afterService"]["taskDefinition"] == "rolled-out"

    def test_run_as_the_migration_does(self, deploy: Deploy) -> None:
        deployed = deploy(migrations=[*STEPS, LATE])
        before, after = (deployed.one("MigrationRun", name).inputs for name in ("migration", "after"))
        same = ("taskDefinition", "container", "network", "database", "environment", "secrets")
        for key in (*same, "records", "retain", "cluster"):
            assert after[key] == before[key], key
        assert after["imageDigest"] == deployed.one("Rollout").inputs["imageDigest"]

    def test_the_service_does_not_wait_for_them(self, deploy: Deploy) -> None:
        deployed = deploy(migrations=[LATE, *STEPS])
        after = deployed.one("MigrationRun", "after")
        for kind in ("ecs/service:Service", "Rollout"):
            assert after.urn not in deployed.one(kind).dependencies

    def test_both_phases_are_reported(self, deploy: Deploy) -> None:
        names = [step["name"] for step in deploy(migrations=[LATE, *STEPS]).outputs["migrations"]]
        assert names == ["bootstrap", "master", "late"]


class TestTaskDefinitions:
    """All tasks: same image, own roles, own logs, revisions kept."""

    def test_revisions_are_kept(self, deploy: Deploy) -> None:
        definitions = deploy().all("ecs/taskDefinition:TaskDefinition")
        assert [one.inputs["skipDestroy"] for one in definitions] == [True, True, True]

    def test_migration_log_loses_no_line(self, deploy: Deploy) -> None:
        deployed = deploy()
        logs = {
            family: deployed.container(family)["logConfiguration"]["options"] for family in ("migration", "service")
        }
        assert logs["migration"]["mode"] == "blocking"
        assert logs["service"]["mode"] == "non-blocking"
        assert logs["migration"]["awslogs-group"] == "/sluice/sluice/test/migration"
        assert logs["service"]["awslogs-group"] == "/sluice/sluice/test/service"

    def test_roles_are_separate(self, deploy: Deploy) -> None:
        definitions = deploy().all("ecs/taskDefinition:TaskDefinition")
        roles = [one.inputs[key] for one in definitions for key in ("executionRoleArn", "taskRoleArn")]
        assert len(set(roles)) == 6

    def test_all_run_one_image_by_digest(self, deploy: Deploy) -> None:
        deployed = deploy()
        images = {deployed.container(family)["image"] for family in ("bootstrap", "migration", "service")}
        assert images == {f"{REGISTRY}@{DIGEST}"}
        assert deployed.one("MigrationRun").inputs["imageDigest"] == f"{REGISTRY}@{DIGEST}"
        assert deployed.one("Rollout").inputs["imageDigest"] == f"{REGISTRY}@{DIGEST}"

    def test_a_service_task_may_finish_its_requests(self, deploy: Deploy) -> None:
        deployed = deploy(service={"drainSeconds": 20})
        assert deployed.one("TargetGroup").inputs["deregistrationDelay"] == 20
        assert deployed.container("service")["stopTimeout"] == 25

    def test_container_check_only_when_asked_for(self, deploy: Deploy) -> None:
        assert "healthCheck" not in deploy().container("service")
        checked = deploy(service={"health": {"command": ["CMD", "/healthy"], "retries": 4}})
        assert checked.container("service")["healthCheck"] == {
            "command": ["CMD", "/healthy"],
            "interval": 30,
            "timeout": 10,
            "retries": 4,
            "startPeriod": 90,
        }
        assert "healthCheck" not in checked.container("migration")

    def test_variables_are_sorted_so_that_no_update_sees_a_difference(
        self, deploy: Deploy, config: dict[str, Any]
    ) -> None:
        app = config["app"] | {"environment": {"Z": "1", "A": "2"}}
        names = [one["name"] for one in deploy(app=app).container("service")["environment"]]
        assert names == sorted(names)


class TestService:
    """Rolling without a gap, on Fargate, watched by nobody but the rollout."""

    def test_keeps_all_old_tasks_until_the_new_ones_are_healthy(self, deploy: Deploy) -> None:
        service = deploy(service={"min": 3}).one("ecs/service:Service").inputs
        assert service["launchType"] == "FARGATE"
        assert service["desiredCount"] == 3
        assert service["deploymentMinimumHealthyPercent"] == 100
        assert service["deploymentMaximumPercent"] == 200
        assert service["deploymentCircuitBreaker"] == {"enable": True, "rollback": True}
        assert service["healthCheckGracePeriodSeconds"] == 90
        assert service["waitForSteadyState"] is False
        assert "name" not in service, "a fixed name would be deleted before it is replaced"

    def test_without_circuit_breaker_the_gate_goes_back(self, deploy: Deploy) -> None:
        service = deploy(service={"circuitBreaker": False}).one("ecs/service:Service").inputs
        assert service["deploymentCircuitBreaker"] == {"enable": False, "rollback": False}

    def test_waits_for_the_listener(self, deploy: Deploy) -> None:
        deployed = deploy()
        assert deployed.one("Listener").urn in deployed.one("ecs/service:Service").dependencies

    def test_load_balancer_asks_the_shallow_path_and_smoke_the_deep_one(self, deploy: Deploy) -> None:
        deployed = deploy()
        assert deployed.one("TargetGroup").inputs["healthCheck"]["path"] == "/live"
        assert deployed.one("Rollout").inputs["smoke"]["url"] == "http://web.example.com/health"

    def test_load_balancer_asks_as_often_as_the_settings_say(self, deploy: Deploy) -> None:
        """Numbers that no default has: each one arrives, and none in another one's place."""
        deployed = deploy(service={"health": {"interval": 17, "timeout": 4, "retries": 7}})
        assert deployed.one("TargetGroup").inputs["healthCheck"] == {
            "enabled": True,
            "protocol": "HTTP",
            "port": "traffic-port",
            "path": "/live",
            "matcher": "200",
            "interval": 17,
            "timeout": 4,
            "healthyThreshold": 2,
            "unhealthyThreshold": 7,
        }

    def test_names_with_a_limit_leave_room_for_the_suffix(
        self, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("infra.naming.prefix", lambda project, stack: "a-long-project-name-in-a-long-stack")
        deployed = deploy()
        for kind in ("lb/loadBalancer:LoadBalancer", "TargetGroup"):
            names = [one.name for one in deployed.all(kind)]
            assert [len(name) <= 24 for name in names] == [True]
