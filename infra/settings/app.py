"""The application: where its image is built from and what its container needs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from infra.settings import fargate
from infra.settings.isolation import Capability, Folders, User
from infra.settings.values.model import Model, hidden, project_folder, refused
from infra.settings.variables import BuildArgs, Secrets, Variables

Path_ = Annotated[str, Field(pattern=r"^/\S*$", max_length=1024)]
Port = Annotated[int, Field(ge=1, le=65535)]


class App(Model):
    """The application, the build of its image, and its container."""

    context: str | None = None
    """Folder of the image build, relative to Pulumi.yaml. Unset on a stack that builds nothing: see `image` and
    `promoteFrom`."""
    dockerfile: str = "Dockerfile"
    """The Dockerfile's path, relative to `context`."""
    build_args: BuildArgs = Field(default_factory=dict)
    """ARGs of the Dockerfile. Never secrets: they stay readable in the image. The program adds VERSION, the release's
    version."""
    allow_older: Annotated[str, Field(pattern=r"^[0-9a-f]{7,40}$")] | None = None
    """A commit that may be deployed although the live release's contains it: seven digits or more. Without it an older
    build does not replace a newer release. It allows this one commit, so a forgotten one does no harm."""
    architecture: Literal["X86_64", "ARM64"] = "X86_64"
    """The CPU that image and tasks share."""
    port: Port = 8080
    """TCP port on which the container listens; it is told by the variable PORT. It may change on a live stack."""
    live_path: Path_ = "/live"
    """Shallow check, asked by the load balancer. It must not touch the database, or a failover of the database replaces
    every task."""
    health_path: Path_ = "/health"
    """Deep check, asked before a rollout counts: it answers 503 when the database cannot be reached."""
    cpu: int = 256
    """CPU units of one task; 1024 are one vCPU."""
    memory: int = 512
    """MiB of one task; which sizes go with which `cpu` is decided by Fargate."""
    step_entry_point: Annotated[list[Annotated[str, Field(min_length=1)]], Field(min_length=1)] | None = None
    """Replaces the image's ENTRYPOINT in the tasks of the migration steps, for an image whose own drops a step's words:
    `[env]` runs them as they are. A change runs the steps again."""
    read_only: bool = True
    """Whether the file system of every container, which is the image, can only be read: service and steps."""
    writable: Folders = Field(default_factory=lambda: ["/tmp"])  # noqa: S108 - a volume of the task's own
    """Folders that can be written to all the same: each is an empty volume, which ends with the task. On Fargate it
    belongs to root, unless the Dockerfile names the very path as a `VOLUME`: then it has the folder's content, owner
    and mode."""
    user: User | None = None
    """Who the containers run as, in place of the image's USER: `10001` or `10001:10001`. Unset: the image's own, which
    must not be root. `root` runs as root."""
    capabilities: list[Capability] = Field(default_factory=list)
    """Linux capabilities that the containers keep, of the 14 that Docker gives: `[NET_BIND_SERVICE]`. Empty: none."""
    environment: Variables = Field(default_factory=dict)
    """Plain variables of the service and of the migration steps. `${service.host}` in a value becomes the host name
    that users send, `${service.url}` the service's address, like `ALLOWED_HOSTS: "${service.host}"`. Secrets do not
    belong here."""
    secrets: Secrets = Field(default_factory=dict)
    """Secret variables of the service: name to the ARN of a secret in AWS Secrets Manager, or to `ARN:key::` for one
    key of its JSON (in quotes: it ends with a colon). Only references: no value is ever part of settings, state or task
    definitions. A migration step gets none of them unless it asks: `migrations[].secrets`. In `environment: local` also
    `local`: `make up` takes the value from `.secrets.STACK.env`, or makes one up, as it does for an ARN that the local
    cloud does not have."""

    @field_validator("context")
    @classmethod
    def _context(cls, context: str | None, info: ValidationInfo) -> str | None:
        if context is not None and not (folder := project_folder(info) / context).is_dir():
            raise refused(
                f"there is no folder {folder}; write the folder that holds the Dockerfile, relative to Pulumi.yaml"
            )
        return context

    @field_validator("dockerfile")
    @classmethod
    def _dockerfile(cls, dockerfile: str, info: ValidationInfo) -> str:
        context = info.data.get("context")
        if context is not None and not (file := project_folder(info) / context / dockerfile).is_file():
            raise refused(f"there is no file {file}; write the Dockerfile's path relative to app.context")
        return dockerfile

    @field_validator("build_args")
    @classmethod
    def _build_args(cls, build_args: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if build_args and info.data.get("context", "") is None:
            raise hidden("nothing is built here, as app.context is not set; remove them")
        return build_args

    @field_validator("cpu")
    @classmethod
    def _cpu(cls, cpu: int) -> int:
        if wrong := fargate.wrong_cpu(cpu):
            raise refused(wrong)
        return cpu

    @field_validator("memory")
    @classmethod
    def _memory(cls, memory: int, info: ValidationInfo) -> int:
        cpu = info.data.get("cpu")
        if cpu is not None and (wrong := fargate.wrong_memory(cpu, memory)):
            raise refused(wrong)
        return memory

    @field_validator("secrets")
    @classmethod
    def _secrets(cls, secrets: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if twice := sorted(secrets.keys() & (info.data.get("environment") or {}).keys()):
            raise hidden(f"{', '.join(twice)} is in app.environment too; remove one of the two")
        return secrets
