"""What `make bootstrap` takes, and what each wrong setting of it is answered with."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.stub import Stubber

from bootstrap import project, run
from bootstrap.settings import BootstrapSettings, check
from infra.policies import AccountRegion
from infra.settings.reading.mistake import SettingsError
from tests.unit.settings.wrong import REMOVE, changed

GROUP = "arn:aws:ec2:eu-central-1:111122223333:security-group/sg-0123456789abcdef0"
DATABASE = "arn:aws:rds:eu-central-1:111122223333:db:legacy"
ROOT = Path(__file__).parents[3]


def right() -> dict[str, Any]:
    return {"aws": {"region": "eu-central-1", "account": "111122223333"}, "github": {"repository": "example/shop"}}


WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "unknown key",
        {"github.repositry": "x"},
        'github.repositry = "x": there is no such setting; did you mean repository?',
    ),
    ("no repository", {"github": REMOVE}, "github: is required; add it to the stack's settings"),
    (
        "placeholder",
        {"github.repository": "<owner and name of the repository>"},
        'github.repository = "<owner and name of the repository>": is a placeholder; write your own value',
    ),
    (
        "no owner",
        {"github.repository": "shop"},
        'github.repository = "shop": is not a repository; write its owner and name like example/shop',
    ),
    (
        "half an id",
        {"github.repositoryId": 7},
        "github.repositoryId = 7: ownerId and repositoryId belong together; write both, or none for the classic form",
    ),
    (
        "pattern of branches",
        {"github.branches": ["release/*"]},
        'github.branches = ["release/*"]: release/* is a pattern, and branches are compared exactly; write each branch',
    ),
    (
        "pattern of workflows",
        {"github.deployWorkflows": ["*"]},
        'github.deployWorkflows[0] = "*": is not the file of a workflow; write its name in .github/workflows, like'
        " deploy.yml",
    ),
    (
        "nobody deploys",
        {"github.deployBranches": []},
        "github.deployBranches = []: must have at least 1 entry",
    ),
    (
        "zone without names",
        {"hostedZones": ["Z0123"], "hosts": []},
        "hosts = []: hostedZones and hosts belong together; write the zone and the names that the stack has in it",
    ),
    (
        "no host name",
        {"hostedZones": ["Z0123"], "hosts": ["*.example.com"]},
        'hosts[0] = "*.example.com": is not a host name; write one like shop.example.com',
    ),
    (
        "reader that is no account",
        {"releases.readers": ["prod"]},
        'releases.readers[0] = "prod": is not an AWS account id; write its twelve digits in quotes, like'
        ' "123456789012"',
    ),
    (
        "promotion from nowhere",
        {"promoteFrom.account": "444455556666"},
        "promoteFrom.stack: is required; add it to the stack's settings",
    ),
    ("short session", {"sessionSeconds": 60}, "sessionSeconds = 60: must be at least 3600"),
    ("no ARN", {"existing": ["shared"]}, 'existing[0] = "shared": is not an ARN; copy it from AWS whole'),
    (
        "any security group",
        {"existing": [GROUP.replace("sg-0123456789abcdef0", "*")]},
        f'existing = ["{GROUP[:-20]}*"]: {GROUP[:-20]}* is not one security group; write the whole ARN of each, like'
        " arn:aws:ec2:REGION:ACCOUNT:security-group/sg-…",
    ),
    (
        "database without its security group",
        {"existing": [DATABASE]},
        f'existing = ["{DATABASE}"]: names a database without the security group that must let tasks in; add it, like'
        " arn:aws:ec2:REGION:ACCOUNT:security-group/sg-…",
    ),
    (
        "an application that makes roles",
        {"tasks.actions": ["iam:CreateRole"]},
        'tasks.actions[0] = "iam:CreateRole": is not an IAM action that an application may be given; write one like'
        " s3:GetObject (never of iam, sts, organizations or account)",
    ),
]


@pytest.mark.parametrize(("changes", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
def test_a_wrong_setting_is_answered(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        check("prod", changed(right(), changes))
    assert [str(mistake) for mistake in refusal.value.mistakes] == [message]
    assert "bootstrap/Pulumi.prod.yaml" in str(refusal.value)


def test_defaults() -> None:
    settings = check("prod", right())
    assert not settings.github.pull_requests
    assert settings.github.branches == ["main"]
    assert settings.session_seconds == 7200
    assert settings.promote_from is None
    assert check("prod", right() | {"promoteFrom": {}}).promote_from is None, "as Pulumi.yaml says it"


def test_an_existing_database_is_named_with_its_security_group() -> None:
    assert check("prod", right() | {"existing": [DATABASE, GROUP]}).existing == [DATABASE, GROUP]


def test_pulumi_knows_every_name_and_no_other() -> None:
    declared = yaml.safe_load((ROOT / "bootstrap" / "Pulumi.yaml").read_text())["config"]
    assert set(declared) == {field.alias for field in BootstrapSettings.model_fields.values()}


@pytest.mark.parametrize("stack", ["staging", "prod"])
def test_the_files_of_this_repository_lack_nothing_but_their_values(stack: str) -> None:
    with pytest.raises(SettingsError) as refusal:
        check(stack, project.given(stack))
    assert {mistake.remedy for mistake in refusal.value.mistakes} == {"is a placeholder; write your own value"}


def test_the_local_clouds_file_is_right() -> None:
    assert check("local", project.given("local")).github.repository == "example/shop"


def test_a_file_that_pulumi_wrote_to_is_read_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bootstrap").mkdir()
    (tmp_path / "bootstrap" / "Pulumi.prod.yaml").write_text(
        'config:\n  sluice-bootstrap:sessionSeconds: "9000"\n  sluice-bootstrap:github:\n    repository: example/shop\n'
        "  aws: {region: eu-central-1}\nencryptionsalt: v1:x\n"
    )
    monkeypatch.setattr(project, "ROOT", tmp_path)
    assert check("prod", project.given("prod")).session_seconds == 9000


def test_without_settings_one_error_says_what_to_write() -> None:
    with pytest.raises(run.BootstrapRefused, match=r"there is no bootstrap/Pulumi\.nowhere\.yaml\n  fix: "):
        run.read("nowhere")


def identity(arn: str) -> Any:
    sts = boto3.client("sts", region_name="eu-central-1", aws_access_key_id="x", aws_secret_access_key="y")
    stub = Stubber(sts)
    stub.add_response("get_caller_identity", {"Arn": arn, "Account": arn.split(":")[4], "UserId": "AIDA"})
    stub.activate()
    return sts


def test_the_account_is_the_callers() -> None:
    where = run.caller(identity("arn:aws:sts::111122223333:assumed-role/admin/me"), check("prod", right()))
    assert (where.partition, where.id, where.region) == ("aws", "111122223333", "eu-central-1")


def test_another_account_is_refused() -> None:
    with pytest.raises(run.BootstrapRefused, match=r"account 444455556666, but aws\.account is 111122223333; nothing"):
        run.caller(identity("arn:aws:sts::444455556666:assumed-role/admin/me"), check("prod", right()))


def test_who_is_not_logged_in_is_told_to(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, os.devnull)
    sts = boto3.Session(region_name="eu-central-1").client("sts")
    with pytest.raises(
        run.BootstrapRefused, match=r"not logged in to AWS .*\n  fix: log in as an administrator of account 1111"
    ):
        run.caller(sts, check("prod", right()))


COPIER = "arn:aws:iam::999988887777:role/sluice-copies"


@pytest.mark.parametrize(
    ("role", "says"),
    [
        (COPIER.replace("999988887777", "111122223333"), "is a role of this very account"),
        (COPIER.replace("role/", "user/"), "is not the ARN of one role"),
        (COPIER + "*", "is not the ARN of one role"),
        ("sluice-copies", "is not an ARN"),
    ],
)
def test_a_role_that_copies_snapshots_is_one_of_another_account(role: str, says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        check("prod", right() | {"snapshotCopies": role})
    assert check("prod", right() | {"snapshotCopies": COPIER}).snapshot_copies == COPIER
    assert check("prod", right() | {"snapshotCopies": ""}).snapshot_copies is None


@pytest.mark.parametrize(
    ("stack", "said", "deletes"),
    [("staging", {}, True), ("prod", {}, False), ("prod", {"deleteSnapshots": True}, True),
     ("staging", {"deleteSnapshots": False}, False)],
)  # fmt: skip
def test_production_keeps_its_snapshots(stack: str, said: dict[str, Any], deletes: bool) -> None:
    where = AccountRegion("aws", "eu-central-1", "111122223333")
    scope = project.scope(check(stack, right() | said), where, "sluice", stack, "KEY", "KEY")
    assert scope.deletes_snapshots is deletes
