"""``docker:index/image:Image``: an image built from a folder and pushed to a registry, known by its digest."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from emulator.plugins.docker import builder, command, context
from emulator.plugins.docker.registry import is_missing, login, server_of
from sluice.protocol.resource import (  # fmt: skip
    Call,
    Checked,
    CheckFailure,
    Created,
    Difference,
    Existing,
    Properties,
    Refused,
    Resource,
    ResourceState,
)
from sluice.protocol.values import UNKNOWN, contains_unknown

_TOP = frozenset({"imageName", "build", "registry", "skipPush", "buildOnPreview"})
_BUILD = frozenset({
    "context", "dockerfile", "args", "target", "platform", "network", "builderVersion", "contextDigest",
})  # fmt: skip
_REGISTRY = frozenset({"server", "username", "password"})
_PUSHED = re.compile(r"digest: (sha256:[0-9a-f]{64}) size: \d+")
_DEADLINE_SECONDS = 1200.0


class Image(Resource):
    """The image. ``build.contextDigest`` joins the inputs in Check, as with the official plugin."""

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        failures = [CheckFailure(path, _reason(path)) for path in _unsupported(new)]
        build = dict(new.get("build") or {}) if new.get("build") is not UNKNOWN else {}
        if build.get("builderVersion") not in (None, "BuilderV1", "BuilderBuildKit", UNKNOWN):
            failures.append(CheckFailure("build.builderVersion", "must be BuilderV1 or BuilderBuildKit"))
        inputs = {key: value for key, value in new.items() if value is not None}
        try:
            build["contextDigest"] = await asyncio.to_thread(_context_digest, build)
        except Refused as refusal:
            failures.append(CheckFailure("build", str(refusal)))
        return Checked(inputs | {"build": {key: value for key, value in build.items() if value is not None}}, failures)

    async def diff(self, call: Call, id: str, old: ResourceState, new: Properties) -> Difference:
        before, after = _relevant(old.inputs), _relevant(new)
        keys = sorted(
            key for key in before.keys() | after.keys()
            if before.get(key) != after.get(key) or contains_unknown(after.get(key))
        )  # fmt: skip
        return Difference(changes=bool(keys), diffs=keys)

    async def create(self, call: Call, new: Properties) -> Created:
        if call.preview:
            return Created("", await self._previewed(call, new))
        outputs, image_id = await asyncio.to_thread(_make, call, new)
        return Created(image_id, outputs)

    async def update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        if call.preview:
            return await self._previewed(call, new)
        outputs, _ = await asyncio.to_thread(_make, call, new)
        return outputs

    async def read(self, call: Call, id: str, inputs: Properties, outputs: Properties) -> Existing | None:
        """As remembered, unless a registry on this machine no longer has it: then the next update builds it again."""
        if not inputs:
            raise Refused(f"{call.name}: the local docker provider does not import images; let the program build it")
        if await asyncio.to_thread(is_missing, str(outputs.get("repoDigest", ""))):
            return None
        return Existing(id, inputs, outputs)

    async def _previewed(self, call: Call, new: Properties) -> Properties:
        if new.get("buildOnPreview") is True and not contains_unknown(new):
            await asyncio.to_thread(_build, call, new)
        return _described(new) | {"repoDigest": UNKNOWN}


def _unsupported(new: Mapping[str, Any]) -> list[str]:
    groups = (("", new, _TOP), ("build.", new.get("build"), _BUILD), ("registry.", new.get("registry"), _REGISTRY))
    return [
        f"{prefix}{key}" for prefix, group, known in groups if isinstance(group, Mapping)
        for key, value in group.items() if value is not None and key not in known
    ]  # fmt: skip


def _reason(path: str) -> str:
    return f"property {path} of docker:index/image:Image is not supported by the local docker provider"


def _places(build: Mapping[str, Any]) -> tuple[Path, Path]:
    """The context and the Dockerfile; both are relative to the program's folder, where the engine starts a plugin."""
    folder = Path(build.get("context") or ".")
    return folder, Path(build["dockerfile"]) if build.get("dockerfile") else folder / "Dockerfile"


def _context_digest(build: Mapping[str, Any]) -> Any:
    if UNKNOWN in [build.get("context"), build.get("dockerfile")]:
        return UNKNOWN
    return context.digest(*_places(build))


def _relevant(inputs: Mapping[str, Any]) -> Properties:
    """The inputs that make an image: neither who pushes it (a token lives for hours) nor when it is built."""
    relevant = {key: value for key, value in inputs.items() if key not in ("registry", "buildOnPreview")}
    registry = inputs.get("registry")
    if isinstance(registry, Mapping) and registry.get("server"):
        server = registry["server"]
        relevant["registry"] = server if server is UNKNOWN else server_of(str(server))
    relevant["skipPush"] = inputs.get("skipPush") or False
    return relevant


def _described(new: Mapping[str, Any]) -> Properties:
    """What is known without building."""
    build = new.get("build") or {}
    registry = new.get("registry")
    server = registry.get("server") if isinstance(registry, Mapping) else registry
    described = {
        **new, "baseImageName": new["imageName"], "context": build.get("context", "."),
        "dockerfile": build.get("dockerfile", "Dockerfile"), "platform": build.get("platform"),
        "registryServer": server if server is UNKNOWN or server is None else server_of(str(server)),
    }  # fmt: skip
    return {key: value for key, value in described.items() if value is not None}


def _build(call: Call, new: Mapping[str, Any]) -> None:
    build = new["build"]
    folder, dockerfile = _places(build)
    words = ["build", "--force-rm", "--tag", new["imageName"], "--file", str(dockerfile)]
    for option in ("platform", "target", "network"):
        if build.get(option):
            words += [f"--{option}", str(build[option])]
    arguments = {name: str(value) for name, value in (build.get("args") or {}).items()}
    for name in arguments:
        words += ["--build-arg", name]  # without a value docker takes it from its environment: no secret in argv
    wanted = build.get("builderVersion")
    used = builder.environment(wanted, dockerfile)
    if wanted == "BuilderBuildKit" and used["DOCKER_BUILDKIT"] == "0":
        call.log(builder.CLASSIC)
    what = f"building {new['imageName']}"
    try:
        command.run(call, [*words, str(folder)], what, call.timeout or _DEADLINE_SECONDS, {**arguments, **used})
    except Refused as failure:
        raise builder.explained(failure, used) from failure


def _make(call: Call, new: Properties) -> tuple[Properties, str]:
    """Builds and pushes. Returns the outputs and the image's id."""
    name, deadline = str(new["imageName"]), call.timeout or _DEADLINE_SECONDS
    _build(call, new)
    image_id = command.run(call, ["image", "inspect", "--format", "{{.Id}}", name], f"looking at {name}", 30)[-1]
    if new.get("skipPush"):
        return _described(new) | {"repoDigest": image_id}, image_id
    with login(new.get("registry") or {}) as environment:
        lines = command.run(call, ["push", name], f"pushing {name}", deadline, environment)
    pushed = next((found.group(1) for line in reversed(lines) if (found := _PUSHED.search(line))), None)
    if pushed is None:
        raise Refused(f"pushing {name}: docker did not say the digest that the registry gave it; it said: {lines[-1]}")
    call.log(f"pushed {name}: {pushed}")
    return _described(new) | {"repoDigest": f"{repository(name)}@{pushed}"}, image_id


def repository(name: str) -> str:
    """An image name without its tag: ``127.0.0.1:5000/notes:v1`` is in ``127.0.0.1:5000/notes``."""
    head, slash, last = name.rpartition("/")
    return f"{head}{slash}{last.split(':', 1)[0]}"
