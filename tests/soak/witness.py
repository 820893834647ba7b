"""Who was there: every task of a scenario holds a connection to the witness for as long as its process lives.

The connection ends with the process, however that ends, so two that are open at once are two tasks at once. The witness
also tells each task how long to work and how to end, so a seed decides everything.
"""

from __future__ import annotations

import json
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import count


@dataclass(frozen=True)
class Order:
    """What a task is told: seconds to work, then its exit code."""

    seconds: float
    exit: int = 0


@dataclass
class Visit:
    """One task's time at the witness. *begun* and *ended* number the events of its scenario.

    Attributes:
        container: the first 12 digits of its container's id: DescribeTasks has them as ``runtimeId``.
        exit: what it said it would exit with; None when it was ended before.
    """

    version: str
    step: str
    shard: int
    container: str
    order: Order
    begun: int
    ended: int | None = None
    exit: int | None = None


Orders = Callable[[str, int, int], Order]
"""From step, shard, and how often that shard came before, to what it is to do."""


class Scene:
    """What the witness saw of one scenario."""

    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._events = count()
        self._lock = threading.Lock()
        self.visits: list[Visit] = []
        self.overlaps: list[str] = []

    def begin(self, hello: Mapping[str, object]) -> Visit:
        version, step, container = str(hello["version"]), str(hello["step"]), str(hello["container"])
        shard = int(str(hello["shard"]))
        with self._lock:
            for other in self.visits:
                if other.ended is None and ((other.step, other.shard) == (step, shard) or other.version != version):
                    self.overlaps.append(f"{step}[{shard}] of version {version} came while {other} was there")
            before = sum((one.step, one.shard) == (step, shard) for one in self.visits)
            visit = Visit(version, step, shard, container, self._orders(step, shard, before), next(self._events))
            self.visits.append(visit)
            return visit

    def end(self, visit: Visit) -> None:
        with self._lock:
            visit.ended = next(self._events)


class Witness(socketserver.ThreadingTCPServer):
    """Listens on *host*, an address that containers reach, until it is shut down."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, host: str) -> None:
        super().__init__((host, 0), _Connection)
        self.scenes: dict[str, Scene] = {}
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def command(self, scenario: str, version: str, step: str) -> tuple[str, ...]:
        """The step's command."""
        return ("python", "/work.py", scenario, version, step, str(self.server_address[0]), str(self.port))


class _Connection(socketserver.StreamRequestHandler):
    server: Witness

    def handle(self) -> None:
        line = self.rfile.readline()
        if not line:
            return  # ended before it could say who it was
        hello = json.loads(line)
        scene = self.server.scenes[hello["scenario"]]
        visit = scene.begin(hello)
        try:
            self.wfile.write(json.dumps(asdict(visit.order)).encode() + b"\n")
            said = self.rfile.readline()  # empty when the process was ended before its time
            if said:
                visit.exit = int(json.loads(said)["exit"])
                self.rfile.readline()  # until the process is gone
        except ConnectionError:
            visit.exit = None  # killed in the middle of a line
        finally:
            scene.end(visit)
