"""The plugins as the engine starts them: installed, launched, and asked over gRPC."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc

from emulator.plugins.install import PLUGINS, install
from tests.unit.emulator.plugins.ports import listening

ROOT = Path(__file__).resolve().parents[4]


def launcher(home: Path, name: str) -> Path:
    return home / "plugins" / f"resource-{name}-v{PLUGINS[name]}" / f"pulumi-resource-{name}"


@contextmanager
def served(home: Path, name: str, **environment: str) -> Iterator[provider_pb2_grpc.ResourceProviderStub]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("AWS_")}
    process = subprocess.Popen([launcher(home, name), "127.0.0.1:1"], stdout=subprocess.PIPE, env=clean | environment)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel)
    finally:
        process.terminate()
        assert process.wait(10) == 0, "it ends when it is told to"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    install(tmp_path, ROOT)
    return tmp_path


def test_installing_twice_changes_nothing(home: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    install(home, ROOT)
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before
    assert sorted(path.name for path in home.rglob("pulumi-resource-*")) == [
        "pulumi-resource-aws",
        "pulumi-resource-docker",
    ]


def test_a_moved_checkout_is_installed_anew(home: Path, tmp_path: Path) -> None:
    install(home, tmp_path / "a checkout")
    assert f"'{tmp_path}/a checkout/.venv/bin/python'" in launcher(home, "aws").read_text()


@pytest.mark.parametrize("name", sorted(PLUGINS))
def test_a_plugin_answers_with_the_sdks_version(home: Path, name: str) -> None:
    with served(home, name) as stub:
        assert stub.GetPluginInfo(empty_pb2.Empty(), timeout=10).version == PLUGINS[name]


@pytest.mark.parametrize("name", sorted(PLUGINS))
def test_a_plugin_listens_on_the_loopback_alone(home: Path, name: str) -> None:
    process = subprocess.Popen([launcher(home, name), "127.0.0.1:1"], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert int(process.stdout.readline()) > 0, "it serves"
        assert listening(process.pid) == {"127.0.0.1"}
    finally:
        process.terminate()
        process.wait(10)


def test_a_missing_endpoint_is_a_clear_refusal(home: Path) -> None:
    with served(home, "aws") as stub, pytest.raises(grpc.RpcError) as error:
        stub.Configure(provider_pb2.ConfigureRequest(args=struct_pb2.Struct()), timeout=10)
    assert error.value.code() == grpc.StatusCode.FAILED_PRECONDITION
    assert "AWS_ENDPOINT_URL is not set" in (error.value.details() or "")


def test_an_unknown_type_is_refused_by_name(home: Path) -> None:
    urn = "urn:pulumi:local::notes::aws:sqs/queue:Queue::files"
    with served(home, "aws") as stub:
        answer = stub.Check(provider_pb2.CheckRequest(urn=urn, news=struct_pb2.Struct()), timeout=10)
    assert "aws:sqs/queue:Queue is not supported" in answer.failures[0].reason


def test_the_registrys_password_leaves_sealed(home: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch\n")
    news = struct_pb2.Struct()
    news.update({"imageName": "a:1", "build": {"context": str(tmp_path)}, "registry": {"password": "plain"}})
    urn = "urn:pulumi:local::notes::docker:index/image:Image::app"
    with served(home, "docker") as stub:
        answer = stub.Check(provider_pb2.CheckRequest(urn=urn, news=news), timeout=10)
    assert json.dumps(sorted(answer.inputs.fields["registry"].struct_value.fields)).count(
        "4dabf18193072939515e22adb298388d"
    )


def test_a_silent_cloud_is_one_clear_error(home: Path) -> None:
    with (
        served(home, "aws", AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_REGION="us-east-1") as stub,
        pytest.raises(grpc.RpcError) as refusal,
    ):
        stub.Configure(provider_pb2.ConfigureRequest(args=struct_pb2.Struct()), timeout=10)
    assert refusal.value.details() == "the local cloud at http://127.0.0.1:9 does not answer: run `make up`"


def test_secret_tags_leave_sealed(home: Path) -> None:
    secret = struct_pb2.Struct()
    secret.update({"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", "value": {"owner": "x"}})
    news = struct_pb2.Struct()
    news.update({"cidrBlock": "10.0.0.0/16"})
    news.fields["tags"].struct_value.CopyFrom(secret)
    urn = "urn:pulumi:local::notes::aws:ec2/vpc:Vpc::vpc"
    request = provider_pb2.CreateRequest(urn=urn, properties=news, preview=True)
    with (
        socket.create_server(("127.0.0.1", 0)) as cloud,
        served(
            home, "aws", AWS_ENDPOINT_URL=f"http://127.0.0.1:{cloud.getsockname()[1]}", AWS_REGION="us-east-1"
        ) as stub,
    ):
        stub.Configure(provider_pb2.ConfigureRequest(args=struct_pb2.Struct()), timeout=10)
        properties = stub.Create(request, timeout=10).properties
    for key in ("tags", "tagsAll"):
        assert "4dabf18193072939515e22adb298388d" in properties.fields[key].struct_value.fields, key
