"""The application: where its image is built from and what its container needs."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from infra.settings import fargate
from infra.settings.model import Model, project_folder, refused
from infra.settings.variables import Variables

Path_ = Annotated[str, Field(pattern=r"^/\S*$", max_length=1024)]
Port = Annotated[int, Field(ge=1, le=65535)]


class App(Model):
    """The service's own settings.

    context: folder of the image build, relative to Pulumi.yaml. dockerfile: relative to context. buildArgs: ARGs of the
    Dockerfile; never secrets, they stay readable in the image. architecture: the CPU that image and task share.
    port: where the container listens. livePath: shallow check, asked by the load balancer, must not touch the database.
    healthPath: deep check (503 without database), asked by the smoke request. cpu: CPU units. memory: MiB.
    environment: plain variables of the service and the migration container; secrets do not belong here.
    """

    context: str
    dockerfile: str = "Dockerfile"
    build_args: dict[str, str] = Field(default_factory=dict)
    architecture: Literal["X86_64", "ARM64"] = "X86_64"
    port: Port = 8080
    live_path: Path_ = "/live"
    health_path: Path_ = "/health"
    cpu: int = 256
    memory: int = 512
    environment: Variables = Field(default_factory=dict)

    @field_validator("context")
    @classmethod
    def _context(cls, context: str, info: ValidationInfo) -> str:
        folder = project_folder(info) / context
        if not folder.is_dir():
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
