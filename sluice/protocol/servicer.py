# ruff: noqa: N802 - the methods have the protocol's names
"""The engine's gRPC protocol on one side, a :class:`~sluice.protocol.package.Provider` in plain Python on the other.

Every response seals the top-level properties that came in as secrets (or that the provider names), because copies of a
secret that are not sealed land in the state in plain text. Errors for people leave as FAILED_PRECONDITION without a
traceback; a defect of ours leaves as INTERNAL and says so, its traceback goes to the plugin's stderr.

Source: pulumi's ``provider.proto``, as shipped with the SDK.
"""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, NoReturn, TypeAlias, TypeVar

import grpc.aio
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from sluice.diagnosis.redaction.presentable import presentable
from sluice.errors import GateError
from sluice.protocol import values
from sluice.protocol.engine import Engine
from sluice.protocol.package import Provider
from sluice.protocol.resource import Call, CheckFailure, Difference, HalfDone, Refused, Resource, State

T = TypeVar("T")
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

LONGEST_ERROR = 10_000
"""Characters: gRPC clients refuse a longer error, from 16 KiB to the 16 MiB of the engine."""


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine for *provider*.

    Args:
        provider: what to serve.
        engine: where log lines go.
        orphaned: tells whether the engine is gone.
    """

    def __init__(self, provider: Provider, engine: Engine, orphaned: Callable[[], bool]) -> None:
        self._provider = provider
        self._engine = engine
        self._orphaned = orphaned
        self.cancelled = threading.Event()
        self.idle = asyncio.Event()
        self.idle.set()
        self._running = 0

    # -- the provider itself

    async def GetPluginInfo(self, request: Any, context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version=self._provider.version)

    async def GetSchema(self, request: Any, context: Context) -> provider_pb2.GetSchemaResponse:
        return provider_pb2.GetSchemaResponse(
            schema=f'{{"name": "{self._provider.name}", "version": "{self._provider.version}"}}'
        )

    async def CheckConfig(self, request: Any, context: Context) -> provider_pb2.CheckResponse:
        old, new = values.decode(request.olds), values.decode(request.news)
        checked = await self._answer(context, self._provider.check_config(old.properties, new.properties))
        return provider_pb2.CheckResponse(
            inputs=values.encode(checked.inputs, new.secrets),
            failures=_failures(checked.failures),
        )

    async def DiffConfig(self, request: Any, context: Context) -> provider_pb2.DiffResponse:
        old = values.decode(request.old_inputs if request.HasField("old_inputs") else request.olds)
        new = values.decode(request.news)
        return _diff(await self._answer(context, self._provider.diff_config(old.properties, new.properties)))

    async def Configure(self, request: Any, context: Context) -> provider_pb2.ConfigureResponse:
        await self._answer(context, self._provider.configure(values.decode(request.args).properties))
        return provider_pb2.ConfigureResponse(acceptSecrets=True, supportsPreview=True)

    async def Invoke(self, request: Any, context: Context) -> provider_pb2.InvokeResponse:
        function = self._provider.functions.get(request.tok)
        if function is None:
            await self._refuse(
                context,
                f"the function {request.tok} is not supported by this {self._provider.name} plugin",
            )
        args = values.decode(request.args)
        call = self._call("", "", request.tok, preview=request.preview)
        result = await self._answer(context, function(call, args.properties))
        return _invoked(values.encode(result, args.secrets & result.keys()))

    async def Cancel(self, request: Any, context: Context) -> empty_pb2.Empty:
        self.cancelled.set()
        return empty_pb2.Empty()

    # -- resources

    async def Check(self, request: Any, context: Context) -> provider_pb2.CheckResponse:
        token, name = _identity(request)
        resource = self._provider.resources.get(token)
        if resource is None:
            reason = f"the resource type {token} is not supported by this {self._provider.name} plugin"
            return provider_pb2.CheckResponse(failures=[provider_pb2.CheckFailure(property="", reason=reason)])
        old, new = values.decode(request.olds), values.decode(request.news)
        call = self._call(request.urn, name, token)
        checked = await self._answer(context, resource.check(call, old.properties, new.properties))
        secrets = self._sealed(token, new.secrets)
        return provider_pb2.CheckResponse(
            inputs=values.encode(checked.inputs, secrets),
            failures=_failures(checked.failures),
        )

    async def Diff(self, request: Any, context: Context) -> provider_pb2.DiffResponse:
        token, name = _identity(request)
        resource = await self._resource(token, context)
        outputs, new = values.decode(request.olds), values.decode(request.news)
        inputs = values.decode(request.old_inputs) if request.HasField("old_inputs") else outputs
        call = self._call(request.urn, name, token, ignore_changes=tuple(request.ignoreChanges))
        state = State(inputs.properties, outputs.properties)
        return _diff(await self._answer(context, resource.diff(call, request.id, state, new.properties)))

    async def Create(self, request: Any, context: Context) -> provider_pb2.CreateResponse:
        token, name = _identity(request)
        resource = await self._resource(token, context)
        new = values.decode(request.properties)
        call = self._call(request.urn, name, token, request.preview, request.timeout)
        created = await self._answer(context, resource.create(call, new.properties), token, new.secrets)
        return provider_pb2.CreateResponse(
            id=created.id,
            properties=values.encode(created.outputs, self._sealed(token, new.secrets)),
        )

    async def Read(self, request: Any, context: Context) -> provider_pb2.ReadResponse:
        token, name = _identity(request)
        resource = await self._resource(token, context)
        inputs, outputs = (
            values.decode(request.inputs),
            values.decode(request.properties),
        )
        secrets = self._sealed(token, inputs.secrets | outputs.secrets)
        call = self._call(request.urn, name, token, timeout=request.timeout)
        existing = await self._answer(
            context,
            resource.read(call, request.id, inputs.properties, outputs.properties),
            token,
            secrets,
        )
        if existing is None:
            return provider_pb2.ReadResponse()  # an empty id: the resource is gone
        return provider_pb2.ReadResponse(
            id=existing.id,
            inputs=values.encode(existing.inputs, secrets),
            properties=values.encode(existing.outputs, secrets),
        )

    async def Update(self, request: Any, context: Context) -> provider_pb2.UpdateResponse:
        token, name = _identity(request)
        resource = await self._resource(token, context)
        outputs, new = values.decode(request.olds), values.decode(request.news)
        inputs = values.decode(request.old_inputs) if request.HasField("old_inputs") else outputs
        call = self._call(
            request.urn,
            name,
            token,
            request.preview,
            request.timeout,
            ignore_changes=tuple(request.ignoreChanges),
        )
        state = State(inputs.properties, outputs.properties)
        result = await self._answer(
            context,
            resource.update(call, request.id, state, new.properties),
            token,
            new.secrets,
        )
        return provider_pb2.UpdateResponse(properties=values.encode(result, self._sealed(token, new.secrets)))

    async def Delete(self, request: Any, context: Context) -> empty_pb2.Empty:
        token, name = _identity(request)
        resource = await self._resource(token, context)
        outputs = values.decode(request.properties)
        inputs = values.decode(request.old_inputs) if request.HasField("old_inputs") else outputs
        call = self._call(request.urn, name, token, timeout=request.timeout)
        await self._answer(
            context,
            resource.delete(call, request.id, State(inputs.properties, outputs.properties)),
        )
        return empty_pb2.Empty()

    # -- what they share

    def _call(
        self,
        urn: str,
        name: str,
        token: str,
        preview: bool = False,
        timeout: float = 0,
        ignore_changes: tuple[str, ...] = (),
    ) -> Call:
        return Call(
            urn=urn,
            name=name,
            type=token,
            preview=preview,
            timeout=timeout or None,
            cancelled=self.cancelled,
            orphaned=self._orphaned,
            _log=lambda text, severity, ephemeral: self._engine.log(urn, text, severity, ephemeral),
            ignore_changes=ignore_changes,
        )

    async def _resource(self, token: str, context: Context) -> Resource:
        resource = self._provider.resources.get(token)
        if resource is None:
            await self._refuse(
                context,
                f"the resource type {token} is not supported by this {self._provider.name} plugin",
            )
        return resource

    def _sealed(self, token: str, secrets: frozenset[str]) -> frozenset[str]:
        # tagsAll is the provider's copy of tags: a secret tag must not become readable there.
        copies = {"tagsAll"} if "tags" in secrets else set()
        return secrets | copies | self._provider.secret_outputs(token)

    async def _answer(
        self,
        context: Context,
        work: Awaitable[T],
        token: str = "",
        secrets: Iterable[str] = (),
    ) -> T:
        """Await *work*; its errors leave in the protocol's own forms, after the last log line."""
        self._running += 1
        self.idle.clear()
        try:
            return await work
        except (Refused, GateError) as refusal:
            await self._engine.flush()
            await self._refuse(context, str(refusal))
        except HalfDone as half:
            await self._engine.flush()
            await self._half_done(context, half, self._sealed(token, frozenset(secrets)))
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # the boundary: a defect must reach people as a defect
            traceback.print_exc()
            await self._engine.flush()
            frame = traceback.extract_tb(error.__traceback__)[-1]
            await context.abort(
                grpc.StatusCode.INTERNAL,
                presentable(
                    f"defect in the {self._provider.name} plugin, please report it: {type(error).__name__}: {error} "
                    f"({frame.filename}:{frame.lineno})",
                    LONGEST_ERROR,
                ),
            )
        finally:
            await self._engine.flush()
            self._running -= 1
            if not self._running:
                self.idle.set()

    async def _refuse(self, context: Context, text: str) -> NoReturn:
        await context.abort(grpc.StatusCode.FAILED_PRECONDITION, presentable(text, LONGEST_ERROR))

    async def _half_done(self, context: Context, half: HalfDone, secrets: frozenset[str]) -> NoReturn:
        detail = provider_pb2.ErrorResourceInitFailed(
            id=half.id,
            properties=values.encode(half.outputs, secrets),
            reasons=[presentable(reason) for reason in half.reasons],
        )
        if half.inputs is not None:
            detail.inputs.CopyFrom(values.encode(half.inputs, secrets))
        status = status_pb2.Status(code=grpc.StatusCode.UNKNOWN.value[0], message=presentable(str(half), LONGEST_ERROR))
        status.details.add().Pack(detail)
        await context.abort(
            grpc.StatusCode.UNKNOWN,
            presentable(str(half), LONGEST_ERROR),
            trailing_metadata=(("grpc-status-details-bin", status.SerializeToString()),),
        )


def _invoked(result: struct_pb2.Struct) -> provider_pb2.InvokeResponse:
    fields: dict[str, Any] = {"return": result}  # a keyword of Python's
    return provider_pb2.InvokeResponse(**fields)


def _identity(request: Any) -> tuple[str, str]:
    """Type token and name, from the URN where an older engine does not send them by themselves."""
    token = request.type or request.urn.split("::")[2].split("$")[-1]
    return token, request.name or request.urn.split("::", 3)[3]


def _failures(failures: Iterable[CheckFailure]) -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=failure.property, reason=failure.reason) for failure in failures]


def _diff(difference: Difference) -> provider_pb2.DiffResponse:
    some, none = (
        provider_pb2.DiffResponse.DIFF_SOME,
        provider_pb2.DiffResponse.DIFF_NONE,
    )
    return provider_pb2.DiffResponse(
        changes=some if difference.changes else none,
        diffs=difference.diffs,
        replaces=difference.replaces,
        deleteBeforeReplace=difference.delete_before_replace,
        detailedDiff=_detailed(difference),
        hasDetailedDiff=bool(difference.diffs or difference.replaces),
    )


def _detailed(difference: Difference) -> Mapping[str, provider_pb2.PropertyDiff]:
    update, replace = (
        provider_pb2.PropertyDiff.UPDATE,
        provider_pb2.PropertyDiff.UPDATE_REPLACE,
    )
    return {
        key: provider_pb2.PropertyDiff(kind=replace if key in difference.replaces else update, inputDiff=True)
        for key in {*difference.diffs, *difference.replaces}
    }
