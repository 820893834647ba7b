"""What the pipeline's steps decide, as plain data."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import comment, deploy, promoted, rollback, smoke
from pipeline.engine.engine import Engine
from pipeline.failed import Failed
from pipeline.preview import plan
from sluice.inputs.smoke import Smoke
from sluice.release.promotion import PromotionSource
from sluice.rollout.deployment.http_answer import Answer

PREVIEW = """Previewing update (prod):

@ previewing update....
    sluice:index:Thing changed
Policies:
    ✅ readiness@v0.1.0 (local: policy)
Outputs:
  ~ image: "a" => "b"
Resources:
    + 2 to create
    ~ 1 to update
    3 changes. 60 unchanged
Duration: 5s
"""
NOTHING = "Resources:\n    70 unchanged\n\nDuration: 2s\n"
BROKEN = """Policies:
    ❌ readiness@v0.1.0 (local: policy)
        - [mandatory]  database-multi-az  (aws:rds/instance:Instance: sluice-prod)
          The database has a standby in another zone
        - [mandatory]  https  (aws:lb/listener:Listener: sluice-prod)
        - [advisory]  other  (x)
"""


class TestPlan:
    """A preview in a comment."""

    @pytest.mark.parametrize(
        ("code", "said", "line"),
        [
            (0, PREVIEW, "2 to create, 1 to update"),
            (0, NOTHING, "no changes"),
            (0, "", "no changes"),
            (1, BROKEN, "**the preview failed**: database-multi-az, https"),
            (255, "error: no", "**the preview failed**"),
        ],
    )
    def test_says_the_most_in_one_line(self, code: int, said: str, line: str) -> None:
        assert plan.headline(code, said) == line

    def test_cannot_leave_its_fence(self) -> None:
        text = plan.section("prod", 0, "one\n````\n</details> two")
        assert text.count("`````") == 2
        assert text.startswith("### prod: ")

    def test_two_fit_into_one_comment(self) -> None:
        long = "\n".join(f"line {number} of the preview" for number in range(20_000))
        short = plan.shortened(long)
        assert len(short) < plan.LONGEST + 200
        assert short.startswith("line 0 of the preview\n")
        assert short.endswith("line 19999 of the preview")
        assert "characters left out" in short
        sections = [plan.section(stack, 0, long) for stack in ("staging", "prod")]
        assert len(comment.body(sections, "a" * 40)) < comment.LIMIT


class TestComment:
    """The one comment of a pull request."""

    def test_has_a_section_for_each_stack_in_its_order(self, tmp_path: Path) -> None:
        (tmp_path / "plan-prod").mkdir()
        (tmp_path / "plan-prod" / "prod.md").write_text("### prod: no changes\n")
        sections = comment.gathered(tmp_path, ["staging", "prod"])
        assert sections == ["### staging: no preview; see the job's log", "### prod: no changes"]
        body = comment.body(sections, "0123456789abcdef")
        assert body.startswith(comment.MARK)
        assert "0123456789ab;" in body

    def test_never_says_more_than_github_takes(self) -> None:
        assert len(comment.body(["x" * 100_000], "")) < 65_536

    def test_is_for_workflows_only(self) -> None:
        with pytest.raises(Failed, match="GITHUB_REPOSITORY, GITHUB_TOKEN: not set"):
            comment.conversation({"GITHUB_API_URL": "https://api.example.com"}, 1)


class TestDeploy:
    """Who may deploy, and what."""

    @pytest.mark.parametrize(
        ("environment", "allowed"),
        [
            ({}, True),
            ({"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/main"}, True),
            ({"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/heads/mains"}, False),
            ({"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/pull/3/merge"}, False),
            ({"GITHUB_ACTIONS": "true", "GITHUB_REF": "refs/tags/main"}, False),
            ({"GITHUB_ACTIONS": "true"}, False),
        ],
    )
    def test_only_main_is_deployed(self, environment: dict[str, str], allowed: bool, tmp_path: Path) -> None:
        assert (deploy.refused(environment) == "") is allowed
        if not allowed:
            with pytest.raises(Failed, match="only refs/heads/main is deployed"):
                deploy.deploy(Engine("prod", tmp_path), environment)
            with pytest.raises(Failed, match="only refs/heads/main is deployed"):
                rollback.rollback("prod", tmp_path, {**environment, "REASON": "x"})

    def test_the_history_leads_to_the_run(self) -> None:
        said = {
            "GITHUB_RUN_ID": "7",
            "GITHUB_SHA": "0123456789abcdef",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "a/b",
        }
        assert deploy.message(said) == "0123456789ab https://github.com/a/b/actions/runs/7"
        assert deploy.message({}) == ""

    def test_what_was_approved_is_what_is_deployed(self) -> None:
        assert promoted.complaint("r@sha256:1", "r@sha256:1") == ""
        assert "approved was r@sha256:1" in promoted.complaint("r@sha256:1", "r@sha256:2")
        assert "would be promoted now is nothing" in promoted.complaint("r@sha256:1", None)

    def test_an_approval_of_nothing_is_none(self, tmp_path: Path) -> None:
        """What a preview that failed hands on, and two nothings are not the same image."""
        for now in (None, "", "r@sha256:1"):
            assert "APPROVED is set and empty" in promoted.complaint("", now)
        with pytest.raises(Failed, match="APPROVED is set and empty"):
            deploy.deploy(Engine("prod", tmp_path), {"APPROVED": ""})

    @pytest.mark.parametrize(
        ("settings", "source"),
        [
            ("config:\n  promoteFrom: staging\n", PromotionSource("shop", "staging")),
            ("config:\n  sluice:promoteFrom: o/p/staging\n", PromotionSource("p", "staging")),
            (
                "config:\n  promoteFrom: staging\n  promotion: {account: '444455556666', region: eu-west-1}\n",
                PromotionSource("shop", "staging", "444455556666", "eu-west-1"),
            ),
            ("config:\n  environment: prod\n", None),
            ("", None),
        ],
    )
    def test_knows_where_the_image_comes_from(
        self, settings: str, source: PromotionSource | None, tmp_path: Path
    ) -> None:
        (tmp_path / "Pulumi.yaml").write_text("name: shop\n")
        (tmp_path / "Pulumi.prod.yaml").write_text(settings)
        assert promoted.source(Engine("prod", tmp_path)) == source

    def test_a_stack_without_settings_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(Failed, match=r"Pulumi\.prod\.yaml cannot be read"):
            promoted.source(Engine("prod", tmp_path))


class TestRollback:
    """What people typed stays what they typed."""

    def test_becomes_one_word_each(self) -> None:
        words = rollback.arguments("prod", Path("here"), {"RELEASE": "41", "REASON": "--lift; rm -rf /"})
        assert words == [
            "--stack",
            "prod",
            "--cwd",
            "here",
            "rollback",
            "--yes",
            "--reason=--lift; rm -rf /",
            "--to=41",
        ]

    def test_goes_to_the_release_before_unless_told(self) -> None:
        command = rollback.arguments("a", Path(), {"RELEASE": " ", "REASON": "x"})
        assert not any(word.startswith("--to") for word in command)

    def test_needs_a_reason(self) -> None:
        with pytest.raises(Failed, match="REASON is empty"):
            rollback.arguments("a", Path(), {"REASON": " "})


TASK = {
    "command": ["curl"],
    "taskDefinition": "arn:td/smoke:1",
    "container": "smoke",
    "subnets": ["subnet-1"],
    "securityGroups": ["sg-1"],
    "assignPublicIp": False,
}
"""What asks in place of a pipeline."""


class TestSmoke:
    """As many right answers in a row as the stack wants."""

    WANTED = Smoke("http://web.example.com/health", attempts=2, answers=3)

    @staticmethod
    def asked(*statuses: int) -> tuple[int | None, list[float]]:
        """What came of these answers, and the pauses between."""
        left, pauses = list(statuses), list[float]()
        try:
            code = smoke.judged(TestSmoke.WANTED, lambda *_: Answer(left.pop(0), "text"), pauses.append)
        except Failed:
            return None, pauses
        assert left == []
        return code, pauses

    def test_counts_right_answers_in_a_row(self) -> None:
        assert self.asked(200, 200, 200) == (0, [])
        assert self.asked(200, 200, 503, 200, 200, 200) == (0, [1.0])

    @pytest.mark.parametrize(("by_name", "address"), [(200, ""), (503, ""), (0, "10.0.0.1:443")])
    def test_goes_by_the_name_where_that_answers(self, by_name: int, address: str) -> None:
        said = smoke.reachable(replace(self.WANTED, address="10.0.0.1:443"), lambda *_: Answer(by_name, ""))
        assert said.address == address

    def test_gives_up_after_too_many_wrong_ones(self) -> None:
        assert self.asked(503, 200, 0) == (None, [1.0])

    @pytest.mark.parametrize(
        ("gate", "says"),
        [({"smoke": {"url": "http://x", "task": TASK}}, "task"), ({"smoke": None}, "off"), ({}, "off")],
    )
    def test_asks_nothing_where_the_pipeline_may_not_reach_it(
        self, gate: dict[str, object], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(Engine, "output", lambda engine, name: gate)
        assert smoke.ask(Engine("prod", Path()), lambda seconds: None) == 0
        assert capsys.readouterr().out == f"smoke.from is {says}: nothing is asked from here\n"
