"""`make bootstrap` on an account of its own in the emulator, which decides every call by the caller's policies."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from bootstrap import account as bootstrap_account
from infra import policies
from local import environment
from pipeline.engine.engine import Engine
from pipeline.failed import Failed
from tests.e2e.bootstrap.account import MAIN, ROOT, Account, opened


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with opened(tmp_path_factory.mktemp("bootstrap") / "local") as account:
        yield account


STACKS = ("local", "prod")


@pytest.fixture(scope="module")
def printed(account: Account) -> tuple[str, str]:
    """What the first and the second run printed."""
    settings = ROOT / "bootstrap" / "Pulumi.local.yaml"
    before = settings.read_text()
    both = account.bootstrap(), account.bootstrap()
    assert settings.read_text() == before, "Pulumi has nothing to write there"
    # A second stack's key in the same account, as its own bootstrap makes it.
    where = policies.AccountRegion("aws", environment.REGION, account.id)
    bootstrap_account.prepare(account.client, where, "sluice", "prod", lambda what, changed: None)
    return both


def test_the_second_run_changes_nothing(printed: tuple[str, str]) -> None:
    first, second = printed
    assert " created" in first
    assert "  made   bucket takes TLS only" in first
    assert "  made " not in second
    assert "unchanged" in second
    assert not any(word in second for word in (" created", " updated", " replaced", " deleted"))
    assert first[first.index("Put into GitHub") :] == second[second.index("Put into GitHub") :]


def test_it_says_what_to_put_into_github(account: Account, printed: tuple[str, str]) -> None:
    said = printed[0]
    assert f"DEPLOY_ROLE = arn:aws:iam::{account.id}:role/sluice-bootstrap/sluice-local-deploy" in said
    assert f"LOCAL_PREVIEW_ROLE = arn:aws:iam::{account.id}:role/sluice-bootstrap/sluice-local-preview" in said
    assert f"LOCAL_BACKEND_URL = s3://sluice-state-{account.id}-us-east-1?region=us-east-1" in said
    assert f"PULUMI_SECRETS_PROVIDER = awskms:///arn:aws:kms:us-east-1:{account.id}:key/" in said
    assert "PULL_REQUEST_PREVIEWS = true" in said, "Pulumi.local.yaml asks for them"
    assert "deploy: repo:example/shop:environment:local, defined by deploy.yml@" in said


@pytest.mark.usefixtures("printed")
class TestTrust:
    """Who may take the roles."""

    @pytest.mark.parametrize(
        ("role", "subject"),
        [
            ("deploy", "repo:example/shop:environment:local"),
            ("preview", "repo:example/shop:pull_request"),
            ("preview", "repo:example/shop:ref:refs/heads/main"),
        ],
    )
    def test_the_jobs_that_the_settings_name(self, account: Account, role: str, subject: str) -> None:
        who = account.client("sts", **account.job(role, subject)).get_caller_identity()["Arn"]
        assert f"sluice-local-{role}" in who

    @pytest.mark.parametrize(
        ("role", "subject"),
        [
            ("deploy", "repo:example/shop:pull_request"),
            ("deploy", "repo:example/shop:ref:refs/heads/main"),
            ("deploy", "repo:stranger/shop:environment:local"),
            ("deploy", "repo:example@1/shop@2:environment:local"),
            ("preview", "repo:example/shop:ref:refs/heads/other"),
        ],
    )
    def test_and_no_others(self, account: Account, role: str, subject: str) -> None:
        with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
            account.job(role, subject)

    @pytest.mark.parametrize(
        ("ref", "file"),
        [("refs/heads/other", "deploy.yml"), ("refs/pull/7/merge", "pull-request.yml"), (MAIN, "labels.yml")],
    )
    def test_an_environment_without_rules_gives_no_branch_the_deploy_role(
        self, account: Account, ref: str, file: str
    ) -> None:
        """The attack of the review: the subject of a job that names an environment says nothing of its branch."""
        with pytest.raises(ClientError, match="Not authorized to perform sts:AssumeRoleWithWebIdentity"):
            account.job("deploy", "repo:example/shop:environment:local", ref, file)


@pytest.mark.usefixtures("printed")
class TestGrants:
    """A few calls that tell the roles apart; tests/unit/bootstrap has all grants, measure_access.py a whole life."""

    def test_the_bucket_takes_tls_only_and_a_deployer_writes_its_own_state(self, account: Account) -> None:
        s3 = account.client("s3", **account.job("deploy", "repo:example/shop:environment:local"))
        bucket = f"sluice-state-{account.id}-us-east-1"
        with pytest.raises(ClientError, match="explicit deny in a resource-based policy"):
            s3.put_object(Bucket=bucket, Key=".pulumi/stacks/sluice/local.json", Body=b"{}")
        account.client("s3").delete_bucket_policy(Bucket=bucket)  # the emulator speaks plain HTTP
        s3.put_object(Bucket=bucket, Key=".pulumi/stacks/sluice/local.json", Body=b"{}")
        for key in (".pulumi/stacks/sluice/prod.json", ".pulumi/stacks/sluice-bootstrap/local.json"):
            with pytest.raises(ClientError, match="AccessDenied"):
                s3.put_object(Bucket=bucket, Key=key, Body=b"{}")
            account.client("s3").put_object(Bucket=bucket, Key=key, Body=b"{}")
            with pytest.raises(ClientError, match="AccessDenied"):
                s3.get_object(Bucket=bucket, Key=key)

    @pytest.mark.parametrize(("role", "subject"), [("deploy", "environment:local"), ("preview", "pull_request")])
    def test_the_pipeline_asks_for_its_own_stack_alone(
        self, account: Account, role: str, subject: str, tmp_path: Path
    ) -> None:
        """`pulumi stack ls` reads every stack's state."""
        bucket = f"sluice-state-{account.id}-us-east-1"
        account.client("s3").delete_bucket_policy(Bucket=bucket)  # the emulator speaks plain HTTP
        state = json.dumps({"version": 3, "checkpoint": {"stack": "organization/sluice/prod"}}).encode()
        account.client("s3").put_object(Bucket=bucket, Key=".pulumi/stacks/sluice/prod.json", Body=state)
        account.client("s3").delete_object(Bucket=bucket, Key=".pulumi/stacks/sluice/local.json")
        job = account.job(role, f"repo:example/shop:{subject}")
        (tmp_path / "Pulumi.yaml").write_text("name: sluice\nruntime: python\n")
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**account.env, **{name.upper(): value for name, value in job.items()}}.items():
                patch.setenv(name, value)
            patch.setenv(
                "PULUMI_BACKEND_URL",
                f"s3://{bucket}?region=us-east-1&endpoint={account.endpoint}&s3ForcePathStyle=true",
            )
            assert not Engine("local", tmp_path).exists()
            with pytest.raises(Failed, match="PermissionDenied"):
                Engine("prod", tmp_path).exists()

    @pytest.mark.parametrize(("role", "subject"), [("deploy", "environment:local"), ("preview", "pull_request")])
    def test_another_stacks_secrets_stay_secret(self, account: Account, role: str, subject: str) -> None:
        """The attack of the review: one key decrypted the secrets in every stack's state."""
        kms = account.client("kms")
        own, theirs = (kms.describe_key(KeyId=f"alias/sluice-{name}-secrets")["KeyMetadata"]["Arn"] for name in STACKS)
        job = account.client("kms", **account.job(role, f"repo:example/shop:{subject}"))
        secret = kms.encrypt(KeyId=own, Plaintext=b"of local")["CiphertextBlob"]
        assert job.decrypt(CiphertextBlob=secret, KeyId=own)["Plaintext"] == b"of local"
        with pytest.raises(ClientError, match="AccessDenied"):
            job.decrypt(CiphertextBlob=kms.encrypt(KeyId=theirs, Plaintext=b"of prod")["CiphertextBlob"], KeyId=theirs)

    def test_a_preview_reads_and_writes_nothing(self, account: Account) -> None:
        credentials = account.job("preview", "repo:example/shop:pull_request")
        s3, bucket = account.client("s3", **credentials), f"sluice-state-{account.id}-us-east-1"
        account.client("s3").delete_bucket_policy(Bucket=bucket)
        account.client("s3").put_object(Bucket=bucket, Key=".pulumi/stacks/sluice/local.json", Body=b"{}")
        assert s3.get_object(Bucket=bucket, Key=".pulumi/stacks/sluice/local.json")["Body"].read() == b"{}"
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=bucket, Key=".pulumi/stacks/sluice/local.json", Body=b"{}")
        # Not DescribeClusters: the emulator decides that as if it knew no resource; the role may look at its own ones.
        account.client("ec2", **credentials).describe_vpcs()
        with pytest.raises(ClientError, match="UnauthorizedOperation"):  # EC2's own word for it
            account.client("ec2", **credentials).describe_instances()
        with pytest.raises(ClientError, match="AccessDenied"):
            account.client("ecs", **credentials).create_cluster(clusterName="sluice-local-mine")

    def test_a_task_reads_no_master_password_but_its_own_databases(self, account: Account) -> None:
        """The attack of the review: in one account a role of staging's tasks could read production's.

        The deployer writes what it likes into the role's policy: here, everything.
        """
        iam, secrets = account.client("iam"), account.client("secretsmanager")
        tag = "aws:rds:primaryDBInstanceArn"
        for name in STACKS:
            secrets.create_secret(
                Name=f"rds!db-{name}",
                SecretString="{}",
                Tags=[{"Key": tag, "Value": f"arn:aws:rds:us-east-1:{account.id}:db:sluice-{name}-1a2b3c4"}],
            )
        # Only where a role's own policy names the key does the emulator look at tags.
        everything = [
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
            {
                "Effect": "Allow",
                "Action": "*",
                "Resource": "*",
                "Condition": {"Null": {f"aws:ResourceTag/{tag}": "false"}},
            },
        ]
        iam.create_role(
            Path="/sluice/local/",
            RoleName="sluice-local-attack",
            PermissionsBoundary=f"arn:aws:iam::{account.id}:policy/sluice-bootstrap/sluice-local-boundary",
            AssumeRolePolicyDocument=json.dumps(
                {"Statement": [{"Effect": "Allow", "Principal": {"AWS": account.id}, "Action": "sts:AssumeRole"}]}
            ),
        )
        iam.put_role_policy(
            RoleName="sluice-local-attack",
            PolicyName="everything",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": everything}),
        )
        arn = f"arn:aws:iam::{account.id}:role/sluice/local/sluice-local-attack"
        given = account.client("sts").assume_role(RoleArn=arn, RoleSessionName="task")["Credentials"]
        task = account.client(
            "secretsmanager",
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )
        assert task.get_secret_value(SecretId="rds!db-local")["SecretString"] == "{}"
        with pytest.raises(ClientError, match="AccessDenied"):
            task.get_secret_value(SecretId="rds!db-prod")

    def test_a_stack_whose_name_contains_anothers_is_refused(self, account: Account) -> None:
        """`sluice-local-eu` would be within reach of the roles of `sluice-local`."""
        settings = ROOT / "bootstrap" / "Pulumi.local-eu.yaml"
        settings.write_text((ROOT / "bootstrap" / "Pulumi.local.yaml").read_text())
        try:
            done = account.attempt("local-eu")
        finally:
            settings.unlink()
        assert done.returncode == 1
        assert "error: the names of this stack begin with sluice-local-eu, those of sluice/local with" in done.stderr
        assert "nothing was done" in done.stderr
