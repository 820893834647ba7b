"""A stack of its own for the tests: another emulator, another state, the very same program and plugins."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from emulator.cloud import emulator
from emulator.plugins.install import install
from local import environment

ROOT = Path(__file__).resolve().parents[2]
STACK = environment.STACK  # its settings hold the salt already: another name would make Pulumi write a file of its own
UP_SECONDS = 300
VERSIONS = "src/notes/migrations/master/versions"


@dataclass
class Finished:
    """A command that has ended."""

    code: int
    output: str
    seconds: float


class Running:
    """A `pulumi` that goes on while the test looks, interrupts or kills it."""

    def __init__(self, command: list[str], env: dict[str, str]) -> None:
        self._begun = time.monotonic()
        # A session of its own: a signal goes to this pulumi alone, as a terminal's would go to its group.
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self._lines: list[str] = []
        self._times: list[float] = []  # of the lines, seconds since the beginning
        self._new = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._new:
                self._lines.append(line)
                self._times.append(time.monotonic() - self._begun)
                self._new.notify_all()

    @property
    def output(self) -> str:
        with self._new:
            return "".join(self._lines)

    def wait_for(self, text: str, seconds: float) -> None:
        """Returns once *text* was printed."""
        deadline = time.monotonic() + seconds
        with self._new:
            while not any(text in line for line in self._lines):
                left = deadline - time.monotonic()
                assert left > 0, f"no {text!r} within {seconds} s:\n{''.join(self._lines)}"
                assert self.process.poll() is None, f"ended before {text!r}:\n{''.join(self._lines)}"
                self._new.wait(min(left, 1))

    def printed_at(self, text: str) -> float | None:
        """Seconds from the beginning to the first line with *text*; None when there is none yet."""
        with self._new:
            return next((at for line, at in zip(self._lines, self._times, strict=True) if text in line), None)

    def send(self, signum: signal.Signals) -> None:
        self.process.send_signal(signum)

    def finish(self, seconds: float = UP_SECONDS) -> Finished:
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise AssertionError(f"not ended within {seconds} s:\n{self.output}") from None
        except KeyboardInterrupt:
            self.process.send_signal(signal.SIGINT)  # the terminal's own did not reach its session
            raise
        self._reader.join(10)
        return Finished(code, self.output, time.monotonic() - self._begun)


@dataclass
class Client:
    """Asks the service again and again, as a user's browser would."""

    url: str
    pause: float = 0.1
    answers: list[tuple[float, int, str, str]] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def ask(self) -> tuple[int, str, str]:
        try:
            with urllib.request.urlopen(self.url, timeout=15) as response:
                return response.status, response.headers.get("X-Version", ""), response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, "", error.read().decode(errors="replace")[:200]
        except OSError as error:
            return 0, "", str(error)

    def _run(self) -> None:
        while not self._stop.is_set():
            self.answers.append((time.monotonic(), *self.ask()))
            self._stop.wait(self.pause)

    @contextmanager
    def calling(self) -> Iterator[Client]:
        thread = threading.Thread(target=self._run, daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            thread.join(30)

    @property
    def failed(self) -> list[tuple[float, int, str, str]]:
        return [answer for answer in self.answers if answer[1] != 200]


class Stage:
    """The stack under test, its application's sources (a copy that tests may change), and clients of its AWS."""

    def __init__(self, folder: Path, stack: str = STACK, example: str = "notes") -> None:
        self.stack = stack
        self.app = folder / example
        self._applied: dict[str, str] = {}
        self._settled = ""  # what the last whole `up` deployed, unless something else was done since
        self.settings = folder / f"Pulumi.{stack}.yaml"
        self.place = environment.checkout(ROOT, {**os.environ, "SLUICE_LOCAL_DIR": str(folder / "local")})
        outside = {
            name: value for name, value in os.environ.items() if name not in ("SLUICE_BACKEND_URL", "SLUICE_PORT")
        }
        self.cloud = emulator.start(self.place.local, None, environment.account(self.place.local))
        # Which Pulumi CLI set-up chose is the checkout's, not this folder's.
        chosen = environment.checkout(ROOT, {})
        if chosen.pulumi_record.is_file():
            self.place.pulumi_record.write_text(chosen.pulumi_record.read_text())
        self.env = environment.applied(outside, environment.changes(self.place, outside, self.cloud.endpoint))
        install(self.place.pulumi_home, ROOT)
        self.place.state.mkdir(parents=True, exist_ok=True)
        self.restore_app()
        text = (ROOT / f"Pulumi.{stack}.yaml").read_text()
        # Patient, so that a slow start on a busy machine is not taken for a bad version; a good one waits for nothing.
        text = text.replace("startPeriod: 10", "startPeriod: 60")
        self.settings.write_text(text.replace(f"context: examples/{example}", f"context: {self.app}"))
        self.pulumi("stack", "init", stack, "--no-select")

    def restore_app(self) -> None:
        """The application as it is in the repository, with the migrations that the database has seen since."""
        shutil.rmtree(self.app, ignore_errors=True)
        shutil.copytree(
            ROOT / "examples" / self.app.name, self.app, ignore=shutil.ignore_patterns("__pycache__", ".*_cache")
        )
        for name, text in self._applied.items():
            (self.app / VERSIONS / name).write_text(text)

    def edit(self, path: str, old: str, new: str) -> None:
        file = self.app / path
        text = file.read_text()
        assert old in text, f"{old!r} is not in {path}"
        file.write_text(text.replace(old, new))

    def add_migration(self, number: int, body: str) -> Path:
        """A revision after the newest one, with *body* as the code of its upgrade."""
        folder = self.app / VERSIONS
        before = max(file.stem.partition("_")[0] for file in folder.glob("[0-9]*.py"))
        name = f"{number:04d}"
        assert name > before
        indented = "\n".join(f"    {line}" for line in body.strip().splitlines())
        file = folder / f"{name}_test.py"
        file.write_text(
            f'"""A migration of the tests."""\n\nfrom alembic import op\n\nrevision = "{name}"\n'
            f'down_revision = "{before}"\n\n\ndef upgrade() -> None:\n{indented}\n\n\n'
            "def downgrade() -> None:\n    op.execute('select 1')\n"
        )
        return file

    def applied(self, file: Path) -> None:
        """Says that the database has this revision now: every later version of the application must know it."""
        # Without the wait that made it slow: an empty database has to go through all of them.
        self._applied[file.name] = file.read_text().replace("time.sleep(20)", "time.sleep(0)")

    # -- Pulumi

    def _command(self, *words: str) -> list[str]:
        command = [str(environment.pulumi_bin(self.place) / "pulumi"), *words, "--non-interactive"]
        if words[0] in ("up", "preview", "refresh", "destroy"):
            command += ["--stack", self.stack, "--config-file", str(self.settings)]
        return command

    def start(self, *words: str) -> Running:
        if words[0] not in ("preview", "stack"):
            self._settled = ""
        return Running(self._command(*words), self.env)

    def pulumi(self, *words: str, expect: int | None = 0) -> Finished:
        finished = self.start(*words).finish()
        if expect is not None:
            assert finished.code == expect, finished.output
        return finished

    def up(self, expect: int | None = 0) -> Finished:
        wanted = self._fingerprint()
        finished = self.pulumi("up", "--yes", "--skip-preview", expect=expect)
        self._settled = wanted if finished.code == 0 else ""
        return finished

    def deploy(self) -> None:
        """A good version is deployed, and sources and settings are that version's: only what is missing is done."""
        if self._settled and self._fingerprint() == self._settled:
            return
        settled = self._settled
        self.restore_app()
        if not settled or self._fingerprint() != settled:
            self.up()

    def _fingerprint(self) -> str:
        """Of what `up` deploys: the application's files and the settings."""
        files = [self.settings, *sorted(path for path in self.app.rglob("*") if path.is_file())]
        digest = hashlib.sha256()
        for file in files:
            digest.update(f"{file}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\0".encode())
        return digest.hexdigest()

    def outputs(self) -> dict[str, Any]:
        text = self.pulumi("stack", "output", "--json", "--stack", self.stack).output
        return dict(json.loads(text))

    # -- AWS

    def client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.env["AWS_ENDPOINT_URL"],
            region_name=self.env["AWS_REGION"],
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
        )

    def migration_tasks(self) -> list[dict[str, Any]]:
        """Every task that the gate ever started, running or stopped."""
        ecs, cluster = self.client("ecs"), self.outputs()["cluster"]
        arns = [
            arn
            for desired in ("RUNNING", "STOPPED")
            for arn in ecs.list_tasks(cluster=cluster, desiredStatus=desired)["taskArns"]
        ]
        tasks = ecs.describe_tasks(cluster=cluster, tasks=arns)["tasks"] if arns else []
        return [task for task in tasks if not task.get("group", "").startswith("service:")]

    def service(self) -> dict[str, Any]:
        outputs = self.outputs()
        answer = self.client("ecs").describe_services(cluster=outputs["cluster"], services=[outputs["service"]])
        return dict(answer["services"][0])


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Returns once *condition* holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.2)
