"""What tasks need to start, taken from their task definitions. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sluice.admission.secret_reference import Reference, reference
from sluice.admission.start_facts import Facts
from sluice.aws.found import Absent
from sluice.image.image_configuration import PLATFORMS


@dataclass(frozen=True)
class Task:
    """A task that is going to be started.

    Attributes:
        name: for people: ``the service``, ``step 'schema'``.
        definition: a TaskDefinition of the ECS API, or as much of one as is known.
        container: whose command is replaced; empty for none.
        command: the words that replace it; empty: the container starts as its definition says.
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
        """Of the task definition; empty where its ARN is not known."""
        parts = str(self.definition.get("taskDefinitionArn") or "").split(":")
        return parts[3] if len(parts) > 5 else ""

    @property
    def platform(self) -> str:
        """Of the machine that runs it. Source: RuntimePlatform in the ECS API reference; X86_64 where nothing is
        said."""
        runtime = self.definition.get("runtimePlatform") or {}
        if str(runtime.get("operatingSystemFamily") or "").startswith("WINDOWS"):
            return "windows/amd64"
        return PLATFORMS.get(str(runtime.get("cpuArchitecture") or "X86_64"), "")


@dataclass(frozen=True)
class Requirements:
    """What a set of tasks needs, each thing once, with the tasks that need it.

    Attributes:
        images: reference and platform.
        secrets: references as the definitions write them, secrets and parameters.
        log_groups: names.
        execution_roles: ARN to the references that it must be able to read.
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
        """Return what the secrets refer to, each once."""
        return sorted({reference(one) for one in self.secrets}, key=lambda one: (one.kind, one.name, one.key))


def required(tasks: Sequence[Task], network: Sequence[str] = (), target_groups: Sequence[str] = ()) -> Requirements:
    """Return what *tasks* need. A container that logs elsewhere than to CloudWatch in the tasks' Region needs no log
    group, nor does one whose log group is made when it starts (``awslogs-create-group``)."""
    images: dict[tuple[str, str], list[str]] = {}
    secrets: dict[str, list[str]] = {}
    groups: dict[str, list[str]] = {}
    execution: dict[str, list[Reference]] = {}
    roles: dict[str, list[str]] = {}

    def needs(where: dict[Any, list[str]], what: Any, who: str) -> None:
        if what:
            named = where.setdefault(what, [])
            if who not in named:
                named.append(who)

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
    """The log group that must be there before the container starts; empty for none. Source: "Send Amazon ECS logs to
    CloudWatch" (ECS developer guide)."""
    log = container.get("logConfiguration") or {}
    options = log.get("options") or {}
    elsewhere = region and options.get("awslogs-region", region) != region
    if log.get("logDriver", "awslogs") != "awslogs" or options.get("awslogs-create-group") == "true" or elsewhere:
        return ""
    return str(options.get("awslogs-group") or "")


def absent(wanted: Requirements, facts: Facts) -> Requirements:
    """Return what seems to be absent, and may only not be visible yet."""

    def gone(answers: Mapping[Any, Any]) -> set[Any]:
        return {one for one, answer in answers.items() if isinstance(answer, Absent) and not answer.final}

    names = gone(facts.secrets) | gone(facts.parameters)
    roles = gone(facts.roles)
    secrets = {text: who for text, who in wanted.secrets.items() if reference(text).name in names}
    return Requirements(
        images={one: who for one, who in wanted.images.items() if one in gone(facts.images)},
        secrets=secrets,
        log_groups={one: who for one, who in wanted.log_groups.items() if one in gone(facts.log_groups)},
        execution_roles={one: found for one, found in wanted.execution_roles.items() if one in roles},
        task_roles={one: who for one, who in wanted.task_roles.items() if one in roles},
        network=tuple(one for one in wanted.network if one in gone(facts.network)),
        target_groups=tuple(one for one in wanted.target_groups if one in gone(facts.forwarded)),
    )
