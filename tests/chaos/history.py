"""What AWS answered before: so that a replica that lags, or a cache, can be played with nothing but true answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.relay import Request, Response

KEPT_SECONDS = 15.0
LOOK_SECONDS = 0.4
WATCHED_SECONDS = 20.0
"""How long a request is repeated after it was last asked."""
FRESH_SECONDS = 1.5
"""How much older than wished an answer may be when it stands for a moment."""


@dataclass
class _Kept:
    request: Request
    answers: list[tuple[float, Response]] = field(default_factory=list)
    asked: float = 0.0
    watched: bool = False


class History:
    """Answers by request. Those that are watched are asked again on our own, so that each moment has its answer."""

    def __init__(self, ask: Callable[[Request], Response]) -> None:
        self._ask = ask
        self._kept: dict[tuple[str, bytes], _Kept] = {}
        self._lock = threading.Lock()
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def keep(self, request: Request, response: Response, watched: bool = False) -> None:
        """Remembers what was answered just now."""
        now = time.monotonic()
        with self._lock:
            kept = self._kept.setdefault((request.operation, request.body), _Kept(request))
            kept.asked, kept.watched = now, kept.watched or watched
            self._add(kept, now, response)
            if watched and self._thread is None:
                self._thread = threading.Thread(target=self._watch, daemon=True)
                self._thread.start()

    def oldest(self, request: Request, seconds: float) -> Response | None:
        """The oldest answer to the same request of the last *seconds*; None when there is none."""
        return next((response for age, response in self._answers(request) if age <= seconds), None)

    def as_of(self, request: Request, seconds: float) -> Response | None:
        """What was answered *seconds* ago, or as long ago as is known; None when nothing is, or only of long before."""
        answers = self._answers(request)
        then = [response for age, response in answers if seconds <= age <= seconds + FRESH_SECONDS]
        return then[-1] if then else next((response for age, response in answers if age < seconds), None)

    def end(self) -> None:
        self._ended.set()
        if self._thread is not None:
            self._thread.join(10)

    def _answers(self, request: Request) -> list[tuple[float, Response]]:
        """Age and answer, the oldest first."""
        now = time.monotonic()
        with self._lock:
            kept = self._kept.get((request.operation, request.body))
            if kept is None:
                return []
            kept.asked = now
            return [(now - at, response) for at, response in kept.answers]

    @staticmethod
    def _add(kept: _Kept, at: float, response: Response) -> None:
        if response.status == 200:
            kept.answers.append((at, response))
        while kept.answers and at - kept.answers[0][0] > KEPT_SECONDS:
            kept.answers.pop(0)

    def _watch(self) -> None:
        while not self._ended.wait(LOOK_SECONDS):
            now = time.monotonic()
            with self._lock:
                due = [one for one in self._kept.values() if one.watched and now - one.asked < WATCHED_SECONDS]
            for kept in due:
                try:
                    response = self._ask(kept.request)
                except OSError:
                    continue  # the next look asks again
                with self._lock:
                    self._add(kept, time.monotonic(), response)
