"""Fargate has no image cache that counts: the registry is asked at every start, and the digest that ran is reported.

AWS, "Stopped tasks error messages" (ECS developer guide): an image that is not in the registry stops the task with
`CannotPullContainerError` and stopCode TaskFailedToStart, no container has an exit code; `containers[].imageDigest` is
the digest of what was pulled. MiniStack starts a cached image without asking, has another reason for a missing one, and
reports no digest for a task of its own.

Images that name no registry of ours (a `sluice-local/…` base) are taken from the Docker daemon as they are.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import docker.errors
from ministack.services import ecs

from emulator.cloud.ecr import manifests, sharing
from emulator.cloud.ecr.reference import owner, split
from emulator.cloud.ecr.registry import Registry
from emulator.cloud.ecs.containers import isolation


class CannotPullError(Exception):
    """The image cannot be had; the text is the task's stoppedReason."""


class CannotStartError(Exception):
    """The container was created, but its program cannot be started; the text is the task's stoppedReason."""


@dataclasses.dataclass(frozen=True)
class Image:
    """What is run, the manifest digest it has in its registry, where it has one, and its VOLUMEs."""

    reference: str
    digest: str | None
    volumes: tuple[str, ...] = ()


def pull(client: Any, image: str, registry: Registry, home: str, role: str) -> Image:
    """Make the image ready to run.

    Args:
        client: the Docker client.
        image: as the container definition names it.
        registry: ours.
        home: the account whose repositories have no folder of their own there.
        role: ARN of the execution role that pulls.

    Raises:
        CannotPullError: it is in no registry that can be asked.
    """
    if image.startswith(registry.address + "/"):
        repository, reference = split(image)
        path = repository.removeprefix(registry.address + "/")
        if not sharing.may_pull(*owner(path, home), role):
            raise CannotPullError(
                f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve "
                f"ref {image}: unexpected status from HEAD request to https://{registry.address}/v2/{path}/manifests/"
                f"{reference}: 403 Forbidden"
            )
        manifest = manifests.get(registry, path, reference)
        if manifest is None:
            raise CannotPullError(
                f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve "
                f"ref {image}: {image}: not found"
            )
        exact = f"{repository}@{manifest.digest}"
        if not _local(client, exact):
            _pull(client, exact, registry.login)
        return Image(exact, manifest.digest, _volumes(client, exact))
    if not _local(client, image):
        _pull(client, image)
    found = client.images.get(image).attrs.get("RepoDigests") or []
    name = split(image)[0]
    digest = next((one.partition("@")[2] for one in found if one.partition("@")[0] == name), None)
    return Image(image, digest, _volumes(client, image))


def run(client: Any, image: Image, arguments: dict[str, Any]) -> Any:
    """Create and start a container.

    Raises:
        CannotStartError: Docker created it but cannot start its program.
    """
    container = client.containers.create(image.reference, **arguments)
    try:
        container.start()
    except docker.errors.APIError as error:
        container.remove(force=True, v=True)
        raise CannotStartError(f"CannotStartContainerError: {error.explanation}") from error
    return container


def arguments(
    definition: dict[str, Any],
    task_definition: dict[str, Any],
    override: dict[str, Any],
    environment: dict[str, str],
    task: dict[str, Any],
) -> dict[str, Any]:
    """Docker's arguments for one container: MiniStack's, and the members of the definition that it leaves out."""
    wanted = {**definition, **({"command": override["command"]} if "command" in override else {})}
    ports = {}
    if task_definition.get("networkMode") != "awsvpc":
        ports = {
            f"{one['containerPort']}/tcp": one.get("hostPort") or one["containerPort"]
            for one in definition.get("portMappings", [])
        }
    built: dict[str, Any] = ecs._build_run_kwargs(
        wanted,
        task_definition,
        environment,
        ports,
        None,
        False,
        task["taskArn"].rsplit("/", 1)[-1],
        task["taskArn"],
        None,
        task["clusterArn"],
    )
    made = {**isolation.without_host(built), **isolation.arguments(wanted)}
    made.pop("detach", None)
    # The architecture is the machine's own here; an image of another one is named by Docker's own error.
    made.pop("platform", None)
    # The image's own HEALTHCHECK is ignored (HealthCheck, ECS API reference): checks.py runs the definition's.
    made["healthcheck"] = {"test": ["NONE"]}
    for member, argument in (
        ("entryPoint", "entrypoint"),
        ("workingDirectory", "working_dir"),
        ("user", "user"),
        ("interactive", "stdin_open"),
    ):
        if wanted.get(member):
            made[argument] = wanted[member]
    return made


def _volumes(client: Any, reference: str) -> tuple[str, ...]:
    return tuple(client.images.get(reference).attrs["Config"].get("Volumes") or ())


def _local(client: Any, image: str) -> bool:
    try:
        client.images.get(image)
    except docker.errors.ImageNotFound:
        return False
    return True


def _pull(client: Any, image: str, login: Mapping[str, str] | None = None) -> None:
    try:
        repository, reference = split(image)
        client.images.pull(repository, tag=reference, auth_config=login)
    except docker.errors.APIError as error:
        raise CannotPullError(
            f"CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref "
            f"{image}: {error.explanation}"
        ) from error
