"""Rules between settings of different sections.

Each function is a validator of one section of `Settings`. It gets the section and, in `info.data`, the valid sections
before it; a section that has mistakes of its own is missing there, and the rules about it are skipped. It returns the
section unchanged, or raises an error without the value, which would be the whole section.
"""

from __future__ import annotations

from pydantic import ValidationInfo

from infra.settings.app import App
from infra.settings.aws import Access, Aws
from infra.settings.database import Database
from infra.settings.image import Promotion, Registry, Signing
from infra.settings.load_balancer import Domain, LoadBalancer, Waf
from infra.settings.migrations import PENDING, CopyTo, Snapshot, Step, check_steps
from infra.settings.monitoring import Alarms, Notify
from infra.settings.network import Network
from infra.settings.service import Cluster, Service
from infra.settings.smoke import Smoke
from infra.settings.values.arns import elsewhere, other_region, region_of
from infra.settings.values.environment import Environment
from infra.settings.values.model import hidden, refused
from infra.settings.values.secrets import LOCAL, chosen, unknown_secrets
from infra.settings.values.sizes import max_connections


def check_app(app: App, info: ValidationInfo) -> App:
    """Refuse a secret that only this machine has, outside of environment `local`."""
    environment: Environment = info.data.get("environment", LOCAL)
    names = sorted(name for name, reference in app.secrets.items() if reference == LOCAL)
    if names and environment != LOCAL:
        raise hidden(
            f"secrets has `{LOCAL}` for {', '.join(names)}, which works with environment: local only; write the ARN of"
            " a secret in AWS Secrets Manager"
        )
    return app


def check_promote_from(stack: str | None, info: ValidationInfo) -> str | None:
    """Refuse settings that name no image, more than one, or the stack itself."""
    if {"app", "image"} <= info.data.keys():
        sources = {"app.context": info.data["app"].context, "image": info.data["image"], "promoteFrom": stack}
        given = [key for key, value in sources.items() if value is not None]
        if not given:
            raise hidden(
                "no image to deploy; set app.context to build one, image to name one, or promoteFrom to deploy the"
                " image that another stack released"
            )
        if len(given) > 1:
            raise hidden(f"{' and '.join(given)} each name the image to deploy; keep one of them")
    if stack is not None and stack == (info.context or {}).get("stack"):
        raise refused("is this stack itself; name the stack that released the image")
    return stack


def check_promotion(promotion: Promotion, info: ValidationInfo) -> Promotion:
    """Refuse the place of a stack that is not named."""
    if "promote_from" in info.data and info.data["promote_from"] is None and promotion != Promotion():
        raise hidden("has no effect without promoteFrom; set that, or remove this")
    return promotion


def check_registry(registry: Registry, info: ValidationInfo) -> Registry:
    """Refuse settings of a repository that the stack does not create."""
    app: App | None = info.data.get("app")
    if app is not None and app.context is None and registry != Registry():
        raise hidden("has no effect without app.context; set it in the stack that builds the image, and remove it here")
    return registry


def check_signing(signing: Signing, info: ValidationInfo) -> Signing:
    """Refuse a signing key where nothing is built, and trusted keys where the image is built."""
    app: App | None = info.data.get("app")
    if app is None:
        return signing
    if signing.key is not None and app.context is None:
        raise hidden(
            "key is for the stack that builds the image (app.context), whose repository holds the signature; remove it"
            " here, and list the key in signing.trusted"
        )
    if signing.trusted and app.context is not None:
        raise hidden("trusted is for a stack that does not build its image (promoteFrom or image); remove it here")
    return signing


def check_database(database: Database, info: ValidationInfo) -> Database:
    """Refuse a key of another account, a variable that is defined twice, and secrets that do not exist."""
    app: App | None = info.data.get("app")
    aws: Aws | None = info.data.get("aws")
    if aws is not None and database.kms_key and (wrong := elsewhere(database.kms_key, aws.region, aws.account)):
        raise hidden(f"kmsKey {wrong}")
    for key, names in (("environment", app.environment), ("secrets", app.secrets)) if app else ():
        if twice := sorted(database.variables.keys() & names.keys()):
            raise hidden(f"variables has {', '.join(twice)}, which is in app.{key} too; remove one of the two")
    if app and (wrong := unknown_secrets(database.bootstrap_secrets, app.secrets)):
        raise hidden(f"bootstrapSecrets {wrong}")
    return database


def check_migrations(steps: list[Step], info: ValidationInfo) -> list[Step]:
    """Refuse steps that are not possible together, or with the database and the application."""
    app: App | None = info.data.get("app")
    database: Database | None = info.data.get("database")
    for step in steps:
        if database and (twice := sorted(database.variables.keys() & step.environment.keys())):
            raise hidden(f"step {step.name} sets {', '.join(twice)}, which is in database.variables too; remove one")
        if app and (wrong := unknown_secrets(step.secrets, app.secrets)):
            raise hidden(f"step {step.name} {wrong}")
        if app and (twice := sorted(chosen(step.secrets, app.secrets).keys() & step.environment.keys())):
            raise hidden(f"step {step.name} has {', '.join(twice)} in its secrets and its environment; remove one")
    check_steps(steps, roles=database is not None and database.roles)
    return steps


def check_snapshot(snapshot: Snapshot, info: ValidationInfo) -> Snapshot:
    """Refuse what has no effect without a snapshot, and a copy that is not possible."""
    app: App | None = info.data.get("app")
    environment: Environment = info.data.get("environment", "prod")
    steps: list[Step] = info.data.get("migrations") or []
    if app and (wrong := unknown_secrets(snapshot.secrets, app.secrets)):
        raise hidden(f"secrets {wrong}")
    for key, value in (("copyTo", snapshot.copy_to), ("pending", snapshot.pending)):
        if value is not None and not snapshot.taken_in(environment):
            raise hidden(f"{key} has no effect, as no snapshot is taken; remove it, or set snapshot.before to true")
    if snapshot.copy_to is not None and (wrong := wrong_copy(snapshot.copy_to, info)):
        raise hidden(f"copyTo {wrong}")
    if snapshot.pending is not None and any(step.name == PENDING for step in steps):
        raise hidden(f"a step is named {PENDING}, like the one that runs snapshot.pending; rename the step")
    return snapshot


def wrong_copy(copy_to: CopyTo, info: ValidationInfo) -> str:
    """Why snapshots cannot be copied to an account; empty if they can."""
    aws: Aws | None = info.data.get("aws")
    database: Database | None = info.data.get("database")
    if aws is not None and copy_to.account == aws.account:
        return f"is the stack's own account ({aws.account}), where a copy is not safer; name another account"
    if aws is not None and region_of(copy_to.key) != aws.region:
        return f"has a key in {region_of(copy_to.key)}; name a key in the stack's Region ({aws.region})"
    if database is not None and database.existing is None and database.kms_key is None:
        return "needs database.kmsKey: a snapshot encrypted with the AWS managed key cannot be shared; set it"
    return ""


def check_migration_deadline(deadline: int, info: ValidationInfo) -> int:
    """Refuse a deadline that ends before the longest step times out."""
    steps: list[Step] | None = info.data.get("migrations")
    snapshot: Snapshot | None = info.data.get("snapshot")
    environment: Environment | None = info.data.get("environment")
    if not deadline or not steps or snapshot is None or environment is None:
        return deadline
    longest = max(steps, key=lambda step: step.timeout)
    before = snapshot.timeout if snapshot.taken_in(environment) else 0
    needed = before + longest.timeout
    if deadline < needed:
        first = f"the snapshot ({before} s) and " if before else ""
        raise refused(
            f"is too short: {first}step {longest.name} ({longest.timeout} s) may take {needed} s; write at least"
            f" {needed}, or shorten the timeout"
        )
    return deadline


def check_notify(notify: Notify, info: ValidationInfo) -> Notify:
    """Refuse a topic of another Region."""
    aws: Aws | None = info.data.get("aws")
    if aws is not None and notify.topic is not None and (wrong := other_region(notify.topic, aws.region)):
        raise hidden(f"topic {wrong}")
    return notify


def check_cluster(cluster: Cluster, info: ValidationInfo) -> Cluster:
    """Refuse a cluster of another Region or account."""
    aws: Aws | None = info.data.get("aws")
    if aws is not None and cluster.arn and (wrong := elsewhere(cluster.arn, aws.region, aws.account)):
        raise hidden(f"arn {wrong}")
    return cluster


def check_load_balancer(balancer: LoadBalancer, info: ValidationInfo) -> LoadBalancer:
    """Refuse a listener of another Region or account, and a test rule without a strategy that needs it."""
    aws: Aws | None = info.data.get("aws")
    service: Service | None = info.data.get("service")
    if aws is not None and balancer.listener and (wrong := elsewhere(balancer.listener, aws.region, aws.account)):
        raise hidden(f"listener {wrong}")
    if service and balancer.listener and service.shifts is not (balancer.test_priority is not None):
        raise hidden(
            f"testPriority is required with service.strategy {service.strategy}; write a number below"
            " loadBalancer.priority that no other rule of the listener has"
            if service.shifts
            else "testPriority has no effect with service.strategy rolling; remove it"
        )
    return balancer


def check_domain(domain: Domain, info: ValidationInfo) -> Domain:
    """Refuse a name without HTTPS, production without a name, and a name that the listener does not forward."""
    aws: Aws | None = info.data.get("aws")
    balancer: LoadBalancer | None = info.data.get("load_balancer")
    smoke: Smoke | None = info.data.get("smoke")
    if aws is not None and domain.certificate and (wrong := elsewhere(domain.certificate, aws.region, aws.account)):
        raise hidden(f"certificate {wrong}")
    if balancer is None:
        return domain
    if balancer.listener is None:
        if domain.name and not domain.zone and not domain.certificate:
            raise hidden("name needs a certificate; set zone to have one issued, or certificate to use an existing one")
        if not domain.name and info.data.get("environment") == "prod":
            raise hidden(
                "name is required in prod, because without it the service answers over plain HTTP; set name, and zone"
                " or certificate, or set loadBalancer.listener to an HTTPS listener"
            )
        return domain
    if domain.name and balancer.host:
        raise hidden("name and loadBalancer.host exclude each other; keep one")
    if smoke is not None and smoke.host and smoke.host != (domain.name or balancer.host):
        raise hidden("smoke.host is not the host name that the listener's rule forwards; write that, or remove it")
    if not domain.name and not balancer.host:
        raise hidden("loadBalancer.listener needs a host name to forward; set domain.name or loadBalancer.host")
    if domain.certificate:
        raise hidden("certificate has no effect with loadBalancer.listener, which has its own; remove it")
    return domain


def check_waf(waf: Waf, info: ValidationInfo) -> Waf:
    """Refuse a firewall on a load balancer of another owner."""
    balancer: LoadBalancer | None = info.data.get("load_balancer")
    if waf.enabled and balancer is not None and balancer.listener is not None:
        raise hidden("enabled is set by the owner of the existing load balancer (loadBalancer.listener); remove it")
    return waf


def check_alarms(alarms: Alarms, info: ValidationInfo) -> Alarms:
    """Refuse alarms without a threshold, or with one that autoscaling always reaches."""
    database: Database | None = info.data.get("database")
    service: Service | None = info.data.get("service")
    if not alarms.enabled:
        return alarms
    if database and not alarms.max_connections and not max_connections(database.instance_class):
        raise hidden(
            f"the maximum of connections of a {database.instance_class} is not known; set alarms.maxConnections (SHOW"
            " max_connections)"
        )
    if service and service.scales and alarms.cpu <= service.target_cpu:
        raise hidden(
            f"cpu ({alarms.cpu}) is not above service.targetCpu ({service.target_cpu}), where autoscaling keeps the"
            " tasks, so the alarm would never clear; raise it"
        )
    return alarms


def check_network(network: Network, info: ValidationInfo) -> Network:
    """Refuse a network that lacks what load balancer, database or smoke task need."""
    balancer: LoadBalancer | None = info.data.get("load_balancer")
    smoke: Smoke | None = info.data.get("smoke")
    environment: Environment | None = info.data.get("environment")
    database: Database | None = info.data.get("database")
    existing = balancer is not None and balancer.listener is not None
    inside = network.vpc is None and environment is not None and network.egress_in(environment) == "endpoints"
    if inside and smoke is not None and smoke.from_ == "task":
        raise hidden(
            "egress endpoints gives tasks no way to the load balancer's public addresses, which smoke.from: task needs;"
            " set smoke.from to deployer or off, or another egress"
        )
    service: Service | None = info.data.get("service")
    if inside and service is not None and service.proof is not None:
        raise hidden(
            "egress endpoints gives tasks no way to the load balancer's public addresses, which service.proof needs;"
            " remove service.proof, or set another egress"
        )
    if network.vpc is None:
        if existing:
            raise hidden("vpc is required with loadBalancer.listener; write the VPC of its load balancer")
        return network
    if balancer is not None and not existing and network.public_subnets is None:
        raise hidden("publicSubnets is required with vpc; list the public subnets for the load balancer")
    if existing and network.public_subnets is not None:
        raise hidden("publicSubnets has no effect with loadBalancer.listener; remove it")
    if network.database_subnets is None and not (database and database.existing):
        raise hidden("databaseSubnets is required with vpc; list the subnets for the database")
    return network


def check_access(access: Access, info: ValidationInfo) -> Access:
    """Refuse an image from a repository that is not listed."""
    smoke: Smoke | None = info.data.get("smoke")
    steps: list[Step] = info.data.get("migrations") or []
    images = {f"step {step.name}": step.image for step in steps}
    access.check_images(images | ({"smoke.image": smoke.image} if smoke is not None else {}))
    return access
