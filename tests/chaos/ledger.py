"""The application's database: it counts the starts and ends of every migration, and knows who is there.

Every migration and every server holds a connection for as long as its process lives, so two that are open at once are
two at once. What may never happen is noticed when it happens.
"""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Behaviour = Literal["good", "migration fails", "migration hangs", "crash", "unhealthy", "unfit"]
"""Of a version. *unfit*: it serves, but its deep health answers 503, which is what the smoke request asks for."""

OPERATOR = "operator"
HANGS_SECONDS = 120.0


@dataclass(frozen=True)
class Step:
    """A migration step of every version, and its shards."""

    name: str
    shards: int
    phase: Literal["before", "after"] = "before"


@dataclass
class Visit:
    """One migration's time at the database, in monotonic seconds.

    Attributes:
        container: the first 12 digits of its container's id: DescribeTasks has them as ``runtimeId``.
        exit: what it said it would exit with; None when it was ended before.
    """

    version: int
    step: str
    shard: int
    container: str
    begun: float
    ended: float | None = None
    exit: int | None = None


@dataclass
class Scene:
    """What the database saw of one stack. An operator's command is a step of its own, OPERATOR.

    Attributes:
        seconds: from version, step and how often it came before, to how long it works.
        wrong: what may never happen and did.
        asked: how often a version's deep health was asked, which asks the database.
        proven: the newest version whose deploy is known to have succeeded; nothing older may migrate after it.
    """

    steps: tuple[Step, ...]
    seconds: Callable[[int, str, int], float]
    behaviours: dict[int, Behaviour] = field(default_factory=dict)
    visits: list[Visit] = field(default_factory=list)
    servers: dict[int, set[str]] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    proven: int = 0
    asked: Counter[int] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def behaviour(self, version: int) -> Behaviour:
        return self.behaviours.get(version, "good")

    def migrated(self, version: int, phase: str = "before") -> bool:
        """Whether every shard of every step of that phase has ended with 0."""
        done = {(one.step, one.shard) for one in self.visits if one.version == version and one.exit == 0}
        return all((step.name, n) in done for step in self.steps if step.phase == phase for n in range(step.shards))

    def begin(self, hello: Mapping[str, Any]) -> tuple[Visit, dict[str, Any]]:
        """A migration has connected. Returns its visit and what it is told."""
        version, step, shard = int(hello["version"]), str(hello["step"]), int(hello["shard"])
        with self.lock:
            for other in self.visits:
                beside = (other.version, other.step) == (version, step) and other.shard != shard
                if other.ended is None and not beside:
                    self.wrong.append(
                        f"two at once: {step}[{shard}] of version {version} began while {_name(other)} was there"
                    )
            if version < self.proven and step != OPERATOR:
                self.wrong.append(f"{step} of version {version} began after version {self.proven} had been proven")
            if any(one.name == step and one.phase == "after" for one in self.steps):
                old = [one for one, alive in self.servers.items() if one != version and alive]
                if old:
                    self.wrong.append(f"after-step {step} of version {version} began while version {old} still served")
            turn = sum((one.version, one.step, one.shard) == (version, step, shard) for one in self.visits)
            visit = Visit(version, step, shard, str(hello["container"]), time.monotonic())
            self.visits.append(visit)
        behaviour = self.behaviour(version)
        last = step == [one.name for one in self.steps if one.phase == "before"][-1]
        seconds = HANGS_SECONDS if behaviour == "migration hangs" and last else self.seconds(version, step, turn)
        return visit, {"seconds": seconds, "exit": 1 if behaviour == "migration fails" and last else 0}

    def serve(self, hello: Mapping[str, Any]) -> str:
        """A server has started. Returns how it behaves."""
        version = int(hello["version"])
        with self.lock:
            self.servers.setdefault(version, set()).add(str(hello["container"]))
            if not self.migrated(version):
                self.wrong.append(f"a task of version {version} was started, whose migrations had not succeeded")
        return self.behaviour(version)

    def leave(self, hello: Mapping[str, Any]) -> None:
        with self.lock:
            self.servers[int(hello["version"])].discard(str(hello["container"]))


def _name(visit: Visit) -> str:
    return f"{visit.step}[{visit.shard}] of version {visit.version}"


class Ledger(socketserver.ThreadingTCPServer):
    """Listens on *host*, an address that containers reach, until it is shut down."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str) -> None:
        super().__init__((host, 0), _Connection)
        self.scenes: dict[str, Scene] = {}
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    @property
    def address(self) -> str:
        host, port = self.server_address[:2]
        return f"{host!s}:{port}"


class _Connection(socketserver.StreamRequestHandler):
    server: Ledger

    def handle(self) -> None:
        try:
            self._handle()
        except ConnectionError:
            return  # killed in the middle of a line

    def _handle(self) -> None:
        line = self.rfile.readline()
        if not line:
            return  # ended before it could say who it was
        hello = json.loads(line)
        scene = self.server.scenes[hello["scene"]]
        if hello["role"] == "health":
            scene.asked[int(hello["version"])] += 1
            self._tell({"migrated": scene.migrated(int(hello["version"]))})
        elif hello["role"] == "serve":
            behaviour = scene.serve(hello)
            try:
                self._tell({"behaviour": behaviour})
                self.rfile.readline()  # until the process is gone
            finally:
                scene.leave(hello)
        else:
            self._migration(scene, hello)

    def _migration(self, scene: Scene, hello: Mapping[str, Any]) -> None:
        visit, told = scene.begin(hello)
        try:
            self._tell(told)
            said = self.rfile.readline()  # empty when the process was ended before its time
            if said:
                visit.exit = int(json.loads(said)["exit"])
                self.rfile.readline()  # until the process is gone
        finally:
            visit.ended = time.monotonic()

    def _tell(self, content: dict[str, Any]) -> None:
        self.wfile.write(json.dumps(content).encode() + b"\n")
