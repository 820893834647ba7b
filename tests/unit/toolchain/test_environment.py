"""The environment of a checkout, as data and as a shell reads it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from emulator import variables
from emulator.cloud import key
from local import environment
from local.toolchain import pulumi


@pytest.fixture
def place(tmp_path: Path) -> environment.Checkout:
    return environment.checkout(tmp_path, {"XDG_CACHE_HOME": str(tmp_path / "cache")})


def test_folders_can_be_moved_from_outside(tmp_path: Path) -> None:
    moved = environment.checkout(tmp_path, {"SLUICE_LOCAL_DIR": str(tmp_path / "other"), "XDG_CACHE_HOME": "/c"})
    assert (moved.local, moved.cache) == (tmp_path / "other", Path("/c/sluice"))


def test_account_is_twelve_digits_and_differs_between_checkouts() -> None:
    accounts = {environment.account(Path(f"/home/someone/checkout-{number}/.local")) for number in range(500)}
    assert len(accounts) == 500
    assert all(len(account) == 12 and account.isdigit() and account[0] != "0" for account in accounts)


def test_account_of_a_folder_never_changes() -> None:
    assert environment.account(Path("/x")) == environment.account(Path("/x"))


def test_only_a_backend_set_on_purpose_moves_the_state(place: environment.Checkout) -> None:
    base = {"PATH": "/bin", "PULUMI_BACKEND_URL": "file:///of-another-checkout", "PULUMI_ACCESS_TOKEN": "t"}
    change = environment.changes(place, base, "http://172.17.0.1:4566")
    assert change["PULUMI_BACKEND_URL"] == f"file://{place.state}"
    assert change["PULUMI_ACCESS_TOKEN"] is None
    moved = environment.changes(place, base | {"SLUICE_BACKEND_URL": "s3://states"}, "http://172.17.0.1:4566")
    assert moved["PULUMI_BACKEND_URL"] == "s3://states"
    assert "PULUMI_ACCESS_TOKEN" not in moved


def test_the_passphrase_is_the_one_that_the_committed_salt_belongs_to(place: environment.Checkout) -> None:
    base = {"PULUMI_CONFIG_PASSPHRASE": "mine", "PULUMI_CONFIG_PASSPHRASE_FILE": "/mine", "PULUMI_PYTHON_CMD": "/mine"}
    env = environment.applied(base, environment.changes(place, base, "http://e"))
    assert env["PULUMI_CONFIG_PASSPHRASE"] == "local"
    assert not {"PULUMI_CONFIG_PASSPHRASE_FILE", "PULUMI_PYTHON_CMD"} & set(env)


STRANGERS = {
    "AWS_PROFILE": "production",
    "AWS_DEFAULT_PROFILE": "production",
    "AWS_SESSION_TOKEN": "t",
    "AWS_SECURITY_TOKEN": "t",
    "AWS_CA_BUNDLE": "/ca.pem",
    "AWS_ENDPOINT_URL_ECS": "https://ecs.example",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
    "AWS_USE_FIPS_ENDPOINT": "true",
    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/deploy",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.2/",
}


@pytest.mark.parametrize("name", STRANGERS)
def test_no_other_aws_variable_comes_through(place: environment.Checkout, name: str) -> None:
    assert environment.changes(place, STRANGERS, "http://e")[name] is None


def test_a_persons_aws_files_are_not_read(place: environment.Checkout, tmp_path: Path) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default]\nignore_configured_endpoint_urls = true\n")
    base = {"HOME": str(tmp_path), "PATH": os.environ["PATH"]}
    env = environment.applied(base, environment.changes(place, base, "http://127.0.0.1:4566"))
    program = "import boto3; print(boto3.client('ecs').meta.endpoint_url)"
    done = subprocess.run([sys.executable, "-c", program], env=env, capture_output=True, text=True, timeout=30)
    assert done.stdout == "http://127.0.0.1:4566\n", done.stderr


@pytest.mark.parametrize(
    ("base", "direct"),
    [
        ({}, "localhost,127.0.0.1,172.17.0.1"),
        ({"no_proxy": "corp.example"}, "corp.example,localhost,127.0.0.1,172.17.0.1"),
        ({"NO_PROXY": "a, b", "no_proxy": "b,c"}, "a,b,c,localhost,127.0.0.1,172.17.0.1"),
        ({"NO_PROXY": "localhost,127.0.0.1,172.17.0.1"}, "localhost,127.0.0.1,172.17.0.1"),
    ],
)
def test_no_proxy_leads_to_this_machine(place: environment.Checkout, base: dict[str, str], direct: str) -> None:
    change = environment.changes(place, base | {"HTTP_PROXY": "http://proxy:3128"}, "http://172.17.0.1:4566")
    assert change["NO_PROXY"] == change["no_proxy"] == direct


def test_path_names_each_folder_once_however_often_it_is_applied(place: environment.Checkout) -> None:
    once = environment.applied(
        {"PATH": "/usr/bin:/bin"}, environment.changes(place, {"PATH": "/usr/bin:/bin"}, "http://e")
    )
    twice = environment.applied(once, environment.changes(place, once, "http://e"))
    assert once["PATH"] == twice["PATH"]
    ours = [str(place.built_pulumi), str(place.venv / "bin"), str(place.root / "bin")]
    assert once["PATH"].split(":") == [*ours, "/usr/bin", "/bin"]


def test_the_cli_that_setup_chose_comes_first(place: environment.Checkout) -> None:
    place.local.mkdir()
    place.pulumi_record.write_text(json.dumps({"bin": "/opt/pulumi/bin", "road": "3.260.0 from PATH"}))
    assert str(environment.changes(place, {}, "http://e")["PATH"]).startswith("/opt/pulumi/bin:")


def test_a_real_profile_and_session_never_leak_into_the_local_stack(place: environment.Checkout) -> None:
    base = {"AWS_PROFILE": "production", "AWS_SESSION_TOKEN": "t", "AWS_ACCESS_KEY_ID": "AKIA", "HOME": "/h"}
    env = environment.applied(base, environment.changes(place, base, "http://172.17.0.1:4566"))
    assert "AWS_PROFILE" not in env
    assert "AWS_SESSION_TOKEN" not in env
    assert env["AWS_ACCESS_KEY_ID"] == environment.account(place.local)
    assert env["AWS_SECRET_ACCESS_KEY"] == key.of(place.local).secret(environment.account(place.local))
    assert env[variables.REGISTRY_PASSWORD] == key.of(place.local).registry_password
    assert env["AWS_ENDPOINT_URL"] == "http://172.17.0.1:4566"
    assert env["HOME"] == "/h"


def test_the_shells_certificates_give_way_to_the_local_clouds(place: environment.Checkout) -> None:
    base = {"SSL_CERT_FILE": "/other.pem", "REQUESTS_CA_BUNDLE": "/other.pem", "AWS_CA_BUNDLE": "/other.pem"}
    before = environment.changes(place, base, "http://e")
    assert not {"SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"} & set(before), "no cloud was started, there is no other bundle"
    place.local.mkdir(exist_ok=True)
    bundle = place.local / variables.BUNDLE
    bundle.write_text("")
    env = environment.applied(base, environment.changes(place, base, "http://e"))
    assert env["SSL_CERT_FILE"] == env["REQUESTS_CA_BUNDLE"] == str(bundle)
    assert not {"AWS_CA_BUNDLE", "CURL_CA_BUNDLE"} & set(env)


def test_a_shell_reads_the_exports(place: environment.Checkout) -> None:
    lines = environment.exports({"ONE": "it's $HOME; `x`", "TWO": None})
    script = f'{lines}\nprintf "%s|%s" "$ONE" "${{TWO-unset}}"'
    done = subprocess.run(
        ["/bin/sh", "-c", script], env={"TWO": "set"}, capture_output=True, text=True, timeout=10, check=True
    )
    assert done.stdout == "it's $HOME; `x`|unset"


def test_without_a_cloud_there_is_no_address_to_guess(place: environment.Checkout) -> None:
    with pytest.raises(environment.NotStarted, match="make up"):
        environment.endpoint(place)


@pytest.mark.parametrize("torn", ["", '{"bin": "/opt/pul', "[]", '{"bin": 1}'])
def test_a_torn_record_of_the_cli_is_as_good_as_none(place: environment.Checkout, torn: str) -> None:
    place.local.mkdir()
    place.pulumi_record.write_text(torn)
    assert environment.pulumi_bin(place) == place.built_pulumi
    assert not pulumi.done(place)


def test_the_endpoint_is_the_recorded_one(place: environment.Checkout) -> None:
    place.local.mkdir()
    place.cloud_record.write_text('{"endpoint": "http://172.17.0.1:4566"}')
    assert environment.endpoint(place) == "http://172.17.0.1:4566"
