"""Derives what tasks need to start from their task definitions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluice.admission.secret_reference import Reference, reference
from sluice.admission.start_facts import StartFacts
from sluice.aws.found import Absent
from sluice.image.image_configuration import PLATFORMS


@dataclass(frozen=True)
class Task:
    """A task that a run starts.

    Attributes:
        name: in messages: ``the service``, ``step 'schema'``.
        definition: a TaskDefinition of the ECS API, or its known part.
        container: the container whose command is replaced; empty for none.
        command: replaces the container's command; empty: it is not replaced.
    """

    name: str
    definition: Mapping[str, Any]
    container: str = ""
    command: tuple[str, ...] = ()

    @property
    def containers(self) -> Sequence[Mapping[str, Any]]:
        found = self.definition.get("containerDefinitions") or []
        return [one for one in found if isinstance(one, Mapping)]

    @property
    def region(self) -> str:
        """The Region of the task definition; empty where its ARN is unknown."""
        parts = str(self.definition.get("taskDefinitionArn") or "").split(":")
        return parts[3] if len(parts) > 5 else ""

    @property
    def platform(self) -> str:
        """The platform that runs it, X86_64 by default. Source: RuntimePlatform in the ECS API reference."""
        runtime = self.definition.get("runtimePlatform") or {}
        if str(runtime.get("operatingSystemFamily") or "").startswith("WINDOWS"):
            return "windows/amd64"
        return PLATFORMS.get(str(runtime.get("cpuArchitecture") or "X86_64"), "")


@dataclass(frozen=True)
class Requirements:
    """The requirements of a set of tasks, each once, with the tasks that have it.

    Attributes:
        images: reference and platform.
        secrets: references as the definitions write them, secrets and parameters.
        log_groups: names.
        execution_roles: the references that each must be able to read, by ARN.
        task_roles: ARNs.
        network: ids of security groups and subnets.
        target_groups: ARNs of those that a listener must forward to.
    """

    images: Mapping[tuple[str, str], Sequence[str]] = field(default_factory=dict)
    secrets: Mapping[str, Sequence[str]] = field(default_factory=dict)
    log_groups: Mapping[str, Sequence[str]] = field(default_factory=dict)
    execution_roles: Mapping[str, Sequence[Reference]] = field(default_factory=dict)
    task_roles: Mapping[str, Sequence[str]] = field(default_factory=dict)
    network: Sequence[str] = ()
    target_groups: Sequence[str] = ()

    @property
    def references(self) -> list[Reference]:
        """Return the secrets' references, each once."""
        return sorted({reference(one) for one in self.secrets}, key=lambda one: (one.kind, one.name, one.key))


def required(tasks: Sequence[Task], network: Sequence[str] = (), target_groups: Sequence[str] = ()) -> Requirements:
    """Return the requirements of *tasks*.

    A container needs no log group if it logs elsewhere than to CloudWatch in the tasks' Region, or creates its group
    itself (``awslogs-create-group``).
    """
    images: dict[tuple[str, str], list[str]] = {}
    secrets: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    execution: dict[str, list[Reference]] = {}
    roles: dict[str, list[str]] = {}

    def needs(where: dict[Any, list[str]], what: Any, user: str) -> None:
        if what:
            named = where.setdefault(what, [])
            if user not in named:
                named.append(user)

    for task in tasks:
        role = str(task.definition.get("executionRoleArn") or "")
        readable = execution.setdefault(role, []) if role else []
        needs(roles, str(task.definition.get("taskRoleArn") or ""), task.name)
        for container in task.containers:
            if isinstance(container.get("image"), str):
                needs(images, (container["image"], task.platform), task.name)
            for secret in container.get("secrets") or []:
                needs(secrets, str(secret["valueFrom"]), task.name)
                readable.append(reference(str(secret["valueFrom"])))
            needs(groups, _log_group(container, task.region), task.name)
    known = {role: tuple(dict.fromkeys(found)) for role, found in execution.items()}
    return Requirements(images, secrets, groups, known, roles, tuple(network), tuple(target_groups))


def _log_group(container: Mapping[str, Any], region: str) -> str:
    """Return the log group that must exist before the container starts; empty for none.

    Source: "Send Amazon ECS logs to CloudWatch" (ECS developer guide).
    """
    log = container.get("logConfiguration") or {}
    options = log.get("options") or {}
    elsewhere = region and options.get("awslogs-region", region) != region
    if log.get("logDriver", "awslogs") != "awslogs" or options.get("awslogs-create-group") == "true" or elsewhere:
        return ""
    return str(options.get("awslogs-group") or "")


def absent(wanted: Requirements, facts: StartFacts) -> Requirements:
    """Return the missing requirements, which may only not be visible yet."""

    def gone(answers: Mapping[Any, Any]) -> set[Any]:
        return {one for one, answer in answers.items() if isinstance(answer, Absent) and not answer.final}

    names = gone(facts.secrets) | gone(facts.parameters)
    roles = gone(facts.roles)
    secrets = {text: user for text, user in wanted.secrets.items() if reference(text).name in names}
    return Requirements(
        images={one: user for one, user in wanted.images.items() if one in gone(facts.images)},
        secrets=secrets,
        log_groups={one: user for one, user in wanted.log_groups.items() if one in gone(facts.log_groups)},
        execution_roles={one: found for one, found in wanted.execution_roles.items() if one in roles},
        task_roles={one: user for one, user in wanted.task_roles.items() if one in roles},
        network=tuple(one for one in wanted.network if one in gone(facts.network)),
        target_groups=tuple(one for one in wanted.target_groups if one in gone(facts.forwarded)),
    )
