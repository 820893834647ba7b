"""A user of the service: asks the load balancer all the time and judges every answer when it comes."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from tests.chaos.ledger import Scene

PAUSE_SECONDS = 0.1
PATIENCE_SECONDS = 20.0


@dataclass
class User:
    """Asks ``/`` of *url* ten times a second while it is entered.

    Attributes:
        answers: how many by version.
        wrong: answers that are not 200 or of a version that had not migrated, and requests without an answer.
    """

    url: str
    scene: Scene
    answers: Counter[int] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._ask_on, daemon=True)

    def __enter__(self) -> User:
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._thread.join(PATIENCE_SECONDS + 5)

    @property
    def asked(self) -> int:
        return sum(self.answers.values()) + len(self.wrong)

    def _ask_on(self) -> None:
        while not self._stop.wait(PAUSE_SECONDS):
            complaint = self._ask()
            if complaint:
                self.wrong.append(f"{time.strftime('%X')} {complaint}")

    def _ask(self) -> str:
        parts = urlsplit(self.url)
        connection = http.client.HTTPConnection(parts.netloc, timeout=PATIENCE_SECONDS)
        try:
            connection.request("GET", parts.path or "/")
            answer = connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException) as error:
            return f"no answer: {type(error).__name__}: {error}"
        finally:
            connection.close()
        version = int(answer.headers.get("X-Version") or 0)
        if answer.status != 200:
            return f"answered {answer.status} by version {version or '?'}"
        if not self.scene.migrated(version):
            return f"answered by version {version}, whose migrations had not succeeded"
        self.answers[version] += 1
        return ""
