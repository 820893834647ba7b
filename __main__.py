"""A stack on one page: settings ─► network ─► image ─► database ─► gate ─► service ─► deployment ─► after-steps."""

import os
from dataclasses import replace

import pulumi

from components.autoscaling import Autoscaling, AutoscalingArgs
from components.container import HealthCheck
from components.database import Database, DatabaseArgs
from components.database_users import DatabaseUsers, DatabaseUsersArgs
from components.deployment import Deployment, DeploymentArgs, Keep, SmokeRequest, Soak
from components.login import Login
from components.migration_gate import MigrationGate, MigrationGateArgs, Snapshot, migration_container
from components.placement import Placement
from components.release import promotable, release
from components.service import Service, ServiceArgs, service_container
from components.step import Step
from components.task_definition import TaskDefinition
from infra import naming, providers, settings
from infra.alarm_rules import Watched
from infra.cluster import cluster_of
from infra.entrance import alias, entrance
from infra.networks import network_of
from infra.observability import Logs, LogsArgs
from infra.outputs import Operations
from infra.protection import Everything, Protection
from infra.settings.migrations import BOOTSTRAP
from infra.source import Source
from infra.tasks import Kind, Tasks
from infra.topic import Topic, TopicArgs
from infra.watch import Watch, WatchArgs

stack = settings.load()  # checked whole: every mistake is reported at once, before anything is created
project, app, service_settings, health = pulumi.get_project(), stack.app, stack.service, stack.service.health
name, path = naming.prefix(project, pulumi.get_stack()), f"/sluice/{project}/{pulumi.get_stack()}"
tags = {"Project": project, "Stack": pulumi.get_stack(), "Environment": stack.environment}
everything = Everything()
clouds = providers.create(stack, tags, os.environ)
here = pulumi.ResourceOptions(providers=clouds.all())
origin = Source(name, stack, path, clouds.gate, here).origin()  # the image: built here, or what another stack released

network = network_of(name, stack, here)
firewall = network.firewall
cluster = cluster_of(name, stack.cluster.arn, here)
logs = Logs(name, LogsArgs(path, stack.logs.retention_days), here)
topic = Topic(name, TopicArgs(stack.notify.topic, stack.notify.email or []), here).arn

database = Database(
    name,
    DatabaseArgs(
        version=stack.database.version,
        major=stack.database.major,
        database=stack.database.name,
        username=stack.database.username,
        instance_class=stack.database.instance_class,
        storage=stack.database.storage,
        max_storage=stack.database.largest,
        multi_az=stack.multi_az,
        backup_days=stack.database.backup_days,
        backup_window=stack.database.backup_window,
        maintenance_window=stack.database.maintenance_window,
        performance_insights=stack.database.performance_insights,
        log_days=stack.logs.retention_days if stack.database.export_logs else 0,
        protected=stack.protected,
        subnet_ids=network.database_subnet_ids,
        security_group_id=firewall.database,
    ),
    here,
)

# What tasks run as. The master user's secret goes to the bootstrap step alone: it creates the two users whose secrets
# go to the migrations and to the service.
tasks = Tasks(name, stack, database, origin, here)
master = owner = reader = Login(database.secret_arn, pulumi.Output.from_input(""), managed=True)
steps: list[Step] = []
if stack.database.roles:
    named = DatabaseUsersArgs(stack.database.owner, stack.database.app, stack.protected, tasks.beside_logins)
    users = DatabaseUsers(name, named, here)
    owner, reader = users.owner, users.app
    logins = {"DB": master, "OWNER": owner, "APP": reader}
    bootstrap = tasks.of(Kind(BOOTSTRAP, migration_container(), logs.migration, logins))
    versions = {"OWNER_SECRET_VERSION": owner.version, "APP_SECRET_VERSION": reader.version}
    steps.append(Step(BOOTSTRAP, stack.database.bootstrap, "before", environment=versions, task=bootstrap))
else:
    pulumi.log.warn("database.roles is false: migrations and service log in as the master user, who may do anything")

own_images = [step.image for step in stack.migrations if step.image]
migration = tasks.of(Kind("migration", migration_container(), logs.migration, {"DB": owner}, images=own_images))
for step in stack.migrations:
    given = step.model_dump(exclude={"image"})
    of_its_own = step.image and replace(
        migration, family=f"{migration.family}-{step.name}", image=origin.repository.reference(step.image)
    )
    steps.append(Step(**given, task=of_its_own or None))

check = health.command and HealthCheck(
    health.command, health.start_period, health.interval, health.timeout, health.retries
)
container = service_container(app.port, service_settings.stop_timeout, check or None)
serving = tasks.of(
    Kind("service", container, logs.service, {"DB": reader}, secrets=app.secrets, policies=stack.access.policies)
)

# The gate: what it lets through is the only revision that service and deployment ever see.
place = Placement(network.task_subnet_ids, [firewall.migration], network.public_ip)
copy = stack.snapshot
phase = MigrationGateArgs(
    cluster=cluster.arn,
    task=migration,
    task_definition=TaskDefinition(f"{name}-migration", migration, here).arn,
    steps=[step for step in steps if step.phase == "before"],
    service_task_definition=TaskDefinition(f"{name}-service", serving, here).arn,
    placement=place,
    database=database.identity,
    records=f"{path}/runs",
    protected=stack.protected,
    snapshot=Snapshot(database.identifier, copy.keep, copy.timeout, copy.pending) if stack.snapshot_before else None,
    topic=topic,
    deadline=stack.migration_deadline,
    holds=f"{path}/holds",
    rollback=stack.rollback is not None,
)
gate = MigrationGate(f"{name}-migration", phase, here)

service = Service(
    name,
    ServiceArgs(
        cluster=cluster.arn,
        task_definition=gate.service_task_definition,
        tasks=service_settings.min,
        scales=service_settings.scales,
        errors=stack.alarms.error_percent if stack.alarms.rollback else 0,
        grace=health.start_period,
        circuit_breaker=service_settings.circuit_breaker,
        placement=Placement(network.task_subnet_ids, [firewall.service], network.public_ip),
        load_balancer=entrance(name, stack, network, here),
    ),
    here,
)
alias(name, stack, service, here)

if service_settings.scales:
    Autoscaling(
        name,
        AutoscalingArgs(
            cluster=cluster.name,
            service=service.name,
            least=service_settings.min,
            most=service_settings.max or service_settings.min,
            cpu=service_settings.target_cpu,
            requests=service_settings.target_requests,
            load_balancer=service.balancer.suffix,
            target_group=service.balancer.target_group_suffix,
        ),
        here,
    )

keep = Keep(origin.repository, name, own_images)
deployment = Deployment(
    name,
    DeploymentArgs(
        cluster=cluster.arn,
        service=service,
        task_definition=gate.service_task_definition,
        image=gate.image,
        smoke=SmokeRequest(
            **stack.smoke.model_dump(exclude={"path", "json_"}),
            path=stack.smoke.path or app.health_path,
            json=stack.smoke.json_,
            version=origin.version(gate.image),
        ),
        soak=Soak(stack.soak.seconds, stack.soak.path or app.health_path, stack.smoke.timeout),
        deadline=service_settings.deadline,
        records=path,
        protected=stack.protected,
        topic=topic,
        rollback=stack.rollback is not None,
        keep=keep,
    ),
    here,
)

gates = [gate]
if later := [step for step in steps if step.phase == "after"]:  # of what has been rolled out, and nothing newer
    after = replace(
        phase,
        task=replace(migration, image=deployment.image),
        task_definition=gate.task_definition,
        steps=later,
        service_task_definition=deployment.task_definition,
        service=service.name,
        snapshot=None,  # the schema is the new version's by now; nothing serves that could go back
    )
    gates.append(MigrationGate(f"{name}-after", after, here))

entry = service.balancer
watched = Watched(entry.suffix, entry.target_group_suffix, cluster.name, service.name, database.identifier)
families = [migration.family, *(step.task.family for step in steps if step.task)]
watch = Watch(name, WatchArgs(stack, watched, cluster.arn, families, logs.service.name, topic), here)

Protection(name, everything, stack.protected)
pulumi.export("url", service.url)
pulumi.export("address", service.balancer.address)
pulumi.export("service", service.name)
pulumi.export("cluster", cluster.name)
pulumi.export("repository", origin.repository.url)
pulumi.export("image", deployment.image)
pulumi.export("release", release(origin, deployment))
pulumi.export("promotable", promotable(origin, gates, deployment, app.architecture))
pulumi.export(
    "migrations",
    pulumi.Output.all(*(gate.results for gate in gates)).apply(
        lambda phases: [step for phase in phases for step in phase]
    ),
)
operations = Operations(
    stack=stack,
    path=path,
    cluster=cluster.arn,
    place=place,
    gate=gate,
    service=service,
    deployment=deployment,
    steps=steps,
    logs=logs,
    repository=origin.repository.url,
    database=database.identifier,
    topic=topic,
    keep=keep,
)
pulumi.export("gate", operations.output())
pulumi.export("topic", topic)
pulumi.export("dashboard", watch.dashboard)
pulumi.export("database", {"address": database.address, "port": database.port, "name": database.database})
pulumi.export("logGroup", {"migration": logs.migration.name, "service": logs.service.name})
