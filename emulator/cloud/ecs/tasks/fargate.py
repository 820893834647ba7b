"""What Fargate refuses is refused here, whatever a task definition says of the launch types it is for.

AWS, "Amazon ECS task definition differences for Fargate" (developer guide) lists the parameters that are not valid
there; RegisterTaskDefinition, ContainerDefinition, HostVolumeProperties, LinuxParameters and KernelCapabilities (API
reference) say what Fargate, or its network mode `awsvpc`, takes of `pidMode`, `hostname`, `sourcePath`, `devices` and
capabilities. `tmpfs` is taken since January 2026 ("Amazon ECS now supports tmpfs mounts on AWS Fargate"). The texts are
ours: AWS documents none.

It is also what keeps this machine to its owner: a task with the host's files, devices or namespaces would be root here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_TASK = ("ipcMode", "placementConstraints")
_CONTAINER = (
    "disableNetworking",
    "dnsSearchDomains",
    "dnsServers",
    "dockerSecurityOptions",
    "extraHosts",
    "hostname",
    "links",
    "privileged",
)
_LINUX = ("devices", "maxSwap", "sharedMemorySize", "swappiness")
_VOLUME = ("dockerVolumeConfiguration", "fsxWindowsFileServerVolumeConfiguration")
ADDED = frozenset({"SYS_PTRACE"})
"""The capabilities that a container may be given."""
LOG_DRIVERS = frozenset({"awslogs", "awsfirelens", "splunk"})
"""What takes a container's output ("logDriver" in LogConfiguration): json-file and syslog are the host's."""
LAUNCH_TYPES = ("", "FARGATE")


def refusal(definition: Mapping[str, Any]) -> str | None:
    """Why RegisterTaskDefinition refuses a request, or None."""
    return next(_wrong(definition), None)


def launch_refusal(request: Mapping[str, Any]) -> str | None:
    """Why RunTask, CreateService or UpdateService refuses a request, or None."""
    wanted = str(request.get("launchType") or "")
    if wanted not in LAUNCH_TYPES:
        return f"The local cloud runs tasks on Fargate only, not on {wanted}."
    for one in request.get("capacityProviderStrategy") or []:
        if one.get("capacityProvider") not in ("FARGATE", "FARGATE_SPOT"):
            return f"The local cloud has no capacity provider {one.get('capacityProvider')}."
    return None


def _wrong(definition: Mapping[str, Any]) -> Iterator[str]:
    if (mode := definition.get("networkMode")) != "awsvpc":
        yield f"Fargate only supports network mode 'awsvpc'; it is {mode or 'bridge'}."
    if definition.get("pidMode") not in (None, "", "task"):
        yield f"Fargate only supports pidMode task; it is {definition['pidMode']}."
    yield from (_unsupported(name) for name in _TASK if definition.get(name))
    for volume in definition.get("volumes") or []:
        if (volume.get("host") or {}).get("sourcePath"):
            yield _unsupported(f"sourcePath of the volume {volume.get('name')}")
        yield from (_unsupported(f"{name} of a volume") for name in _VOLUME if volume.get(name))
    named = {volume.get("name") for volume in definition.get("volumes") or []}
    for container in definition.get("containerDefinitions") or []:
        yield from _wrong_container(container, named)


def _wrong_container(container: Mapping[str, Any], volumes: set[Any]) -> Iterator[str]:
    name = container.get("name")
    yield from (_unsupported(f"{one} of container {name}") for one in _CONTAINER if container.get(one))
    linux = container.get("linuxParameters") or {}
    yield from (_unsupported(f"{one} of container {name}") for one in _LINUX if linux.get(one) not in (None, []))
    added = set((linux.get("capabilities") or {}).get("add") or []) - ADDED
    if added:
        yield _unsupported(f"adding the capability {', '.join(sorted(map(str, added)))} to container {name}")
    if any(one.get("type") == "GPU" for one in container.get("resourceRequirements") or []):
        yield _unsupported(f"a GPU for container {name}")
    driver = (container.get("logConfiguration") or {}).get("logDriver")
    if driver is not None and driver not in LOG_DRIVERS:
        yield _unsupported(f"the log driver {driver} of container {name}")
    for port in container.get("portMappings") or []:
        if port.get("hostPort") not in (None, 0, port.get("containerPort")):
            yield "When networkMode=awsvpc, the host ports and container ports in port mappings must match."
    for mount in container.get("mountPoints") or []:
        if mount.get("sourceVolume") not in volumes:
            yield f"Unknown volume '{mount.get('sourceVolume')}'."


def _unsupported(what: str) -> str:
    return f"Fargate does not support {what}."
