"""What is said of a service that answers wrongly, by a real server on this machine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

from check.migrations.scratch import Scratch
from check.migrations.steps import DatabaseLogin, Logins, TrialPlace
from check.result import Broken
from check.service import serving
from check.service.serving import RunningService, _share, body
from check.subject import read
from sluice.rollout.deployment.http_answer import Answer

ANSWERS: dict[str, tuple[int, str, dict[str, str]]] = {}
"""By path: status, body, headers."""
HOSTS: dict[str, str] = {}
"""By path: the Host header that came."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, text, headers = ANSWERS[self.path]
        HOSTS[self.path] = self.headers["Host"]
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(text))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *arguments: Any) -> None:
        return


class Running(RunningService):
    """A service whose container is this test: it runs on, and its log is given."""

    log: tuple[str, ...] = ()

    def ended(self) -> int | None:
        return None

    def lines(self) -> tuple[str, ...]:
        return self.log


@pytest.fixture
def server() -> Iterator[str]:
    ANSWERS.clear()
    ANSWERS["/live"] = (200, "ok", {})
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{listening.server_address[1]}"
        listening.shutdown()


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrialPlace:
    for name in ("HEALTHY_SECONDS", "PATIENCE", "PAUSE"):
        monkeypatch.setattr(serving, name, 0.1)
    return made(tmp_path, "local")


def made(folder: Path, environment: str, **more: Any) -> TrialPlace:
    (folder / "app").mkdir(exist_ok=True)
    (folder / "app" / "Dockerfile").write_text("FROM scratch\n")
    config = {
        "environment": environment,
        "aws": {"region": "eu-central-1"},
        "app": {"context": "app", "cpu": 256, "memory": 512},
        "migrations": [{"name": "migrate", "command": ["migrate"]}],
        **more,
    }
    (folder / f"Pulumi.{environment}.yaml").write_text(yaml.safe_dump({"config": config}))
    logins = Logins(DatabaseLogin("boss", ""), DatabaseLogin("shop_owner", ""), DatabaseLogin("shop_app", ""))
    return TrialPlace(read(folder, environment).settings, cast(Scratch, None), logins, "linux/amd64")


WRONG = [
    (503, "permission denied for schema billing", {}, (), "the database user of the service may not do", ""),
    (400, "<html>Bad Request</html>", {}, ("Invalid HTTP_HOST header",), "refuses the Host header", "allowed hosts"),
    (301, "", {"Location": "https://shop.example/health"}, (), "redirects plain HTTP to HTTPS", "except /health"),
    (401, '{"error": "login"}', {}, (), "is asked to log in at /health", "answer without authentication"),
    (404, "not found", {}, (), "does not know /health", "set app.healthPath"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "text", "headers", "log", "cause", "fix"), WRONG, ids=[str(one[0]) for one in WRONG]
)
def test_a_wrong_answer_is_shown_with_its_body_cause_and_fix(
    server: str,
    place: TrialPlace,
    status: int,
    text: str,
    headers: dict[str, str],
    log: tuple[str, ...],
    cause: str,
    fix: str,
) -> None:
    ANSWERS["/health"] = (status, text, headers)
    running = Running("x", server, place)
    running.log = log
    with pytest.raises(Broken, match=rf"answers {status} at /health \(app\.healthPath\)") as broken:
        running.await_ready()
    first, second = broken.value.what.splitlines()
    assert first.endswith(": " + text if text and not text.startswith("<") else ": Bad Request" if text else " s")
    assert second.startswith("cause: ")
    assert cause in second
    assert fix in broken.value.remedy


def test_a_right_one_has_its_seconds(server: str, place: TrialPlace) -> None:
    ANSWERS["/health"] = (200, "ok", {})
    started = Running("x", server, place).await_ready()
    assert 0 <= started.live <= started.healthy < 10


def test_each_path_is_asked_with_the_host_header_of_a_deployment(server: str, tmp_path: Path) -> None:
    """The load balancer sends the task's address, users and rollout the service's name."""
    ANSWERS["/health"] = (200, "ok", {})
    place = made(tmp_path, "local")
    Running("x", server, place, "172.18.0.3:8080").await_ready()
    assert HOSTS == {"/live": "172.18.0.3:8080", "/health": "localhost"}
    named = made(tmp_path, "staging", domain={"name": "shop.example.com", "zone": "Z0123456789ABC"})
    Running("x", server, named, "172.18.0.3:8080").await_ready()
    assert HOSTS["/health"] == "shop.example.com"
    behind = made(tmp_path, "staging", smoke={"host": "www.example.com"})
    Running("x", server, behind, "172.18.0.3:8080").await_ready()
    assert HOSTS["/health"] == "www.example.com"


def test_a_refused_host_is_not_waited_for(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "REFUSED_SECONDS", 0.1)
    ANSWERS["/live"] = (400, "Bad Request", {})
    begun = time.monotonic()
    with pytest.raises(Broken, match=r"answers 400 at /live \(app\.livePath\) within [0-9] s") as broken:
        Running("x", server, made(tmp_path, "local"), "172.18.0.3:8080").await_ready()
    assert time.monotonic() - begun < 5
    assert "the load balancer asks /live with 172.18.0.3:8080 as Host" in broken.value.what
    assert "add the tasks' own addresses to the allowed hosts" in broken.value.remedy


def test_one_that_does_not_answer_is_told_the_start_period(place: TrialPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "SLOWER", -89.9)
    with pytest.raises(Broken, match=r"does not answer at /live \(app\.livePath\)") as broken:
        Running("x", "http://127.0.0.1:1", place).await_ready()
    assert "the port in PORT (8080)" in broken.value.remedy
    assert "service.health.startPeriod (90 s)" in broken.value.remedy


def test_a_long_body_with_markup_is_one_harmless_line() -> None:
    text = "<html><style>x{}</style><p>Permission\n denied</p>\x1b[31m" + "<b>x</b>" * 500
    shown = body(Answer(500, text))
    assert shown.startswith("Permission denied")
    assert "\x1b" not in shown
    assert "<" not in shown
    assert len(shown) == serving.SHOWN
    assert body(Answer(500, "DB_PASSWORD=hunter2")) == "DB_PASSWORD=***"


def test_a_start_is_measured_with_the_processor_that_a_task_has(tmp_path: Path, place: TrialPlace) -> None:
    assert _share(place) == []
    assert _share(made(tmp_path, "dev")) == ["--cpu-period", "100000", "--cpu-quota", "25000"]
