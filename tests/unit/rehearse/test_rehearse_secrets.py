"""Secrets that the settings refer to, put into the local cloud: once, in the form in which they are referred to, with
the values of `.secrets.STACK.env` where it has them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from infra.settings.values.secrets import reference
from local import secrets
from local.rehearse.secrets import made_up
from local.secrets import provide
from local.toolchain.process import SetupFailed

ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-AbCdEf"


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("secretsmanager", region_name="eu-central-1")


def rehearsed(client: Any, root: Path, **given: str) -> dict[str, str]:
    """What a rehearsal of the stack `shop` refers to."""
    config = {"app": {"secrets": dict(given)}}
    list(made_up(config, client, "shop", root))
    return config["app"]["secrets"]


def value(client: Any, text: str) -> str:
    """What a task would get."""
    parts = text.split(":")
    version = {"VersionId": parts[9]} if len(parts) > 9 and parts[9] else {}
    found = str(client.get_secret_value(SecretId=":".join(parts[:7]), **version)["SecretString"])
    return str(json.loads(found)[parts[7]]) if len(parts) > 7 and parts[7] else found


def test_a_whole_secret_and_a_key_of_one(client: Any, tmp_path: Path) -> None:
    config = {"app": {"secrets": {"API_KEY": ARN, "TOKEN": f"{ARN}:token::"}}}
    said = list(made_up(config, client, "shop", tmp_path))
    assert {difference.key for difference in said} == {"app.secrets.API_KEY", "app.secrets.TOKEN"}
    plain, keyed = config["app"]["secrets"]["API_KEY"], config["app"]["secrets"]["TOKEN"]
    assert reference(plain) == plain != ARN
    assert reference(keyed) == keyed
    assert keyed.endswith(":token::")
    assert len(value(client, plain)) == len(value(client, keyed)) == 64
    assert value(client, plain) not in "".join(map(str, said))


def test_the_same_secret_the_next_time(client: Any, tmp_path: Path) -> None:
    first, second = (rehearsed(client, tmp_path, API_KEY=ARN) for _ in range(2))
    assert first == second


def test_stacks_of_one_account_have_secrets_of_their_own(client: Any, tmp_path: Path) -> None:
    staging, prod = ({"app": {"secrets": {"API_KEY": ARN}}} for _ in range(2))
    list(made_up(staging, client, "staging", tmp_path))
    list(made_up(prod, client, "prod", tmp_path))
    assert staging != prod


def test_settings_without_secrets_stay_as_they_are(client: Any, tmp_path: Path) -> None:
    config: dict[str, Any] = {"promoteFrom": "staging"}
    assert list(made_up(config, client, "shop", tmp_path)) == []
    assert config == {"promoteFrom": "staging"}


def test_values_come_from_the_file(client: Any, tmp_path: Path) -> None:
    (tmp_path / ".secrets.shop.env").write_text("API_KEY=hunter2\nTOKEN='a b'\n")
    found = rehearsed(client, tmp_path, API_KEY=ARN, TOKEN=f"{ARN}:token::", OTHER="local")
    assert [reference(one) for one in found.values()] == [*found.values()]
    assert (value(client, found["API_KEY"]), value(client, found["TOKEN"])) == ("hunter2", "a b")
    assert len(value(client, found["OTHER"])) == 64


def test_another_value_is_another_reference_so_that_tasks_start_anew(client: Any, tmp_path: Path) -> None:
    file = tmp_path / ".secrets.shop.env"
    made = rehearsed(client, tmp_path, API_KEY=ARN)["API_KEY"]
    file.write_text("API_KEY=one\n")
    one, same = (rehearsed(client, tmp_path, API_KEY=ARN)["API_KEY"] for _ in range(2))
    file.write_text("API_KEY=two\n")
    two = rehearsed(client, tmp_path, API_KEY=ARN)["API_KEY"]
    assert one == same
    assert len({made, one, two}) == 3
    assert (value(client, one), value(client, two)) == ("one", "two")
    assert {text.split(":")[6] for text in (made, one, two)} == {made.split(":")[6]}, "one secret"


def test_what_somebody_made_in_this_very_cloud_is_taken(client: Any, tmp_path: Path) -> None:
    own = client.create_secret(Name="mine", SecretString="x")["ARN"]
    assert rehearsed(client, tmp_path, API_KEY=own) == {"API_KEY": own}


def test_what_is_no_reference_is_left_to_the_settings_check(client: Any) -> None:
    """It may be a secret that somebody wrote into the settings: it is written nowhere else."""
    assert list(provide({"API_KEY": "hunter2", "PORT": 80}, {}, client, "p", "f")) == []  # type: ignore[dict-item]


def test_mistakes_of_the_file_end_a_rehearsal(client: Any, tmp_path: Path) -> None:
    (tmp_path / ".secrets.shop.env").write_text("API_KEI=hunter2\n")
    with pytest.raises(
        SetupFailed, match=r"\(\.secrets\.shop\.env\).*\n  line 1: API_KEI is not in app\.secrets"
    ) as said:
        rehearsed(client, tmp_path, API_KEY=ARN)
    assert "hunter2" not in str(said.value)


def test_a_local_stacks_secrets_are_written_down_for_the_program(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = tmp_path / "made"
    monkeypatch.setenv("SLUICE_SECRETS", str(made))
    (tmp_path / "Pulumi.shop.yaml").write_text(
        f"config:\n  sluice:app:\n    secrets: {{API_KEY: local, TOKEN: '{ARN}:token::'}}\n"
    )
    (tmp_path / ".secrets.shop.env").write_text("TOKEN=hunter2\n")
    assert secrets.main("shop", tmp_path) == 0
    text = (made / "shop.json").read_text()
    known = json.loads(text)
    assert {name: one["for"] for name, one in known.items()} == {"API_KEY": "local", "TOKEN": f"{ARN}:token::"}
    assert value(client, known["TOKEN"]["is"]) == "hunter2"
    printed = capsys.readouterr().out
    assert "app.secrets.API_KEY: it does not exist here: made up" in printed
    assert "app.secrets.TOKEN: its value is that of .secrets.shop.env" in printed
    for shown in (printed, text):
        assert "hunter2" not in shown
        assert value(client, known["API_KEY"]["is"]) not in shown
