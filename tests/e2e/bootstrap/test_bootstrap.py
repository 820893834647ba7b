"""`make bootstrap` on an account of its own in the emulator, which decides every call by the caller's policies."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.e2e.bootstrap.account import ROOT, Account, opened


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    with opened(tmp_path_factory.mktemp("bootstrap") / "local") as account:
        yield account


@pytest.fixture(scope="module")
def printed(account: Account) -> tuple[str, str]:
    """What the first and the second run printed."""
    settings = ROOT / "bootstrap" / "Pulumi.local.yaml"
    before = settings.read_text()
    both = account.bootstrap(), account.bootstrap()
    assert settings.read_text() == before, "Pulumi has nothing to write there"
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
    assert f"PULUMI_BACKEND_URL = s3://sluice-state-{account.id}-us-east-1?region=us-east-1" in said
    assert "deploy: repo:example/shop:environment:local" in said


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

    def test_a_preview_reads_and_writes_nothing(self, account: Account) -> None:
        credentials = account.job("preview", "repo:example/shop:pull_request")
        s3, bucket = account.client("s3", **credentials), f"sluice-state-{account.id}-us-east-1"
        account.client("s3").delete_bucket_policy(Bucket=bucket)
        account.client("s3").put_object(Bucket=bucket, Key=".pulumi/stacks/sluice/local.json", Body=b"{}")
        assert s3.get_object(Bucket=bucket, Key=".pulumi/stacks/sluice/local.json")["Body"].read() == b"{}"
        with pytest.raises(ClientError, match="AccessDenied"):
            s3.put_object(Bucket=bucket, Key=".pulumi/stacks/sluice/local.json", Body=b"{}")
        account.client("ecs", **credentials).list_clusters()
        with pytest.raises(ClientError, match="AccessDenied"):
            account.client("ecs", **credentials).create_cluster(clusterName="sluice-local-mine")
