"""What the program promises about the image, the database, the settings and the outputs, seen in its requests."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.output import Unknown

from components.delivery.release import record
from infra.providers import SERVICES
from tests.components.program import ACCOUNT, DIGEST, REGISTRY, TOKEN, Deployed, Registered, leaves, run

Deploy = Callable[..., Deployed]


class TestImage:
    """Built once, pushed, never in a preview."""

    def test_is_pushed_under_a_tag_of_its_content(self, deploy: Deploy) -> None:
        before, again = deploy(), deploy()
        image = before.one("docker:index/image:Image").inputs
        assert image["skipPush"] is False
        assert image["buildOnPreview"] is False
        assert image["build"]["platform"] == "linux/amd64"
        assert image["build"]["builderVersion"] == "BuilderBuildKit"
        assert image["imageName"] == again.one("docker:index/image:Image").inputs["imageName"]
        Path("shop/Dockerfile").write_text("FROM scratch\nCOPY . /\n")
        assert deploy().one("docker:index/image:Image").inputs["imageName"] != image["imageName"]

    def test_platform_follows_the_task(self, deploy: Deploy, config: dict[str, Any]) -> None:
        deployed = deploy(app=config["app"] | {"architecture": "ARM64"})
        assert deployed.one("docker:index/image:Image").inputs["build"]["platform"] == "linux/arm64"
        for definition in deployed.all("ecs/taskDefinition:TaskDefinition"):
            assert definition.inputs["runtimePlatform"]["cpuArchitecture"] == "ARM64"

    def test_repository_tags_never_move(self, deploy: Deploy) -> None:
        repository = deploy().one("Repository").inputs
        assert repository["imageTagMutability"] == "IMMUTABLE"
        assert repository["imageScanningConfiguration"] == {"scanOnPush": True}

    def test_a_preview_goes_on_without_a_digest(self, deploy: Deploy) -> None:
        deployed = deploy(preview=True, builds=False)
        assert isinstance(deployed.one("MigrationRun").inputs["imageDigest"], Unknown)
        assert isinstance(deployed.one("Rollout").inputs["imageDigest"], Unknown)
        assert isinstance(deployed.outputs["image"], Unknown)

    def test_an_image_without_digest_is_refused(self, deploy: Deploy) -> None:
        with pytest.raises(pulumi.RunError, match="has no digest in a registry"):
            deploy(pushes=False)


class TestSecrets:
    """No password is an input of anything; what must be one is sealed."""

    def test_no_password_goes_through_the_program(self, deploy: Deploy) -> None:
        named = {
            f"{one.type}{path}"
            for one in deploy().resources
            for path, _ in leaves(one.inputs)
            if "password" in path.lower()
        }
        assert named == {
            "aws:rds/instance:Instance.manageMasterUserPassword",  # true: RDS makes one and keeps it in Secrets Manager
            # references, see below
            "gate:index:MigrationRun.secrets.DB_PASSWORD",
            "gate:index:MigrationRun.steps[].secrets.DB_PASSWORD",
            "gate:index:MigrationRun.steps[].secrets.OWNER_PASSWORD",
            "gate:index:MigrationRun.steps[].secrets.APP_PASSWORD",
        }

    def test_what_is_called_a_password_is_a_reference(self, deploy: Deploy) -> None:
        deployed = deploy()
        run = deployed.one("MigrationRun").inputs
        given = [run["secrets"], *(step.get("secrets", {}) for step in run["steps"])]
        given += [
            {one["name"]: one["valueFrom"] for one in deployed.container(kind)["secrets"]}
            for kind in ("bootstrap", "migration", "service")
        ]
        values = [value for secrets in given for value in secrets.values()]
        assert values
        assert [value for value in values if not value.startswith("arn:aws:secretsmanager:")] == []

    def test_the_registry_login_is_dockers_own_and_no_resources(self, deploy: Deploy) -> None:
        """A resource's inputs are in the state, which a preview decrypts."""
        deployed = deploy()
        image = deployed.one("docker:index/image:Image").inputs
        assert image["registry"] == {"server": REGISTRY}
        assert deployed.logins == [(REGISTRY.partition("/")[0], "AWS", TOKEN)]
        assert [one.type for one in deployed.resources if TOKEN in json.dumps(one.inputs)] == []
        assert TOKEN not in json.dumps(deployed.outputs, default=str)
        # Nor is the image's name made a secret by the password that was used beside it.
        assert image["imageName"].startswith(f"{REGISTRY}:")

    def test_a_preview_logs_in_to_no_registry(self, deploy: Deploy) -> None:
        assert deploy(preview=True).logins == []


class TestDatabase:
    """Encrypted, private, only over TLS; its data outlives a protected stack."""

    def test_is_private_encrypted_and_manages_its_password(self, deploy: Deploy) -> None:
        deployed = deploy()
        instance = deployed.one("rds/instance:Instance").inputs
        assert instance["manageMasterUserPassword"] is True
        assert instance["storageEncrypted"] is True
        assert instance["storageType"] == "gp3"
        assert instance["publiclyAccessible"] is False
        assert instance["backupRetentionPeriod"] == 7
        parameters = {one["name"]: one["value"] for one in deployed.one("ParameterGroup").inputs["parameters"]}
        assert parameters["rds.force_ssl"] == "1"

    @pytest.mark.parametrize(("environment", "protected"), [("dev", False), ("prod", True)])
    def test_only_prod_survives_a_destroy(self, deploy: Deploy, environment: str, protected: bool) -> None:
        deployed = deploy(environment=environment)
        instance = deployed.one("rds/instance:Instance").inputs
        assert instance["deletionProtection"] is protected
        assert instance["skipFinalSnapshot"] is not protected
        assert instance.get("finalSnapshotIdentifier") == ("sluice-test-final" if protected else None)
        assert deployed.one("Repository").inputs["forceDelete"] is not protected
        assert deployed.one("MigrationRun").inputs["retain"] is protected

    @pytest.mark.parametrize("kind", ["bootstrap", "migration", "service"])
    def test_every_task_is_told_of_the_bundle(self, deploy: Deploy, kind: str) -> None:
        told = deploy(database={"caBundle": "/etc/ca.pem"}).variables(kind)
        assert told["DB_SSL_CERT_PATH"] == "/etc/ca.pem"
        assert told["DB_SSL_REJECT_UNAUTHORIZED"] == "true"
        assert "DB_SSL_CERT_PATH" not in deploy().variables(kind)

    @pytest.mark.parametrize(("verify", "said"), [(True, "true"), (False, "false")])
    def test_the_application_is_told_to_verify_the_certificate(self, deploy: Deploy, verify: bool, said: str) -> None:
        environment = deploy(database={"verifyTls": verify}).one("MigrationRun").inputs["environment"]
        assert environment["DB_SSL"] == "true"
        assert environment["DB_SSL_REJECT_UNAUTHORIZED"] == said


class TestTree:
    """Everything has an owner and a provider that was said."""

    def test_every_resource_belongs_to_a_component(self, deploy: Deploy) -> None:
        deployed = deploy()
        components = {one.urn for one in deployed.resources if not one.custom and one.type.startswith("sluice:")}
        orphans = [one.urn for one in deployed.resources if free(one) and one.parent not in components]
        assert orphans == []
        assert len([one for one in deployed.resources if free(one)]) > 30

    def test_everything_goes_to_the_providers_of_the_stack(self, deploy: Deploy) -> None:
        deployed = deploy()
        for one in deployed.resources:
            package = one.type.partition(":")[0]
            if one.custom and package in {"aws", "gate"} and not one.type.startswith("pulumi:"):
                assert f"pulumi:providers:{package}::{package}::" in one.provider, one.urn

    def test_providers_are_bound_to_region_and_account(self, deploy: Deploy) -> None:
        deployed = deploy()
        aws, gate = deployed.one("providers:aws").inputs, deployed.one("providers:gate").inputs
        assert aws["region"] == gate["region"] == "eu-central-1"
        assert json.loads(aws["allowedAccountIds"]) == [gate["account"]] == [ACCOUNT]
        assert json.loads(aws["defaultTags"])["tags"]["Environment"] == "staging"
        assert "endpoints" not in aws
        assert "endpoint" not in gate

    def test_another_endpoint_is_taken_from_the_sdks_own_variable(
        self, deploy: Deploy, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("AWS_ENDPOINT_URL", "http://172.17.0.1:4566")
        deployed = deploy(aws={"region": "eu-central-1"})
        aws = deployed.one("providers:aws").inputs
        [endpoints] = json.loads(aws["endpoints"])
        assert set(endpoints.values()) == {"http://172.17.0.1:4566"}
        assert set(endpoints) == set(SERVICES)
        assert aws["skipCredentialsValidation"] == aws["skipMetadataApiCheck"] == "true"
        assert "allowedAccountIds" not in aws
        assert deployed.one("providers:gate").inputs["endpoint"] == "http://172.17.0.1:4566"


class TestRelease:
    """One build, one name."""

    def test_the_application_knows_itself_by_the_name_in_the_outputs(self, deploy: Deploy) -> None:
        deployed = deploy()
        release, image = deployed.outputs["release"], deployed.one("docker:index/image:Image").inputs
        assert image["build"]["args"]["VERSION"] == release["version"]
        assert image["imageName"].endswith(f":{release['tag']}")
        assert release["tag"].startswith(release["version"])
        assert set(release) == {"version", "tag", "digest", "revision", "time"}

    def test_says_when_and_from_which_commit(
        self, deploy: Deploy, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
        assert deploy().outputs["release"]["revision"] == "", "no git is no mistake"
        commit = committed(tmp_path)
        release = deploy().outputs["release"]
        assert release["revision"] == commit
        assert release["time"] == "2026-01-01T00:00:00+00:00", "when the rollout was proven"
        (tmp_path / "notes").write_text("beside the build\n")
        assert committed(tmp_path) != commit
        assert deploy().outputs["release"]["revision"] == commit
        (tmp_path / "shop" / "new").write_text("in the build\n")
        assert deploy().outputs["release"]["revision"] == f"{commit}-dirty"

    def test_another_commit_of_the_same_build_changes_nothing(self, deploy: Deploy, tmp_path: Path) -> None:
        before = deploy()
        committed(tmp_path)
        after = deploy()
        # But what the next stack reads of the release, which names the commit.
        one_of = [
            {inputs(one) for one in run.resources if not one.name.endswith("-promotable")} for run in (before, after)
        ]
        assert one_of[0] == one_of[1]
        assert after.outputs["release"]["revision"]

    def test_another_build_is_another_release(self, deploy: Deploy) -> None:
        before = deploy()
        Path("shop/Dockerfile").write_text("FROM scratch\nCOPY . /\n")
        after = deploy()
        assert before.outputs["release"]["version"] != after.outputs["release"]["version"]


def committed(folder: Path) -> str:
    """Commits everything in a folder; says the commit."""
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "--quiet"], ["add", "."], [*who, "commit", "--quiet", "--message", "all"]):
        subprocess.run(["git", "-C", str(folder), *command], check=True, timeout=30)
    done = subprocess.run(
        ["git", "-C", str(folder), "rev-parse", "HEAD"], check=True, timeout=30, capture_output=True, text=True
    )
    return done.stdout.strip()


def inputs(one: Registered) -> str:
    """What the engine compares of a resource with its state. To the gate's resources an image's names are no change."""
    said = {"names"} if one.urn.split("::")[2].rpartition("$")[2].startswith("gate:index:") else set()
    return json.dumps([one.urn, {key: value for key, value in one.inputs.items() if key not in {*one.ignored, *said}}])


class TestOutputs:
    """What operators and the next stack read."""

    def test_are_complete(self, deploy: Deploy) -> None:
        outputs = deploy().outputs
        assert outputs["url"] == "http://web.example.com"
        assert outputs["image"] == f"{REGISTRY}@{DIGEST}"
        assert outputs["release"]["digest"] == DIGEST
        assert [step["name"] for step in outputs["migrations"]] == ["bootstrap", "master"]
        assert outputs["gate"]["container"] == "migration"
        assert outputs["gate"]["records"] == "/sluice/sluice/test/runs"
        assert outputs["database"] == {"address": "db.example.internal", "port": 5432, "name": "app", "version": "17"}
        assert set(outputs) == {
            "url",
            "address",
            "service",
            "cluster",
            "repository",
            "image",
            "builtTag",
            "release",
            "promotable",
            "migrations",
            "gate",
            "topic",
            "dashboard",
            "database",
            "logGroup",
        }


PARTLY = [
    ("whole", {}, {"digest", "time", "tag"}),
    ("another image was built than serves", {"image": "r@sha256:2"}, {"digest", "time"}),
    ("the sources are newer than the image", {"names": {}}, {"digest", "time"}),
]


@pytest.mark.parametrize(("changes", "said"), [row[1:] for row in PARTLY], ids=[row[0] for row in PARTLY])
def test_a_release_says_what_is_certain(changes: dict[str, Any], said: set[str]) -> None:
    known = record(
        **({"image": "r@sha256:1", "names": {"tag": "12"}, "serving": "r@sha256:1", "time": "now"} | changes)
    )
    assert set(known) == said
    assert known["digest"] == "sha256:1"


def free(one: Registered) -> bool:
    """A real resource, apart from the providers, which belong to the whole stack."""
    return one.custom and not one.type.startswith("pulumi:providers:")


class TestWrongSettings:
    """One clean error with every mistake; nothing is asked of the engine."""

    def test_end_the_program_before_anything_is_created(self, config: dict[str, Any], caplog: Any) -> None:
        deployed = Deployed()
        with pytest.raises(SystemExit) as ended:
            run(config | {"service": {"min": "two"}, "databas": {}}, deployed=deployed)
        assert ended.value.code == 32
        assert [one.type for one in deployed.resources] == ["pulumi:pulumi:Stack"]
        [said] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert said.splitlines() == [
            "2 mistakes in the settings of stack test (Pulumi.test.yaml); nothing was created:",
            '  service.min = "two": must be a whole number, without quotes',
            "  databas = {}: there is no such setting; did you mean database?",
        ]

    def test_refuse_encrypted_values(self, config: dict[str, Any], caplog: Any) -> None:
        with pytest.raises(SystemExit):
            run(config | {"smoke": {"timeout": 99}}, encrypted=("app",))
        [said] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert "app: holds an encrypted value" in said
        assert "smoke.timeout = 99: must be at most 60" in said
        assert "LOG_LEVEL" not in said
        assert "is required" not in said

    def test_belong_to_the_project_whatever_its_name(self, config: dict[str, Any]) -> None:
        renamed = run(config, project="bakery")
        assert renamed.one("MigrationRun").inputs["records"] == "/sluice/bakery/test/runs"
        assert renamed.one("Vpc").name == "bakery-test"
