"""What a stack released, and its last rollout: so that whoever comes next knows who moves the service, and what to roll
back to.

``PREFIX/releases/N`` is a proven rollout, made once and never rewritten. ``PREFIX/rollout`` is the last rollout:
written before UpdateService, with the deployment's id after it, and with its end. A release is written before that end,
so a deployer that was killed in between leaves a rollout that looks unproven and a release that says otherwise: the
release is the truth.

IAM: what sluice.aws.parameters says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal

from sluice.aws.parameters import Parameters
from sluice.release.names import Names

KEPT = 50
RECENT = 9
"""How many releases up to the newest known one are read: together with the one after it, one request."""
TRIES = 20
"""Numbers that others may take first."""

By = Literal["", "up", "rollback"]
"""What moved the service: `pulumi up`; `sluice rollback`; empty: a record of before this was written down."""
COMMANDS: dict[By, str] = {"up": "`pulumi up`", "rollback": "`sluice rollback`"}
RolloutState = Literal["running", "proven", "failed", "cancelled"]


@dataclass(frozen=True)
class RolloutRecord:
    """A stack's last rollout.

    Attributes:
        digest: ``repository@sha256:…`` that is rolled out.
        task_definition: its revision.
        previous: the revision to roll back to; empty on a first deployment.
        at: when it began, seconds since the epoch by AWS's clock.
        deployment: ECS's id; empty until UpdateService has answered.
        owner: nonce of the deployer that may move the service.
        author: user and host of that deployer.
        by: the command that it runs.
        state: running until there is a verdict; cancelled: ended without one.
        release: number of the stack's newest proven release, as far as this deployer knew.
        message: how it ended, in a line.
        approval: id of the pause whose proofs are done and that a person continues; empty: none.
    """

    digest: str
    task_definition: str
    previous: str
    at: int
    deployment: str = ""
    owner: str = ""
    author: str = ""
    state: RolloutState = "running"
    release: int = 0
    message: str = ""
    by: By = ""
    approval: str = ""


@dataclass(frozen=True)
class Release:
    """A proven rollout.

    Attributes:
        number: counts up from 1.
        digest: ``repository@sha256:…``; *task_definition*: the service's revision; *deployment*: ECS's id.
        at: when it was proven, seconds since the epoch by AWS's clock.
        author: user and host of the deployer; empty in records of older versions.
        by: the command that it ran; empty in records of older versions.
        version, revision: the image's names, each empty where it is not known: see sluice.release.names.
        path: deep health path that it answered with 200 when it was proven; empty: none; None: not written down.
    """

    number: int
    digest: str
    task_definition: str
    at: int
    deployment: str
    author: str = ""
    by: By = ""
    version: str = ""
    revision: str = ""
    path: str | None = None

    @property
    def names(self) -> Names:
        return Names(self.version, self.revision)


class ReleaseRecords:
    """The releases of one stack, below *prefix* (``/sluice/PROJECT/STACK``)."""

    def __init__(self, ssm: Any, prefix: str) -> None:
        self._parameters = Parameters(ssm)
        self.prefix = prefix.rstrip("/")
        self._rollout = f"{self.prefix}/rollout"
        self._releases = f"{self.prefix}/releases"

    def write(self, rollout: RolloutRecord) -> None:
        """Say what is being rolled out, by whom, and how it ended."""
        self._parameters.put(self._rollout, _json(asdict(rollout)))

    def rollout(self) -> RolloutRecord | None:
        """The last rollout; None before the first one. Raises StaleAnswer when a newer version is known."""
        value = self._parameters.get(self._rollout)
        return None if value is None else RolloutRecord(**_known(RolloutRecord, json.loads(value)))

    def all(self) -> list[Release]:
        """The releases, oldest first."""
        return _parsed(self._parameters.below(self._releases))

    def recent(self, newest: int) -> list[Release]:
        """The last releases, oldest first: up to *newest*, the last one that is known of, and what came after it. All
        of them when none is known. Usually one request."""
        if not newest:
            return self.all()
        first, found = max(1, newest - RECENT + 1), list[Release]()
        while True:
            names = [f"{self._releases}/{number}" for number in range(first, first + RECENT + 1)]
            values = self._parameters.several(names)
            found += _parsed(values.items())
            if names[-1] not in values:
                return found
            first += RECENT + 1

    def add(
        self,
        digest: str,
        task_definition: str,
        at: int,
        deployment: str,
        newest: int,
        author: str = "",
        by: By = "",
        names: Names | None = None,
        path: str | None = None,
    ) -> Release:
        """Write down a proven rollout after release *newest*, and forget the one that is too old. The same deployment
        is one release: to judge it twice, or to write it twice because an answer was lost, adds nothing.

        Raises:
            RuntimeError: twenty numbers in a row were taken by others.
        """
        called = names or Names()
        for number in range(newest + 1, newest + 1 + TRIES):
            said = (author, by, called.version, called.revision, path)
            release = Release(number, digest, task_definition, at, deployment, *said)
            content = {key: value for key, value in asdict(release).items() if key != "number"}
            name = f"{self._releases}/{number}"
            if self._parameters.create(name, _json(content)):
                if number > KEPT:
                    self._parameters.delete([f"{self._releases}/{number - KEPT}"])
                return release
            value = self._parameters.get(name)
            there = _parsed([(name, value)]) if value else []
            if there and (there[0].deployment, there[0].task_definition) == (deployment, task_definition):
                return there[0]
        raise RuntimeError(f"the numbers {newest + 1} to {newest + TRIES} of releases below {self._releases} are taken")

    def delete_all(self) -> None:
        self._parameters.delete([self._rollout, *(name for name, _ in self._parameters.below(self._releases))])


def names_of(releases: Sequence[Release], digest: str) -> Names:
    """The names of an image, as the newest release of it that has any knows them.

    Args:
        digest: ``sha256:…``, with or without a repository before it.
    """
    same = (one.names for one in reversed(releases) if one.digest.rpartition("@")[2] == digest.rpartition("@")[2])
    return next((names for names in same if names), Names())


def mover(live: str, releases: Sequence[Release], rollout: RolloutRecord | None) -> str:
    """Return what moved the service to the revision *live*, as a sentence about a service that something else was
    expected of.

    Args:
        releases: the stack's, oldest first.
        rollout: its last rollout.
    """
    name = live.rpartition("/")[2]
    if rollout is not None and rollout.task_definition == live and rollout.state == "running":
        return f"{name} is being rolled out by {deployer(rollout)} since {_time(rollout.at)}"
    found = next((one for one in reversed(releases) if one.task_definition == live), None)
    if found is None:
        return f"the service runs {name}, which nothing of Sluice deployed"
    names = f", {found.names}" if found.names else ""
    return f"the service runs {name}, release {found.number}{names}: {deployer(found)} deployed it at {_time(found.at)}"


def deployer(record: Release | RolloutRecord) -> str:
    """Return what moved the service, and who used it."""
    return f"{COMMANDS[record.by]} by {record.author}" if record.by else record.author or "an older version of Sluice"


def _time(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _parsed(values: Iterable[tuple[str, str]]) -> list[Release]:
    found = [
        Release(number=int(name.rpartition("/")[2]), **_known(Release, json.loads(value)))
        for name, value in values
        if name.rpartition("/")[2].isdigit()
    ]
    return sorted(found, key=lambda one: one.number)


def _json(content: dict[str, Any]) -> str:
    if "message" in content:  # the parameter holds 4 KB
        content["message"] = str(content["message"]).encode()[:500].decode(errors="ignore")
    return json.dumps(content, separators=(",", ":"), ensure_ascii=False)


def _known(kind: type[Any], content: dict[str, Any]) -> dict[str, Any]:
    """Without what a later version of this program may have added."""
    names = {one.name for one in fields(kind)} - {"number"}
    return {key: value for key, value in content.items() if key in names}
