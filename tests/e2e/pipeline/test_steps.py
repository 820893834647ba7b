"""The pipeline's steps on the real engine: two stacks without resources, the second promoting the first's image."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import boto3
import pytest

from local import environment

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 120
PROGRAM = """
import pulumi

config = pulumi.Config()
pulumi.ComponentResource("shop:index:Part", config.get("part") or "first")
pulumi.export("image", config.get("image") or "r@sha256:1")
pulumi.export("gate", {"smoke": {"url": config.require("url"), "status": 200, "timeout": 5, "attempts": 2}})
"""


@dataclass
class Project:
    """A Pulumi project with a state of its own."""

    folder: Path
    env: dict[str, str]

    def run(self, *words: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A step, as a workflow runs it."""
        return subprocess.run(
            [sys.executable, "-m", "pipeline", *words, "--cwd", str(self.folder)],
            cwd=ROOT,
            env=self.env | variables,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def release(self, image: str) -> None:
        """What staging's own program writes down once an image has proved itself."""
        ssm = boto3.client(
            "ssm",
            endpoint_url=self.env["AWS_ENDPOINT_URL"],
            region_name=environment.REGION,
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key="local",
        )
        value = json.dumps({"image": image})
        ssm.put_parameter(Name="/sluice/shop/staging/promotable", Value=value, Type="String", Overwrite=True)

    def settings(self, stack: str, **config: str) -> None:
        lines = "".join(f"  shop:{key}: {value}\n" for key, value in config.items())
        (self.folder / f"Pulumi.{stack}.yaml").write_text(f"config:\n{lines}")


class Answering(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/health" else 503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """The tests' output stays readable."""


class Parameters(ThreadingHTTPServer):
    """AWS Systems Manager, as much of it as PutParameter and GetParameter."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Keeping)
        self.values: dict[str, str] = {}


class Keeping(BaseHTTPRequestHandler):
    server: Parameters

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        operation, name = self.headers["X-Amz-Target"].rpartition(".")[2], given["Name"]
        status, answer = 200, dict[str, Any]()
        if operation == "PutParameter":
            self.server.values[name] = given["Value"]
            answer = {"Version": 1, "Tier": "Standard"}
        elif name in self.server.values:
            answer = {"Parameter": {"Name": name, "Type": "String", "Value": self.server.values[name], "Version": 1}}
        else:
            status, answer = 400, {"__type": "ParameterNotFound", "message": name}
        whole = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/x-amz-json-1.1")
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole)

    def log_message(self, *_: object) -> None:
        """The tests' output stays readable."""


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(timeout=10)


@pytest.fixture(scope="module")
def parameters() -> Iterator[str]:
    """A Parameter Store, where staging says what it has released."""
    with Parameters() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(timeout=10)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory, url: str, parameters: str) -> Project:
    folder = tmp_path_factory.mktemp("pipeline")
    (folder / "state").mkdir()
    virtualenv = f"runtime:\n  name: python\n  options:\n    virtualenv: {ROOT / '.venv'}\n"
    (folder / "Pulumi.yaml").write_text(f"name: shop\n{virtualenv}")
    (folder / "__main__.py").write_text(PROGRAM)
    place = environment.checkout(ROOT, os.environ)
    change = environment.changes(place, os.environ, parameters) | {"PULUMI_BACKEND_URL": f"file://{folder / 'state'}"}
    made = Project(folder, environment.applied(os.environ, change))
    for name in ("GITHUB_ACTIONS", "GITHUB_OUTPUT", "GITHUB_RUN_ID"):
        made.env.pop(name, None)
    made.settings("staging", url=f"{url}/health")
    made.settings("prod", url=f"{url}/health", promoteFrom="staging")
    return made


def test_staging_then_what_was_approved_to_prod(project: Project, url: str, tmp_path: Path) -> None:
    off = "--without-policy"  # the language host that set-up builds here starts no policy packs
    done = project.run("plan", "--stack", "staging", off, "--into", str(tmp_path))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "### staging: does not exist yet" in (tmp_path / "staging.md").read_text()

    deployed = tmp_path / "deployed"
    done = project.run("deploy", "--stack", "staging", off, GITHUB_OUTPUT=str(deployed))
    assert done.returncode == 0, done.stdout + done.stderr
    assert deployed.read_text() == "image=r@sha256:1\n", "what its bill of materials is made of"
    assert project.run("smoke", "--stack", "staging").returncode == 0
    project.release("r@sha256:1")

    told = tmp_path / "told"
    done = project.run("plan", "--stack", "prod", off, "--into", str(tmp_path), GITHUB_OUTPUT=str(told))
    assert done.returncode == 0, done.stdout + done.stderr
    assert told.read_text() == "image=r@sha256:1\nplan=first\n"

    assert "### prod: does not exist yet" in (tmp_path / "prod.md").read_text()

    # Meanwhile somebody deploys another image to staging, one that answers wrongly.
    project.settings("staging", url=f"{url}/sick", image="r@sha256:2")
    assert project.run("plan", "--stack", "staging", off, "--into", str(tmp_path)).returncode == 0
    text = (tmp_path / "staging.md").read_text()
    assert text.startswith("### staging: no changes\n"), "of resources; the outputs are in the text"
    assert '"r@sha256:1" => "r@sha256:2"' in text
    assert project.run("deploy", "--stack", "staging", off).returncode == 0
    project.release("r@sha256:2")
    done = project.run("smoke", "--stack", "staging")
    assert done.returncode == 1
    assert "answered 503 instead of 200" in done.stdout
    assert "2 wrong answers" in done.stderr
    done = project.run("deploy", "--stack", "prod", off, APPROVED="r@sha256:1")
    assert done.returncode == 1
    assert "approved was r@sha256:1, and what would be promoted now is r@sha256:2" in done.stderr
    done = project.run("smoke", "--stack", "prod")
    assert "was never deployed" in done.stderr, "nothing was changed"

    main = {"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/main", "GITHUB_RUN_ID": "7", "GITHUB_SHA": "a" * 40}
    done = project.run("deploy", "--stack", "prod", off, APPROVED="r@sha256:2", **main)
    assert done.returncode == 0, done.stdout + done.stderr
    assert project.run("drift", "--stack", "prod").returncode == 0


def test_an_approval_is_of_the_changes_that_were_previewed(project: Project, url: str, tmp_path: Path) -> None:
    off, told = "--without-policy", tmp_path / "told"

    def previewed() -> str:
        told.unlink(missing_ok=True)
        done = project.run("plan", "--stack", "staging", off, "--into", str(tmp_path), GITHUB_OUTPUT=str(told))
        assert done.returncode == 0, done.stdout + done.stderr
        return dict(line.split("=", 1) for line in told.read_text().splitlines())["plan"]

    project.settings("staging", url=f"{url}/health", part="second")
    approved = previewed()
    assert approved == previewed(), "the same changes are the same plan"
    assert f"`{approved[:12]}`" in (tmp_path / "staging.md").read_text()
    project.settings("staging", url=f"{url}/health", part="third")
    done = project.run("deploy", "--stack", "staging", off, APPROVED_PLAN=approved)
    assert done.returncode == 1
    assert f"the approved plan is {approved[:12]}, and the plan is" in done.stderr
    assert "create shop:index:Part third" in done.stderr
    project.settings("staging", url=f"{url}/health", part="second")
    assert previewed() == approved, "nothing was changed"
    done = project.run("deploy", "--stack", "staging", off, APPROVED_PLAN=approved)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "--plan" in done.stdout
    assert previewed() != approved, "there is nothing left to do"


def test_a_preview_that_fails_says_so_and_fails(project: Project, tmp_path: Path) -> None:
    project.settings("prod", promoteFrom="staging")
    done = project.run("plan", "--stack", "prod", "--without-policy", "--into", str(tmp_path))
    assert done.returncode != 0
    text = (tmp_path / "prod.md").read_text()
    assert text.startswith("### prod: **the preview failed**")
    assert "Missing required configuration variable 'shop:url'" in text
