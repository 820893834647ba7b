"""What a stack released, and the rollout under way: so that whoever comes next knows what to go back to.

``PREFIX/rollout`` is the rollout under way: written before UpdateService, again with the deployment's id after it, and
deleted at its verdict. A deployer that was killed in between leaves it behind. ``PREFIX/releases/N`` is a proven one.

IAM: ssm:GetParameter, ssm:GetParametersByPath, ssm:PutParameter, ssm:DeleteParameters on
``arn:aws:ssm:REGION:ACCOUNT:parameter/sluice/PROJECT/STACK/*``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from botocore.exceptions import ClientError

KEPT = 50


@dataclass(frozen=True)
class UnderWay:
    """A rollout without a verdict yet.

    Attributes:
        digest: ``repository@sha256:…`` that is rolled out.
        task_definition: its revision.
        previous: the revision that served before; empty on a first deployment.
        at: when it began, seconds since the epoch.
        deployment: ECS's id; empty until UpdateService has answered.
    """

    digest: str
    task_definition: str
    previous: str
    at: int
    deployment: str = ""


@dataclass(frozen=True)
class Release:
    """A proven rollout. *number* counts up from 1; *digest* is ``repository@sha256:…``, *task_definition* the service's
    revision, *at* when it was proven (seconds since the epoch), *deployment* ECS's id."""

    number: int
    digest: str
    task_definition: str
    at: int
    deployment: str


class ReleaseRecords:
    """The releases of one stack, below *prefix* (``/sluice/PROJECT/STACK``)."""

    def __init__(self, ssm: Any, prefix: str) -> None:
        self._ssm = ssm
        self._under_way = f"{prefix.rstrip('/')}/rollout"
        self._releases = f"{prefix.rstrip('/')}/releases"

    def begin(self, under_way: UnderWay) -> None:
        """Says what is being rolled out; again with the deployment's id, once it has one."""
        self._put(self._under_way, asdict(under_way))

    def under_way(self) -> UnderWay | None:
        """The rollout whose deployer has not said how it ended."""
        try:
            value = self._ssm.get_parameter(Name=self._under_way)["Parameter"]["Value"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return None
            raise
        return UnderWay(**_known(UnderWay, json.loads(value)))

    def end(self) -> None:
        """The rollout has its verdict."""
        self._delete([self._under_way])

    def all(self) -> list[Release]:
        """The releases, oldest first."""
        found = [
            Release(number=int(name.rpartition("/")[2]), **_known(Release, json.loads(value)))
            for name, value in self._below()
        ]
        return sorted(found, key=lambda one: one.number)

    def add(self, digest: str, task_definition: str, at: int, deployment: str) -> Release:
        """Writes down a proven rollout and forgets all but the newest fifty. The same deployment is one release: to
        judge it twice adds nothing."""
        before = self.all()
        if before and before[-1].deployment == deployment and before[-1].task_definition == task_definition:
            return before[-1]
        number = before[-1].number + 1 if before else 1
        release = Release(number, digest, task_definition, at, deployment)
        content = {key: value for key, value in asdict(release).items() if key != "number"}
        self._put(f"{self._releases}/{number}", content)
        self._delete([f"{self._releases}/{one.number}" for one in before[: max(0, len(before) + 1 - KEPT)]])
        return release

    def delete_all(self) -> None:
        self._delete([self._under_way, *(name for name, _ in self._below())])

    def _put(self, name: str, content: dict[str, Any]) -> None:
        value = json.dumps(content, separators=(",", ":"))
        self._ssm.put_parameter(Name=name, Value=value, Type="String", Tier="Standard", Overwrite=True)

    def _below(self) -> Iterator[tuple[str, str]]:
        for page in self._ssm.get_paginator("get_parameters_by_path").paginate(Path=self._releases):
            for parameter in page["Parameters"]:
                if parameter["Name"].rpartition("/")[2].isdigit():
                    yield parameter["Name"], parameter["Value"]

    def _delete(self, names: list[str]) -> None:
        for start in range(0, len(names), 10):  # DeleteParameters takes ten names
            self._ssm.delete_parameters(Names=names[start : start + 10])


def _known(kind: type[Any], content: dict[str, Any]) -> dict[str, Any]:
    """Without what a later version of this program may have added."""
    names = {one.name for one in fields(kind)} - {"number"}
    return {key: value for key, value in content.items() if key in names}
