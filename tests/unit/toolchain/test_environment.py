"""The environment of a checkout, as data and as a shell reads it."""

import json
import subprocess
from pathlib import Path

import pytest

from local import environment


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


def test_backend_and_passphrase_from_outside_are_kept(place: environment.Checkout) -> None:
    base = {"PATH": "/bin", "PULUMI_BACKEND_URL": "file:///elsewhere", "PULUMI_CONFIG_PASSPHRASE": ""}
    change = environment.changes(place, base, "http://172.17.0.1:4566")
    assert change["PULUMI_BACKEND_URL"] == "file:///elsewhere"
    assert change["PULUMI_CONFIG_PASSPHRASE"] == ""


def test_path_names_each_folder_once_however_often_it_is_applied(place: environment.Checkout) -> None:
    once = environment.applied(
        {"PATH": "/usr/bin:/bin"}, environment.changes(place, {"PATH": "/usr/bin:/bin"}, "http://e")
    )
    twice = environment.applied(once, environment.changes(place, once, "http://e"))
    assert once["PATH"] == twice["PATH"]
    assert once["PATH"].split(":") == [str(place.built_pulumi), str(place.venv / "bin"), "/usr/bin", "/bin"]


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
    assert env["AWS_ENDPOINT_URL"] == "http://172.17.0.1:4566"
    assert env["HOME"] == "/h"


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


def test_the_endpoint_is_the_recorded_one(place: environment.Checkout) -> None:
    place.local.mkdir()
    place.cloud_record.write_text('{"endpoint": "http://172.17.0.1:4566"}')
    assert environment.endpoint(place) == "http://172.17.0.1:4566"
