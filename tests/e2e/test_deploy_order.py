"""What leads backwards, or could not start, is refused before anything of it runs."""

from __future__ import annotations

import subprocess

from tests.e2e.stage import Finished, Stage

PAGE = "src/notes/page.html"


def git(stage: Stage, *words: str) -> str:
    told = subprocess.run(
        ["git", "-C", str(stage.app), "-c", "user.name=t", "-c", "user.email=t@example.org", *words],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    return told.stdout.strip()


def refused_within(done: Finished, most: float) -> None:
    print(f"{done.seconds:.1f} s")
    assert done.code != 0, done.output
    assert done.seconds < most, done.output


def test_an_older_build_does_not_replace_a_newer_release(deployed: Stage) -> None:
    git(deployed, "init", "--quiet")
    git(deployed, "add", "--all")
    git(deployed, "commit", "--quiet", "--message", "one")
    older = git(deployed, "rev-parse", "HEAD")
    deployed.edit(PAGE, "</body>", "<!-- newer --></body>")
    git(deployed, "commit", "--quiet", "--all", "--message", "two")
    newer = git(deployed, "rev-parse", "HEAD")
    deployed.up()
    assert deployed.outputs()["release"]["revision"] == newer
    before, image = len(deployed.migration_tasks()), deployed.outputs()["image"]

    git(deployed, "checkout", "--quiet", older)
    warned = deployed.pulumi("preview")
    assert "`pulumi up` refuses it" in warned.output
    refused = deployed.up(expect=None)
    assert f"commit {older[:12]} is older than the live release's, {newer[:12]}" in refused.output
    assert "Traceback" not in refused.output
    refused_within(refused, 60)
    assert len(deployed.migration_tasks()) == before, "the database was not touched"
    assert deployed.outputs()["image"] == image

    git(deployed, "checkout", "--quiet", newer)
    assert "refuses" not in deployed.up().output, "and the newer one is no change"


def test_another_major_version_of_the_database_is_refused_in_the_preview(deployed: Stage) -> None:
    text = deployed.settings.read_text()
    assert "  database:\n" in text
    try:
        deployed.settings.write_text(text.replace("  database:\n", '  database:\n    version: "18"\n', 1))
        refused = deployed.pulumi("preview", expect=None)
        assert "PostgreSQL 17 would become 18, a major upgrade" in refused.output
        assert 'set `database.upgrade: "18"`' in refused.output
        refused_within(refused, 60)
    finally:
        deployed.settings.write_text(text)


def test_a_secret_that_does_not_exist_is_found_in_the_preview_and_before_the_first_step(deployed: Stage) -> None:
    secret = deployed.client("secretsmanager").create_secret(Name="shop-secret", SecretString="s")["ARN"]
    text, before = deployed.settings.read_text(), len(deployed.migration_tasks())
    try:
        assert "  app:\n" in text
        deployed.settings.write_text(text.replace("  app:\n", f"  app:\n    secrets: {{KEY: '{secret[:-7]}'}}\n", 1))
        deployed.edit(PAGE, "</body>", "<!-- with a secret --></body>")
        said = f"is not the full ARN of a secret: {secret} is"
        previewed = deployed.pulumi("preview", expect=None)
        assert said in previewed.output
        refused_within(previewed, 60)
        refused = deployed.up(expect=None)
        assert said in refused.output
        assert "No migration was run" in refused.output
        refused_within(refused, 90)
        assert len(deployed.migration_tasks()) == before, "the database was not touched"
    finally:
        deployed.settings.write_text(text)
        deployed.client("secretsmanager").delete_secret(SecretId=secret, ForceDeleteWithoutRecovery=True)
