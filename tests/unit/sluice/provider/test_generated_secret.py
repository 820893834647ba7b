"""A password that nobody sees: GeneratedSecret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sluice.protocol.resource import Refused, ResourceState
from sluice.protocol.values import UNKNOWN
from sluice.provider.generated_secret import GeneratedSecret
from tests.unit.sluice.provider.resources import SECRET, Account, Lines, call, run


class SecretsManager:
    def __init__(self) -> None:
        self.put: list[dict[str, Any]] = []

    def put_secret_value(self, **request: Any) -> dict[str, str]:
        self.put.append(request)
        return {"VersionId": request["ClientRequestToken"]}

    def get_secret_value(self, **request: Any) -> dict[str, str]:
        return {"SecretString": self.put[-1]["SecretString"]}

    def describe_secret(self, **request: Any) -> dict[str, Any]:
        versions = {one["ClientRequestToken"]: ["AWSPREVIOUS"] for one in self.put}
        if self.put:
            versions[self.put[-1]["ClientRequestToken"]] = ["AWSCURRENT"]
        return {"VersionIdsToStages": versions}


def generated(manager: SecretsManager) -> GeneratedSecret:
    return GeneratedSecret(lambda: Account(secretsmanager=manager))  # type: ignore[arg-type, return-value]


def test_a_generated_password_reaches_secrets_manager_and_nothing_else() -> None:
    manager, lines = SecretsManager(), Lines()
    created = run(generated(manager).create(call(lines, preview=False), SECRET))
    value = json.loads(manager.put[0]["SecretString"])
    assert value["username"] == "notes_owner"
    assert len(value["password"]) == 40
    assert value["password"] not in json.dumps(created.outputs) + str(lines)
    assert created.outputs["versionId"] == manager.put[0]["ClientRequestToken"]


ADDRESS = {"DATABASE_URL": "postgresql://{username}:{password}@db:5432/shop{x}"}


def test_texts_are_filled_in_beside_the_password() -> None:
    manager, lines = SecretsManager(), Lines()
    created = run(generated(manager).create(call(lines, preview=False), SECRET | {"texts": ADDRESS}))
    value = json.loads(manager.put[0]["SecretString"])
    assert value["DATABASE_URL"] == f"postgresql://notes_owner:{value['password']}@db:5432/shop{{x}}"
    assert value["password"] not in json.dumps(created.outputs) + str(lines)


def test_other_texts_leave_the_password_as_it_is() -> None:
    """A new one would lock out the tasks that still serve."""
    manager = SecretsManager()
    run(generated(manager).create(call(Lines(), preview=False), SECRET))
    old = ResourceState(SECRET, SECRET)
    changed = run(generated(manager).update(call(Lines(), preview=False), "id", old, SECRET | {"texts": ADDRESS}))
    before, after = (json.loads(one["SecretString"]) for one in manager.put)
    assert after == before | {"DATABASE_URL": f"postgresql://notes_owner:{before['password']}@db:5432/shop{{x}}"}
    assert changed["versionId"] == manager.put[1]["ClientRequestToken"]
    old = ResourceState(SECRET | {"texts": ADDRESS}, SECRET)
    run(generated(manager).update(call(Lines(), preview=False), "id", old, SECRET | {"username": "other"}))
    assert json.loads(manager.put[2]["SecretString"])["password"] != before["password"], (
        "another user, another password"
    )


@pytest.mark.parametrize("value", ["a password", '["a", "list"]', '{"user": "notes_owner"}'])
def test_a_secret_that_somebody_overwrote_is_named_and_not_shown(value: str) -> None:
    manager = SecretsManager()
    manager.put_secret_value(SecretString=value, ClientRequestToken="by-hand")
    with pytest.raises(Refused, match="arn:secret no longer holds a JSON object") as refusal:
        run(generated(manager).update(call(Lines(), preview=False), "id", ResourceState(SECRET, SECRET), SECRET))
    assert value not in str(refusal.value)


def test_every_generated_password_is_another() -> None:
    manager = SecretsManager()
    for _ in range(3):
        run(generated(manager).create(call(Lines(), preview=False), SECRET))
    assert len({one["SecretString"] for one in manager.put}) == 3


def test_a_preview_generates_nothing() -> None:
    manager = SecretsManager()
    assert run(generated(manager).create(call(Lines()), SECRET)).outputs["versionId"] is UNKNOWN
    assert (
        run(generated(manager).update(call(Lines()), "id", ResourceState(SECRET, SECRET), SECRET))["versionId"]
        is UNKNOWN
    )
    assert manager.put == []


def test_a_refresh_finds_the_rotated_version_or_that_it_is_gone() -> None:
    manager = SecretsManager()
    assert run(generated(manager).read(call(Lines()), "id", SECRET, SECRET)) is None
    run(generated(manager).create(call(Lines(), preview=False), SECRET))
    rotated = manager.put_secret_value(SecretString="{}", ClientRequestToken="by-hand")["VersionId"]
    assert run(generated(manager).read(call(Lines()), "id", SECRET, SECRET)).outputs["versionId"] == rotated


@pytest.mark.parametrize("length", [8, 500, "long", 20.5])
def test_bad_lengths(length: Any) -> None:
    checked = run(generated(SecretsManager()).check(call(Lines()), {}, SECRET | {"length": length}))
    assert [failure.property for failure in checked.failures] == ["length"]
