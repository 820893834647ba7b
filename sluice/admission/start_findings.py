"""Decides whether tasks can start, and whether they would run their steps' commands. Pure.

A run decides before its first step, so that nothing is migrated for a version that cannot start; `sluice preflight`, a
preview and `make check` use the same decision on what they know (`start_facts`). What could not be read is reported and
never passes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sluice.admission.remarks import listed, remedy
from sluice.admission.start_facts import Role, StartFacts
from sluice.admission.start_requirements import Requirements, Task
from sluice.admission.start_secrets import reading, secrets
from sluice.aws.found import Absent, Present, Unread
from sluice.aws.trust import TASKS
from sluice.finding import Finding, passed, refused, unread, warning
from sluice.image.digest import short
from sluice.image.entrypoint import handed
from sluice.image.image_configuration import ImageConfiguration, is_root


def findings(tasks: Sequence[Task], wanted: Requirements, facts: StartFacts) -> list[Finding]:
    """Return the findings for everything that *tasks* need.

    Args:
        wanted: the requirements that were read.
        facts: the answers.
    """
    return [
        *_images(tasks, wanted, facts),
        *secrets(wanted, facts),
        *reading(wanted, facts),
        *_roles(wanted, facts),
        *_log_groups(wanted, facts),
        *_network(wanted, facts),
        *_listeners(wanted, facts),
    ]


def started(tasks: Sequence[Task], image: str, configuration: ImageConfiguration) -> list[Finding]:
    """Return the findings of an image's configuration for its tasks: platform, user, volumes, entrypoint."""
    found: list[Finding] = []
    platforms = dict.fromkeys(task.platform for task in tasks if _runs(task, image))
    for platform in platforms:
        if configuration.platform and platform and configuration.platform != platform:
            found.append(
                refused(
                    _image(image),
                    f"is built for {configuration.platform}, and its tasks run on {platform}",
                    "its tasks cannot start (exec format error)",
                    f"build it for {platform} (`docker build --platform {platform}`), or set app.architecture to the "
                    "image's",
                )
            )
    dropping: dict[Finding, list[str]] = {}
    rooted: dict[str, list[str]] = {}
    unwritable: dict[str, list[str]] = {}
    for task in tasks:
        for container in task.containers:
            if container.get("image") != image:
                continue
            own = container.get("user", "")
            if is_root(str(own or configuration.user)):
                how = "unknown" if own is None else "asked" if own else "refused"
                rooted.setdefault(how, []).append(task.name)
            else:
                for path in _unwritable(task, container, configuration):
                    unwritable.setdefault(path, []).append(task.name)
            if container.get("name") == task.container and task.command:
                for one in _entrypoint(task, container, configuration):
                    dropping.setdefault(replace(one, subject=""), []).append(one.subject)
    found += [
        replace(one, subject=listed(users)) for one, users in dropping.items()
    ]  # most steps lose the same arguments
    found += [_as_root(_image(image), how, users) for how, users in rooted.items()]
    found += [
        warning(
            f"{path} in {_image(image)}",
            f"is not writable ({listed(users)})",
            "it is a volume that the image does not declare as VOLUME, so it belongs to root with mode 0755",
            f"write `VOLUME {path}` into the Dockerfile, after the line that changes the folder's owner; or remove "
            f"{path} from app.writable if the program does not write there",
        )
        for path, users in unwritable.items()
    ]
    return found


def _as_root(image: str, how: str, users: Sequence[str]) -> Finding:
    """Return the finding for an image that runs as root: requested by the task definition, by default, or unknown."""
    why = "an attacker who takes over the program controls the whole container"
    if how == "asked":
        return warning(image, f"runs as root ({listed(users)}), as the task definition requests", why)
    fix = (
        'add a USER other than root to the Dockerfile, or set one: `app.user: "10001"`, or `user` in the task '
        "definition; `root` there allows root"
    )
    if how == "unknown":
        return warning(
            image, f"runs as root ({listed(users)}), unless the task definition names another user", why, fix
        )
    return refused(image, f"runs as root ({listed(users)})", why, fix, rule=True)


def _unwritable(task: Task, container: Mapping[str, Any], configuration: ImageConfiguration) -> Iterator[str]:
    """Yield the paths of empty volumes that a user other than root cannot write to.

    Source: "Use bind mounts with Amazon ECS" in its developer guide: owner and mode are copied only from a VOLUME with
    the same path.
    """
    empty = {
        volume.get("name")
        for volume in task.definition.get("volumes") or []
        if not any(value for name, value in volume.items() if name != "name")
    }
    for point in container.get("mountPoints") or []:
        path = str(point.get("containerPath"))
        if point.get("sourceVolume") in empty and not point.get("readOnly") and path not in configuration.volumes:
            yield path


def _entrypoint(task: Task, container: Mapping[str, Any], configuration: ImageConfiguration) -> Iterator[Finding]:
    own = container.get("entryPoint")
    entrypoint = list(own or configuration.entrypoint)
    said = handed(entrypoint, task.command)
    if said.result == "passed":
        return
    whose = "its task definition's entryPoint" if own else "the image's entrypoint"
    what = f"{whose} {json.dumps(entrypoint)} {said.what}"
    subject = f"{task.name} ({' '.join(task.command)})"
    if said.result == "refused":
        yield refused(
            subject,
            what,
            said.why,
            'write ENTRYPOINT in exec form without a shell; or end its script with `exec "$@"` (in `sh -c`: '
            '`["sh", "-c", "exec \\"$@\\"", "--"]`); or set an entrypoint for the steps: '
            "`app.stepEntryPoint: [env]`, or `entryPoint` of the migration's task definition",
        )
    else:
        yield warning(subject, what, said.why, 'make sure that it runs its arguments (`exec "$@"`)')


def _images(tasks: Sequence[Task], wanted: Requirements, facts: StartFacts) -> Iterator[Finding]:
    own = {
        str(container["image"])
        for task in tasks
        for container in task.containers
        if container.get("image") and (len(task.containers) == 1 or container.get("name") == task.container)
    }
    for (image, platform), users in wanted.images.items():
        found = facts.images.get((image, platform), Unread("it was not read"))
        subject = _image(image)
        if isinstance(found, Unread):
            yield unread(f"{subject} ({listed(users)})", found.reason, remedy(found))
        elif isinstance(found, Absent) and image not in own and not found.final:
            yield warning(
                f"{subject} ({listed(users)})",
                found.reason,
                "its tasks cannot start, unless a pull-through cache fetches it",
                "push it there, or correct the reference",
            )
        elif isinstance(found, Absent):
            fix = (
                f"build it for {platform}, or set app.architecture to the image's"
                if "is built for" in found.reason
                else "deploy an image that is in its repository"
            )
            yield refused(subject, found.reason, f"{listed(users)} cannot start", fix)
        else:
            said = started([task for task in tasks if task.platform == platform], image, found)
            yield from said
            if not any(one.result == "refused" for one in said):
                yield passed(subject, f"for {found.platform or platform}")


def _roles(wanted: Requirements, facts: StartFacts) -> Iterator[Finding]:
    for arn in dict.fromkeys([*wanted.execution_roles, *wanted.task_roles]):
        found, subject = facts.roles.get(arn), f"role {arn.rpartition('/')[2]}"
        lost = "no task with this role can start"
        if isinstance(found, Absent):
            yield refused(subject, "does not exist", lost, "create it again (`pulumi up --refresh`)")
        elif isinstance(found, Role) and found.trusted is False:
            yield refused(subject, f"does not let {TASKS} assume it", lost, "add that principal to its trust policy")
        elif isinstance(found, Role):
            yield passed(subject)
        elif not (isinstance(found, Unread) and wanted.execution_roles.get(arn)):  # reported with what it may read
            yield unread(subject, found.reason if found else "it was not read", remedy(found))


def _log_groups(wanted: Requirements, facts: StartFacts) -> Iterator[Finding]:
    for name, users in wanted.log_groups.items():
        found, subject = facts.log_groups.get(name), f"log group {name}"
        if isinstance(found, Present):
            yield passed(subject)
        elif isinstance(found, Absent):
            yield refused(
                subject,
                "does not exist",
                f"{listed(users)} cannot start (ResourceInitializationError)",
                "create it again (`pulumi up --refresh`)",
            )
        else:
            yield unread(subject, found.reason if found else "it was not read", remedy(found))


def _network(wanted: Requirements, facts: StartFacts) -> Iterator[Finding]:
    kinds = {"sg-": "security group", "subnet-": "subnet"}
    for one in wanted.network:
        kind = next((kind for start, kind in kinds.items() if one.startswith(start)), "network")
        found, subject = facts.network.get(one), f"{kind} {one}"
        if isinstance(found, Present):
            yield passed(subject)
        elif isinstance(found, Absent):
            yield refused(
                subject, "does not exist", "no task can start in it", "correct the settings, or `pulumi up --refresh`"
            )
        else:
            yield unread(subject, found.reason if found else "it was not read", remedy(found))


def _listeners(wanted: Requirements, facts: StartFacts) -> Iterator[Finding]:
    for group in wanted.target_groups:
        found = facts.forwarded.get(group)
        subject = f"listener of {group.partition(':targetgroup/')[2].partition('/')[0] or group}"
        if isinstance(found, Present):
            yield passed(subject)
        elif isinstance(found, Absent):
            yield refused(
                subject,
                found.reason,
                "no request reaches the service, so no rollout can be proven",
                "create the listener or its rule again (`pulumi up --refresh`)",
            )
        else:
            yield unread(subject, found.reason if found else "it was not read", remedy(found))


def _image(image: str) -> str:
    return f"image {short(image) if '@' in image else image}"


def _runs(task: Task, image: str) -> bool:
    return any(container.get("image") == image for container in task.containers)
