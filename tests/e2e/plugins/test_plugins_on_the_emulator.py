"""The bundled plugins against the corrected emulator, the real registry and the real Docker: no type is excepted."""

from __future__ import annotations

import asyncio
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from emulator.cloud import emulator
from emulator.plugins.aws.lifecycle import TableResource
from emulator.plugins.aws.session import Session
from emulator.plugins.aws.table import ENTRIES
from emulator.plugins.docker.image import Image
from emulator.variables import REGISTRY_PASSWORD
from sluice.protocol.resource import Refused, ResourceState
from tests.unit.emulator.plugins.calls import Engine
from tests.unit.emulator.plugins.life import Life, hosted_zone
from tests.unit.emulator.plugins.program import CHANGES, RESOURCES, WITHOUT_TRACE


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[emulator.Cloud]:
    folder = tmp_path_factory.mktemp("plugins")
    account = "8" + "".join(secrets.choice("0123456789") for _ in range(11))
    started = emulator.start(folder, None, account)
    try:
        yield started
    finally:
        emulator.stop(folder)


def session(cloud: emulator.Cloud) -> Session:
    keys = {"aws_access_key_id": cloud.account, "aws_secret_access_key": cloud.secret()}
    return Session(cloud.endpoint, "us-east-1", default_tags={"sluice": "test"}, credentials=keys)


def test_life_of_every_type(cloud: emulator.Cloud) -> None:
    aws = session(cloud)
    assert aws.account == cloud.account
    life = Life({entry.token: TableResource(entry, lambda: aws) for entry in ENTRIES})
    life.engine.timeout = 120
    life.outputs["zone"] = hosted_zone(aws, "example.com")
    for name, token, inputs in RESOURCES:
        asyncio.run(life.create(name, token, inputs))
        assert asyncio.run(life.drift(name)) == [], name
    what_the_program_reads(life.outputs, cloud)
    for name, change in CHANGES.items():
        before = life.state(name)
        asyncio.run(life.update(name, change))
        assert asyncio.run(life.drift(name)) == [], name
        assert asyncio.run(life.drift(name, before)), f"a change of {name} behind Pulumi's back is seen"
    for name in reversed([name for name, _, _ in RESOURCES]):
        for _ in range(2):  # deleting it again is no error
            assert asyncio.run(life.delete(name)) is None or name in WITHOUT_TRACE, f"{name} is gone"


def what_the_program_reads(outputs: dict[str, dict[str, Any]], cloud: emulator.Cloud) -> None:
    repository = outputs["notes"]
    assert repository["repositoryUrl"] == f"{cloud.registry}/{repository['name']}"
    assert repository["registryId"] == cloud.account
    database = outputs["database"]
    assert database["endpoint"] == f"{database['address']}:{database['port']}"
    assert database["resourceId"].startswith("db-")
    assert database["masterUserSecrets"][0]["secretArn"].startswith("arn:aws:secretsmanager:")
    assert outputs["task"]["arn"] == f"{outputs['task']['arnWithoutRevision']}:{outputs['task']['revision']}"
    assert outputs["balancer"]["dnsName"]
    assert outputs["balancer"]["arnSuffix"].startswith("app/")
    assert outputs["vpc"]["defaultSecurityGroupId"].startswith("sg-")


@pytest.fixture
def name(cloud: emulator.Cloud) -> Iterator[str]:
    """A repository of the cloud's registry; its images are taken from the daemon again."""
    repository = f"{cloud.registry}/plugins-test-{secrets.token_hex(4)}"
    yield repository
    words = ["docker", "images", "--quiet", repository]
    ids = subprocess.run(words, capture_output=True, text=True, timeout=60, check=True).stdout.split()
    if ids:
        subprocess.run(["docker", "rmi", "--force", *ids], capture_output=True, timeout=60, check=True)


def test_an_image_is_built_pushed_and_found_again(
    cloud: emulator.Cloud, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nCOPY text /text\nRUN cat /text\n")
    (tmp_path / "text").write_text(f"first {name}\n")  # new each time: no layer of it is cached
    engine, image, password = Engine(), Image(), cloud.registry_password
    monkeypatch.setenv(REGISTRY_PASSWORD, password)
    given = {
        "imageName": f"{name}:1", "build": {"context": str(tmp_path), "args": {"BASE": "sluice-local/python:3.13"}},
        "registry": {"server": f"http://{cloud.registry}", "username": "AWS", "password": password},
    }  # fmt: skip
    inputs = asyncio.run(image.check(engine.call(), {}, given)).inputs
    created = asyncio.run(image.create(engine.call(timeout=120), inputs))
    assert created.outputs["repoDigest"].startswith(f"{name}@sha256:")
    assert f"first {name}" in engine.text, "the build's lines are shown"
    assert password not in engine.text
    assert asyncio.run(image.read(engine.call(), created.id, inputs, created.outputs)) is not None
    nowhere = created.outputs | {"repoDigest": f"{name}@sha256:{'0' * 64}"}
    assert asyncio.run(image.read(engine.call(), created.id, inputs, nowhere)) is None

    (tmp_path / "text").write_text("second\n")
    changed = asyncio.run(image.check(engine.call(), inputs, given)).inputs
    assert asyncio.run(
        image.diff(engine.call(), created.id, ResourceState(inputs, created.outputs), changed)
    ).diffs == ["build"]
    state = ResourceState(inputs, created.outputs)
    outputs = asyncio.run(image.update(engine.call(timeout=120), created.id, state, changed))
    assert outputs["repoDigest"] != created.outputs["repoDigest"]

    alone = {key: value for key, value in given.items() if key != "registry"}
    with_the_environments_login = alone | {"registry": {"server": cloud.registry}}
    outputs = asyncio.run(image.update(engine.call(timeout=120), created.id, state, with_the_environments_login))
    assert outputs["repoDigest"].startswith(f"{name}@sha256:")

    (tmp_path / "Dockerfile").write_text("FROM sluice-local/python:3.13\nRUN echo why; exit 7\n")
    broken = asyncio.run(image.check(engine.call(), inputs, given)).inputs
    with pytest.raises(Refused, match=r"(?s)failed with exit code.*why.*returned a non-zero code: 7"):
        asyncio.run(image.update(engine.call(timeout=120), created.id, state, broken))
