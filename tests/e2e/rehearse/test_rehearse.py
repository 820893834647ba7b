"""One digest through staging to production, on copies of the very settings of both; the tests stand on each other."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess

from bootstrap import signing_key
from infra.policies import AccountRegion
from local.rehearse.stage import RehearsalStage
from local.toolchain.progress import SetupProgress
from sluice.image.image_signature import MANIFEST, tag
from sluice.release.hold import HeldTag
from tests.e2e.leftover import inventory
from tests.e2e.rehearse.stack import Stack
from tests.e2e.stage import ROOT, until

LEFT = {"repository"}
"""What a destroyed staging leaves in its account, as docs/environments.md says: the images that production runs."""


def digest(reference: str) -> str:
    return reference.rpartition("@")[2]


def kinds(stack: Stack) -> set[str]:
    return {urn.split("::")[2].rpartition("$")[2] for urn in stack.urns()}


def test_staging_builds(staging: Stack) -> None:
    staging.up("--skip-preview")
    assert "docker:index/image:Image" in kinds(staging)
    assert staging.answers() == 200
    assert staging.outputs()["promotable"]["image"] == staging.outputs()["image"]


def test_looking_at_a_stack_again_forgets_nothing(rehearsal: RehearsalStage, staging: Stack) -> None:
    assert rehearsal.ready("staging", SetupProgress())[1].outputs()["image"] == staging.outputs()["image"]


def test_production_runs_the_same_digest_and_builds_nothing(staging: Stack, prod: Stack) -> None:
    assert "would run" in prod.up().output, "the preview before it says which steps will run"
    assert "docker:index/image:Image" not in kinds(prod)
    assert prod.outputs()["url"].startswith("https://")
    assert prod.answers() == 200
    assert digest(prod.outputs()["image"]) == digest(staging.outputs()["image"])


def test_production_pulls_from_the_other_account(staging: Stack, prod: Stack) -> None:
    """Migrations and service alike: what ran is what staging's registry holds, and nothing of it was copied."""
    assert staging.copy.account != prod.copy.account
    wanted = digest(staging.outputs()["image"])
    containers = [container for task in prod.tasks() for container in task["containers"]]
    assert len(containers) >= prod.copy.document["config"]["service"]["min"] + 4
    assert {container["imageDigest"] for container in containers} == {wanted}
    assert {container["image"].rpartition("@")[0] for container in containers} == {staging.outputs()["repository"]}
    assert staging.copy.account in staging.outputs()["repository"]
    assert "repository" not in inventory(prod.client)


def test_a_second_up_starts_nothing_and_finds_no_drift(staging: Stack, prod: Stack) -> None:
    before = {stack.name: (_tasks(stack), stack.service()["deployments"][0]["id"]) for stack in (staging, prod)}
    words = ("up", "--yes", "--skip-preview", "--refresh", "--expect-no-changes")
    for running in [stack.start(*words) for stack in (staging, prod)]:
        finished = running.finish()
        assert finished.code == 0, finished.output
    assert before == {stack.name: (_tasks(stack), stack.service()["deployments"][0]["id"]) for stack in (staging, prod)}


def test_a_shell_on_production_leaves_its_settings_file_as_it_is(rehearsal: RehearsalStage, prod: Stack) -> None:
    """Plain commands, as people type them: the CLI would rewrite a file that has no salt, and remove a stack's."""
    before = {file.name: file.read_bytes() for file in ROOT.glob("Pulumi.*")}
    commands = (
        "pulumi preview --stack prod --non-interactive",
        "pulumi config --non-interactive",
        "cd docs && pulumi stack output url --show-secrets",
        "pulumi stack init another --no-select && pulumi stack rm another --yes",
        "sluice status --json",
    )
    said = [_in_the_shell(rehearsal, "prod", command) for command in commands]
    assert before == {file.name: file.read_bytes() for file in ROOT.glob("Pulumi.*")}
    assert "unchanged" in said[0], said[0]
    assert "promoteFrom" in said[1], said[1]
    assert said[2].strip() == prod.outputs()["url"]


def _in_the_shell(rehearsal: RehearsalStage, stack: str, command: str) -> str:
    """What a command says in a shell after `eval "$(make -s env STACK=...)"`."""
    script = f'set -e; lines=$({ROOT}/local/python -m local env {stack}); eval "$lines"; {command}'
    env = os.environ | {"SLUICE_LOCAL_DIR": str(rehearsal.place.local.parent)}
    words = ["/bin/sh", "-c", script]
    done = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def test_production_takes_nothing_that_staging_went_back_from(staging: Stack, prod: Stack) -> None:
    """What `sluice rollback` leaves behind in staging's registry, and `sluice rollback --lift` takes away again."""
    wanted = digest(staging.outputs()["image"])
    held = HeldTag(staging.client("ecr"), staging.outputs()["repository"])
    held.put(wanted)
    refused = prod.pulumi("preview", expect=None)
    assert refused.code != 0
    assert f"the image {wanted} is held by another stack" in refused.output
    held.remove(wanted)


def test_what_staging_has_proven_is_signed_and_production_asks_for_it(
    rehearsal: RehearsalStage, staging: Stack, prod: Stack
) -> None:
    """The key lies in staging's account; its policy lets production's verify."""
    key, stranger = (_signing_key(staging, prod.copy.account) for _ in range(2))
    prod.setting(signing={"trusted": [key]})
    refused = prod.pulumi("preview", expect=None)
    assert refused.code != 0
    assert "promoteFrom: the image " in refused.output
    assert "is not signed, and `signing.trusted` requires a signature" in refused.output
    staging.setting(signing={"key": key})
    assert f"was signed with {key}" in staging.up("--skip-preview").output
    staging.pulumi("preview", "--expect-no-changes")
    prod.up()
    assert prod.answers() == 200
    checks = _in_the_shell(rehearsal, "prod", "sluice preflight --json || true")
    [said] = [one for one in json.loads(checks)["checks"] if one["name"].startswith("signature of image")]
    assert (said["result"], said["detail"]) == ("passed", f"by {key}")
    prod.setting(signing={"trusted": [stranger]})
    assert "is not signed by a trusted key" in prod.pulumi("preview", expect=None).output
    prod.setting(signing={"trusted": [key]})


def test_an_image_that_somebody_tagged_by_hand_is_refused_before_anything_changes(staging: Stack, prod: Stack) -> None:
    """Whoever may write to staging's repository and to its record has made an image of his own, with every tag."""
    ecr, ssm = staging.client("ecr"), staging.client("ssm")
    promotable = staging.outputs()["promotable"]
    name, parameter = promotable["repository"], "/sluice/sluice/staging/promotable"
    was = ssm.get_parameter(Name=parameter)["Parameter"]["Value"]
    proven = digest(promotable["image"])
    image = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageDigest": proven}])["images"][0]
    another = json.dumps(json.loads(image["imageManifest"]), indent=1)  # the same image under another digest
    evil = f"sha256:{hashlib.sha256(another.encode()).hexdigest()}"
    ecr.put_image(
        repositoryName=name,
        imageManifest=another,
        imageManifestMediaType=image["imageManifestMediaType"],
        imageTag=f"released-{evil.removeprefix('sha256:')[:12]}",
    )
    copied = ecr.batch_get_image(
        repositoryName=name, imageIds=[{"imageTag": tag(proven)}], acceptedMediaTypes=[MANIFEST]
    )["images"][0]["imageManifest"]
    before = (_tasks(prod), prod.service()["deployments"][0]["id"], prod.urns())
    record = promotable | {
        "image": promotable["image"].replace(proven, evil),
        "release": promotable["release"] | {"digest": evil},
    }
    ssm.put_parameter(Name=parameter, Value=json.dumps(record), Type="String", Overwrite=True)
    try:
        for verb in (["preview"], ["up", "--yes", "--skip-preview"]):
            refused = prod.pulumi(*verb, expect=None)
            assert refused.code != 0
            assert f"the image {evil[:19]} is not signed" in refused.output
        ecr.put_image(repositoryName=name, imageManifest=copied, imageManifestMediaType=MANIFEST, imageTag=tag(evil))
        refused = prod.pulumi("up", "--yes", "--skip-preview", expect=None)
        assert f"has a signature that is about {proven[:19]}, another image" in refused.output
    finally:
        ssm.put_parameter(Name=parameter, Value=was, Type="String", Overwrite=True)
    assert (_tasks(prod), prod.service()["deployments"][0]["id"], prod.urns()) == before
    prod.pulumi("preview", "--expect-no-changes")


def _signing_key(stack: Stack, verifier: str) -> str:
    """A key of a stack's account that another account may verify with, as `make bootstrap` makes it."""
    root = f"arn:aws:iam::{stack.copy.account}:root"
    policy = signing_key.policy(
        AccountRegion("aws", stack.copy.region, stack.copy.account), "sluice", stack.name, [verifier]
    )
    own = {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": root}, "Action": "kms:*", "Resource": "*"}
    made = stack.client("kms").create_key(
        KeySpec=signing_key.SPEC,
        KeyUsage="SIGN_VERIFY",
        Policy=json.dumps(policy | {"Statement": [*policy["Statement"], own]}),
    )
    return str(made["KeyMetadata"]["Arn"])


def test_production_refuses_to_be_destroyed_before_anything_is(prod: Stack) -> None:
    before, held = prod.urns(), inventory(prod.client)
    refused = prod.pulumi("destroy", "--yes", "--skip-preview", expect=None)
    assert refused.code != 0
    assert "sluice:infra:Protection" in refused.output
    assert "protect" in refused.output
    assert prod.urns() == before
    assert inventory(prod.client) == held
    assert prod.answers() == 200


def test_a_destroyed_staging_leaves_what_production_runs_and_nothing_else(staging: Stack, prod: Stack) -> None:
    staging.pulumi("destroy", "--yes", "--skip-preview")
    left = inventory(staging.client)
    assert set(left) == LEFT, left
    _replaced(prod)


def _replaced(prod: Stack) -> None:
    """A task of production that ends is started again: its image is still there to be pulled."""
    ecs, outputs = prod.client("ecs"), prod.outputs()
    service = outputs["service"]
    running = ecs.list_tasks(cluster=outputs["cluster"], serviceName=service)["taskArns"]
    ecs.stop_task(cluster=outputs["cluster"], task=running[0])

    def whole() -> bool:
        now = ecs.list_tasks(cluster=outputs["cluster"], serviceName=service)["taskArns"]
        return running[0] not in now and prod.service()["runningCount"] == len(running)

    until(whole, 60, "production has all of its tasks again")


def _tasks(stack: Stack) -> set[str]:
    return {str(task["taskArn"]) for task in stack.tasks()}
