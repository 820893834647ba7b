"""Decides whether a run may start: checks everything that its tasks and the service's new revision need.

IAM: as for `start_reading`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sluice.admission.secret_reference import reference
from sluice.admission.start_findings import findings
from sluice.admission.start_reading import Reader
from sluice.admission.start_requirements import Requirements, Task, required
from sluice.aws.found import Absent, Unread
from sluice.aws.session import Clients
from sluice.clock import Clock
from sluice.errors import NotPrepared
from sluice.finding import Finding, passed, refusals, refused, unread
from sluice.image.image_configuration import PLATFORMS
from sluice.inputs.step import Step

SERVICE = "the service"
SHOWN = 8
"""Refusals that the error lists; the others are counted."""


class NotReady(NotPrepared):
    """The version cannot start, or would not run its steps. Nothing was started."""


@dataclass(frozen=True)
class AdmissionSubject:
    """What a run starts.

    Attributes:
        service: the service's new revision; empty for none.
        task_definition: revision of the steps that name none.
        container: the container whose command a step replaces, where the step names none.
        steps: of the run; empty where only the service gets a new revision.
        keyed: `valueFrom` of secrets whose JSON keys are checked in their values, where the caller may read them.
        target_groups: ARNs of the service's target groups.
    """

    service: str
    task_definition: str
    container: str
    steps: Sequence[Step]
    keyed: Collection[str] = ()
    target_groups: Sequence[str] = ()

    @property
    def revisions(self) -> list[str]:
        """Return every task definition, each once."""
        own = [step.task_definition or self.task_definition for step in self.steps]
        return [one for one in dict.fromkeys([self.service, *own]) if one]

    def tasks(self, definitions: Mapping[str, Any]) -> list[Task]:
        """Return the tasks whose task definitions are known."""
        found = [Task(SERVICE, definitions[self.service])] if self.service in definitions else []
        for step in self.steps:
            definition = definitions.get(step.task_definition or self.task_definition)
            if definition is not None:
                container = step.container or self.container
                found.append(Task(f"step '{step.name}'", definition, container, step.command))
        return found


def examine(
    clients: Clients, subject: AdmissionSubject, clock: Clock, known: Mapping[str, Mapping[str, Any]] | None = None
) -> list[Finding]:
    """Return the findings for everything that the run and the service's new revision need.

    RunTask itself refuses a missing subnet, security group or task role of a step before it starts anything (RunTask in
    the ECS API reference), so these are not checked. The service's task role is.

    Args:
        known: task definitions that the run has just read, by ARN.
    """
    reader = Reader(clients, opened={reference(one) for one in subject.keyed})
    read = reader.definitions(subject.revisions, known)
    tasks = subject.tasks({arn: one for arn, one in read.items() if not isinstance(one, Absent | Unread)})
    wanted = required(tasks, target_groups=subject.target_groups)
    served = {role: users for role, users in wanted.task_roles.items() if SERVICE in users}
    wanted = replace(wanted, task_roles=served)
    return [*revisions(read), *findings(tasks, wanted, reader.read(wanted, clock))]


def examine_known(clients: Clients, tasks: Sequence[Task]) -> list[Finding]:
    """Return the findings for what a preview knows: images by digest and secrets by ARN.

    Log groups, roles and parameters are not checked, because the update itself may create them.
    """
    wanted = required(tasks)
    secrets = {one: users for one, users in wanted.secrets.items() if ":secretsmanager:" in one}
    wanted = Requirements(images=wanted.images, secrets=secrets)
    return findings(tasks, wanted, Reader(clients).read(wanted))


def examine_deployed(clients: Clients, subject: AdmissionSubject, network: Sequence[str]) -> Iterator[Finding]:
    """Yield the findings for a deployed stack, including every role's trust policy and the JSON keys of secrets.

    Args:
        network: ids of subnets and security groups to check.
    """
    reader = Reader(clients, thorough=True)
    read = reader.definitions(subject.revisions)
    yield from revisions(read)
    tasks = subject.tasks({arn: one for arn, one in read.items() if not isinstance(one, Absent | Unread)})
    wanted = required(tasks, network, subject.target_groups)
    yield from findings(tasks, wanted, reader.read(wanted))


def known_tasks(
    image: str, architecture: str, steps: Sequence[Step], secrets: Sequence[str], service_secrets: Sequence[str]
) -> list[Task]:
    """Return a run's tasks, as far as a preview knows them.

    Args:
        image: by digest; empty while unknown.
        architecture: ECS's name of the CPU; empty where unknown.
        secrets, service_secrets: `valueFrom` of the steps' usual task and of the service.
    """
    runtime = {"runtimePlatform": {"cpuArchitecture": architecture}} if architecture in PLATFORMS else {}

    def definition(image: str, secrets: Sequence[str], entry_point: Sequence[str] = ()) -> dict[str, Any]:
        # The user that the revision will name is unknown here.
        container: dict[str, Any] = {"name": "task", "user": None, "secrets": [{"valueFrom": one} for one in secrets]}
        container |= {"entryPoint": list(entry_point)} if entry_point else {}
        return {**runtime, "containerDefinitions": [container | ({"image": image} if image else {})]}

    own = []
    for step in steps:
        known = definition(step.image or image, list(step.secrets.values()) or secrets, step.entry_point)
        own.append(Task(f"step '{step.name}'", known, "task", step.command))
    return [Task(SERVICE, definition(image, service_secrets)), *own]


def revisions(read: Mapping[str, Any]) -> list[Finding]:
    """Return the findings for task definitions.

    Args:
        read: the answers by ARN.
    """
    found = []
    for arn, one in read.items():
        subject = f"task definition {arn.rpartition('/')[2]}"
        if isinstance(one, Absent):
            found.append(refused(subject, one.reason, "no task can be started from it", "deploy again (`pulumi up`)"))
        elif isinstance(one, Unread):
            found.append(unread(subject, one.reason))
        else:
            found.append(passed(subject))
    return found


def refuse(found: Sequence[Finding], untouched: str) -> None:
    """Raise NotReady when a finding refuses the run.

    Args:
        untouched: a sentence for the error: what was not changed.
    """
    wrong = refusals(found)
    if not wrong:
        return
    more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
    text = [f"not admitted: {wrong[0].subject}: {wrong[0].what}{more}. {untouched}"]
    for one in wrong[:SHOWN]:
        text += [f"  {one.subject}: {one.what}", f"    cause: {one.why}", f"    fix: {one.fix}"]
    if len(wrong) > SHOWN:
        text.append(f"  and {len(wrong) - SHOWN} more")
    raise NotReady("\n".join(text))
