"""All settings of a stack."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, ValidationInfo, field_validator

from infra.settings import origin
from infra.settings.access import Access
from infra.settings.alarms import Alarms
from infra.settings.app import App
from infra.settings.aws import Aws
from infra.settings.check import Check
from infra.settings.database import Database
from infra.settings.domain import Domain
from infra.settings.instance_class import max_connections
from infra.settings.load_balancer import LoadBalancer
from infra.settings.logs import Logs
from infra.settings.migrations import Step, ordered
from infra.settings.network import Network
from infra.settings.notify import Notify
from infra.settings.origin import Digest, Image, StackName
from infra.settings.promotion import Promotion
from infra.settings.registry import Registry
from infra.settings.scan import Scan
from infra.settings.secrets import LOCAL, chosen, lacking
from infra.settings.service import Cluster, Service
from infra.settings.signing import Signing
from infra.settings.smoke import Smoke
from infra.settings.snapshot import PENDING, CopyTo, Snapshot
from infra.settings.soak import Soak
from infra.settings.values.arns import elsewhere
from infra.settings.values.environment import KEEPING, PROTECTED, Environment
from infra.settings.values.model import Model, hidden, refused
from infra.settings.waf import Waf


class Settings(Model):
    """Everything that differs between two stacks."""

    environment: Environment
    """What the stack is for. `prod` is protected: its database, images and run records outlive a `pulumi destroy`."""
    aws: Aws
    """Region and account."""
    app: App
    """The application, its image build and its container."""
    image: Image = None
    """The image to deploy, by digest: `REPOSITORY@sha256:…`. Exactly one of `app.context` (the stack builds), `image`
    and `promoteFrom` is given."""
    promote_from: StackName = None
    """The stack whose released image is deployed, like `staging` or `org/project/staging`. Nothing is built here."""
    promotion: Promotion = Field(default_factory=Promotion)
    """Where the stack of `promoteFrom` is."""
    rollback: Digest = None
    """An earlier release of this stack to go back to, `sha256:…`: its image serves again, and no migration runs. Remove
    it to go on with the newest image."""
    registry: Registry = Field(default_factory=Registry)
    """The stack's own repository of images."""
    scan: Scan = Field(default_factory=Scan)
    """Which known weaknesses an image may be deployed with."""
    signing: Signing = Field(default_factory=Signing)
    """Signatures of images: by which key this stack signs what it has proven, and whose it asks for."""
    database: Database = Field(default_factory=Database)
    """The PostgreSQL database."""
    migrations: Annotated[list[Step], Field(min_length=1)]
    """Steps that migrate the database, in their order; at least one of phase `before`."""
    snapshot: Snapshot = Field(default_factory=Snapshot)
    """The snapshot of the database before a migration."""
    migration_deadline: Annotated[int, Field(ge=0, le=86_400)] = 0
    """Seconds for the snapshot and all steps of a phase together; 0 for none but their own."""
    notify: Notify = Field(default_factory=Notify)
    """Who is told when a migration or a rollout fails."""
    service: Service = Field(default_factory=Service)
    """Tasks, health checks and rollouts."""
    smoke: Smoke = Field(default_factory=Smoke)
    """The request that a new version must answer."""
    soak: Soak = Field(default_factory=Soak)
    """How long the old version must live with the new schema before it is replaced."""
    cluster: Cluster = Field(default_factory=Cluster)
    """The ECS cluster: one of the stack's own, or an existing one."""
    load_balancer: LoadBalancer = Field(default_factory=LoadBalancer)
    """The load balancer: one of the stack's own, or a listener of an existing one."""
    domain: Domain = Field(default_factory=Domain)
    """The service's own name, and HTTPS."""
    waf: Waf = Field(default_factory=Waf)
    """The web application firewall before the load balancer."""
    alarms: Alarms = Field(default_factory=Alarms)
    """When somebody is woken."""
    logs: Logs = Field(default_factory=Logs)
    """How long logs are kept."""
    network: Network = Field(default_factory=Network)
    """The stack's network: one of its own, or an existing one."""
    access: Access = Field(default_factory=Access)
    """What the roles of the stack's tasks may be."""
    check: Check = Field(default_factory=Check)
    """What `make check` has to be told; a deployment does not use it."""

    @field_validator("app")
    @classmethod
    def _app(cls, app: App, info: ValidationInfo) -> App:
        here = sorted(name for name, reference in app.secrets.items() if reference == LOCAL)
        if here and info.data.get("environment", LOCAL) != LOCAL:
            raise hidden(
                f"secrets has `{LOCAL}` for {', '.join(here)}, which only environment: local takes; write the ARN of a"
                " secret in AWS Secrets Manager"
            )
        return app

    @field_validator("database")
    @classmethod
    def _database(cls, database: Database, info: ValidationInfo) -> Database:
        app, aws = info.data.get("app"), info.data.get("aws")
        if aws is not None and database.kms_key and (wrong := elsewhere(database.kms_key, aws)):
            raise hidden(f"kmsKey {wrong}")
        for key, names in (("environment", app.environment), ("secrets", app.secrets)) if app else ():
            if twice := sorted(database.variables.keys() & names.keys()):
                raise hidden(f"variables has {', '.join(twice)}, which is in app.{key} too; remove one of the two")
        if app and (wrong := lacking(database.bootstrap_secrets, app.secrets)):
            raise hidden(f"bootstrapSecrets {wrong}")
        return database

    @field_validator("promote_from")
    @classmethod
    def _promote_from(cls, stack: str | None, info: ValidationInfo) -> str | None:
        if {"app", "image"} <= info.data.keys():
            origin.only_one(info.data["app"].context, info.data["image"], stack)
        if stack is not None and stack == (info.context or {}).get("stack"):
            raise refused("is this very stack; name the one whose image is promoted")
        return stack

    @field_validator("promotion")
    @classmethod
    def _promotion(cls, promotion: Promotion, info: ValidationInfo) -> Promotion:
        if "promote_from" in info.data and info.data["promote_from"] is None and promotion != Promotion():
            raise hidden("nothing is promoted here; remove it, or set promoteFrom")
        return promotion

    @field_validator("signing")
    @classmethod
    def _signing(cls, signing: Signing, info: ValidationInfo) -> Signing:
        return signing.fitting(info.data["app"].context is not None) if "app" in info.data else signing

    @field_validator("registry")
    @classmethod
    def _registry(cls, registry: Registry, info: ValidationInfo) -> Registry:
        app = info.data.get("app")
        if app is not None and app.context is None and registry != Registry():
            raise hidden(
                "the stack has no repository, as it builds nothing; remove it, or say it where the image is built"
            )
        return registry

    @field_validator("migrations")
    @classmethod
    def _migrations(cls, migrations: list[Step], info: ValidationInfo) -> list[Step]:
        database = info.data.get("database")
        named = database.variables.keys() if database else set()
        for step in migrations:
            if twice := sorted(named & step.environment.keys()):
                raise hidden(
                    f"step {step.name} gives a value to {', '.join(twice)}, as database.variables does; remove one of"
                    " the two"
                )
            cls._asked(step, info.data.get("app"))
        return ordered(migrations, roles=database and database.roles)

    @staticmethod
    def _asked(step: Step, app: App | None) -> None:
        """Refuses a step that asks for secrets which it cannot have. app: None when it has mistakes of its own."""
        if app is None:
            return
        if wrong := lacking(step.secrets, app.secrets):
            raise hidden(f"step {step.name} {wrong}")
        if twice := sorted(chosen(step.secrets, app.secrets).keys() & step.environment.keys()):
            raise hidden(
                f"step {step.name} asks for {', '.join(twice)} of app.secrets and gives a plain value too; remove one"
                " of the two"
            )

    @field_validator("snapshot")
    @classmethod
    def _snapshot(cls, snapshot: Snapshot, info: ValidationInfo) -> Snapshot:
        app = info.data.get("app")
        if app and (wrong := lacking(snapshot.secrets, app.secrets)):
            raise hidden(f"secrets {wrong}")
        if snapshot.copy_to is not None and (wrong := cls._uncopied(snapshot, snapshot.copy_to, info)):
            raise hidden(f"copyTo {wrong}")
        if snapshot.pending is None:
            return snapshot
        if any(step.name == PENDING for step in info.data.get("migrations") or ()):
            raise hidden(f"a step is called {PENDING}, as the one that snapshot.pending runs; rename the step")
        if not cls._taken(snapshot, info.data.get("environment", "prod")):
            raise hidden("pending is not run where no snapshot is taken; remove it or set snapshot.before to true")
        return snapshot

    @classmethod
    def _uncopied(cls, snapshot: Snapshot, to: CopyTo, info: ValidationInfo) -> str:
        """Why a snapshot cannot be copied there; empty when it can."""
        aws, database = info.data.get("aws"), info.data.get("database")
        if not cls._taken(snapshot, info.data.get("environment", "prod")):
            return "has nothing to copy where no snapshot is taken; remove it or set snapshot.before to true"
        if aws is not None and to.account == aws.account:
            return f"is the stack's own account ({aws.account}), where a copy is no safer; name another account"
        if aws is not None and (region := to.key.split(":")[3]) != aws.region:
            return f"has a key in {region}, and the copy is made in the stack's Region ({aws.region}); name one there"
        if database is not None and database.existing is None and database.kms_key is None:
            return "needs database.kmsKey: AWS shares no snapshot under its own key with another account; write it"
        return ""

    @field_validator("migration_deadline")
    @classmethod
    def _migration_deadline(cls, deadline: int, info: ValidationInfo) -> int:
        steps, snapshot, environment = (info.data.get(key) for key in ("migrations", "snapshot", "environment"))
        if not deadline or not steps or snapshot is None or environment is None:
            return deadline
        longest = max(steps, key=lambda step: int(step.timeout))
        copying = snapshot.timeout if cls._taken(snapshot, environment) else 0
        needed = copying + longest.timeout
        if deadline < needed:
            parts = f"snapshot.timeout {copying} s + {longest.timeout} s" if copying else f"{longest.timeout} s"
            raise refused(
                f"step {longest.name} could never use its time-out: {parts}; write at least {needed}, or shorten these"
            )
        return deadline

    @field_validator("notify")
    @classmethod
    def _notify(cls, notify: Notify, info: ValidationInfo) -> Notify:
        aws = info.data.get("aws")
        if aws is not None and notify.topic is not None and notify.topic.split(":")[3] != aws.region:
            raise hidden(f"the topic is in another Region than the stack ({aws.region}); name one of that Region")
        return notify

    @field_validator("cluster")
    @classmethod
    def _cluster(cls, cluster: Cluster, info: ValidationInfo) -> Cluster:
        aws = info.data.get("aws")
        if aws is not None and cluster.arn and (wrong := elsewhere(cluster.arn, aws)):
            raise hidden(f"arn {wrong}")
        return cluster

    @field_validator("load_balancer")
    @classmethod
    def _load_balancer(cls, balancer: LoadBalancer, info: ValidationInfo) -> LoadBalancer:
        aws = info.data.get("aws")
        if aws is not None and balancer.listener and (wrong := elsewhere(balancer.listener, aws)):
            raise hidden(f"listener {wrong}")
        return balancer

    @field_validator("domain")
    @classmethod
    def _domain(cls, domain: Domain, info: ValidationInfo) -> Domain:
        aws, balancer = info.data.get("aws"), info.data.get("load_balancer")
        if aws is not None and domain.certificate and (wrong := elsewhere(domain.certificate, aws)):
            raise hidden(f"certificate {wrong}")
        if balancer is None:
            return domain
        if balancer.listener is None:
            if domain.name and not domain.zone and not domain.certificate:
                raise hidden("name needs a certificate; write zone, to have one made, or certificate, to use yours")
            if not domain.name and info.data.get("environment") == "prod":
                raise hidden(
                    "name is required in prod, which answers over HTTPS only: without it the service would answer over"
                    " plain HTTP; write name, and zone or certificate, or an HTTPS listener as loadBalancer.listener"
                )
            return domain
        if domain.name and balancer.host:
            raise hidden("name and loadBalancer.host exclude each other; keep one")
        smoke = info.data.get("smoke")
        if smoke is not None and smoke.host and smoke.host != (domain.name or balancer.host):
            raise hidden("smoke.host is not what the listener's rule forwards; remove it, or write that name")
        if not domain.name and not balancer.host:
            raise hidden("loadBalancer.listener needs a host name to forward; write domain.name or loadBalancer.host")
        if domain.certificate:
            raise hidden("certificate is not used with loadBalancer.listener, which has its own; remove it")
        return domain

    @field_validator("waf")
    @classmethod
    def _waf(cls, waf: Waf, info: ValidationInfo) -> Waf:
        balancer = info.data.get("load_balancer")
        if waf.enabled and balancer is not None and balancer.listener is not None:
            raise hidden("enabled is not possible with loadBalancer.listener, whose owner decides; remove it")
        return waf

    @field_validator("network")
    @classmethod
    def _network(cls, network: Network, info: ValidationInfo) -> Network:
        balancer = info.data.get("load_balancer")
        existing = balancer is not None and balancer.listener is not None
        smoke, environment = info.data.get("smoke"), info.data.get("environment")
        inside = smoke is not None and smoke.from_ == "task" and network.vpc is None
        if inside and environment and network.egress_in(environment) == "endpoints":
            raise hidden(
                "egress endpoints leaves tasks no way to the load balancer, whose addresses are public, so"
                " smoke.from: task cannot ask it; write smoke.from: deployer or off, or another egress"
            )
        if network.vpc is None:
            if existing:
                raise hidden("vpc is required with loadBalancer.listener; name the VPC that its load balancer is in")
            return network
        if balancer is not None and not existing and network.public_subnets is None:
            raise hidden("publicSubnets is required with vpc; name the public subnets that the load balancer is in")
        if existing and network.public_subnets is not None:
            raise hidden("publicSubnets is of no use with loadBalancer.listener; remove it")
        database = info.data.get("database")
        if network.database_subnets is None and not (database and database.existing):
            raise hidden("databaseSubnets is required with vpc; name the subnets that the database is in")
        return network

    @field_validator("alarms")
    @classmethod
    def _alarms(cls, alarms: Alarms, info: ValidationInfo) -> Alarms:
        database = info.data.get("database")
        if alarms.enabled and database and not alarms.max_connections and not max_connections(database.instance_class):
            raise hidden(
                f"how many connections a {database.instance_class} allows is not known here; write it as"
                " alarms.maxConnections (SHOW max_connections)"
            )
        service = info.data.get("service")
        if alarms.enabled and service and service.scales and alarms.cpu <= service.target_cpu:
            raise hidden(
                f"cpu ({alarms.cpu}) is not above service.targetCpu ({service.target_cpu}), where autoscaling keeps the"
                " tasks: it would ring for ever; raise it"
            )
        return alarms

    @field_validator("access")
    @classmethod
    def _access(cls, access: Access, info: ValidationInfo) -> Access:
        smoke = info.data.get("smoke")
        named = {f"step {step.name}": step.image for step in info.data.get("migrations") or []}
        return access.running(named | ({"smoke.image": smoke.image} if smoke is not None else {}))

    @staticmethod
    def _taken(snapshot: Snapshot, environment: Environment) -> bool:
        return environment in PROTECTED if snapshot.before is None else snapshot.before

    @property
    def snapshot_before(self) -> bool:
        """Whether a snapshot is taken before a migration."""
        return self._taken(self.snapshot, self.environment)

    @property
    def images_kept(self) -> bool:
        """Whether a `pulumi destroy` leaves the stack's images where they are."""
        return self.environment in KEEPING if self.registry.keep is None else self.registry.keep

    @property
    def multi_az(self) -> bool:
        """Whether the database has a standby in another zone."""
        wished = self.database.multi_az
        return self.environment in PROTECTED if wished is None else wished

    @property
    def protected(self) -> bool:
        """Whether this stack's data must outlive a `pulumi destroy`."""
        return self.environment in PROTECTED

    @property
    def guarded(self) -> bool:
        """Whether there is a web application firewall before the stack's own load balancer."""
        return self.load_balancer.listener is None and self.waf.enabled_in(self.environment)
