"""One rehearsed stack: commands of Pulumi on it, and clients of its account."""

from __future__ import annotations

from typing import Any

import boto3
import pytest
import yaml

from local.rehearse.stage import RehearsalStage
from local.toolchain.progress import SetupProgress
from sluice.rollout.deployment.http_answer import ask
from tests.e2e.stage import Finished, Running


class Stack:
    """A stack whose state is its own, as its account is."""

    def __init__(self, rehearsal: RehearsalStage, name: str) -> None:
        self.name = name
        self.copy, self._pulumi = rehearsal.ready(name, SetupProgress())
        self.env = self._pulumi.env
        self._outputs: dict[str, Any] | None = None

    def start(self, verb: str, *options: str) -> Running:
        """`pulumi up`, `preview`, `refresh` or `destroy` of the copy of the real settings."""
        words = [str(self._pulumi.program), *self._pulumi.on_stack(verb, *options), "--non-interactive"]
        return Running(words, self.env)

    def pulumi(self, verb: str, *options: str, expect: int | None = 0) -> Finished:
        finished = self.start(verb, *options).finish()
        if expect is not None:
            assert finished.code == expect, finished.output
        return finished

    def up(self, *options: str) -> Finished:
        self._outputs = None
        return self.pulumi("up", "--yes", *options)

    def setting(self, **values: Any) -> None:
        """Writes settings into the copy that is rehearsed."""
        file = self._pulumi.settings
        assert file is not None, "a rehearsal has a copy"
        document = yaml.safe_load(file.read_text())
        document["config"] |= values
        file.write_text(yaml.safe_dump(document, sort_keys=False))

    def outputs(self) -> dict[str, Any]:
        """The outputs since the last `up` of this very object."""
        if self._outputs is None:
            self._outputs = self._pulumi.outputs()
        return self._outputs

    def answers(self) -> int:
        """The status of an answer to the output `url`, as those see it who know the way to its name."""
        outputs = self.outputs()
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", self.env["SSL_CERT_FILE"])
            return ask(f"{outputs['url']}/", 15, outputs["address"]).status

    def urns(self) -> list[str]:
        return self._pulumi.urns()

    def client(self, service: str) -> Any:
        connect: Any = boto3.client  # the service is a variable: no overload fits
        return connect(
            service,
            endpoint_url=self.env["AWS_ENDPOINT_URL"],
            region_name=self.copy.region,
            aws_access_key_id=self.copy.account,
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
        )

    def tasks(self) -> list[dict[str, Any]]:
        """Every task of the stack's cluster, those of the service included, stopped ones too."""
        ecs, cluster = self.client("ecs"), self.outputs()["cluster"]
        arns = [
            arn
            for desired in ("RUNNING", "STOPPED")
            for arn in ecs.list_tasks(cluster=cluster, desiredStatus=desired)["taskArns"]
        ]
        return list(ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"]) if arns else []

    def service(self) -> dict[str, Any]:
        outputs = self.outputs()
        answer = self.client("ecs").describe_services(cluster=outputs["cluster"], services=[outputs["service"]])
        return dict(answer["services"][0])
