"""A deploy that is killed after each of its writes, and the plain repeat after it; as data, and as the page of records.

`python -m tests.unit.sluice.migration.kills` writes the table of docs/records.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sluice.author import Identity
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.records import Records
from sluice.migration.run import migrate
from sluice.release.release_record import ReleaseRecords
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Rollout
from tests.unit.sluice.aws.parameters import Ssm
from tests.unit.sluice.migration.simulation import Clock, Ecs, Script
from tests.unit.sluice.rollout.deploying import PLACE, subject
from tests.unit.sluice.rollout.rolling import GROUP, OLD, SMOKE, Service, well

PAGE = Path(__file__).parents[4] / "docs" / "records.md"
BEGIN, END = "<!-- made by tests/unit/sluice/migration/kills.py -->\n", "<!-- end -->\n"
PREFIX = "/sluice/p/s"
REVISIONS = {"a": "arn:td/notes:8", "b": "arn:td/notes:9"}


class Killed(BaseException):
    """SIGKILL: nothing after it runs."""


@dataclass
class World:
    """One cloud and its records; the deployers come and go.

    Attributes:
        writes: what changed something, in its order.
        kill_after: number of the write after which the deployer is killed; 0: never.
    """

    kill_after: int = 0
    clock: Clock = field(default_factory=Clock)
    writes: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ssm = Ssm()
        self.ecs = Ecs(self.clock, [Script(runs=5)] * 20)
        self.service = Service(self.clock, {})
        ReleaseRecords(self.ssm, PREFIX).add("repo@sha256:old", OLD, 1, "ecs-svc/0", 0)

    def deploy(self, number: int, image: str) -> list[str]:
        """One whole deploy of an image by a deployer of its own. Returns its lines. Raises Killed."""
        me = Identity(f"owner-{number}", f"deployer-{number}", self.clock.time)
        lines: list[str] = []

        def log(text: str, ephemeral: bool) -> None:
            if not ephemeral:
                lines.append(text)

        ssm = _Counted(self.ssm, ("put_parameter", "delete_parameters"), self._wrote)
        ecs = _Counted(self.ecs, ("run_task", "stop_task"), self._wrote)
        records = Records(ssm, f"{PREFIX}/runs")
        to = Deployer(ecs, ecs, records, self.clock, log, me.author, owner=me.owner)
        run = migrate(to, subject(image=image), "before", PLACE)
        wanted = Wanted(REVISIONS[image], OLD, 300, (GROUP,), SMOKE, digest=f"repo@sha256:{image}", proof=run.number)
        service = _Counted(self.service, ("deploy", "stop_deployment"), self._wrote)
        releases = ReleaseRecords(ssm, PREFIX)
        Rollout(service, wanted, self.clock, log, well, releases, runs=records, me=me).run()  # type: ignore[arg-type]
        return lines

    def _wrote(self, name: str, request: dict[str, Any], words: tuple[Any, ...]) -> None:
        self.writes.append(_described(name, request, words))
        if len(self.writes) == self.kill_after:
            raise Killed


class _Counted:
    """Tells of the calls that change something, once they are done."""

    def __init__(self, truth: Any, writes: tuple[str, ...], told: Callable[[str, dict[str, Any], Any], None]) -> None:
        self._truth = truth
        self._writes = writes
        self._told = told

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._truth, name)
        if name not in self._writes:
            return found

        def call(*words: Any, **request: Any) -> Any:
            answer = found(*words, **request)
            self._told(name, request, words)
            return answer

        return call


def _described(name: str, request: dict[str, Any], words: tuple[Any, ...]) -> str:
    if name == "put_parameter":
        value = json.loads(request["Value"])
        path = str(request["Name"]).removeprefix(f"{PREFIX}/")
        if path == "rollout":
            return f"`rollout`: {value['state']}" + (", with the deployment" if value["deployment"] else "")
        if path.startswith("releases/"):
            return f"`{path}`: the release"
        if "tasks" in value:
            *_, task, code, _, done = value["tasks"][0]
            return f"`{path}`: " + (
                f"exit code {code}" if done else "the task" if task else "the intent to start a task"
            )
        return f"`{path}`: {value['state']}" + (", left in good order" if value.get("idle") else "")
    if name == "deploy":
        return f"UpdateService to {str(words[0]).rpartition('/')[2]}"
    return {"run_task": "RunTask", "stop_task": "StopTask"}.get(name, name)


def undisturbed() -> list[str]:
    """The writes of a deploy that nobody kills."""
    world = World()
    world.deploy(1, "a")
    return world.writes


@dataclass(frozen=True)
class Kill:
    """A deploy of image *a*, killed after its write number *after*, and the next one of *image*: what that one wrote
    and said, and what was left in the end."""

    after: int
    write: str
    image: str
    then: tuple[str, ...]
    lines: tuple[str, ...]
    world: World
    waited: float


def kill(after: int, image: str) -> Kill:
    world = World(after)
    try:
        world.deploy(1, "a")
    except Killed:
        world.clock.time += 3
    else:
        raise AssertionError(f"a deploy has fewer than {after} writes")
    before, begun = len(world.writes), world.clock.time
    lines = world.deploy(2, image)
    then = tuple(world.writes[before:])
    return Kill(after, world.writes[after - 1], image, then, tuple(lines), world, world.clock.time - begun)


def table() -> str:
    """Every pair of neighbouring writes with a kill between them, and what the repeat of the same deploy does."""
    writes = undisturbed()
    rows = ["| killed after | before | the same `pulumi up` again |", "|---|---|---|"]
    for number, write in enumerate(writes, start=1):
        following = writes[number] if number < len(writes) else "the engine hears of it"
        rows.append(f"| {write} | {following} | {_told(kill(number, 'a'))} |")
    return "\n".join(rows) + "\n"


def _told(one: Kill) -> str:
    """What the next deployer wrote; its last writes, which are the undisturbed deploy's, in short."""
    usual, does = undisturbed(), list(one.then)
    same = 0
    while same < min(len(usual), len(does)) and usual[-1 - same] == does[-1 - same]:
        same += 1
    own, as_usual = does[: len(does) - same], does[len(does) - same :]
    said = list(own)
    if as_usual:
        said.append(f"{as_usual[0]}, and on as usual" if len(as_usual) > 1 else as_usual[0])
    waits = " (after a minute, for a call that may be on its way)" if one.waited > 60 else ""
    return ("; ".join(said) or "nothing") + waits


def page() -> str:
    """docs/records.md with the table as it is now."""
    text = PAGE.read_text()
    head, _, rest = text.partition(BEGIN)
    return f"{head}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page())
