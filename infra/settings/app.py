"""The application: how its image is built, and what its container needs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from infra.settings.values import sizes
from infra.settings.values.container import Capability, Command, Folders, Port, UrlPath, User
from infra.settings.values.model import Model, hidden, project_folder, refused
from infra.settings.values.variables import BuildArgs, Secrets, Variables


class App(Model):
    """The application: its image build and its container."""

    context: str | None = None
    """Folder of the image build, relative to Pulumi.yaml. Unset: the stack builds nothing, see `image` and
    `promoteFrom`."""
    dockerfile: str = "Dockerfile"
    """Path of the Dockerfile, relative to `context`."""
    build_args: BuildArgs = Field(default_factory=dict)
    """Build arguments (ARG) of the Dockerfile. Never secrets: they stay readable in the image. The program adds
    VERSION, the release's version."""
    allow_older: Annotated[str, Field(pattern=r"^[0-9a-f]{7,40}$")] | None = None
    """Commit that may be deployed although the live release already contains it; seven digits or more. Otherwise an
    older build does not replace a newer release. It allows this commit only, so it may stay here."""
    architecture: Literal["X86_64", "ARM64"] = "X86_64"
    """CPU architecture of the image and of the tasks."""
    port: Port = 8080
    """TCP port that the container listens on; the container reads PORT. It can be changed on a live stack."""
    live_path: UrlPath = "/live"
    """Path of the load balancer's health check. It must not use the database, otherwise a database failover replaces
    every task."""
    health_path: UrlPath = "/health"
    """Path of the smoke request and the soak. It must answer 503 while the database cannot be reached."""
    cpu: int = 256
    """CPU units of one task; 1024 are one vCPU."""
    memory: int = 512
    """Memory of one task in MiB. Fargate offers certain sizes with each `cpu`."""
    step_entry_point: Command | None = None
    """Replaces the image's ENTRYPOINT in the tasks of migration steps, for an image whose ENTRYPOINT ignores its
    arguments. `[env]` runs a step's command as it is. A change runs the steps again."""
    read_only: bool = True
    """Whether the root file system of every container, of service and steps, is read-only."""
    writable: Folders = Field(default_factory=lambda: ["/tmp"])  # noqa: S108 - a volume of the task itself
    """Folders that stay writable. Each is an empty volume that is deleted with the task. On Fargate it belongs to root,
    unless the Dockerfile declares exactly this path as a `VOLUME`: then it has the folder's content, owner and mode."""
    user: User | None = None
    """User of the containers, in place of the image's USER: `10001` or `10001:10001`. Unset: the image's USER, which
    must not be root. `root` allows root."""
    capabilities: list[Capability] = Field(default_factory=list)
    """Linux capabilities that the containers keep, of Docker's 14 default ones: `[NET_BIND_SERVICE]`. Empty: none."""
    environment: Variables = Field(default_factory=dict)
    """Plain variables of the service and of the migration steps. `${service.host}` in a value becomes the host name
    that users send, `${service.url}` the service's URL, like `ALLOWED_HOSTS: "${service.host}"`. Write secrets into
    `app.secrets`."""
    secrets: Secrets = Field(default_factory=dict)
    """Secret variables of the service: name to the ARN of a secret in AWS Secrets Manager, or to `ARN:key::` for one
    key of its JSON (in quotes, because it ends with a colon). Only references: no value is part of settings, state or
    task definitions. A migration step gets only the secrets that it lists in `migrations[].secrets`. With
    `environment: local` also `local`: `make up` takes the value from `.secrets.STACK.env`, or generates one, as it does
    for an ARN that the local cloud does not have."""

    @field_validator("context")
    @classmethod
    def _check_context(cls, context: str | None, info: ValidationInfo) -> str | None:
        if context is not None and not (folder := project_folder(info) / context).is_dir():
            raise refused(f"there is no folder {folder}; write the folder of the Dockerfile, relative to Pulumi.yaml")
        return context

    @field_validator("dockerfile")
    @classmethod
    def _check_dockerfile(cls, dockerfile: str, info: ValidationInfo) -> str:
        context = info.data.get("context")
        if context is not None and not (file := project_folder(info) / context / dockerfile).is_file():
            raise refused(f"there is no file {file}; write the path of the Dockerfile, relative to app.context")
        return dockerfile

    @field_validator("build_args")
    @classmethod
    def _check_build_args(cls, build_args: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if build_args and info.data.get("context", "") is None:
            raise hidden("have no effect without app.context, as this stack builds nothing; remove them")
        return build_args

    @field_validator("cpu")
    @classmethod
    def _check_cpu(cls, cpu: int) -> int:
        if wrong := sizes.wrong_cpu(cpu):
            raise refused(wrong)
        return cpu

    @field_validator("memory")
    @classmethod
    def _check_memory(cls, memory: int, info: ValidationInfo) -> int:
        cpu = info.data.get("cpu")
        if cpu is not None and (wrong := sizes.wrong_memory(cpu, memory)):
            raise refused(wrong)
        return memory

    @field_validator("secrets")
    @classmethod
    def _check_secrets(cls, secrets: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        if twice := sorted(secrets.keys() & (info.data.get("environment") or {}).keys()):
            raise hidden(f"{', '.join(twice)} is in app.environment too; remove one of the two")
        return secrets
