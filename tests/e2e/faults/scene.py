"""One fault with a client that calls throughout, from before it until one more `pulumi up` has ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.e2e.faults import table
from tests.e2e.stage import Client, Finished, Running, Stage, until

STARTED = "started, "
"""In the line that says that a deployment began."""
PAGE = "src/notes/page.html"


class Scene:
    """What a test of a fault does and asks."""

    def __init__(self, stage: Stage, rows: list[table.Row]) -> None:
        self.stage, self._rows = stage, rows
        self.interrupted = False
        outputs = stage.outputs()
        self.url, self.cluster, self.service = str(outputs["url"]), str(outputs["cluster"]), str(outputs["service"])
        self.ecs = stage.client("ecs")
        self.before = self.revision()

    # -- what serves

    def seen(self) -> dict[str, Any]:
        """The service as ECS describes it."""
        return dict(self.ecs.describe_services(cluster=self.cluster, services=[self.service])["services"][0])

    def revision(self) -> str:
        return str(self.seen()["taskDefinition"])

    def state(self) -> str:
        """What serves now, in a few words."""
        seen = self.seen()
        (deployment,) = [one for one in seen["deployments"] if one["status"] == "PRIMARY"]
        name = "a new version" if seen["taskDefinition"] != self.before else "the version before"
        return f"{name} serves, {deployment['rolloutState']}, {seen['runningCount']} of {seen['desiredCount']} running"

    # -- what is done

    def change(self, text: str) -> None:
        """Makes another version of the application, which is as good as the one before."""
        self.stage.edit(PAGE, "</body>", f"<!-- {text} --></body>")

    def up(self) -> Running:
        return self.stage.start("up", "--yes", "--skip-preview")

    def rolling(self, text: str) -> Running:
        """A `pulumi up` of another good version, just when its deployment has begun."""
        self.change(text)
        running = self.up()
        running.wait_for(STARTED, 120)
        return running

    @contextmanager
    def played(self, fault: str, path: str = "/") -> Iterator[Play]:
        """The client calls meanwhile; afterwards nothing may have failed, and the fault has its row."""
        with Client(self.url + path).calling() as client:
            play = Play(self, client)
            until(lambda: len(client.answers) > 2, 20, "the client is answered")
            yield play
            seen = len(client.answers)
            until(lambda: len(client.answers) > seen + 2, 20, "the client is answered after the retry")
        assert play.ended is not None, "the play has no verdict"
        row = table.Row(fault, play.verdict, play.seconds, len(client.answers), len(client.failed), self.state())
        self._rows.append(row)
        print(f"\n{table.text([row])}")
        assert client.failed == []
        assert len(client.answers) > 20


class Play:
    """The fault's verdict, and the retry."""

    def __init__(self, scene: Scene, client: Client) -> None:
        self._scene, self._client = scene, client
        self.ended: Finished | None = None
        self.verdict, self.seconds = "", 0.0

    def end(self, running: Running) -> Finished:
        """The end of the `pulumi up` that met the fault."""
        self.ended = running.finish()
        self.seconds = self.ended.seconds - (running.printed_at(STARTED) or 0.0)
        self.verdict = table.verdict(self.ended.output)
        return self.ended

    def fails(self, running: Running, *reasons: str) -> Finished:
        """It must fail, give these reasons, and the version before must have served every request and go on."""
        ended = self.end(running)
        assert ended.code != 0, ended.output
        for reason in reasons:
            assert reason in ended.output, ended.output
        assert "Traceback" not in ended.output
        assert self._scene.revision() == self._scene.before, "the version before must serve"
        versions = {version for _, status, version, _ in self._client.answers if status == 200}
        assert len(versions) == 1, f"the bad version answered too: {versions}"
        return ended

    def retried(self, fix: Callable[[], None]) -> None:
        """One more `pulumi up` ends well, with another version than served before the fault."""
        fix()
        self._scene.stage.up()
        seen = self._scene.seen()
        assert seen["taskDefinition"] != self._scene.before
        assert [one["rolloutState"] for one in seen["deployments"] if one["status"] == "PRIMARY"] == ["COMPLETED"]
        assert seen["runningCount"] == seen["desiredCount"]
