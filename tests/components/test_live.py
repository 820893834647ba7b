"""What a stack has now, and the changes from there that are refused before anything is declared."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.components.program import Deployed
from tests.components.test_promotion import PROMOTABLE, PROMOTED, STAGING

Deploy = Callable[..., Deployed]
OWN = "organization/sluice/test"


def git(*words: str) -> str:
    told = subprocess.run(
        ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *words],
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    return told.stdout.strip()


@pytest.fixture
def commits(config: dict[str, Any]) -> tuple[str, str]:
    """Two commits of the application's folder, of which the newer one is checked out."""
    git("init", "--quiet")
    git("add", "shop")
    git("commit", "--quiet", "--message", "one")
    older = git("rev-parse", "HEAD")
    Path("shop/Dockerfile").write_text("FROM scratch\nLABEL two=2\n")
    git("commit", "--quiet", "--all", "--message", "two")
    return older, git("rev-parse", "HEAD")


def has(revision: str) -> dict[str, Any]:
    return {OWN: {"release": {"digest": "sha256:1", "revision": revision}}}


def errors(caplog: pytest.LogCaptureFixture, level: str = "ERROR") -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelname == level]


class TestOrder:
    """An older build does not replace a newer release unawares (C10)."""

    def test_an_older_commit_is_refused_before_anything_is_declared(
        self, deploy: Deploy, commits: tuple[str, str], caplog: pytest.LogCaptureFixture
    ) -> None:
        older, newer = commits
        git("checkout", "--quiet", older)
        deployed = Deployed()
        with pytest.raises(SystemExit) as ended:
            deploy(others=has(newer), deployed=deployed)
        assert ended.value.code == 32
        assert [one.type for one in deployed.resources if not one.type.startswith("pulumi:")] == []
        [error] = errors(caplog)
        assert error.startswith(f"app.context: commit {older[:12]} is older than the live release's, {newer[:12]}")
        assert error.endswith("Nothing was changed")

    def test_a_preview_of_it_is_warned_of(
        self, deploy: Deploy, commits: tuple[str, str], caplog: pytest.LogCaptureFixture
    ) -> None:
        """Previews are made of branches, too, that are behind."""
        git("checkout", "--quiet", commits[0])
        deploy(others=has(commits[1]), preview=True)
        assert [text for text in errors(caplog, "WARNING") if "`pulumi up` refuses it" in text]

    def test_it_is_allowed_by_its_name(
        self, deploy: Deploy, commits: tuple[str, str], config: dict[str, Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        older, newer = commits
        git("checkout", "--quiet", older)
        assert deploy(others=has(newer), app=config["app"] | {"allowOlder": older[:7]}).outputs["image"]
        assert errors(caplog) == []

    @pytest.mark.parametrize("what", ["newer", "same", "dirty", "unknown", "none", "no outputs"])
    def test_nothing_is_said_of_others(
        self, deploy: Deploy, commits: tuple[str, str], what: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        older, newer = commits
        live = {"newer": older, "same": newer, "dirty": f"{newer}-dirty", "unknown": "3" * 40, "none": ""}
        assert deploy(others=has(live[what]) if what in live else {}).outputs["image"]
        assert errors(caplog) == []

    def test_a_dirty_older_build_is_older_too(
        self, deploy: Deploy, commits: tuple[str, str], caplog: pytest.LogCaptureFixture
    ) -> None:
        git("checkout", "--quiet", commits[0])
        Path("shop/Dockerfile").write_text("FROM scratch\nLABEL three=3\n")
        with pytest.raises(SystemExit):
            deploy(others=has(commits[1]))
        assert "is older than the live release's" in errors(caplog)[0]


class TestOrderOfOtherImages:
    """An image that was built elsewhere may lack migrations that the live release ran: where commits are known, that is
    found out; where not, it is said."""

    REPLACES = "sha256:cd (release 4, proven 2026-01-01 00:00 UTC)"

    @pytest.fixture
    def take(self, deploy: Deploy, config: dict[str, Any]) -> Callable[..., Deployed]:
        """Deploys an image of this commit while the live release is of that one."""

        def take(key: str, wanted: str, live: str, **more: Any) -> Deployed:
            app = {name: value for name, value in config["app"].items() if name != "context"} | more.pop("app", {})
            promotable = {**PROMOTABLE, "release": {**PROMOTABLE["release"], "revision": wanted}}  # type: ignore[dict-item]
            settings = {"promoteFrom": "staging"} if key == "promoteFrom" else {"image": PROMOTED}
            return deploy(
                app=app,
                others={**has(live), STAGING: {"promotable": promotable}},
                admission={"replaces": self.REPLACES, "revision": wanted if key == "image" else ""},
                **settings,
                **more,
            )

        return take

    @pytest.mark.parametrize("key", ["promoteFrom", "image"])
    def test_of_an_older_commit_is_refused_before_anything_is_declared(
        self, take: Deploy, commits: tuple[str, str], caplog: pytest.LogCaptureFixture, key: str
    ) -> None:
        older, newer = commits
        deployed = Deployed()
        with pytest.raises(SystemExit):
            take(key, older, newer, deployed=deployed)
        assert [one.type for one in deployed.resources if one.custom and not one.type.startswith("pulumi:")] == []
        [error] = errors(caplog)
        assert error.startswith(f"{key}: commit {older[:12]} is older than the live release's, {newer[:12]}")
        assert "it may lack migrations that the live release ran" in error
        take(key, older, newer, app={"allowOlder": older})

    @pytest.mark.parametrize("key", ["promoteFrom", "image"])
    def test_of_a_newer_one_or_the_same_is_taken_in_silence(
        self, take: Deploy, commits: tuple[str, str], caplog: pytest.LogCaptureFixture, key: str
    ) -> None:
        caplog.set_level("INFO")
        older, newer = commits
        for live in (older, newer, f"{newer}-dirty"):
            take(key, newer, live)
        assert "is not known" not in caplog.text

    @pytest.mark.parametrize(
        ("wanted", "live", "why"),
        [
            ("", "1" * 40, "the image names no commit; build it with the label org.opencontainers.image.revision"),
            ("main", "1" * 40, "the image names no commit"),  # a branch moves
            ("2" * 40, "1" * 40, "git in this folder does not know both 222222222222 and 111111111111"),
            ("2" * 40, "", "the live release names no commit"),
        ],
    )
    def test_what_cannot_be_known_is_said_and_taken(
        self, take: Deploy, caplog: pytest.LogCaptureFixture, wanted: str, live: str, why: str
    ) -> None:
        caplog.set_level("INFO")
        assert take("image", wanted, live).outputs["image"]
        assert f"image: it is unknown whether the image has the live release's migrations: {why}" in caplog.text

    def test_its_label_is_the_releases_revision(self, take: Deploy, commits: tuple[str, str]) -> None:
        deployed = take("image", commits[1], commits[0])
        assert deployed.outputs["release"]["revision"] == commits[1], "the next image is compared with it"
        assert [one["architecture"] for one in deployed.asked] == ["X86_64"]


class TestEngine:
    """Another major version of the database is asked for by name (C11)."""

    @pytest.mark.parametrize("preview", [True, False])
    def test_a_major_upgrade_is_refused_in_previews_too(
        self, deploy: Deploy, preview: bool, caplog: pytest.LogCaptureFixture
    ) -> None:
        deployed = Deployed()
        with pytest.raises(SystemExit):
            deploy(
                others={OWN: {"database": {"version": "17"}}},
                database={"version": "18"},
                preview=preview,
                deployed=deployed,
            )
        assert [one.type for one in deployed.resources if not one.type.startswith("pulumi:")] == []
        [error] = errors(caplog)
        assert "PostgreSQL 17 would become 18, a major upgrade" in error
        assert 'set `database.upgrade: "18"` for this one `pulumi up`' in error

    def test_it_is_made_when_it_is_asked_for(self, deploy: Deploy) -> None:
        deployed = deploy(others={OWN: {"database": {"version": "17"}}}, database={"version": "18", "upgrade": "18"})
        assert deployed.one("rds/instance:Instance").inputs["allowMajorVersionUpgrade"] is True
        assert deployed.outputs["database"]["version"] == "18"

    def test_without_it_aws_would_refuse_too(self, deploy: Deploy) -> None:
        deployed = deploy(others={OWN: {"database": {"version": "17"}}})
        assert deployed.one("rds/instance:Instance").inputs["allowMajorVersionUpgrade"] is False


class TestGiven:
    """What the gate's preview gets to look at before the revisions are known."""

    def test_the_services_secrets_and_the_architecture(self, deploy: Deploy, config: dict[str, Any]) -> None:
        key = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:key-AbCdEf"
        run = deploy(app=config["app"] | {"secrets": {"KEY": key}}).one("MigrationRun").inputs
        assert run["serviceSecrets"] == {"KEY": key}
        assert run["architecture"] == "X86_64"

    def test_an_entrypoint_of_the_steps_own(self, deploy: Deploy, config: dict[str, Any]) -> None:
        deployed = deploy(app=config["app"] | {"stepEntryPoint": ["env"]})
        assert {tuple(deployed.container(kind)["entryPoint"]) for kind in ("bootstrap", "migration")} == {("env",)}
        assert "entryPoint" not in deployed.container("service")
        assert {tuple(step["entryPoint"]) for step in deployed.one("MigrationRun").inputs["steps"]} == {("env",)}


class Version(http.server.BaseHTTPRequestHandler):
    """A version that serves: it answers at /live and at /up."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path in ("/live", "/up") else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


class TestLivePath:
    """The load balancer asks every task at one path: the version that serves has to answer there, too."""

    @pytest.fixture
    def live(self) -> Iterator[dict[str, Any]]:
        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Version) as server:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
            deep = {"url": f"http://127.0.0.1:{server.server_address[1]}/health", "status": 200, "timeout": 5}
            yield {OWN: {"gate": {"livePath": "/live", "deep": deep}}}
            server.shutdown()

    @pytest.mark.parametrize("path", ["/live", "/up"])
    def test_moves_to_one_that_it_answers(
        self, deploy: Deploy, live: dict[str, Any], path: str, config: dict[str, Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        deployed = deploy(others=live, app=config["app"] | {"livePath": path})
        assert deployed.one("TargetGroup").inputs["healthCheck"]["path"] == path
        assert deployed.outputs["gate"]["livePath"] == path
        assert errors(caplog) + errors(caplog, "WARNING") == []

    def test_moves_to_no_other(
        self, deploy: Deploy, live: dict[str, Any], config: dict[str, Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        app, deployed = config["app"] | {"livePath": "/new"}, Deployed()
        with pytest.raises(SystemExit):
            deploy(others=live, app=app, deployed=deployed)
        assert [one.type for one in deployed.resources if not one.type.startswith("pulumi:")] == []
        assert errors(caplog)[0].startswith("app.livePath: the version that serves answers 404 at /new")
        deploy(others=live, app=app, preview=True)
        assert "`pulumi up` refuses it" in errors(caplog, "WARNING")[-1]

    def test_that_it_could_not_be_asked_is_said(
        self, deploy: Deploy, config: dict[str, Any], caplog: pytest.LogCaptureFixture
    ) -> None:
        deploy(others={OWN: {"gate": {"livePath": "/live", "deep": None}}}, app=config["app"] | {"livePath": "/new"})
        assert "cannot be asked from here" in errors(caplog, "WARNING")[-1]
