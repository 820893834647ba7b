"""Many clients at a steady rate, whatever the answers take: each keeps its connection, as browsers and proxies do."""

from __future__ import annotations

import http.client
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

SECONDS = 30.0
"""For one request."""


@dataclass(frozen=True)
class Answer:
    """One request.

    Attributes:
        at: when it was sent, by the monotonic clock.
        late: seconds from its turn until it was sent.
        seconds: until its answer, or its end.
        status: of the answer; 0: none came.
        error: what came in place of an answer.
        release: what the answer's header X-Release says; empty without one.
    """

    at: float
    late: float
    seconds: float
    status: int
    error: str = ""
    release: str = ""

    @property
    def reset(self) -> bool:
        """Whether the connection ended without an answer."""
        return self.status == 0

    @property
    def failed(self) -> bool:
        return self.status != 200


class Callers:
    """`clients` threads that together send `rate` requests a second, each at its own turn.

    A client whose answer takes longer than until its next turn is late with that one; it never sends two at a time. So
    there have to be more clients than the rate times the longest answer, or `late` says that the rate was not kept.

    Args:
        host: of the Host header; empty: the URL's.
    """

    def __init__(self, url: str, rate: float, clients: int, host: str = "") -> None:
        parts = urlsplit(url)
        assert parts.hostname is not None
        self._host, self._port, self._path = parts.hostname, parts.port or 80, parts.path or "/"
        self._headers = {"Host": host} if host else {}
        self._pause = clients / rate
        self._stop = threading.Event()
        self._found: list[list[Answer]] = [[] for _ in range(clients)]
        self._threads = [
            threading.Thread(target=self._run, args=(number / rate, found), daemon=True)
            for number, found in enumerate(self._found)
        ]

    def start(self) -> None:
        self._begun = time.monotonic()
        for thread in self._threads:
            thread.start()

    def stop(self) -> list[Answer]:
        """Lets the requests in flight end. Returns all answers, by time."""
        self._stop.set()
        deadline = time.monotonic() + SECONDS + 5
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            assert not thread.is_alive(), "a request did not end in its time"
        return sorted((one for found in self._found for one in found), key=lambda one: one.at)

    @property
    def sent(self) -> int:
        return sum(len(found) for found in self._found)

    def _run(self, offset: float, found: list[Answer]) -> None:
        connection = http.client.HTTPConnection(self._host, self._port, timeout=SECONDS)
        turn = self._begun + offset
        while not self._stop.wait(max(0.0, turn - time.monotonic())):
            found.append(self._ask(connection, turn))
            turn += self._pause
        connection.close()

    def _ask(self, connection: http.client.HTTPConnection, turn: float) -> Answer:
        sent = time.monotonic()
        try:
            connection.request("GET", self._path, headers=self._headers)
            response = connection.getresponse()
            response.read()
        except (OSError, http.client.HTTPException) as error:
            connection.close()  # the next request opens another
            return Answer(sent, sent - turn, time.monotonic() - sent, 0, f"{type(error).__name__}: {error}")
        release = response.getheader("X-Release") or ""
        return Answer(sent, sent - turn, time.monotonic() - sent, response.status, release=release)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that *share* (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
