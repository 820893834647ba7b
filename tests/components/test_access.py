"""Who may do what, in the program as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra import policies
from tests.components.program import ACCOUNT, APP, DIGEST, MASTER, OWNER, Deployed, leaves

Deploy = Callable[..., Deployed]

KINDS = ("bootstrap", "migration", "service")
"""Of tasks, each with roles of its own."""

STEPS = [{"name": "master", "command": ["migrate", "master"]}]


def statements(policy: str) -> list[dict[str, Any]]:
    """A policy's statements, with lists where a single text is allowed."""
    return [
        one
        | {key: [one[key]] if isinstance(one[key], str) else one[key] for key in ("Action", "Resource") if key in one}
        for one in json.loads(policy)["Statement"]
    ]


def actions(deployed: Deployed, kind: str) -> dict[str, list[str]]:
    """What the execution role of a kind of task may do, and on what."""
    policy = deployed.one("RolePolicy", f"{kind}-execution").inputs["policy"]
    return {action: one["Resource"] for one in statements(policy) for action in one["Action"]}


class TestRoles:
    """Each role does what its tasks need, on what they need it for."""

    def test_only_the_registry_login_is_about_everything(self, deploy: Deploy) -> None:
        policies = [one.inputs["policy"] for one in deploy().all("RolePolicy")]
        wide = [
            one for policy in policies for one in statements(policy) if any(part == "*" for part in one["Resource"])
        ]
        assert [one["Action"] for one in wide] == [["ecr:GetAuthorizationToken"]] * len(KINDS)

    def test_no_action_is_a_pattern(self, deploy: Deploy) -> None:
        actions = [
            action
            for policy in deploy().all("RolePolicy")
            for one in statements(policy.inputs["policy"])
            for action in one["Action"]
        ]
        assert actions
        assert [action for action in actions if "*" in action] == []

    def test_every_role_lies_below_the_stacks_path(self, deploy: Deploy) -> None:
        roles = deploy().all("iam/role:Role")
        assert len(roles) >= 2 * len(KINDS)
        assert {role.inputs["path"] for role in roles} == {"/sluice/test/"}
        assert not any("permissionsBoundary" in role.inputs for role in roles)

    def test_every_role_carries_the_boundary_where_it_is_asked_for(self, deploy: Deploy) -> None:
        roles = deploy(access={"boundary": True}).all("iam/role:Role")
        boundary = f"arn:aws:iam::{ACCOUNT}:policy/sluice-bootstrap/sluice-test-boundary"
        assert {role.inputs.get("permissionsBoundary") for role in roles} == {boundary}

    def test_the_services_code_alone_gets_the_policies_of_the_settings(self, deploy: Deploy) -> None:
        assert deploy().all("RolePolicyAttachment") == []
        arn = f"arn:aws:iam::{ACCOUNT}:policy/shop-files"
        deployed = deploy(access={"policies": [arn]})
        attached = deployed.one("RolePolicyAttachment").inputs
        assert attached == {"role": deployed.one("iam/role:Role", "service-task").name, "policyArn": arn}

    @pytest.mark.parametrize("kind", KINDS)
    def test_execution_role_pulls_and_writes_its_own(self, deploy: Deploy, kind: str) -> None:
        allowed = actions(deploy(), kind)
        [log_group] = allowed["logs:PutLogEvents"]
        assert log_group.endswith(f"LogGroup/sluice-test-{'service' if kind == 'service' else 'migration'}:*")
        [repository] = allowed["ecr:BatchGetImage"]
        assert repository.endswith(":repository/sluice-test")

    @pytest.mark.parametrize(
        ("kind", "secrets"),
        [("bootstrap", {MASTER, OWNER, APP}), ("migration", {OWNER}), ("service", {APP})],
    )
    def test_execution_role_reads_its_own_secrets_only(self, deploy: Deploy, kind: str, secrets: set[str]) -> None:
        assert set(actions(deploy(), kind)["secretsmanager:GetSecretValue"]) == secrets

    @pytest.mark.parametrize("kind", KINDS)
    def test_a_task_asks_for_what_its_role_may_read(self, deploy: Deploy, kind: str) -> None:
        deployed = deploy()
        asked = {one["valueFrom"].rsplit(":", 3)[0] for one in deployed.container(kind)["secrets"]}
        assert asked == set(actions(deployed, kind)["secretsmanager:GetSecretValue"])

    def test_the_services_own_secrets_are_read_by_the_service_only(
        self, deploy: Deploy, config: dict[str, Any]
    ) -> None:
        secret = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:stripe-AbCdEf"
        deployed = deploy(app=config["app"] | {"secrets": {"STRIPE": f"{secret}:key::", "WHOLE": secret}})
        readers = {kind for kind in KINDS if secret in actions(deployed, kind)["secretsmanager:GetSecretValue"]}
        assert readers == {"service"}
        read = actions(deployed, "service")["secretsmanager:GetSecretValue"]
        assert set(read) == {APP, secret}, "the secret itself: IAM knows no keys of it"
        asked = {one["name"]: one["valueFrom"] for one in deployed.container("service")["secrets"]}
        assert asked["STRIPE"] == f"{secret}:key::"
        assert asked["WHOLE"] == secret
        for kind in ("bootstrap", "migration"):
            assert "STRIPE" not in {one["name"] for one in deployed.container(kind)["secrets"]}

    def test_a_steps_own_repository_is_pulled_by_migrations_only(self, deploy: Deploy) -> None:
        image = f"{ACCOUNT}.dkr.ecr.eu-west-1.amazonaws.com/tools/psql@{DIGEST}"
        step = {"name": "master", "command": ["migrate"], "image": image}
        deployed = deploy(migrations=[step], access={"repositories": [image.partition("@")[0]]})
        repository = f"arn:aws:ecr:eu-west-1:{ACCOUNT}:repository/tools/psql"
        pulling = {kind for kind in KINDS if repository in actions(deployed, kind)["ecr:BatchGetImage"]}
        assert pulling == {"migration"}

    def test_task_roles_allow_nothing(self, deploy: Deploy) -> None:
        assert {one.name for one in deploy().all("RolePolicy")} == {f"sluice-test-{kind}-execution" for kind in KINDS}

    def test_roles_are_for_tasks_of_this_account_and_region(self, deploy: Deploy) -> None:
        roles = list(deploy().all("iam/role:Role"))
        assert len(roles) == 2 * len(KINDS)
        for role in roles:
            [one] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
            assert one["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
            assert one["Condition"]["StringEquals"] == {"aws:SourceAccount": ACCOUNT}
            assert one["Condition"]["ArnLike"] == {"aws:SourceArn": f"arn:aws:ecs:eu-central-1:{ACCOUNT}:*"}

    def test_tasks_wait_for_what_their_role_may_do(self, deploy: Deploy) -> None:
        deployed = deploy()
        for kind in KINDS:
            policy = deployed.one("RolePolicy", f"{kind}-execution")
            definition = deployed.one("ecs/taskDefinition:TaskDefinition", kind)
            assert policy.urn in definition.dependencies


REPOSITORIES = [
    ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/a/b@sha256:0", "arn:aws:ecr:eu-west-1:111122223333:repository/a/b"),
    (
        "111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn/a@sha256:0",
        "arn:aws-cn:ecr:cn-north-1:111122223333:repository/a",
    ),
    (
        "111122223333.dkr.ecr.us-gov-west-1.amazonaws.com/a:1@sha256:0",
        "arn:aws-us-gov:ecr:us-gov-west-1:111122223333:repository/a",
    ),
    ("public.ecr.aws/debian/debian@sha256:0", None),
    ("127.0.0.1:5000/notes@sha256:0", None),
]


@pytest.mark.parametrize(("image", "arn"), REPOSITORIES)
def test_the_repository_of_an_image(image: str, arn: str | None) -> None:
    assert policies.repository(image) == arn


class TestUsers:
    """Passwords that nobody but Secrets Manager knows, for users that may do no more than they must."""

    def test_each_has_a_secret_with_a_generated_value(self, deploy: Deploy) -> None:
        deployed = deploy(database={"name": "shop"})
        for kind, arn in (("owner", OWNER), ("app", APP)):
            value = deployed.one("GeneratedSecret", kind).inputs
            assert value == {"secretArn": arn, "username": f"shop_{kind}", "length": 40}
            assert "secretString" not in deployed.one("secretsmanager/secret:Secret", kind).inputs

    @pytest.mark.parametrize(("environment", "days"), [("staging", 0), ("prod", 30)])
    def test_a_deleted_secret_can_be_taken_back_in_prod(self, deploy: Deploy, environment: str, days: int) -> None:
        secrets = deploy(environment=environment).all("secretsmanager/secret:Secret")
        assert [one.inputs["recoveryWindowInDays"] for one in secrets] == [days, days]

    def test_bootstrap_alone_logs_in_as_the_master(self, deploy: Deploy) -> None:
        deployed = deploy()
        logins = {
            kind: {one["name"]: one["valueFrom"] for one in deployed.container(kind)["secrets"]} for kind in KINDS
        }
        assert logins == {
            "bootstrap": {
                "DB_USER": f"{MASTER}:username::",
                "DB_PASSWORD": f"{MASTER}:password::",
                "OWNER_USER": f"{OWNER}:username::",
                "OWNER_PASSWORD": f"{OWNER}:password::",
                "APP_USER": f"{APP}:username::",
                "APP_PASSWORD": f"{APP}:password::",
            },
            "migration": {"DB_USER": f"{OWNER}:username::", "DB_PASSWORD": f"{OWNER}:password::"},
            "service": {"DB_USER": f"{APP}:username::", "DB_PASSWORD": f"{APP}:password::"},
        }

    def test_the_bootstrap_revision_is_used_by_the_bootstrap_step_only(self, deploy: Deploy) -> None:
        deployed = deploy(migrations=[*STEPS, {"name": "late", "command": ["late"], "phase": "after"}])
        revision = deployed.one("ecs/taskDefinition:TaskDefinition", "bootstrap")
        using = [
            (one.type, path)
            for one in deployed.resources
            for path, value in leaves(one.inputs)
            if isinstance(value, str) and value.endswith("TaskDefinition/sluice-test-migration-bootstrap")
        ]
        assert using == [("gate:index:MigrationRun", ".steps[].taskDefinition")]
        first, *others = deployed.one("MigrationRun", "migration").inputs["steps"]
        assert first["name"] == "bootstrap"
        assert not any("taskDefinition" in step for step in others)
        assert revision.inputs["family"] == "sluice-test-bootstrap"

    def test_a_new_password_runs_bootstrap_again_and_reaches_every_task(self, deploy: Deploy) -> None:
        deployed = deploy()
        step = deployed.one("MigrationRun").inputs["steps"][0]
        versions = {kind: f"version-of-sluice-test-{kind}" for kind in ("owner", "app")}
        assert step["environment"] == {"OWNER_SECRET_VERSION": versions["owner"], "APP_SECRET_VERSION": versions["app"]}
        assert deployed.variables("migration")["DB_SECRET_VERSION"] == versions["owner"]
        assert deployed.variables("service")["DB_SECRET_VERSION"] == versions["app"]
        assert "DB_SECRET_VERSION" not in deployed.variables("bootstrap"), "AWS rotates it every week"

    def test_no_task_is_known_before_its_passwords_are_there(self, deploy: Deploy) -> None:
        deployed = deploy()
        for kind, users in (("bootstrap", ["owner", "app"]), ("migration", ["owner"]), ("service", ["app"])):
            definition = deployed.one("ecs/taskDefinition:TaskDefinition", kind)
            for user in users:
                assert deployed.one("GeneratedSecret", user).urn in definition.dependencies

    def test_an_application_gets_its_own_names_for_the_database(self, deploy: Deploy) -> None:
        variables = {
            "PGHOST": "{host}",
            "JDBC_URL": "jdbc:postgresql://{host}:{port}/{name}",
            "PGPASSWORD": "{password}",
            "PGSSLMODE": "{sslMode}",
            "DATABASE_URL": "postgresql://{username}:{password}@{host}:{port}/{name}?sslmode=require",
        }
        deployed = deploy(database={"name": "shop", "variables": variables})
        [database] = deployed.all("rds/instance:Instance")
        for kind, login in (("bootstrap", MASTER), ("migration", OWNER), ("service", APP)):
            plain = deployed.variables(kind)
            assert plain["PGHOST"] == plain["DB_HOST"] == "db.example.internal"
            assert plain["PGSSLMODE"] == "verify-full"
            assert plain["JDBC_URL"] == "jdbc:postgresql://db.example.internal:5432/shop"
            asked = {one["name"]: one["valueFrom"] for one in deployed.container(kind)["secrets"]}
            assert asked["PGPASSWORD"] == f"{login}:password::"
            # RDS makes and rotates the master user's secret: nothing can be put beside its password.
            assert asked.get("DATABASE_URL") == (None if login == MASTER else f"{login}:DATABASE_URL::")
        for kind in ("owner", "app"):
            value = deployed.one("GeneratedSecret", kind)
            address = "postgresql://{username}:{password}@db.example.internal:5432/shop?sslmode=require"
            assert value.inputs["texts"] == {"DATABASE_URL": address}
            assert database.urn in value.dependencies

    def test_an_application_without_bootstrap_uses_the_master(self, deploy: Deploy, caplog: Any) -> None:
        deployed = deploy(database={"roles": False})
        assert deployed.all("GeneratedSecret") == deployed.all("secretsmanager/secret:Secret") == []
        assert [step["name"] for step in deployed.one("MigrationRun").inputs["steps"]] == ["master"]
        for kind in ("migration", "service"):
            secrets = {one["name"]: one["valueFrom"] for one in deployed.container(kind)["secrets"]}
            assert secrets == {"DB_USER": f"{MASTER}:username::", "DB_PASSWORD": f"{MASTER}:password::"}
            assert actions(deployed, kind)["secretsmanager:GetSecretValue"] == [MASTER]
        [warning] = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
        assert warning.startswith("database.roles is false")
