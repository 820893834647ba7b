"""What goes wrong in a rollout: nobody who calls notices, `pulumi up` says why, and one more `pulumi up` ends well."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

import pytest

from emulator.cloud.containers import owned
from tests.e2e.faults.scene import Scene
from tests.e2e.stage import STACK, until

SERVE = "src/notes/serve.py"
BEGIN = "    database, service = settings.both()\n"
LIVE = 'return {"status": "alive"}'

soak = pytest.mark.soak


def fixed(scene: Scene) -> None:
    """The sources are good again, and new: the image of a failed rollout is not deployed twice."""
    scene.stage.restore_app()
    scene.change("fixed")


# -- a version that is no good


def test_crash_loop(scene: Scene) -> None:
    with scene.played("crash loop") as play:
        scene.stage.edit(SERVE, BEGIN, f"    raise SystemExit('the licence file is missing')\n{BEGIN}")
        play.fails(scene.up(), "circuit breaker", "exit code 1", "the licence file is missing", "keeps serving")
        play.retried(lambda: fixed(scene))


@soak
def test_unavailable_for_ever(scene: Scene) -> None:
    with scene.played("503 for ever") as play:
        scene.stage.edit("src/notes/app.py", LIVE, 'return JSONResponse({"status": "dead"}, 503)  # type: ignore')
        play.fails(scene.up(), "circuit breaker", "health checks", "answers 503 at /live", "keeps serving")
        play.retried(lambda: fixed(scene))


@soak
def test_a_start_slower_than_its_period(scene: Scene) -> None:
    with scene.played("slower start than the start period") as play:
        scene.stage.edit(SERVE, BEGIN, f"    import time\n\n    time.sleep(150)\n{BEGIN}")
        play.fails(scene.up(), "circuit breaker", "health checks", "service.health.startPeriod (30 s)", "keeps serving")
        play.retried(lambda: fixed(scene))


@soak
def test_a_wrong_port(scene: Scene) -> None:
    with scene.played("wrong port") as play:
        scene.stage.edit(SERVE, "port=service.port,", "port=service.port + 1,")
        play.fails(scene.up(), "circuit breaker", "health checks", "asks at port 8080", "keeps serving")
        play.retried(lambda: fixed(scene))


# -- a task that cannot start


def test_a_missing_secret(scene: Scene) -> None:
    settings = scene.stage.settings
    good = settings.read_text()
    account = scene.stage.env["AWS_ACCESS_KEY_ID"]
    arn = f"arn:aws:secretsmanager:us-east-1:{account}:secret:licence-AbCdEf"
    with scene.played("missing secret") as play:
        settings.write_text(good.replace("    environment:", f"    secrets: {{LICENCE: '{arn}'}}\n    environment:"))
        play.fails(scene.up(), "ResourceInitializationError", "licence-AbCdEf", "the service was not changed")

        def fix() -> None:
            settings.write_text(good)
            scene.change("without a licence")

        play.retried(fix)


@soak
def test_a_bad_digest(scene: Scene) -> None:
    """The image goes from the registry after the migration had it and before the rollout begins."""
    stage = scene.stage
    revision = stage.add_migration(9300, "import time\nprint('about to vanish', flush=True)\ntime.sleep(20)")
    revision.write_text(revision.read_text().replace("time.sleep(20)", "time.sleep(5)"))
    with scene.played("bad digest: the image is gone from the registry") as play:
        running = scene.up()
        running.wait_for("about to vanish", 120)
        (task,) = [
            one
            for one in stage.migration_tasks()
            if one["lastStatus"] == "RUNNING" and one["overrides"]["containerOverrides"]
        ]
        digest = task["containers"][0]["imageDigest"]
        repository = str(stage.outputs()["repository"]).partition("/")[2]
        answer = stage.client("ecr").batch_delete_image(repositoryName=repository, imageIds=[{"imageDigest": digest}])
        assert not answer["failures"]
        play.fails(running, "has no image", f"@{digest} was deleted", "the service was not changed")
        stage.applied(revision)
        play.retried(lambda: fixed(scene))


# -- what a rollout stands on


@soak
def test_the_database_is_down(scene: Scene) -> None:
    """It freezes: connections hang, as in a failover. The shallow check keeps the old tasks from being replaced."""
    names = [one for one in owned(scene.stage.env["AWS_ACCESS_KEY_ID"]) if "postgres" in _image_of(one)]
    (database,) = names
    with scene.played("database down", "/live") as play:
        scene.change("while the database is down")
        subprocess.run(["docker", "pause", database], check=True, capture_output=True, timeout=30)
        try:
            play.fails(scene.up(), "migration step 'master' failed", "The service was not changed")
        finally:
            subprocess.run(["docker", "unpause", database], check=True, capture_output=True, timeout=30)
        play.retried(lambda: None)


def _image_of(container: str) -> str:
    words = ["docker", "inspect", "--format", "{{.Config.Image}}", container]
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=30).stdout.strip()


# -- somebody else at the same time


@soak
def test_a_second_update_during_a_rollout(scene: Scene) -> None:
    with scene.played("second `pulumi up` during a rollout") as play:
        first = scene.rolling("first of two")
        second = scene.up()
        ended = play.end(second)
        assert ended.code != 0, ended.output
        assert "the stack is currently locked" in ended.output
        assert first.finish().code == 0, first.output
        play.retried(lambda: None)


def test_a_scale_out_during_a_rollout(scene: Scene) -> None:
    """As autoscaling does it: another desired count, the same deployment."""
    ecs = scene.ecs
    with scene.played("scale-out during a rollout") as play:
        running = scene.rolling("while it scales out")
        ecs.update_service(cluster=scene.cluster, service=scene.service, desiredCount=3)
        ended = play.end(running)
        assert ended.code == 0, ended.output
        play.verdict = "no error: the rollout goes on with 3 tasks"
        play.retried(lambda: None)
        assert scene.seen()["desiredCount"] == 3, "a `pulumi up` must not undo the scaling"
    ecs.update_service(cluster=scene.cluster, service=scene.service, desiredCount=2)
    until(lambda: scene.seen()["runningCount"] == 2, 30, "the service scales in")


@soak
def test_an_alarm_during_a_rollout(scene: Scene) -> None:
    """The stack's own alarm takes the rollout back, although every task of the new version is healthy."""
    settings, cloudwatch = scene.stage.settings, scene.stage.client("cloudwatch")
    without = settings.read_text()
    settings.write_text(without.replace("  service:\n", "  alarms: {rollback: true}\n  service:\n"))
    scene.stage.up()
    scene.before = scene.revision()  # the restored sources are another version than the test before left behind
    (alarm,) = scene.seen()["deploymentConfiguration"]["alarms"]["alarmNames"]
    with scene.played("an alarm of the stack rings during a rollout") as play:
        running = scene.rolling("while the alarm rings")
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="rung by a test")
        ended = play.end(running)
        assert ended.code != 0, ended.output
        for reason in ("rolled back by an alarm", alarm, "keeps serving"):
            assert reason in ended.output, ended.output
        until(lambda: scene.revision() == scene.before, 10, "the version before is wanted again")
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="OK", StateReason="the test is over")
        play.retried(lambda: _write(settings, without))


def _write(file: Path, text: str) -> None:
    file.write_text(text)


# -- a deployer that goes


@soak
def test_a_deployer_killed_in_mid_rollout(scene: Scene) -> None:
    with scene.played("deployer killed (SIGKILL) in mid-rollout") as play:
        running = scene.rolling("after the kill")
        scene.interrupted = True
        running.send(signal.SIGKILL)
        ended = play.end(running)
        assert ended.code == -signal.SIGKILL
        play.verdict = "none: it was killed; ECS goes on with the rollout"
        scene.stage.pulumi("cancel", "--yes", "--stack", STACK)
        play.retried(lambda: None)


def test_ctrl_c_in_a_rollout(scene: Scene) -> None:
    with scene.played("Ctrl-C in a rollout") as play:
        running = scene.rolling("after Ctrl-C")
        running.send(signal.SIGINT)
        ended = play.end(running)
        assert ended.code != 0, ended.output
        assert "cancelled: the service rolls back" in ended.output
        assert ended.seconds < 60
        until(lambda: scene.revision() == scene.before, 10, "the version before is wanted again")
        play.retried(lambda: None)
