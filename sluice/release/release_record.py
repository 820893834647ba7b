"""A stack's releases and its last rollout, so that the next deployer knows who moves the service, and the rollback
target.

``PREFIX/releases/N`` is a proven rollout, written once and never changed. ``PREFIX/rollout`` is the last rollout:
written before UpdateService, then with the deployment's id, then with its result. A release is written before that
result, so after a deployer was killed in between, the rollout looks unproven although the release exists: the release
is right.

IAM: as for sluice.aws.parameters.
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
"""Number of releases up to the newest known one that are read; with the one after it, this is one request."""
TRIES = 20
"""Release numbers to try, because another deployer may take a number first."""

By = Literal["", "up", "rollback"]
"""The command that moved the service; empty in records of older versions."""
COMMANDS: dict[By, str] = {"up": "`pulumi up`", "rollback": "`sluice rollback`"}
Moment = tuple[int, str, str]
"""Seconds since the rollout began, the kind (stage, users or figures), and a text."""
RolloutState = Literal["running", "proven", "failed", "cancelled"]


@dataclass(frozen=True)
class RolloutRecord:
    """A stack's last rollout.

    Attributes:
        digest: ``repository@sha256:…`` that is rolled out.
        task_definition: its revision.
        previous: the revision to roll back to; empty on a first deployment.
        at: when it started, seconds since the epoch by AWS's clock.
        deployment: ECS's id; empty until UpdateService has answered.
        owner: nonce of the deployer that may move the service.
        author: user and host of that deployer.
        by: the command that it runs.
        state: running until there is a verdict; cancelled: ended without one.
        release: number of the stack's newest proven release that this deployer knew.
        message: its result, in one line.
        approval: id of the pause whose proofs are done and that a person continues; empty: none.
        moments: its timeline: see sluice.rollout.timeline.
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
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True)
class Release:
    """A proven rollout.

    Attributes:
        number: counts up from 1.
        digest: ``repository@sha256:…``.
        task_definition: the service's revision.
        at: when it was proven, seconds since the epoch by AWS's clock.
        deployment: ECS's id.
        author: user and host of the deployer; empty in records of older versions.
        by: the command that it ran; empty in records of older versions.
        version, revision: the image's names, each empty where it is unknown: see sluice.release.names.
        path: deep health path that it answered with 200 when it was proven; empty: none; None: not recorded.
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
        """Record the rollout, its author, and its result."""
        self._parameters.put(self._rollout, _json(asdict(rollout)))

    def rollout(self) -> RolloutRecord | None:
        """Return the last rollout; None before the first one. Raises StaleAnswer when a newer version is known."""
        value = self._parameters.get(self._rollout)
        if value is None:
            return None
        known = _known(RolloutRecord, json.loads(value))
        return RolloutRecord(
            **known | {"moments": tuple((at, kind, text) for at, kind, text in known.get("moments", ()))}
        )

    def all(self) -> list[Release]:
        """Return the releases, oldest first."""
        return _parsed(self._parameters.below(self._releases))

    def recent(self, newest: int) -> list[Release]:
        """Return the last releases, oldest first, usually with one request.

        Args:
            newest: number of the newest known release; later ones are returned, too. 0: return all releases.
        """
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
        """Record a proven rollout after release *newest*, and delete the oldest one beyond KEPT.

        A deployment is one release: recording it twice, for example after a lost answer, adds nothing.

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
    """Return the names of an image, from its newest release that has any.

    Args:
        digest: ``sha256:…``, with or without a repository before it.
    """
    same = (one.names for one in reversed(releases) if one.digest.rpartition("@")[2] == digest.rpartition("@")[2])
    return next((names for names in same if names), Names())


def mover(live: str, releases: Sequence[Release], rollout: RolloutRecord | None) -> str:
    """Return a sentence that names what moved the service to the revision *live*.

    Args:
        live: a revision that was not expected.
        releases: the stack's, oldest first.
        rollout: its last rollout.
    """
    name = live.rpartition("/")[2]
    if rollout is not None and rollout.task_definition == live and rollout.state == "running":
        return f"{name} is being rolled out by {deployer(rollout)} since {_time(rollout.at)}"
    found = next((one for one in reversed(releases) if one.task_definition == live), None)
    if found is None:
        return f"the service runs {name}, which Sluice did not deploy"
    names = f", {found.names}" if found.names else ""
    return f"the service runs {name}, release {found.number}{names}: {deployer(found)} deployed it at {_time(found.at)}"


def deployer(record: Release | RolloutRecord) -> str:
    """Return the command that moved the service, and its author."""
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
    """Return the content without keys that a later version of Sluice may have added."""
    names = {one.name for one in fields(kind)} - {"number"}
    return {key: value for key, value in content.items() if key in names}
