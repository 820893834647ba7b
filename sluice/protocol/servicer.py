# ruff: noqa: N802 - the methods have the protocol's names
"""Translates the engine's gRPC protocol into calls of a :class:`~sluice.protocol.package.Provider` in plain Python.

Every response seals the top-level properties that came in as secrets (or that the provider names), because an unsealed
copy of a secret would be in the state as plain text. Errors for the user are FAILED_PRECONDITION without a traceback; a
defect of Sluice is INTERNAL and named as such, and its traceback goes to the plugin's stderr.

Source: pulumi's ``provider.proto``, as shipped with the SDK.
"""

from __future__ import annotations

import asyncio
import threading
import traceback
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, NoReturn, TypeAlias, TypeVar

import grpc.aio
from google.protobuf import empty_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc, status_pb2

from sluice.diagnosis.redaction.presentable import presentable
from sluice.errors import GateError
from sluice.protocol import values
from sluice.protocol.engine import EngineLog
from sluice.protocol.messages import check_failures, diff_response, identity, invoke_response
from sluice.protocol.package import Provider
from sluice.protocol.resource import Call, HalfDone, Refused, Resource, ResourceState

T = TypeVar("T")
Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"

LONGEST_ERROR = 10_000
"""Characters of an error text: gRPC clients refuse a longer one, at limits from 16 KiB to the engine's 16 MiB."""


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Answers the engine's calls.

    Args:
        provider: the provider to serve.
        engine: receives the log lines.
        orphaned: returns whether the engine is gone.
    """

    def __init__(self, provider: Provider, engine: EngineLog, orphaned: Callable[[], bool]) -> None:
        self._provider = provider
        self._engine = engine
        self._orphaned = orphaned
        self.cancelled = threading.Event()
        self.idle = asyncio.Event()
        self.idle.set()
        self._running = 0

    # The provider itself

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
            failures=check_failures(checked.failures),
        )

    async def DiffConfig(self, request: Any, context: Context) -> provider_pb2.DiffResponse:
        old = values.decode(request.old_inputs if request.HasField("old_inputs") else request.olds)
        new = values.decode(request.news)
        return diff_response(await self._answer(context, self._provider.diff_config(old.properties, new.properties)))

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
        return invoke_response(values.encode(result, args.secrets & result.keys()))

    async def Cancel(self, request: Any, context: Context) -> empty_pb2.Empty:
        self.cancelled.set()
        return empty_pb2.Empty()

    # Resources

    async def Check(self, request: Any, context: Context) -> provider_pb2.CheckResponse:
        token, name = identity(request)
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
            failures=check_failures(checked.failures),
        )

    async def Diff(self, request: Any, context: Context) -> provider_pb2.DiffResponse:
        token, name = identity(request)
        resource = await self._resource(token, context)
        outputs, new = values.decode(request.olds), values.decode(request.news)
        inputs = values.decode(request.old_inputs) if request.HasField("old_inputs") else outputs
        call = self._call(request.urn, name, token, ignore_changes=tuple(request.ignoreChanges))
        state = ResourceState(inputs.properties, outputs.properties)
        return diff_response(await self._answer(context, resource.diff(call, request.id, state, new.properties)))

    async def Create(self, request: Any, context: Context) -> provider_pb2.CreateResponse:
        token, name = identity(request)
        resource = await self._resource(token, context)
        new = values.decode(request.properties)
        call = self._call(request.urn, name, token, request.preview, request.timeout)
        created = await self._answer(context, resource.create(call, new.properties), token, new.secrets)
        return provider_pb2.CreateResponse(
            id=created.id,
            properties=values.encode(created.outputs, self._sealed(token, new.secrets)),
        )

    async def Read(self, request: Any, context: Context) -> provider_pb2.ReadResponse:
        token, name = identity(request)
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
            return provider_pb2.ReadResponse()  # an empty id means: the resource does not exist
        return provider_pb2.ReadResponse(
            id=existing.id,
            inputs=values.encode(existing.inputs, secrets),
            properties=values.encode(existing.outputs, secrets),
        )

    async def Update(self, request: Any, context: Context) -> provider_pb2.UpdateResponse:
        token, name = identity(request)
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
        state = ResourceState(inputs.properties, outputs.properties)
        result = await self._answer(
            context,
            resource.update(call, request.id, state, new.properties),
            token,
            new.secrets,
        )
        return provider_pb2.UpdateResponse(properties=values.encode(result, self._sealed(token, new.secrets)))

    async def Delete(self, request: Any, context: Context) -> empty_pb2.Empty:
        token, name = identity(request)
        resource = await self._resource(token, context)
        outputs = values.decode(request.properties)
        inputs = values.decode(request.old_inputs) if request.HasField("old_inputs") else outputs
        call = self._call(request.urn, name, token, timeout=request.timeout)
        await self._answer(
            context,
            resource.delete(call, request.id, ResourceState(inputs.properties, outputs.properties)),
        )
        return empty_pb2.Empty()

    # Shared by all calls

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
        # tagsAll is the provider's copy of tags: a secret tag must stay sealed there, too.
        copies = {"tagsAll"} if "tags" in secrets else set()
        return secrets | copies | self._provider.secret_outputs(token)

    async def _answer(
        self,
        context: Context,
        answer: Awaitable[T],
        token: str = "",
        secrets: Iterable[str] = (),
    ) -> T:
        """Await *answer*; translate its errors into the protocol's, after the last log line was sent."""
        self._running += 1
        self.idle.clear()
        try:
            return await answer
        except (Refused, GateError) as refusal:
            await self._engine.flush()
            await self._refuse(context, str(refusal))
        except HalfDone as half:
            await self._engine.flush()
            await self._half_done(context, half, self._sealed(token, frozenset(secrets)))
        except grpc.aio.AbortError:
            raise
        except Exception as error:  # the boundary: report a defect as a defect
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
