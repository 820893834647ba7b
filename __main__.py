"""A stack on one page: settings ─► network ─► registry + image ─► database ─► gate ─► service ─► deployment."""

import os
from dataclasses import replace

import pulumi

from components.container import HealthCheck
from components.database import Database, DatabaseArgs
from components.deployment import Deployment, DeploymentArgs, SmokeRequest
from components.image import Image, ImageArgs
from components.load_balancer import LoadBalancerArgs, TargetCheck
from components.migration_gate import CONTAINER, MigrationGate, MigrationGateArgs, Step, migration_container
from components.placement import Placement
from components.registry import Registry, RegistryArgs
from components.service import Service, ServiceArgs, service_container
from components.task_definition import TaskDefinition, TaskDefinitionArgs
from infra import naming, providers, settings, variables
from infra.access import TaskRoles, TaskRolesArgs
from infra.cluster import Cluster
from infra.network import Network, NetworkArgs
from infra.observability import Logs, LogsArgs

stack = settings.load()  # checked whole: every mistake is reported at once, before anything is created
project, app, service_settings, health = pulumi.get_project(), stack.app, stack.service, stack.service.health
name, path = naming.prefix(project, pulumi.get_stack()), f"/sluice/{project}/{pulumi.get_stack()}"
tags = {"Project": project, "Stack": pulumi.get_stack(), "Environment": stack.environment}
here = pulumi.ResourceOptions(providers=providers.create(stack, tags, os.environ).all())

network = Network(name, NetworkArgs(stack.network.cidr, stack.network.zones, app.port), here)
firewall = network.firewall
cluster = Cluster(name, here)
logs = Logs(name, LogsArgs(path), here)

registry = Registry(name, RegistryArgs(stack.protected), here)
image = Image(
    name,
    ImageArgs(app.context, app.dockerfile, app.build_args, app.architecture, registry.url, registry.registry_id),
    here,
)

database = Database(
    name,
    DatabaseArgs(
        version=stack.database.version,
        major=stack.database.major,
        database=stack.database.name,
        username=stack.database.username,
        instance_class=stack.database.instance_class,
        storage=stack.database.storage,
        multi_az=stack.database.multi_az,
        backup_days=stack.database.backup_days,
        protected=stack.protected,
        subnet_ids=network.database_subnet_ids,
        security_group_id=firewall.database,
    ),
    here,
)

# What a task of the image is, first as the migration runs it, then as the service does: same image, variables and
# secrets, each with roles of its own.
roles = {
    kind: TaskRoles(
        f"{name}-{kind}",
        TaskRolesArgs(stack.aws.region, registry.arn, group.arn, [database.secret_arn]),
        here,
    )
    for kind, group in (("migration", logs.migration), ("service", logs.service))
}
migration_task = TaskDefinitionArgs(
    family=f"{name}-migration",
    container=migration_container(),
    image=image.reference,
    cpu=app.cpu,
    memory=app.memory,
    architecture=app.architecture,
    execution_role_arn=roles["migration"].execution_role_arn,
    task_role_arn=roles["migration"].task_role_arn,
    environment=pulumi.Output.all(host=database.address, port=database.port, database=database.database).apply(
        lambda known: variables.plain(
            **known, verify_tls=stack.database.verify_tls, app_port=app.port, extra=app.environment
        )
    ),
    secrets=database.secret_arn.apply(variables.secret),
    log_group=logs.migration.name,
    region=stack.aws.region,
)
check = health.command and HealthCheck(
    health.command, health.start_period, health.interval, health.timeout, health.retries
)
service_task = replace(
    migration_task,
    family=f"{name}-service",
    container=service_container(app.port, service_settings.drain_seconds, check or None),
    execution_role_arn=roles["service"].execution_role_arn,
    task_role_arn=roles["service"].task_role_arn,
    log_group=logs.service.name,
)
release = TaskDefinition(f"{name}-service", service_task, here)

# The gate: what it lets through is the only revision that service and deployment ever see.
migration_place = Placement(network.public_subnet_ids, [firewall.migration], public_ip=True)
gate = MigrationGate(
    f"{name}-migration",
    MigrationGateArgs(
        cluster=cluster.arn,
        task=migration_task,
        service_task_definition=release.arn,
        placement=migration_place,
        steps=[Step(**step.model_dump()) for step in stack.migrations],
        database=database.identity,
        records=f"{path}/runs",
        protected=stack.protected,
    ),
    here,
)

service = Service(
    name,
    ServiceArgs(
        cluster=cluster.arn,
        task_definition=gate.service_task_definition,
        tasks=service_settings.min,
        grace=health.start_period,
        placement=Placement(network.public_subnet_ids, [firewall.service], public_ip=True),
        load_balancer=LoadBalancerArgs(
            vpc_id=network.vpc_id,
            subnet_ids=network.public_subnet_ids,
            security_group_id=firewall.load_balancer,
            port=app.port,
            check=TargetCheck(app.live_path, health.interval, health.timeout, health.retries),
            drain_seconds=service_settings.drain_seconds,
            protected=stack.protected,
        ),
    ),
    here,
)

deployment = Deployment(
    name,
    DeploymentArgs(
        cluster=cluster.arn,
        service=service.name,
        task_definition=gate.service_task_definition,
        image=image.reference,
        url=service.url,
        smoke=SmokeRequest(app.health_path, stack.smoke.status, stack.smoke.timeout),
        deadline=service_settings.deadline,
        target_group_arns=[service.target_group_arn],
        shape=service.shape,
    ),
    here,
)

pulumi.export("url", service.url)
pulumi.export("service", service.name)
pulumi.export("cluster", cluster.name)
pulumi.export("repository", registry.url)
pulumi.export("image", deployment.image)
pulumi.export("release", {"digest": image.digest, "tag": image.tag})
pulumi.export("migrations", gate.results)
pulumi.export(
    "gate",
    {
        "taskDefinition": gate.task_definition,
        "container": CONTAINER,
        "subnets": migration_place.subnet_ids,
        "securityGroups": migration_place.security_group_ids,
        "assignPublicIp": migration_place.public_ip,
        "records": f"{path}/runs",
        "region": stack.aws.region,
    },
)
pulumi.export("database", {"address": database.address, "port": database.port, "name": database.database})
pulumi.export("logGroup", {"migration": logs.migration.name, "service": logs.service.name})
