"""One digest from stack to stack: what a stack offers, what the next one takes, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from components.delivery.release import passed
from infra.delivery.promotion import in_words
from infra.delivery.releases import written
from tests.components.program import ACCOUNT, DIGEST, REGISTRY, Deployed

Deploy = Callable[..., Deployed]

STAGING = "organization/sluice/staging"
SOURCE = "444455556666"
PROMOTED = f"{SOURCE}.dkr.ecr.eu-central-1.amazonaws.com/sluice-staging@{DIGEST}"
PROMOTABLE = {
    "image": PROMOTED,
    "release": {
        "digest": DIGEST,
        "tag": "0123456789abcdef",
        "version": "0123456789ab",
        "revision": "f00d",
        "time": "t",
    },
    "repository": "sluice-staging",
    "repositoryArn": f"arn:aws:ecr:eu-central-1:{SOURCE}:repository/sluice-staging",
    "registryId": SOURCE,
    "region": "eu-central-1",
    "architecture": "X86_64",
    "migrations": [{"name": "master", "seconds": 3}],
}


@pytest.fixture
def promote(deploy: Deploy, config: dict[str, Any]) -> Deploy:
    """Runs the program of a stack that takes what staging has released."""
    app = {key: value for key, value in config["app"].items() if key != "context"}

    def promote(promotable: dict[str, Any] | None = PROMOTABLE, **changes: Any) -> Deployed:
        others = {STAGING: {"promotable": promotable}}
        settings = {"environment": "prod", "app": app, "promoteFrom": "staging", **changes}
        return deploy(others=others, **settings)

    return promote


class TestTaken:
    """A stack that promotes runs the very image, and builds nothing."""

    def test_builds_nothing(self, promote: Deploy) -> None:
        deployed = promote()
        assert deployed.all("docker:index/image:Image") == []
        assert deployed.all("ecr/repository:Repository") == []

    @pytest.mark.parametrize("kind", ["bootstrap", "migration", "service"])
    def test_every_task_runs_it(self, promote: Deploy, kind: str) -> None:
        assert promote().container(kind)["image"] == PROMOTED

    def test_the_gate_and_the_rollout_speak_of_it(self, promote: Deploy) -> None:
        deployed = promote()
        assert deployed.one("MigrationRun").inputs["imageDigest"] == PROMOTED
        rollout = deployed.one("Rollout").inputs
        assert rollout["imageDigest"] == PROMOTED
        assert rollout["smoke"]["version"] == "0123456789ab", "the image says its version, and it must be this one"

    def test_its_digest_is_known_in_a_preview(self, promote: Deploy) -> None:
        assert promote(preview=True).one("MigrationRun").inputs["imageDigest"] == PROMOTED

    def test_tasks_may_pull_from_there_and_from_nowhere_else(self, promote: Deploy) -> None:
        for policy in promote().all("iam/rolePolicy:RolePolicy"):
            assert f'"Resource": ["{PROMOTABLE["repositoryArn"]}"]' in policy.inputs["policy"]

    def test_its_name_goes_with_it(self, promote: Deploy) -> None:
        outputs = promote().outputs
        assert outputs["image"] == PROMOTED
        release = {key: outputs["release"][key] for key in ("digest", "tag", "version", "revision")}
        assert release == {key: PROMOTABLE["release"][key] for key in release}  # type: ignore[index]
        assert outputs["release"]["time"] == "2026-01-01T00:00:00+00:00", "of its own rollout"

    def test_it_can_be_promoted_further(self, promote: Deploy) -> None:
        offered = promote().outputs["promotable"]
        assert offered["image"] == PROMOTED
        assert (offered["registryId"], offered["repositoryArn"]) == (SOURCE, PROMOTABLE["repositoryArn"])

    def test_a_stack_of_another_project(self, deploy: Deploy, promote: Deploy) -> None:
        assert promote(promoteFrom=STAGING).outputs["image"] == PROMOTED

    def test_the_other_stack_is_asked_where_it_is_and_for_nothing_else(self, promote: Deploy) -> None:
        """The two stacks share no state: production's could read staging's, and with it its secrets."""
        deployed = promote(promotion={"account": SOURCE, "region": "eu-west-1"})
        assert deployed.promotions == [
            {"project": "sluice", "stack": "staging", "account": SOURCE, "region": "eu-west-1"}
        ]
        assert promote().promotions == [{"project": "sluice", "stack": "staging", "account": "", "region": ""}]

    def test_an_image_that_is_named(self, promote: Deploy) -> None:
        deployed = promote(image=PROMOTED, promoteFrom="")
        assert deployed.container("service")["image"] == PROMOTED
        assert deployed.one("Rollout").inputs["smoke"]["version"] == "", "nobody knows what it says"
        assert deployed.outputs["release"] == {"digest": DIGEST, "time": "2026-01-01T00:00:00+00:00"}

    def test_an_image_of_another_registry_needs_no_right_of_iam(self, promote: Deploy) -> None:
        deployed = promote(image=f"registry.example.com/shop@{DIGEST}", promoteFrom="")
        for policy in deployed.all("iam/rolePolicy:RolePolicy"):
            assert "ecr:" not in policy.inputs["policy"]


REFUSED = [
    ("never released", None, "organization/sluice/staging has released nothing"),
    ("written by an older program", {"image": PROMOTED}, "has no release; run `pulumi up` there"),
    (
        "for another CPU",
        PROMOTABLE | {"architecture": "ARM64"},
        "released an image for ARM64, and app.architecture says",
    ),
    (
        "of another account",
        PROMOTABLE | {"registryId": "999988887777"},
        "released an image in account 999988887777, and promotion.account is 444455556666",
    ),
    (
        "of another repository",
        PROMOTABLE | {"image": f"{SOURCE}.dkr.ecr.eu-central-1.amazonaws.com/evil@{DIGEST}"},
        "which is not in its repository arn:aws:ecr:eu-central-1:444455556666:repository/sluice-staging",
    ),
    (
        "under another's name",
        PROMOTABLE | {"release": {"digest": "sha256:" + "cd" * 32}},
        "released sha256:abababababab under the name of sha256:cdcdcdcdcdcd",
    ),
]


class TestRefused:
    """One clean error; nothing is asked of the engine."""

    @pytest.mark.parametrize(("promotable", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
    @pytest.mark.parametrize("preview", [True, False])
    def test_before_anything_changes(
        self, promote: Deploy, caplog: pytest.LogCaptureFixture, promotable: Any, said: str, preview: bool
    ) -> None:
        deployed = Deployed()
        with pytest.raises(SystemExit) as ended:
            promote(promotable, preview=preview, deployed=deployed, promotion={"account": SOURCE})
        assert ended.value.code == 32
        assert [one.type for one in deployed.resources if not one.type.startswith("pulumi:")] == []
        [error] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert error.startswith("promoteFrom: ")
        assert said in error
        assert "\n" not in error
        assert error.endswith("Nothing was changed")


class TestOffered:
    """What a stack that builds offers to the next one."""

    def test_the_image_with_its_name_and_where_it_is(self, deploy: Deploy) -> None:
        outputs = deploy().outputs
        offered = outputs["promotable"]
        assert offered["image"] == f"{REGISTRY}@{DIGEST}"
        assert offered["release"] == outputs["release"]
        assert (offered["repository"], offered["registryId"]) == ("sluice-test", ACCOUNT)
        assert offered["architecture"] == "X86_64"
        assert [step["name"] for step in offered["migrations"]] == ["bootstrap", "master"]

    def test_it_is_written_where_the_next_stack_reads_it(self, deploy: Deploy) -> None:
        deployed = deploy()
        parameter = deployed.one("ssm/parameter:Parameter")
        assert parameter.inputs["name"] == "/sluice/sluice/test/promotable"
        assert json.loads(parameter.inputs["insecureValue"]) == deployed.outputs["promotable"]
        needed = {urn.split("::")[2].rpartition(":")[2] for urn in parameter.needs["insecureValue"]}
        assert {"MigrationRun", "Rollout"} <= needed, "after they passed"

    def test_a_stack_of_this_machine_offers_nothing(self, deploy: Deploy) -> None:
        assert deploy(environment="local").all("ssm/parameter:Parameter") == []

    def test_it_fits_into_a_parameter(self) -> None:
        steps = [{"name": f"step-{number}", "seconds": number} for number in range(200)]
        text = written(PROMOTABLE | {"migrations": steps})
        assert json.loads(text) == {key: value for key, value in PROMOTABLE.items() if key != "migrations"}
        assert json.loads(written(PROMOTABLE)) == PROMOTABLE
        assert written(None) == "null"

    def test_nothing_while_the_image_is_not_known(self, deploy: Deploy) -> None:
        offered = deploy(preview=True, builds=False).outputs["promotable"]
        assert not isinstance(offered, dict)

    def test_another_stacks_accounts_may_pull(self, deploy: Deploy) -> None:
        assert deploy().all("RepositoryPolicy") == []
        policy = deploy(registry={"pullers": [SOURCE]}).one("RepositoryPolicy").inputs["policy"]
        assert f'"arn:aws:iam::{SOURCE}:root"' in policy
        assert "Put" not in policy

    @pytest.mark.parametrize(
        ("environment", "registry", "kept"),
        [("dev", {}, False), ("staging", {}, True), ("prod", {}, True), ("staging", {"keep": False}, False)],
    )
    def test_images_that_others_may_run_outlive_the_stack(
        self, deploy: Deploy, environment: str, registry: dict[str, Any], kept: bool
    ) -> None:
        deployed = deploy(environment=environment, registry=registry | {"pullers": [SOURCE]})
        repository, policy = deployed.one("ecr/repository:Repository"), deployed.one("RepositoryPolicy")
        assert repository.retained is kept
        assert policy.retained is kept, "without it no other account could pull any more"


STEP = {"name": "master", "tasks": ["1"], "seconds": 3}
PASSED: dict[str, Any] = {
    "release": {"digest": "sha256:1"},
    "serving": "r@sha256:1",
    "gated": ["r@sha256:1", "r@sha256:1"],
    "migrations": [[STEP], [{"name": "contract", "seconds": 9}]],
    "repository": {"repository": "r"},
    "architecture": "ARM64",
}


def test_what_got_through_all_of_it_is_offered() -> None:
    assert passed(**PASSED) == {
        "image": "r@sha256:1",
        "release": {"digest": "sha256:1"},
        "repository": "r",
        "architecture": "ARM64",
        "migrations": [{"name": "master", "seconds": 3}, {"name": "contract", "seconds": 9}],
    }


@pytest.mark.parametrize("gated", [["r@sha256:2"], ["r@sha256:1", "r@sha256:2"]], ids=["before", "after"])
def test_an_image_whose_steps_were_another_images_is_not_offered(gated: list[str]) -> None:
    assert passed(**PASSED | {"gated": gated}) is None


BEFORE = f"{REGISTRY}@sha256:{'cd' * 32}"


class TestAdmission:
    """The gate is asked about the image, and its answer is taken."""

    @pytest.mark.parametrize(
        ("settings", "key"),
        [
            ({}, "promoteFrom"),
            ({"promoteFrom": "", "image": PROMOTED}, "image"),
            ({"rollback": "sha256:" + "cd" * 32}, "rollback"),
        ],
    )
    def test_a_refusal_ends_the_program_before_anything_changes(
        self, promote: Deploy, caplog: pytest.LogCaptureFixture, settings: dict[str, Any], key: str
    ) -> None:
        deployed = Deployed()
        with pytest.raises(SystemExit):
            promote(admission={"refusal": "the image is held: ada"}, deployed=deployed, **settings)
        assert [one.type for one in deployed.resources if not one.type.startswith("pulumi:")] == []
        [error] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert error == f"{key}: the image is held: ada. Nothing was changed"

    @pytest.mark.parametrize(
        ("settings", "vouched"),
        [
            ({}, False),
            ({"promoteFrom": "", "image": PROMOTED}, False),
            ({"promoteFrom": "", "image": PROMOTED, "environment": "staging"}, True),
        ],
        ids=["taken from a stack", "named in production", "named where it is to prove itself"],
    )
    def test_production_takes_what_a_stack_has_released(
        self, promote: Deploy, settings: dict[str, Any], vouched: bool
    ) -> None:
        [asked] = promote(**settings).asked
        assert asked == {
            "image": PROMOTED,
            "rollback": "",
            "records": "/sluice/sluice/test",
            "released": vouched,
            "architecture": "X86_64" if settings else "",  # of its label; another stack says its commit itself
            "trusted": [],
        }

    def test_what_is_built_is_not_asked_about(self, deploy: Deploy) -> None:
        assert deploy().asked == [], "it is not known yet; MigrationRun and Rollout refuse it when it is held"

    def test_what_changes_is_said(self, promote: Deploy, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO")
        promote(preview=True, admission={"replaces": "sha256:cdcdcdcdcdcd (release 4, proven 2026-01-01 00:00 UTC)"})
        [said] = [record.getMessage() for record in caplog.records if "it replaces" in record.getMessage()]
        assert said.startswith(f"promoting {DIGEST[:19]} from organization/sluice/staging (version 0123456789ab")
        assert "where its steps took master 3 s" in said
        assert said.endswith("it replaces sha256:cdcdcdcdcdcd (release 4, proven 2026-01-01 00:00 UTC)")

    def test_a_revision_with_changes_of_its_own_is_named_so(self) -> None:
        release = PROMOTABLE["release"] | {"revision": "f00d" * 10 + "-dirty"}  # type: ignore[operator]
        assert "revision f00df00df00d-dirty" in in_words(STAGING, PROMOTABLE | {"release": release})

    def test_an_aws_that_cannot_be_asked_ends_the_program(
        self, promote: Deploy, caplog: pytest.LogCaptureFixture
    ) -> None:
        with pytest.raises((SystemExit, RuntimeError)):  # the mocks bring the failed call up again
            promote(admission={"error": "invocation of gate:index:admission returned an error: no credentials."})
        [error] = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
        assert error == (
            "promoteFrom: AWS could not be asked whether the image may be deployed: no credentials. Nothing was changed"
        )

    def test_without_a_change_nothing_is_said(self, promote: Deploy, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level("INFO")
        promote()
        assert [record for record in caplog.records if "promoting" in record.getMessage()] == []

    def test_both_gate_and_rollout_refuse_what_is_held(self, promote: Deploy) -> None:
        deployed = promote()
        for kind in ("MigrationRun", "Rollout"):
            assert deployed.one(kind).inputs["holds"] == "/sluice/sluice/test/holds"
            assert "rollback" not in deployed.one(kind).inputs


class TestRollback:
    """An earlier release serves again, and nothing migrates."""

    @pytest.mark.parametrize("building", [True, False])
    def test_its_image_runs_without_steps(self, deploy: Deploy, promote: Deploy, building: bool) -> None:
        program = deploy if building else promote
        deployed = program(rollback="sha256:" + "cd" * 32, admission={"image": BEFORE})
        assert deployed.container("service")["image"] == BEFORE
        for kind in ("MigrationRun", "Rollout"):
            assert deployed.one(kind).inputs["rollback"] is True
            assert deployed.one(kind).inputs["imageDigest"] == BEFORE
        assert deployed.one("Rollout").inputs["smoke"]["version"] == "", "the version that it says is not known"
        assert deployed.outputs["release"]["digest"] == "sha256:" + "cd" * 32
        assert len(deployed.all("ecr/repository:Repository")) == building, "what it goes back to is in there"

    def test_the_other_stack_is_not_needed(self, promote: Deploy) -> None:
        assert promote(None, rollback="sha256:" + "cd" * 32, admission={"image": BEFORE}).outputs["image"] == BEFORE
