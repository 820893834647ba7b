"""The plugin's protocol over real gRPC, with a toy resource and an engine that keeps what it is told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc.aio
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    engine_pb2_grpc,
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

from sluice.errors import GateError
from sluice.protocol.engine import EngineLog
from sluice.protocol.package import Provider
from sluice.protocol.resource import (
    Call,
    Checked,
    CheckFailure,
    Created,
    HalfDone,
    Properties,
    Refused,
    Resource,
    ResourceState,
)
from sluice.protocol.servicer import Servicer
from sluice.protocol.values import UNKNOWN, contains_unknown, decode, encode

URN = "urn:pulumi:dev::p::toy:index:Toy::one"


class Toy(Resource):
    """Does what its input ``do`` says."""

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        failures = [CheckFailure("do", "cannot be that")] if new.get("do") == "bad" else []
        return Checked(new | {"defaulted": 1}, failures)

    async def create(self, call: Call, new: Properties) -> Created:
        await asyncio.to_thread(self._work, call)
        match new.get("do"):
            case "refuse":
                raise Refused("the toy is broken: buy a new one")
            case "gate":
                raise GateError("the gate says no")
            case "say":
                call.log(new["text"])
                raise GateError(new["text"])
            case "half":
                raise HalfDone("id-7", new, ["one wheel is missing"])
            case "defect":
                raise KeyError("wheel")
            case "wait":
                await asyncio.to_thread(call.cancelled.wait, 5)
                raise Refused("cancelled" if call.cancelled.is_set() else "never cancelled")
        return Created("" if call.preview else "id-7", new | {"size": UNKNOWN if call.preview else 3})

    def _work(self, call: Call) -> None:
        for number in range(20):
            call.log(f"line {number}")

    async def update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        return old.outputs | new


class ToyProvider(Provider):
    name = "toy"
    version = "1.2.3"

    def __init__(self) -> None:
        self.resources = {"toy:index:Toy": Toy()}
        self.functions = {"toy:index:echo": self._echo}

    async def _echo(self, call: Call, args: Properties) -> Properties:
        return args


class KeepingEngine(engine_pb2_grpc.EngineServicer):
    def __init__(self) -> None:
        self.lines: list[tuple[str, str, bool]] = []

    async def Log(self, request: Any, context: Any) -> empty_pb2.Empty:  # noqa: N802 - the protocol's name
        self.lines.append((request.urn, request.message, request.ephemeral))
        return empty_pb2.Empty()


@asynccontextmanager
async def served() -> AsyncIterator[tuple[Any, KeepingEngine]]:
    keeper = KeepingEngine()
    host, plugin = grpc.aio.server(), grpc.aio.server()
    engine_pb2_grpc.add_EngineServicer_to_server(keeper, host)
    host_port = host.add_insecure_port("127.0.0.1:0")
    await host.start()
    engine = EngineLog(f"127.0.0.1:{host_port}", asyncio.get_running_loop())
    servicer = Servicer(ToyProvider(), engine, orphaned=lambda: False)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, plugin)
    port = plugin.add_insecure_port("127.0.0.1:0")
    await plugin.start()
    try:
        # The engine, in Go, takes 16 MiB; this client refuses more than 8 KiB now and then.
        options = [("grpc.max_metadata_size", 64 * 1024)]
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}", options) as channel:
            yield provider_pb2_grpc.ResourceProviderStub(channel), keeper
    finally:
        await plugin.stop(0)
        await engine.close()
        await host.stop(0)


def talk(conversation: Callable[[Any, KeepingEngine], Awaitable[None]]) -> None:
    async def run() -> None:
        async with served() as (plugin, keeper):
            await asyncio.wait_for(conversation(plugin, keeper), 20)

    asyncio.run(run())


def create(
    properties: Properties, secrets: set[str] | None = None, preview: bool = False
) -> provider_pb2.CreateRequest:
    return provider_pb2.CreateRequest(urn=URN, properties=encode(properties, secrets or set()), preview=preview)


def test_values_survive_the_round_trip() -> None:
    plain = {"a": 1, "f": 2.5, "t": True, "n": None, "l": [1, "x", UNKNOWN], "m": {"k": {"deep": [False]}}, "s": "x"}
    decoded = decode(encode(plain, {"s"}))
    assert decoded.properties == plain
    assert isinstance(decoded.properties["a"], int)
    assert decoded.secrets == {"s"}
    assert contains_unknown(plain)
    assert not contains_unknown({"a": [1, {"b": 2}]})


def test_a_secret_deep_inside_seals_its_top_level_key() -> None:
    inner = encode({"password": "x"}, {"password"})
    outer = encode({"connection": {}, "name": "n"})
    outer.fields["connection"].struct_value.CopyFrom(inner)
    decoded = decode(outer)
    assert decoded.properties["connection"] == {"password": "x"}
    assert decoded.secrets == {"connection"}


def test_an_unknown_has_no_truth() -> None:
    with pytest.raises(TypeError, match="no truth"):
        bool(UNKNOWN)


def test_it_introduces_itself_and_accepts_secrets() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        info: plugin_pb2.PluginInfo = await plugin.GetPluginInfo(empty_pb2.Empty())
        assert info.version == "1.2.3"
        configured = await plugin.Configure(provider_pb2.ConfigureRequest(args=encode({})))
        assert configured.acceptSecrets
        assert configured.supportsPreview

    talk(conversation)


def test_secrets_are_sealed_in_every_answer() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        given = encode({"password": "hunter2", "tags": {"a": "b"}, "tagsAll": {"a": "b"}}, {"password", "tags"})
        checked = await plugin.Check(provider_pb2.CheckRequest(urn=URN, news=given))
        created = await plugin.Create(provider_pb2.CreateRequest(urn=URN, properties=given))
        read = await plugin.Read(provider_pb2.ReadRequest(id="id-7", urn=URN, properties=given, inputs=given))
        updated = await plugin.Update(provider_pb2.UpdateRequest(id="id-7", urn=URN, olds=given, news=given))
        for struct in (checked.inputs, created.properties, read.properties, read.inputs, updated.properties):
            assert decode(struct).secrets >= {"password", "tags", "tagsAll"}

    talk(conversation)


def test_a_preview_answers_unknowns() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        previewed = await plugin.Create(create({}, preview=True))
        assert previewed.id == ""
        assert decode(previewed.properties).properties["size"] is UNKNOWN

    talk(conversation)


def test_log_lines_arrive_in_order_and_before_the_answer() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        await plugin.Create(create({}))
        assert keeper.lines == [(URN, f"line {number}", False) for number in range(20)]

    talk(conversation)


def test_a_refusal_is_plain_text() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await plugin.Create(create({"do": "refuse"}))
        assert error.value.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert error.value.details() == "the toy is broken: buy a new one"
        assert len(keeper.lines) == 20, "what was said before the refusal must not be lost"

    talk(conversation)


def test_the_gates_own_refusal_is_no_defect() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await plugin.Create(create({"do": "gate"}))
        assert error.value.details() == "the gate says no"

    talk(conversation)


def test_something_half_done_stays_in_the_state() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await plugin.Create(create({"do": "half", "password": "x"}, {"password"}))
        metadata: Any = error.value.trailing_metadata()
        status = status_pb2.Status.FromString(dict(metadata)["grpc-status-details-bin"])
        detail = provider_pb2.ErrorResourceInitFailed()
        assert status.details[0].Unpack(detail)
        assert (detail.id, list(detail.reasons)) == ("id-7", ["one wheel is missing"])
        assert decode(detail.properties).secrets == {"password"}

    talk(conversation)


def test_a_defect_is_called_a_defect(capfd: pytest.CaptureFixture[str]) -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await plugin.Create(create({"do": "defect"}))
        assert error.value.code() is grpc.StatusCode.INTERNAL
        assert "defect in the toy plugin, please report it: KeyError: 'wheel'" in str(error.value.details())

    talk(conversation)
    assert "Traceback" in capfd.readouterr().err


def test_what_is_not_supported_is_named() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        checked = await plugin.Check(provider_pb2.CheckRequest(urn=URN.replace("Toy::", "Car::"), news=encode({})))
        assert "toy:index:Car is not supported" in checked.failures[0].reason
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await plugin.Invoke(provider_pb2.InvokeRequest(tok="toy:index:fly", args=encode({})))
        assert "toy:index:fly is not supported" in str(error.value.details())

    talk(conversation)


def test_check_failures_and_defaults() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        checked = await plugin.Check(provider_pb2.CheckRequest(urn=URN, news=encode({"do": "bad"})))
        assert [(failure.property, failure.reason) for failure in checked.failures] == [("do", "cannot be that")]
        assert decode(checked.inputs).properties == {"do": "bad", "defaulted": 1}

    talk(conversation)


def test_diff_names_what_changed() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        old, new = encode({"a": 1, "b": 2}), encode({"a": 1, "b": 3})
        request = provider_pb2.DiffRequest(id="id-7", urn=URN, olds=old, old_inputs=old, news=new)
        answer = await plugin.Diff(request)
        assert answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        assert list(answer.diffs) == ["b"]
        request.news.CopyFrom(old)
        assert (await plugin.Diff(request)).changes == provider_pb2.DiffResponse.DIFF_NONE

    talk(conversation)


def test_cancel_reaches_a_running_call() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        call = plugin.Create(create({"do": "wait"}))
        await asyncio.sleep(0)
        await plugin.Cancel(empty_pb2.Empty())
        with pytest.raises(grpc.aio.AioRpcError) as error:
            await call
        assert error.value.details() == "cancelled"

    talk(conversation)


def test_functions_answer() -> None:
    async def conversation(plugin: Any, keeper: KeepingEngine) -> None:
        answer = await plugin.Invoke(provider_pb2.InvokeRequest(tok="toy:index:echo", args=encode({"a": 1})))
        assert decode(getattr(answer, "return")).properties == {"a": 1}

    talk(conversation)
