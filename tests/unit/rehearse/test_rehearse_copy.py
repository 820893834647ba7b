"""What a rehearsal changes in the settings, and that it changes nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from infra.settings.reading.mistake import SettingsError
from infra.settings.reading.placeholder import placeholders
from infra.settings.reading.read import check
from local.rehearse import copy
from local.toolchain.process import SetupFailed

ROOT = Path(__file__).parents[3]
LOCAL = {
    "config": {
        "environment": "local",
        "app": {"context": "shop", "buildArgs": {"BASE": "here/python"}},
        "database": {"verifyTls": False},
    },
    "encryptionsalt": "v1:salt",
}
STAGING: dict[str, Any] = {
    "aws": {"region": "eu-central-1", "account": "<account of staging>"},
    "app": {"context": "shop", "cpu": 512},
    "registry": {"pullers": ["<account of prod>"]},
}
PROD: dict[str, Any] = {
    "aws": {"region": "eu-west-1", "account": "<account of prod>"},
    "promoteFrom": "acme/shop/staging",
    "database": {"verifyTls": False},
}


def made(stack: str, *, local: Mapping[str, Any] = LOCAL, **changes: Any) -> copy.Copy:
    originals: dict[str, Any] = {"staging": {"config": dict(STAGING)}, "prod": {"config": dict(PROD)}}
    originals[stack]["config"].update(changes)
    return copy.copied(stack, originals | {"local": local})


def keys(one: copy.Copy) -> set[str]:
    return {difference.key for difference in one.differences}


def test_placeholders_are_filled_and_one_account_is_the_same_everywhere() -> None:
    staging, prod = made("staging"), made("prod")
    assert staging.document["config"]["aws"]["account"] == staging.account
    assert staging.document["config"]["registry"]["pullers"] == [prod.account]
    assert prod.document["config"]["aws"]["account"] == prod.account
    assert staging.account != prod.account
    assert len(staging.account) == 12
    assert {"aws.account", "registry.pullers[0]"} <= keys(staging)


@pytest.mark.parametrize(
    "text", ["<account of knex-staging>", "<account>", "<Your AWS account>", "<account of the 2nd team, eu-west>"]
)
def test_any_text_in_angle_brackets_is_a_placeholder(text: str) -> None:
    one = made("staging", aws={"region": "eu-central-1", "account": text})
    assert one.account == one.document["config"]["aws"]["account"]
    assert (len(one.account), one.account.isdigit()) == (12, True)


def test_stacks_with_one_placeholder_are_in_one_account() -> None:
    """A settings file that was copied for another stack, and still has the first one's placeholder."""
    originals: dict[str, Any] = {
        name: {"config": {**STAGING, "registry": {"pullers": ["<account of staging>"]}}}
        for name in ("a-staging", "staging", "z-staging")
    }
    copies = [copy.copied(name, originals | {"local": LOCAL}) for name in originals]
    accounts = {one.account for one in copies}
    assert len(accounts) == 1
    for one in copies:
        config = one.document["config"]
        assert {config["aws"]["account"], *config["registry"]["pullers"]} == accounts


def test_an_account_that_is_filled_in_stays() -> None:
    one = made("staging", aws={"region": "eu-central-1", "account": "111122223333"})
    assert one.account == one.document["config"]["aws"]["account"] == "111122223333"
    assert "aws.account" not in keys(one)


def test_a_placeholder_that_nobody_can_fill_is_named() -> None:
    with pytest.raises(
        SetupFailed, match=r"database\.name of Pulumi\.staging\.yaml is still the placeholder <a nice name>"
    ):
        made("staging", database={"name": "<a nice name>"})


def test_the_same_application_is_built_from_this_machines_bases() -> None:
    app = made("staging").document["config"]["app"]
    assert app == {"context": "shop", "cpu": 512, "buildArgs": {"BASE": "here/python"}}


def test_another_application_is_built_as_written() -> None:
    one = made("staging", app={"context": "elsewhere"})
    assert one.document["config"]["app"] == {"context": "elsewhere"}


def test_what_is_promoted_is_not_built() -> None:
    one = made("prod")
    assert one.upstream == "staging"
    assert "app" not in one.document["config"]


def test_the_database_is_not_verified_and_needs_no_bundle() -> None:
    one = made("staging", database={"caBundle": "/app/certs/rds.pem", "multiAz": True})
    assert one.document["config"]["database"] == {"multiAz": True, "verifyTls": False}
    assert {"database.verifyTls", "database.caBundle"} <= keys(one)
    assert "database.verifyTls" not in keys(made("prod"))


def test_what_only_the_real_account_has_is_left_out_and_said() -> None:
    one = made(
        "staging",
        network={"vpc": "vpc-0123456789", "taskSubnets": ["subnet-1"], "assignPublicIp": False},
        cluster={"arn": "arn:aws:ecs:eu-central-1:111122223333:cluster/shared"},
        notify={"topic": "arn:aws:sns:eu-central-1:111122223333:failures"},
        domain={"name": "<host name of staging>", "certificate": "arn:aws:acm:eu-central-1:111122223333:certificate/1"},
    )
    config = one.document["config"]
    assert [config[key] for key in ("network", "cluster", "notify")] == [{}, {}, {}]
    assert config["domain"] == {"name": "rehearsal.example.com"}, "in a zone that is made up beside the copy"
    assert {"network.vpc", "network.assignPublicIp", "cluster.arn", "notify.topic", "domain.certificate"} <= keys(one)
    assert "cluster.arn: left out (it exists on AWS and not here: the stack makes its own)" in map(str, one.differences)


def test_an_image_in_a_registry_on_aws_cannot_be_rehearsed() -> None:
    with pytest.raises(SetupFailed, match="which is in a registry on AWS"):
        made("staging", image="111122223333.dkr.ecr.eu-central-1.amazonaws.com/shop@sha256:" + "ab" * 32)


def test_the_stacks_own_encryption_is_not_asked_for() -> None:
    originals: dict[str, Any] = {
        "staging": {"config": dict(STAGING), "secretsprovider": "awskms://alias/pulumi", "encryptedkey": "AAAA"},
        "local": LOCAL,
    }
    originals["staging"]["config"]["registry"] = {}
    document = copy.copied("staging", originals).document
    assert set(document) == {"config", "encryptionsalt"}
    assert document["encryptionsalt"] == "v1:salt"


def test_the_original_is_not_touched() -> None:
    given: dict[str, Any] = {"staging": {"config": yaml.safe_load(yaml.safe_dump(STAGING))}, "local": LOCAL}
    given["staging"]["config"]["registry"] = {}
    before = yaml.safe_dump(given)
    copy.copied("staging", given)
    assert yaml.safe_dump(given) == before


def test_keys_with_the_projects_name_are_the_same_keys() -> None:
    originals: dict[str, Any] = {
        "staging": {"config": {f"shop:{key}": value for key, value in STAGING.items() if key != "registry"}},
        "local": LOCAL,
    }
    assert copy.copied("staging", originals).document["config"]["app"]["cpu"] == 512


def test_what_differs_is_written_into_the_copy(tmp_path: Path) -> None:
    one = made("staging")
    text = one.write(tmp_path).read_text()
    assert yaml.safe_load(text) == one.document
    for difference in one.differences:
        assert f"# {difference}\n" in text


@pytest.mark.parametrize("stack", ["prod", "staging"])
class TestTheProjectsOwn:
    """The settings files that this project brings along."""

    def test_can_be_rehearsed(self, stack: str) -> None:
        one = copy.make(ROOT, stack)
        assert check(stack, one.document["config"], folder=ROOT).environment == stack

    def test_are_refused_on_aws_until_every_placeholder_is_filled(self, stack: str) -> None:
        config = copy.read(ROOT, stack)["config"]
        with pytest.raises(SettingsError, match="is a placeholder") as refusal:
            check(stack, config, folder=ROOT)
        assert {wrong.key for wrong in refusal.value.mistakes} == {key for key, _ in placeholders(config)}

    def test_differ_only_where_they_must(self, stack: str) -> None:
        """A key more in this list is one thing less that a rehearsal shows."""
        allowed = {"aws.account", "notify.email[0]", "registry.pullers[0]", "database.verifyTls", "database.caBundle"}
        allowed |= {"app.buildArgs.BASE", "app.buildArgs.BUILD_BASE", "domain.name", "domain.zone", "promotion.account"}
        assert keys(copy.make(ROOT, stack)) <= allowed


def test_an_unknown_stack_is_refused_by_name() -> None:
    with pytest.raises(SetupFailed, match=r"qa has no Pulumi\.qa\.yaml\n  fix: STACK= one of .*staging"):
        copy.make(ROOT, "qa")


def test_the_local_stack_needs_no_rehearsal() -> None:
    with pytest.raises(SetupFailed, match=r"`make up STACK=local`.*\n  fix: STACK= one of prod, staging"):
        copy.make(ROOT, "local")
