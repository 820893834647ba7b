"""The stack's task definitions: one image and one set of variables, with roles and secrets for each kind of task."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pulumi
import pulumi_aws as aws

from components.database.database import Database
from components.database.existing_database import ExistingDatabase
from components.database.login import Login
from components.image.origin import Origin
from components.network.existing_listener import ExistingListener
from components.network.load_balancer import LoadBalancer
from components.tasks.container import Container
from components.tasks.task_definition import TaskDefinitionArgs
from infra import policies
from infra.settings.settings import Settings
from infra.settings.values import connection, secrets
from infra.settings.values import program_variables as variables
from infra.tasks.access import Standing, TaskRoles, TaskRolesArgs


@dataclass(frozen=True)
class TaskKind:
    """One kind of task: the service, a migration step, the bootstrap step.

    Attributes:
        name: of roles and family.
        container: of its tasks.
        log_group: of its tasks.
        logins: by the prefix of their variables; `DB` is the task's own.
        secrets: references of further secret variables, by name.
        readable: references that its execution role may also read, for tasks with further secrets (`asking`).
        images: images of other repositories that its tasks may run.
        policies: ARNs of managed policies for its code.
    """

    name: str
    container: Container
    log_group: aws.cloudwatch.LogGroup
    logins: Mapping[str, Login]
    secrets: Mapping[str, str] = field(default_factory=dict)
    readable: Sequence[str] = ()
    images: Sequence[str] = ()
    policies: Sequence[str] = ()


LONGEST_SUFFIX = 60
"""Characters of a family's suffix for its tasks' secrets; a family has at most 255 (TaskDefinition in the Amazon ECS
API reference)."""


def asking(usual: TaskDefinitionArgs, wanted: Mapping[str, str]) -> TaskDefinitionArgs:
    """Return the same task with further secrets.

    It has a family of its own, because RunTask cannot override secrets (ContainerOverride in the Amazon ECS API
    reference). Its execution role must be able to read them (TaskKind.readable).

    Args:
        wanted: references by name, at least one.
    """
    known = pulumi.Output.from_input(usual.secrets)
    return replace(
        usual,
        family=f"{usual.family}-{suffix(wanted)}",
        secrets=known.apply(lambda secrets: {**secrets, **wanted}),
    )


def suffix(names: Iterable[str]) -> str:
    """Return the family's suffix for a set of secrets. It has an underscore, which no step's name has."""
    known = sorted(names)
    text = f"with_{'-'.join(known)}"
    if len(text) <= LONGEST_SUFFIX:
        return text
    return f"with_{len(known)}_secrets-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


@dataclass(frozen=True)
class Tasks:
    """The common part of all kinds of tasks.

    Attributes:
        name: of the stack's resources.
        origin: of their image.
        balancer: the load balancer of the service.
    """

    name: str
    stack: Settings
    database: Database | ExistingDatabase
    origin: Origin
    balancer: LoadBalancer | ExistingListener
    opts: pulumi.ResourceOptions

    def of(self, kind: TaskKind) -> TaskDefinitionArgs:
        """Return the task definition of a kind of task, with roles of its own that read its secrets only."""
        app, region, logins = self.stack.app, self.stack.aws.region, kind.logins
        elsewhere = [arn for image in kind.images if (arn := policies.repository(image))]
        references = dict.fromkeys([*kind.secrets.values(), *kind.readable])
        roles = TaskRoles(
            f"{self.name}-{kind.name}",
            TaskRolesArgs(
                Standing.of(pulumi.get_project(), pulumi.get_stack(), bounded=self.stack.access.boundary),
                region,
                [self.origin.repository.arn, *elsewhere],
                kind.log_group.arn,
                [*(login.secret_arn for login in logins.values()), *map(secrets.arn, references)],
                kind.policies,
            ),
            self.opts,
        )
        own = pulumi.Output.all(**{role: login.secret_arn for role, login in logins.items()}).apply(
            lambda arns: {
                **connection.references(self.stack.database.variables, arns["DB"], whole=not logins["DB"].managed),
                **{name: value for role, arn in arns.items() for name, value in variables.login(arn, role).items()},
            }
        )
        return TaskDefinitionArgs(
            family=f"{self.name}-{kind.name}",
            container=kind.container,
            image=self.origin.reference,
            cpu=app.cpu,
            memory=app.memory,
            architecture=app.architecture,
            execution_role_arn=roles.execution_role_arn,
            task_role_arn=roles.task_role_arn,
            environment=self._environment(logins["DB"]),
            secrets=own.apply(lambda known: {**known, **kind.secrets}),
            log_group=kind.log_group.name,
            region=region,
        )

    def _places(self, known: Sequence[Any]) -> dict[str, str]:
        """Return the values of a connection text's placeholders.

        Args:
            known: the database's address, port and name, in this order.
        """
        database = self.stack.database
        return connection.places(*known[:3], verify_tls=database.verify_tls, ca_bundle=database.ca_bundle)

    @property
    def login_texts(self) -> pulumi.Output[Mapping[str, str]] | None:
        """The further keys of a login's secret: variables that contain user and password in a longer text."""
        templates = self.stack.database.variables
        if not connection.composed(templates, {}):
            return None
        where = (self.database.address, self.database.port, self.database.database)
        return pulumi.Output.all(*where).apply(lambda known: connection.composed(templates, self._places(known)))

    def filled(self, given: Mapping[str, str]) -> pulumi.Output[Mapping[str, str]]:
        """Return plain variables of the settings with the service's address, if they name it; only then they wait."""
        if not any(map(variables.places, given.values())):
            return pulumi.Output.from_input(given)
        service = pulumi.Output.all(host=self.balancer.host, url=self.balancer.url)
        return service.apply(lambda known: variables.filled(given, known))

    def _environment(self, login: Login) -> pulumi.Output[Mapping[str, str]]:
        """Return the plain variables of a task with this login."""
        app, database = self.stack.app, self.stack.database
        return pulumi.Output.all(
            self.database.address,
            self.database.port,
            self.database.database,
            login.version,
            self.filled(app.environment),
        ).apply(
            lambda known: {
                **connection.plain(database.variables, self._places(known)),
                **variables.plain(
                    host=known[0],
                    port=known[1],
                    database=known[2],
                    verify_tls=database.verify_tls,
                    ca_bundle=database.ca_bundle,
                    app_port=app.port,
                    extra=known[4],
                ),
                **variables.version(known[3]),
            }
        )
