"""One stack on one page: settings ─► image ─► network ─► database ─► gate ─► service ─► deployment ─► after-steps."""

import os
from dataclasses import replace

import pulumi

from components.delivery.deployment import Deployment, DeploymentArgs, Keep
from components.delivery.migration_gate import MigrationGate, MigrationGateArgs, Snapshot
from components.network.placement import Placement
from components.service.service import Service, ServiceArgs
from components.tasks.task_definition import TaskDefinition
from infra import interruption, naming, providers, settings
from infra.database.databases import database_of
from infra.delivery import live
from infra.delivery.outputs import Deployed
from infra.delivery.protection import AllResources, Protection
from infra.delivery.releases import published
from infra.delivery.source import ImageSource
from infra.image.scanned import scanned
from infra.image.signed import signed
from infra.monitoring.alarm_rules import WatchedResources
from infra.monitoring.topic import Topic, TopicArgs
from infra.monitoring.watch import Watch, WatchArgs
from infra.network.entrance import alias, attached, entrance
from infra.network.networks import network_of
from infra.network.traffic_logs import traffic_logs_of
from infra.service.proof import smoke_of, soak_of
from infra.service.scaling import scaling_of
from infra.service.smoke_task import smoke_task_of
from infra.service.strategy import strategy_of
from infra.tasks.cluster import cluster_of
from infra.tasks.logs import Logs, LogsArgs
from infra.tasks.workload import workload_of

interruption.end_quietly()  # the engine has already reported the failure
stack = settings.load()  # reports every invalid setting at once, before anything is created
live_outputs = live.check(stack)  # refuses an older build and an unrequested change of the database's major version
project, app_service = pulumi.get_project(), stack.service
name, path = naming.prefix(project, pulumi.get_stack()), f"/sluice/{project}/{pulumi.get_stack()}"
tags = {"Project": project, "Stack": pulumi.get_stack(), "Environment": stack.environment}
all_resources = AllResources()
clouds = providers.create(stack, tags, os.environ)
options = pulumi.ResourceOptions(providers=clouds.all())
origin = ImageSource(name, stack, path, clouds.gate, options, live_outputs).origin()  # built here, or promoted
origin = scanned(name, stack, origin, options)  # everything below waits for the verdict on the image's scan

network = network_of(name, stack, options)
firewall = network.firewall
cluster = cluster_of(name, stack, options)
logs = Logs(name, LogsArgs(path, stack.logs.retention_days), options)
topic = Topic(name, TopicArgs(stack.notify.topic, stack.notify.email or []), options).arn

database = database_of(name, stack, network, options)
traffic = traffic_logs_of(name, stack, network, options)
balancer = entrance(name, stack, network, traffic, options)
alias(name, stack, balancer, options)
workload = workload_of(name, stack, database, origin, logs, balancer, options)  # task roles, secrets and steps

# Service and deployment take their revision from the gate only, so nothing deploys before the migrations succeed.
migration_placement = Placement(network.task_subnet_ids, [firewall.migration], network.public_ip)
snapshot = stack.snapshot
before_phase = MigrationGateArgs(
    cluster=cluster.arn,
    task=workload.migration,
    task_definition=TaskDefinition(f"{name}-migration", workload.migration, options).arn,
    steps=workload.of("before"),
    service_task_definition=TaskDefinition(f"{name}-service", workload.serving, options).arn,
    placement=migration_placement,
    database=database.identity,
    records=f"{path}/runs",
    protected=stack.protected,
    snapshot=Snapshot(
        database.identifier,
        snapshot.keep,
        snapshot.timeout,
        snapshot.pending,
        workload.pending,
        (snapshot.copy_to.role, snapshot.copy_to.key) if snapshot.copy_to else None,
    )
    if stack.snapshot_before
    else None,
    topic=topic,
    deadline=stack.migration_deadline,
    holds=f"{path}/holds",
    rollback=stack.rollback is not None,
    service_secrets=stack.app.secrets,
    target_groups=attached(balancer),
    names=origin.names,
    trusted=stack.signing.trusted,
)
gate = MigrationGate(f"{name}-migration", before_phase, options)

service_placement = Placement(network.task_subnet_ids, [firewall.service], network.public_ip)
service = Service(
    name,
    ServiceArgs(
        cluster=cluster.arn,
        task_definition=gate.service_task_definition,
        port=stack.app.port,
        tasks=app_service.min,
        scales=app_service.scales,
        errors=stack.alarms.error_percent if stack.alarms.rollback else 0,
        grace=app_service.health.start_period,
        circuit_breaker=app_service.circuit_breaker,
        placement=service_placement,
        balancer=balancer,
        strategy=strategy_of(name, stack, balancer, origin, gate.image, logs, service_placement, options),
    ),
    options,
)
scaling_of(name, stack, cluster.name, service, options)

keep = Keep(origin.repository, name, [*workload.images, *([stack.smoke.image] if stack.smoke.image else [])])
smoke = smoke_of(
    stack, origin.version(gate.image), smoke_task_of(name, stack, origin, gate.image, logs, service_placement, options)
)
deployment = Deployment(
    name,
    DeploymentArgs(
        cluster=cluster.arn,
        service=service,
        task_definition=gate.service_task_definition,
        image=gate.image,
        smoke=smoke,
        soak=soak_of(stack),
        database=database.identity,
        deadline=app_service.deadline,
        records=path,
        protected=stack.protected,
        topic=topic,
        rollback=stack.rollback is not None,
        keep=keep,
        proof=gate.run,
        names=origin.called(gate.image),
    ),
    options,
)

gates = [gate]
rolled_out = workload.running(deployment.image)  # after-steps run the image that the service runs
if after_steps := rolled_out.of("after"):
    after_phase = replace(
        before_phase,
        task=rolled_out.migration,
        task_definition=gate.task_definition,
        steps=after_steps,
        service_task_definition=deployment.task_definition,
        service=service.name,
        snapshot=None,  # the new version serves on the new schema: a restore would no longer be a rollback
        names=origin.called(deployment.image),
        trusted=[],  # the signature was checked before the rollout
    )
    gates.append(MigrationGate(f"{name}-after", after_phase, options))

watched = WatchedResources(
    balancer.suffix, balancer.target_group_suffixes, cluster.name, service.name, database.identifier, balancer.shared
)
watch = Watch(name, WatchArgs(stack, watched, cluster.arn, workload.families, logs.service.name, topic), options)

deployed = Deployed(
    stack=stack,
    path=path,
    cluster=cluster,
    migration_placement=migration_placement,
    gates=gates,
    service=service,
    deployment=deployment,
    smoke=smoke,
    steps=workload.steps,
    logs=logs,
    origin=origin,
    database=database,
    topic=topic,
    keep=keep,
    dashboard=watch.dashboard,
    signed=signed(name, stack, gates, deployment, options),
)
outputs = deployed.outputs()
if stack.environment != "local":
    published(name, outputs["promotable"], pulumi.ResourceOptions(parent=deployment))
Protection(name, all_resources, stack.protected)
for output, value in outputs.items():
    pulumi.export(output, value)
