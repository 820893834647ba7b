"""The environment's protection, asked of an HTTP server that answers as GitHub's documentation says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from bootstrap import project, protection
from bootstrap.protection import Environment

WANTED = Environment("example/shop", "prod", ["main"], reviewed=True)
HERE = "/repos/example/shop/environments/prod"
POLICIES = f"{HERE}/deployment-branch-policies"
BRANCH = "/repos/example/shop/branches/main"
SUBJECT = "/repos/example/shop/actions/oidc/customization/sub"


def right() -> dict[str, Any]:
    """GitHub's answers, by path, where everything is as it should be."""
    return {
        HERE: {
            "name": "prod",
            "can_admins_bypass": False,
            "protection_rules": [
                {"type": "required_reviewers", "prevent_self_review": True, "reviewers": [{"type": "User"}]},
                {"type": "branch_policy"},
            ],
            "deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True},
        },
        POLICIES: {"total_count": 1, "branch_policies": [{"name": "main", "type": "branch"}]},
        BRANCH: {"name": "main", "protected": True},
        SUBJECT: {"use_default": True},
    }


class Server(ThreadingHTTPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers = right()


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        answer = self.server.answers.get(self.path)
        status = 404 if answer is None else answer if isinstance(answer, int) else 200
        if self.headers["Authorization"] != "Bearer t":
            status = 401
        self.send_response(status)
        whole = json.dumps(answer).encode()
        self.send_header("Content-Length", str(len(whole)))
        self.end_headers()
        self.wfile.write(whole)

    def log_message(self, *_: object) -> None:
        """The tests' output stays readable."""


@pytest.fixture
def github() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join(timeout=10)


def told(server: Server, wanted: Environment = WANTED, who: str = "t") -> list[str]:
    return protection.protection_report({"GH_TOKEN": who}, wanted, f"http://127.0.0.1:{server.server_port}")


def test_what_is_right_is_said_in_one_line(github: Server) -> None:
    assert told(github) == ["GitHub protects the environment prod as it should."]


WRONG: dict[str, tuple[str, Any, str]] = {
    "no environment": (HERE, None, "the environment prod does not exist"),
    "every branch": (HERE, {"deployment_branch_policy": None}, "every branch may deploy to prod"),
    "another branch": (
        POLICIES,
        {"branch_policies": [{"name": "main"}, {"name": "release/*"}]},
        "main, release/* may deploy to prod",
    ),
    "a tag": (POLICIES, {"branch_policies": [{"name": "main", "type": "tag"}]}, "main may deploy to prod"),
    "protected branches": (
        HERE,
        {"deployment_branch_policy": {"protected_branches": True, "custom_branch_policies": False}},
        "every protected branch may deploy to prod",
    ),
    "no reviewer": (HERE, {"protection_rules": []}, "nobody has to approve a deployment to prod"),
    "self-review": (
        HERE,
        {"protection_rules": [{"type": "required_reviewers", "reviewers": [{}], "prevent_self_review": False}]},
        "whoever starts a deployment to prod may approve it",
    ),
    "administrators": (HERE, {"can_admins_bypass": True}, "administrators may pass by the rules of prod"),
    "an open branch": (BRANCH, {"protected": False}, "the branch main is not protected"),
    "subjects of another form": (SUBJECT, {"use_default": False}, "the repository has subjects of its own form"),
}


@pytest.mark.parametrize(("path", "change", "said"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_with_its_fix(github: Server, path: str, change: Any, said: str) -> None:
    github.answers[path] = None if change is None else github.answers[path] | change
    head, *wrong = told(github)
    assert head == "WARNING: GitHub does not protect the environment prod:"
    assert [line.startswith(f"- {said}") and "\n  fix: " in line for line in wrong] == [True]


def test_staging_needs_no_reviewers(github: Server) -> None:
    github.answers[HERE] |= {"protection_rules": [], "can_admins_bypass": True}
    assert told(github, replace(WANTED, reviewed=False)) == ["GitHub protects the environment prod as it should."]


@pytest.mark.parametrize("token", ["", "expired"])
def test_where_github_cannot_be_asked_it_says_what_to_click(github: Server, token: str) -> None:
    lines = told(github, who=token)
    assert lines[0].startswith("GitHub answers" if token else "Protect the environment prod (no token")
    text = "\n".join(lines)
    for click in ("Deployment branches and tags", "Required reviewers", "Require a pull request", "gh workflow run"):
        assert click in text


def test_without_an_answer_it_says_so() -> None:
    lines = protection.protection_report({"GITHUB_TOKEN": "t"}, WANTED, "http://127.0.0.1:1")
    assert lines[0].startswith("GitHub does not answer /repos/example/shop/environments/prod: ")


def test_production_is_what_the_stacks_settings_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert project.is_production("prod")
    assert not project.is_production("staging")
    monkeypatch.setattr(project, "ROOT", tmp_path)
    assert not project.is_production("prod"), "no settings yet"
    (tmp_path / "Pulumi.live.yaml").write_text("config:\n  sluice:environment: prod\n")
    assert project.is_production("live")
