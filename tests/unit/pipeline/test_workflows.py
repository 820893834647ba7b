"""What the workflows may do, and that they call nothing that a developer cannot."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[3]
BIN = ROOT / ".venv" / "bin"
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
SECONDS = 60
NAMES = [file.stem for file in FILES]
WORKFLOWS: dict[str, dict[Any, Any]] = {file.stem: yaml.safe_load(file.read_text(encoding="utf-8")) for file in FILES}
CHANGING = ("make deploy", "make rollback")
CREDENTIALS = "aws-actions/configure-aws-credentials"
DATA = {"deploy/sbom-attach": ["actions/download-artifact"]}
"""What else a job does before it takes its role: it fetches a file, and installs nothing."""


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found = WORKFLOWS[name]["jobs"]
    assert isinstance(found, dict)
    return found


def every_job() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in NAMES:
        for job, said in jobs(name).items():
            yield f"{name}/{job}", said


def runs(job: dict[str, Any]) -> list[str]:
    """The commands of a job."""
    return [step["run"] for step in job["steps"] if "run" in step]


def changes(job: dict[str, Any]) -> bool:
    return any(word in run for run in runs(job) for word in CHANGING)


def checked(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, timeout=SECONDS
    )


def test_zizmor_finds_nothing() -> None:
    done = checked("zizmor", "--offline", "--persona=auditor", "--quiet", ".github")
    assert done.returncode == 0, done.stdout + done.stderr


def test_zizmor_would_find_something(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_text(
        "on: pull_request_target\njobs:\n  a:\n    runs-on: x\n    steps:\n"
        "      - run: echo ${{ github.event.pull_request.title }}\n      - uses: actions/checkout@v4\n"
    )
    done = checked("zizmor", "--offline", "--persona=auditor", "--quiet", "--no-config", str(tmp_path / "bad.yml"))
    for audit in ("dangerous-triggers", "template-injection", "unpinned-uses"):
        assert audit in done.stdout


@pytest.mark.parametrize(
    ("schema", "files"),
    [("github-workflows", FILES), ("dependabot", [ROOT / ".github" / "dependabot.yml"])],
    ids=["workflows", "dependabot"],
)
def test_files_keep_to_githubs_schema(schema: str, files: list[Path]) -> None:
    done = checked("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *map(str, files))
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_are_pinned_to_commits_and_listed() -> None:
    used = {
        (action, commit, version)
        for file in FILES
        for action, commit, version in re.findall(r"uses: (\S+)@(\S+)(?: # (\S+))?", file.read_text(encoding="utf-8"))
    }
    assert used
    page = (ROOT / "docs" / "pipeline.md").read_text(encoding="utf-8")
    for action, commit, version in used:
        assert re.fullmatch(r"[0-9a-f]{40}", commit), action
        assert f"| `{action}` | {version} | `{commit}` |" in page


class TestSteps:
    """Whatever a workflow runs, a developer can run."""

    def test_call_targets_that_exist(self) -> None:
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        called = {
            word for _, job in every_job() for run in runs(job) for word in re.findall(r"make (?:-s )?([a-z-]+)", run)
        }
        assert {"check", "up", "plan", "deploy", "smoke", "drift", "rollback"} <= called
        assert [target for target in sorted(called) if not re.search(rf"^{target}:", makefile, re.MULTILINE)] == []

    def test_are_one_line_each(self) -> None:
        assert [(name, run) for name, job in every_job() for run in runs(job) if "\n" in run.strip()] == []

    def test_have_an_end(self) -> None:
        assert [name for name, job in every_job() if not 0 < job.get("timeout-minutes", 0) <= 240] == []

    def test_what_people_type_reaches_no_shell(self) -> None:
        assert [run for _, job in every_job() for run in runs(job) if "${{" in run] == []


class TestPullRequest:
    """What is shown to work before anybody merges it."""

    def test_runs_every_check_and_the_application_as_it_would_be_deployed(self) -> None:
        assert {name: runs(jobs("pull-request")[name]) for name in ("test", "image", "audit")} == {
            "test": [".ci/run"],
            "image": ["make check", "make up", 'eval "$(make -s env)" && make smoke STACK=local'],
            "audit": ["make audit"],
        }

    def test_what_is_merged_is_checked_again_before_it_is_deployed(self) -> None:
        assert runs(jobs("deploy")["test"]) == [".ci/run", "make check"]

    @pytest.mark.parametrize("name", ["test", "image", "audit"])
    def test_no_check_is_left_out_or_forgiven(self, name: str) -> None:
        job = jobs("pull-request")[name]
        assert {"if", "needs", "continue-on-error", "strategy"}.isdisjoint(job)
        assert [step for step in job["steps"] if {"if", "continue-on-error"} & set(step)] == []

    def test_what_ci_runs_is_everything(self) -> None:
        lines = (ROOT / ".ci" / "run").read_text(encoding="utf-8").splitlines()
        assert lines[-1] == "exec make test < /dev/null"
        assert (ROOT / ".ci" / "run").stat().st_mode & 0o111, "it must be executable"


class TestIdentity:
    """Who may change or read the cloud."""

    @pytest.mark.parametrize("name", NAMES)
    def test_nothing_is_permitted_to_all_jobs(self, name: str) -> None:
        assert WORKFLOWS[name]["permissions"] == {}

    def test_tokens_are_asked_for_only_where_a_role_is_taken(self) -> None:
        for name, job in every_job():
            takes = any(str(step.get("uses", "")).startswith(CREDENTIALS) for step in job["steps"])
            assert (job["permissions"].get("id-token") == "write") is takes, name

    def test_what_a_job_needs_is_there_before_it_takes_a_role(self) -> None:
        """What is downloaded then could use the role: nothing is, and before only what a recorded checksum names."""
        found = 0
        for name, job in every_job():
            steps = [str(step.get("uses", "")).partition("@")[0] or step["run"] for step in job["steps"]]
            if CREDENTIALS not in steps:
                continue
            found += 1
            before, after = steps[: steps.index(CREDENTIALS)], steps[steps.index(CREDENTIALS) + 1 :]
            assert before == ["actions/checkout", "make prepare", *DATA.get(name, [])], name
            assert "make prepare" not in after, name
            assert job["env"] == {"SLUICE_PREPARED": "1", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}, name
        assert found == 8

    def test_what_reads_an_image_runs_without_a_role(self) -> None:
        """The tool is code of others, and the image data of others."""
        job = jobs("deploy")["sbom"]
        assert job["permissions"] == {"contents": "read"}
        assert {"environment", "env"}.isdisjoint(job)
        assert runs(job) == ["make sbom-create INTO=image FILE=sbom.json"]
        assert not any("make sbom-create" in run for name, one in every_job() for run in runs(one) if one != job)

    def test_previews_of_pull_requests_are_asked_for(self) -> None:
        assert "vars.PULL_REQUEST_PREVIEWS == 'true'" in jobs("pull-request")["preview"]["if"]

    def test_no_key_or_other_secret_is_kept_in_github(self) -> None:
        assert [file.name for file in FILES if re.search(r"\bsecrets\.", file.read_text(encoding="utf-8"))] == []

    def test_only_the_comment_may_write(self) -> None:
        writing = {
            f"{name}: {what}"
            for name, job in every_job()
            for what, level in job["permissions"].items()
            if level == "write" and what != "id-token"
        }
        assert writing == {"pull-request/comment: pull-requests"}

    def test_the_job_that_may_write_runs_no_code_of_the_pull_request(self) -> None:
        [checkout, *_] = jobs("pull-request")["comment"]["steps"]
        assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"

    def test_checkouts_leave_no_token_behind(self) -> None:
        for name, job in every_job():
            for step in job["steps"]:
                if str(step.get("uses", "")).startswith("actions/checkout"):
                    assert step["with"]["persist-credentials"] is False, name

    def test_pull_requests_take_no_role_that_deploys(self) -> None:
        assert "DEPLOY_ROLE" not in (ROOT / ".github" / "workflows" / "pull-request.yml").read_text(encoding="utf-8")
        assert not any(changes(job) or "environment" in job for job in jobs("pull-request").values())
        assert "pull_request_target" not in {str(event) for one in WORKFLOWS.values() for event in one[True]}


DEPLOYING = [(name, job) for name, job in every_job() if changes(job)]
each_deploying = pytest.mark.parametrize(("name", "job"), DEPLOYING, ids=[name for name, _ in DEPLOYING])


class TestDeployments:
    """One at a time, never cut short, main only, and production as it was approved."""

    def test_there_are_three(self) -> None:
        assert [name for name, _ in DEPLOYING] == ["deploy/staging", "deploy/prod", "rollback/rollback"]

    @each_deploying
    def test_wait_for_each_other_and_are_never_cancelled(self, name: str, job: dict[str, Any]) -> None:
        stack = job["environment"]
        assert job["concurrency"] == {"group": f"sluice-{stack}", "cancel-in-progress": False, "queue": "max"}

    @each_deploying
    def test_are_of_main_only(self, name: str, job: dict[str, Any]) -> None:
        assert "github.ref == 'refs/heads/main'" in job["if"]

    @each_deploying
    def test_end_with_the_question_that_users_ask(self, name: str, job: dict[str, Any]) -> None:
        assert [one for one in runs(job) if not one.startswith("make timeline")][-1].startswith("make smoke")

    @pytest.mark.parametrize("stack", ["staging", "prod"])
    def test_show_how_long_each_stage_took_whatever_happened(self, stack: str) -> None:
        (step,) = [one for one in jobs("deploy")[stack]["steps"] if one.get("run") == f"make timeline STACK={stack}"]
        assert step["if"] == "always()"

    def test_go_from_tests_over_staging_to_an_approved_production(self) -> None:
        chain = {name: job.get("needs") for name, job in jobs("deploy").items()}
        assert chain == {
            "test": None,
            "staging": "test",
            "prod-preview": "staging",
            "prod": "prod-preview",
            "sbom-image": "staging",
            "sbom": ["staging", "sbom-image"],
            "sbom-attach": ["staging", "sbom"],
        }
        assert WORKFLOWS["deploy"][True] == {"push": {"branches": ["main"]}}

    def test_the_bill_of_materials_is_of_the_image_that_was_deployed(self) -> None:
        deploy = jobs("deploy")
        [deployed] = [step for step in deploy["staging"]["steps"] if step.get("run") == "make deploy STACK=staging"]
        assert deploy["staging"]["outputs"] == {"image": f"${{{{ steps.{deployed['id']}.outputs.image }}}}"}
        for job, command in (("sbom-image", "sbom-export"), ("sbom", "sbom-create"), ("sbom-attach", "sbom ")):
            [step] = [step for step in deploy[job]["steps"] if step.get("run", "").startswith(f"make {command}")]
            assert step["env"]["IMAGE"] == "${{ needs.staging.outputs.image }}"
        assert step["env"]["SBOM_DIGEST"] == "${{ needs.sbom.outputs.digest }}"
        assert deploy["sbom"]["outputs"] == {"digest": "${{ steps.sbom.outputs.digest }}"}

    def test_only_the_job_that_attaches_it_may_push(self) -> None:
        deploy = jobs("deploy")
        roles = {
            name: [
                step["with"]["role-to-assume"]
                for step in deploy[name]["steps"]
                if "role-to-assume" in step.get("with", {})
            ]
            for name in ("sbom-image", "sbom", "sbom-attach")
        }
        assert roles == {
            "sbom-image": ["${{ vars.STAGING_PREVIEW_ROLE }}"],
            "sbom": [],
            "sbom-attach": ["${{ vars.DEPLOY_ROLE }}"],
        }

    def test_production_gets_the_image_and_the_changes_that_were_approved(self) -> None:
        deploy = jobs("deploy")
        assert deploy["prod-preview"]["outputs"] == {
            "image": "${{ steps.plan.outputs.image }}",
            "plan": "${{ steps.plan.outputs.plan }}",
        }
        [step] = [step for step in deploy["prod"]["steps"] if "make deploy" in step.get("run", "")]
        assert step["env"]["APPROVED"] == "${{ needs.prod-preview.outputs.image }}"
        assert step["env"]["APPROVED_PLAN"] == "${{ needs.prod-preview.outputs.plan }}"


def test_owners_are_of_files_that_exist() -> None:
    """GitHub says nothing about a pattern that fits nothing."""
    lines = (ROOT / ".github" / "CODEOWNERS").read_text(encoding="utf-8").splitlines()
    patterns = [line.split()[0].lstrip("/") for line in lines if line and not line.startswith("#")]
    assert {".github/", "bootstrap/", "pipeline/", "policy/"} <= set(patterns)
    assert [pattern for pattern in patterns if not list(ROOT.glob(pattern.rstrip("/")))] == []
