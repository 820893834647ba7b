"""A stack on one page: settings ─► network ─► image ─► database ─► gate ─► service ─► deployment ─► after-steps."""

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
from infra.delivery.protection import Everything, Protection
from infra.delivery.releases import published
from infra.delivery.source import Source
from infra.image.scanned import scanned
from infra.image.signed import signed
from infra.monitoring.alarm_rules import Watched
from infra.monitoring.topic import Topic, TopicArgs
from infra.monitoring.watch import Watch, WatchArgs
from infra.network.entrance import alias, attached, entrance
from infra.network.networks import network_of
from infra.network.traffic_logs import traffic_logs_of
from infra.service.proof import smoke_of, soak_of
from infra.service.scaling import scaling_of
from infra.service.smoke_task import smoke_task_of
from infra.tasks.cluster import cluster_of
from infra.tasks.logs import Logs, LogsArgs
from infra.tasks.workload import work_of

interruption.end_quietly()  # the engine says what failed
stack = settings.load()  # checked whole: every mistake is reported at once, before anything is created
last = live.check(stack)  # nothing leads backwards: no older build, no other major version that nobody asked for
project, shape = pulumi.get_project(), stack.service
name, path = naming.prefix(project, pulumi.get_stack()), f"/sluice/{project}/{pulumi.get_stack()}"
tags = {"Project": project, "Stack": pulumi.get_stack(), "Environment": stack.environment}
everything = Everything()
clouds = providers.create(stack, tags, os.environ)
here = pulumi.ResourceOptions(providers=clouds.all())
origin = Source(name, stack, path, clouds.gate, here, last).origin()  # the image: built, or of another stack
origin = scanned(name, stack, origin, here)  # and from here on only if its scan was judged

network = network_of(name, stack, here)
firewall = network.firewall
cluster = cluster_of(name, stack, here)
logs = Logs(name, LogsArgs(path, stack.logs.retention_days), here)
topic = Topic(name, TopicArgs(stack.notify.topic, stack.notify.email or []), here).arn

database = database_of(name, stack, network, here)
traffic = traffic_logs_of(name, stack, network, here)
entry = entrance(name, stack, network, traffic, here)  # the way from the users to the service
alias(name, stack, entry, here)
work = work_of(name, stack, database, origin, logs, entry, here)  # what tasks run as: roles, secrets, steps

# The gate: what it lets through is the only revision that service and deployment ever see.
place = Placement(network.task_subnet_ids, [firewall.migration], network.public_ip)
copy = stack.snapshot
phase = MigrationGateArgs(
    cluster=cluster.arn,
    task=work.migration,
    task_definition=TaskDefinition(f"{name}-migration", work.migration, here).arn,
    steps=work.of("before"),
    service_task_definition=TaskDefinition(f"{name}-service", work.serving, here).arn,
    placement=place,
    database=database.identity,
    records=f"{path}/runs",
    protected=stack.protected,
    snapshot=Snapshot(
        database.identifier,
        copy.keep,
        copy.timeout,
        copy.pending,
        work.pending,
        (copy.copy_to.role, copy.copy_to.key) if copy.copy_to else None,
    )
    if stack.snapshot_before
    else None,
    topic=topic,
    deadline=stack.migration_deadline,
    holds=f"{path}/holds",
    rollback=stack.rollback is not None,
    service_secrets=stack.app.secrets,
    target_groups=[attached(entry)],
    names=origin.names,
    trusted=stack.signing.trusted,
)
gate = MigrationGate(f"{name}-migration", phase, here)

serving = Placement(network.task_subnet_ids, [firewall.service], network.public_ip)
service = Service(
    name,
    ServiceArgs(
        cluster=cluster.arn,
        task_definition=gate.service_task_definition,
        port=stack.app.port,
        tasks=shape.min,
        scales=shape.scales,
        errors=stack.alarms.error_percent if stack.alarms.rollback else 0,
        grace=shape.health.start_period,
        circuit_breaker=shape.circuit_breaker,
        placement=serving,
        balancer=entry,
    ),
    here,
)
scaling_of(name, stack, cluster.name, service, here)

keep = Keep(origin.repository, name, [*work.images, *([stack.smoke.image] if stack.smoke.image else [])])
smoke = smoke_of(stack, origin.version(gate.image), smoke_task_of(name, stack, origin, gate.image, logs, serving, here))
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
        deadline=shape.deadline,
        records=path,
        protected=stack.protected,
        topic=topic,
        rollback=stack.rollback is not None,
        keep=keep,
        proof=gate.run,
        names=origin.called(gate.image),
    ),
    here,
)

gates = [gate]
rolled_out = work.running(deployment.image)  # and nothing newer
if later := rolled_out.of("after"):
    after = replace(
        phase,
        task=rolled_out.migration,
        task_definition=gate.task_definition,
        steps=later,
        service_task_definition=deployment.task_definition,
        service=service.name,
        snapshot=None,  # the schema is the new version's by now; nothing serves that could go back
        names=origin.called(deployment.image),
        trusted=[],  # it serves by now
    )
    gates.append(MigrationGate(f"{name}-after", after, here))

watched = Watched(
    entry.suffix, entry.target_group_suffix, cluster.name, service.name, database.identifier, entry.shared
)
watch = Watch(name, WatchArgs(stack, watched, cluster.arn, work.families, logs.service.name, topic), here)

deployed = Deployed(
    stack=stack,
    path=path,
    cluster=cluster,
    place=place,
    gates=gates,
    service=service,
    deployment=deployment,
    smoke=smoke,
    steps=work.steps,
    logs=logs,
    origin=origin,
    database=database,
    topic=topic,
    keep=keep,
    dashboard=watch.dashboard,
    signed=signed(name, stack, gates, deployment, here),
)
outputs = deployed.outputs()
if stack.environment != "local":
    published(name, outputs["promotable"], pulumi.ResourceOptions(parent=deployment))
Protection(name, everything, stack.protected)
for output, value in outputs.items():
    pulumi.export(output, value)
