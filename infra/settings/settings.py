"""All settings of a stack."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from infra.settings import cross_checks
from infra.settings.app import App
from infra.settings.aws import Access, Aws
from infra.settings.check import Check
from infra.settings.database import Database
from infra.settings.image import Promotion, Registry, Scan, Signing
from infra.settings.load_balancer import Domain, LoadBalancer, Waf
from infra.settings.migrations import Snapshot, Step
from infra.settings.monitoring import Alarms, Logs, Notify
from infra.settings.network import Network
from infra.settings.service import Cluster, Service
from infra.settings.smoke import Smoke, Soak
from infra.settings.values.environment import PROTECTED, Environment
from infra.settings.values.images import Digest, Image, StackName
from infra.settings.values.model import Model


class Settings(Model):
    """Everything that differs between two stacks.

    The order matters: a rule between two settings is checked with the later one (`cross_checks`).
    """

    environment: Environment
    """What the stack is for. `prod` is protected: its database, images and run records outlive a `pulumi destroy`."""
    aws: Aws
    """AWS Region and account."""
    app: Annotated[App, AfterValidator(cross_checks.check_app)]
    """The application: its image build and its container."""
    image: Image = None
    """Image to deploy, by digest: `REPOSITORY@sha256:…`. Set exactly one of `app.context` (the stack builds the image),
    `image` and `promoteFrom`."""
    promote_from: Annotated[StackName, AfterValidator(cross_checks.check_promote_from)] = None
    """Stack whose released image is deployed, like `staging` or `org/project/staging`. This stack then builds
    nothing."""
    promotion: Annotated[Promotion, AfterValidator(cross_checks.check_promotion)] = Field(default_factory=Promotion)
    """Account and Region of the stack in `promoteFrom`."""
    rollback: Digest = None
    """Digest of an earlier release of this stack to roll back to, `sha256:…`. Its image is deployed and no migration
    runs. Remove it to deploy the newest image again."""
    registry: Annotated[Registry, AfterValidator(cross_checks.check_registry)] = Field(default_factory=Registry)
    """ECR repository of a stack that builds its image."""
    scan: Scan = Field(default_factory=Scan)
    """Vulnerabilities with which an image is refused."""
    signing: Annotated[Signing, AfterValidator(cross_checks.check_signing)] = Field(default_factory=Signing)
    """Signatures of images: the key that signs, and the keys that are trusted."""
    database: Annotated[Database, AfterValidator(cross_checks.check_database)] = Field(default_factory=Database)
    """The PostgreSQL database."""
    migrations: Annotated[list[Step], Field(min_length=1), AfterValidator(cross_checks.check_migrations)]
    """Migration steps, in order; at least one with phase `before`."""
    snapshot: Annotated[Snapshot, AfterValidator(cross_checks.check_snapshot)] = Field(default_factory=Snapshot)
    """Snapshot of the database before a migration."""
    migration_deadline: Annotated[
        int, Field(ge=0, le=86_400), AfterValidator(cross_checks.check_migration_deadline)
    ] = 0
    """Seconds for the snapshot and all steps of a phase together; 0: only their own timeouts apply."""
    notify: Annotated[Notify, AfterValidator(cross_checks.check_notify)] = Field(default_factory=Notify)
    """Notifications of failed migrations, failed rollouts and alarms."""
    service: Service = Field(default_factory=Service)
    """The ECS service: tasks, health checks and rollouts."""
    smoke: Smoke = Field(default_factory=Smoke)
    """Smoke request that a new version must answer."""
    soak: Soak = Field(default_factory=Soak)
    """Proof of the old version on the new schema, before the rollout."""
    cluster: Annotated[Cluster, AfterValidator(cross_checks.check_cluster)] = Field(default_factory=Cluster)
    """The ECS cluster: a new one, or an existing one."""
    load_balancer: Annotated[LoadBalancer, AfterValidator(cross_checks.check_load_balancer)] = Field(
        default_factory=LoadBalancer
    )
    """The load balancer: a new one, or a listener of an existing one."""
    domain: Annotated[Domain, AfterValidator(cross_checks.check_domain)] = Field(default_factory=Domain)
    """The service's domain name and its certificate."""
    waf: Annotated[Waf, AfterValidator(cross_checks.check_waf)] = Field(default_factory=Waf)
    """AWS WAF on the load balancer."""
    alarms: Annotated[Alarms, AfterValidator(cross_checks.check_alarms)] = Field(default_factory=Alarms)
    """CloudWatch alarms."""
    logs: Logs = Field(default_factory=Logs)
    """Retention of logs."""
    network: Annotated[Network, AfterValidator(cross_checks.check_network)] = Field(default_factory=Network)
    """The network: a new VPC, or an existing one."""
    access: Annotated[Access, AfterValidator(cross_checks.check_access)] = Field(default_factory=Access)
    """IAM roles of the tasks, and images from other repositories."""
    check: Check = Field(default_factory=Check)
    """Settings of `make check`; a deployment ignores them."""

    @property
    def protected(self) -> bool:
        """Whether this stack's data must outlive a `pulumi destroy`."""
        return self.environment in PROTECTED

    @property
    def snapshot_before(self) -> bool:
        """Whether a snapshot is taken before a migration."""
        return self.snapshot.taken_in(self.environment)

    @property
    def images_kept(self) -> bool:
        """Whether `pulumi destroy` keeps the stack's images."""
        return self.registry.kept_in(self.environment)

    @property
    def multi_az(self) -> bool:
        """Whether the database has a standby in another availability zone."""
        return self.database.multi_az_in(self.environment)

    @property
    def guarded(self) -> bool:
        """Whether AWS WAF protects the stack's own load balancer."""
        return self.load_balancer.listener is None and self.waf.enabled_in(self.environment)
