"""What a container may write to: the task's empty volumes, memory, and nothing of this machine.

AWS, "Use bind mounts with Amazon ECS" (developer guide): a volume without a source lives as long as its task, and
belongs to root with mode 0755, unless the image names the very path as a VOLUME: then the image's content, owner and
mode are copied into it. Tmpfs (API reference): a size and mount options. Whether a VOLUME without a mount point can be
written to when the root file system is read-only is not documented: it cannot be here. MiniStack binds folders of this
machine.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from docker.types import Mount

from emulator.cloud.containers import ACCOUNT_LABEL

_TASK_LABEL = "sluice.task"
_ELSEWHERE = ("efsVolumeConfiguration", "s3filesVolumeConfiguration", "configuredAtLaunch")


class NoVolumeError(Exception):
    """A volume that the local cloud does not have; the text is the task's stoppedReason."""


def mounts(
    container: Mapping[str, Any], definition: Mapping[str, Any], declared: Iterable[str], task: str, account: str
) -> list[Mount]:
    """The volumes of one container.

    Args:
        container: its definition.
        definition: the task definition.
        declared: the VOLUMEs of its image.
        task: id of the task, whose containers share its volumes.
        account: of the checkout, which owns them.

    Raises:
        NoVolumeError: it mounts a volume that lives elsewhere.
    """
    return list(_mounts(container, definition, set(declared), task, account))


def _mounts(
    container: Mapping[str, Any], definition: Mapping[str, Any], declared: set[str], task: str, account: str
) -> Iterator[Mount]:
    volumes = {volume["name"]: volume for volume in definition.get("volumes") or []}
    labels = {ACCOUNT_LABEL: account, _TASK_LABEL: task}
    targets = set()
    for point in container.get("mountPoints") or []:
        elsewhere = [name for name in _ELSEWHERE if volumes[point["sourceVolume"]].get(name)]
        if elsewhere:
            raise NoVolumeError(f"ResourceInitializationError: the local cloud has no volume with {elsewhere[0]}")
        target = point["containerPath"]
        targets.add(target)
        yield Mount(
            target,
            f"sluice-{task}-{point['sourceVolume']}",
            read_only=bool(point.get("readOnly")),
            no_copy=target not in declared,
            labels=labels,
        )
    if container.get("readonlyRootFilesystem"):
        for number, path in enumerate(sorted(declared - targets)):
            # Docker makes a volume without a name for each, which can be written to and cannot be read-only.
            yield Mount(path, f"sluice-{task}-{container['name']}-{number}", read_only=True, labels=labels)


def tmpfs(container: Mapping[str, Any]) -> dict[str, str]:
    """Docker's argument for a container's file systems in memory."""
    wanted = (container.get("linuxParameters") or {}).get("tmpfs") or []
    options = {one["containerPath"]: [f"size={one['size']}m", *(one.get("mountOptions") or [])] for one in wanted}
    return {path: ",".join(given) for path, given in options.items()}


def remove(client: Any, task: str) -> None:
    """Remove the volumes of a task whose containers are gone."""
    for volume in client.volumes.list(filters={"label": f"{_TASK_LABEL}={task}"}):
        volume.remove()
