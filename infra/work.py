"""What the stack's tasks are: the steps that migrate, and the service; each kind with roles and secrets of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi

from components.container import HealthCheck
from components.database import Database
from components.database_users import DatabaseUsers, DatabaseUsersArgs
from components.existing_database import ExistingDatabase
from components.login import Login
from components.migration_gate import migration_container
from components.origin import Origin
from components.service import service_container
from components.step import Step
from components.task_definition import TaskDefinitionArgs
from infra.observability import Logs
from infra.settings.migrations import BOOTSTRAP
from infra.settings.settings import Settings
from infra.tasks import Kind, Tasks


@dataclass(frozen=True)
class Work:
    """steps: in their order, of both phases. migration: what a step runs as that has nothing of its own. serving: what
    the service runs as. images: those that steps name themselves."""

    steps: Sequence[Step]
    migration: TaskDefinitionArgs
    serving: TaskDefinitionArgs
    images: Sequence[str]

    def of(self, phase: str) -> list[Step]:
        """The steps of one phase."""
        return [step for step in self.steps if step.phase == phase]

    @property
    def families(self) -> list[str]:
        """Of every task definition that a step runs as."""
        return [self.migration.family, *(step.task.family for step in self.steps if step.task)]


def work_of(
    name: str,
    stack: Settings,
    database: Database | ExistingDatabase,
    origin: Origin,
    logs: Logs,
    opts: pulumi.ResourceOptions,
) -> Work:
    """The work of a stack.

    The master user's secret goes to the bootstrap step alone: it creates the two users whose secrets go to the
    migrations and to the service.
    """
    app, service, health = stack.app, stack.service, stack.service.health
    tasks = Tasks(name, stack, database, origin, opts)
    runs_steps = migration_container(app.step_entry_point or ())
    master = owner = reader = Login(database.secret_arn, pulumi.Output.from_input(""), managed=True)
    steps: list[Step] = []
    if stack.database.roles:
        named = DatabaseUsersArgs(stack.database.owner, stack.database.app, stack.protected, tasks.beside_logins)
        users = DatabaseUsers(name, named, opts)
        owner, reader = users.owner, users.app
        logins = {"DB": master, "OWNER": owner, "APP": reader}
        bootstrap = tasks.of(Kind(BOOTSTRAP, runs_steps, logs.migration, logins))
        versions = {"OWNER_SECRET_VERSION": owner.version, "APP_SECRET_VERSION": reader.version}
        steps.append(Step(BOOTSTRAP, stack.database.bootstrap, "before", environment=versions, task=bootstrap))
    else:
        pulumi.log.warn(
            "database.roles is false: migrations and service log in as the master user, who may do anything"
        )

    images = [step.image for step in stack.migrations if step.image]
    migration = tasks.of(Kind("migration", runs_steps, logs.migration, {"DB": owner}, images=images))
    for step in stack.migrations:
        given = step.model_dump(exclude={"image"})
        of_its_own = step.image and replace(
            migration, family=f"{migration.family}-{step.name}", image=origin.repository.reference(step.image)
        )
        steps.append(Step(**given, task=of_its_own or None))

    check = health.command and HealthCheck(
        health.command, health.start_period, health.interval, health.timeout, health.retries
    )
    container = service_container(app.port, service.stop_timeout, check or None)
    serving = tasks.of(
        Kind("service", container, logs.service, {"DB": reader}, secrets=app.secrets, policies=stack.access.policies)
    )
    return Work(steps, migration, serving, images)
