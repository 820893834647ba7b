"""The stack's workload: migration steps and the service, each kind with roles and secrets of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pulumi

from components.database.database import Database
from components.database.database_users import DatabaseUsers, DatabaseUsersArgs
from components.database.existing_database import ExistingDatabase
from components.database.login import Login
from components.delivery.migration_gate import migration_container
from components.image.origin import Origin
from components.network.existing_listener import ExistingListener
from components.network.load_balancer import LoadBalancer
from components.service.service import service_container
from components.tasks.container import HealthCheck
from components.tasks.step import Step
from components.tasks.task_definition import TaskDefinitionArgs
from infra.settings.migrations import BOOTSTRAP
from infra.settings.settings import Settings
from infra.settings.values.secrets import chosen
from infra.tasks.isolation import isolation
from infra.tasks.logs import Logs
from infra.tasks.tasks import TaskKind, Tasks, asking, suffix


@dataclass(frozen=True)
class Workload:
    """What a stack runs: migration steps and the service.

    Attributes:
        steps: in their order, of both phases.
        migration: the task definition of steps without image or secrets of their own.
        serving: the task definition of the service.
        images: images that steps name.
        pending: the task definition of the command snapshot.pending, if it has secrets; None: that of a step.
    """

    steps: Sequence[Step]
    migration: TaskDefinitionArgs
    serving: TaskDefinitionArgs
    images: Sequence[str]
    pending: TaskDefinitionArgs | None = None

    def of(self, phase: str) -> list[Step]:
        """Return the steps of one phase."""
        return [step for step in self.steps if step.phase == phase]

    def running(self, image: pulumi.Input[str]) -> Workload:
        """Return the same workload with another image; a step with an image of its own keeps it."""
        usual = self.migration.image

        def moved(task: TaskDefinitionArgs) -> TaskDefinitionArgs:
            return replace(task, image=image) if task.image is usual else task

        steps = [replace(step, task=moved(step.task)) if step.task else step for step in self.steps]
        return replace(self, steps=steps, migration=moved(self.migration))

    @property
    def families(self) -> list[str]:
        """The families of every task definition of a step or of the snapshot's probe."""
        own = [step.task.family for step in self.steps if step.task]
        return list(dict.fromkeys([self.migration.family, *own, *([self.pending.family] if self.pending else [])]))


def workload_of(
    name: str,
    stack: Settings,
    database: Database | ExistingDatabase,
    origin: Origin,
    logs: Logs,
    balancer: LoadBalancer | ExistingListener,
    opts: pulumi.ResourceOptions,
) -> Workload:
    """Return the workload of a stack.

    Only the bootstrap step gets the master user's secret: it creates the two users whose secrets the migrations and the
    service get. A step gets the application's secrets that it names, and the migrations' execution role may read those
    that some step names.
    """
    app, service, health = stack.app, stack.service, stack.service.health
    tasks = Tasks(name, stack, database, origin, balancer, opts)
    kept = isolation(app)
    runs_steps = migration_container(kept, app.step_entry_point or ())
    master = owner = reader = Login(database.secret_arn, pulumi.Output.from_input(""), managed=True)
    steps: list[Step] = []
    if stack.database.roles:
        named = DatabaseUsersArgs(stack.database.owner, stack.database.app, stack.protected, tasks.login_texts)
        users = DatabaseUsers(name, named, opts)
        owner, reader = users.owner, users.app
        logins = {"DB": master, "OWNER": owner, "APP": reader}
        theirs = chosen(stack.database.bootstrap_secrets, app.secrets)
        bootstrap = tasks.of(TaskKind(BOOTSTRAP, runs_steps, logs.migration, logins, secrets=theirs))
        versions = {"OWNER_SECRET_VERSION": owner.version, "APP_SECRET_VERSION": reader.version}
        steps.append(Step(BOOTSTRAP, stack.database.bootstrap, "before", environment=versions, task=bootstrap))
    else:
        pulumi.log.warn(
            "database.roles is false: migrations and service log in as the master user, who may do anything"
        )

    images = [step.image for step in stack.migrations if step.image]
    probed = chosen(stack.snapshot.secrets, app.secrets) if stack.snapshot_before else {}
    asked = [chosen(step.secrets, app.secrets) for step in stack.migrations]
    readable = [reference for secrets in (*asked, probed) for reference in secrets.values()]
    logins = {"DB": owner}
    migration = tasks.of(TaskKind("migration", runs_steps, logs.migration, logins, readable=readable, images=images))
    sets = {suffix(secrets): asking(migration, secrets) for secrets in (*asked, probed) if secrets}
    for step, secrets in zip(stack.migrations, asked, strict=True):
        given = step.model_dump(exclude={"image", "secrets", "environment"})
        task = sets[suffix(secrets)] if secrets else None
        if step.image:
            image = origin.repository.reference(step.image)
            task = replace(task or migration, family=f"{migration.family}-{step.name}", image=image)
        variables = tasks.filled(step.environment)
        steps.append(
            Step(**given, environment=variables, task=task, secrets=tuple(secrets), repeatable=step.image is None)
        )

    check = health.command and HealthCheck(
        health.command, health.start_period, health.interval, health.timeout, health.retries
    )
    container = service_container(app.port, service.stop_timeout, check or None, kept)
    serving = tasks.of(
        TaskKind(
            "service", container, logs.service, {"DB": reader}, secrets=app.secrets, policies=stack.access.policies
        )
    )
    return Workload(steps, migration, serving, images, sets[suffix(probed)] if probed else None)
