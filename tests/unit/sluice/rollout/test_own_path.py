"""D7: the old version is asked at the path that it answered when it was proven, whatever the settings say now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from sluice.inputs.smoke import Smoke, path_of
from sluice.inputs.soak import Soak
from sluice.release.release_record import Release
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.proof.compatibility import Incompatible
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Rollout
from tests.unit.sluice.migration.simulation import Clock
from tests.unit.sluice.rollout.rolling import GROUP, NEW, OLD, Records, Service, roll_out

MOVED = Soak(10, "http://notes/healthz")
"""app.healthPath is /healthz now, which only the new image has; the old one has /health."""


class Application:
    """Each revision answers at its own paths; the new one serves once it was deployed."""

    def __init__(self, service: Service, old: str = "/health", new: str = "/healthz") -> None:
        self._service, self._paths = service, {OLD: {old}, NEW: {new, "/health"}}
        self.asked: list[str] = []
        self.fails = False

    def __call__(self, url: str, timeout: float) -> Answer:
        path, revision = urlsplit(url).path, self._service.deployments[0]["taskDefinition"]
        self.asked.append(f"{revision.rpartition('/')[2]} {path}")
        if self.fails and revision == OLD:
            return Answer(500, "no column")
        return Answer(200, "ok") if path in self._paths[revision] else Answer(404, "no such page")


@pytest.fixture
def service() -> Service:
    return Service(Clock(), {NEW: "COMPLETED"})


def released(path: str | None) -> Records:
    return Records(None, Release(1, "repo@sha256:old", OLD, 1, "ecs-svc/0", path=path))


def asked_of_old(application: Application) -> set[str]:
    return {one.partition(" ")[2] for one in application.asked if one.startswith("notes:7 ")}


def test_it_is_asked_where_it_answered(service: Service) -> None:
    application, lines = Application(service), list[str]()
    roll_out(service, application, records=released("/health"), lines=lines, soak=MOVED)
    assert asked_of_old(application) == {"/health"}
    said = "notes:7 answered /health when it was proven, so it is asked there and not at /healthz"
    assert said in lines


def test_and_its_failure_there_still_stops_the_rollout(service: Service) -> None:
    application = Application(service)
    application.fails = True
    with pytest.raises(Incompatible, match="GET http://notes/health answered 500 instead of 200"):
        roll_out(service, application, records=released("/health"), soak=MOVED)
    assert service.calls == []


def test_a_version_that_answered_no_deep_path_is_watched_by_its_targets_alone(service: Service) -> None:
    application, lines = Application(service, old="/"), list[str]()
    roll_out(service, application, records=released(""), lines=lines, soak=MOVED)
    assert asked_of_old(application) == set()
    assert "notes:7 never answered a deep path, so it is not asked" in lines
    service = Service(Clock(), {NEW: "COMPLETED"})
    service.states = {"healthy": 1, "unhealthy": 1}
    with pytest.raises(Incompatible, match="targets: 1 healthy, 1 unhealthy"):
        roll_out(service, Application(service), records=released(""), soak=MOVED)


@pytest.mark.parametrize(
    ("records", "more", "path"),
    [
        (released(None), {}, "/healthz"),
        (None, {}, "/healthz"),
        (None, {"previous": OLD, "previous_path": "/health"}, "/health"),
        (released(None), {"previous": OLD, "previous_path": "/health"}, "/health"),
        (None, {"previous": "arn:td/notes:5", "previous_path": "/health"}, "/healthz"),
        (released("/health"), {"previous": OLD, "previous_path": "/else"}, "/health"),
    ],
    ids=["old record", "no records", "engine", "engine, old record", "engine knows another", "record first"],
)
def test_who_knows_its_path(service: Service, records: Records | None, more: dict[str, Any], path: str) -> None:
    """The release's record; else the engine, of the revision that it last deployed; else the settings."""
    application = Application(service, old=path)
    roll_out(service, application, records=records, soak=MOVED, **more)
    assert asked_of_old(application) == {path}


SMOKE = Smoke("http://notes/health")


@pytest.mark.parametrize(
    ("smoke", "soak", "path"),
    [
        (SMOKE, None, "/health"),
        (SMOKE, Soak(10, "http://notes/health"), "/health"),
        (SMOKE, Soak(10, "http://notes/deep?all=1"), "/deep?all=1"),
        (SMOKE, Soak(10, "http://notes/wrong"), "/health"),
        (SMOKE, Soak(0, "http://notes/deep?all=1"), "/health"),
        (SMOKE, Soak(10, ""), "/health"),
        (Smoke("http://notes/private", status=401), None, ""),
        (Smoke("http://notes/private", status=401), Soak(10, "http://notes/health"), "/health"),
        (None, Soak(10, "http://notes/health"), "/health"),
        (None, Soak(10, "http://notes/wrong"), ""),
        (None, None, ""),
    ],
)
def test_what_a_release_is_known_to_answer(service: Service, smoke: Smoke | None, soak: Soak | None, path: str) -> None:
    """A soak's own path that is not answered fails nothing: it only is not asked by the next rollout."""

    def ask(url: str, timeout: float) -> Answer:
        statuses = {"/health": 200, "/deep?all=1": 200, "/private": 401}
        return Answer(statuses.get(path_of(url), 404), "")

    service.deployments, records = [], Records()
    service.deploy(NEW, False)  # the first one: nothing is soaked
    lines: list[str] = []
    log: Callable[[str, bool], None] = lambda text, _: lines.append(text)  # noqa: E731
    wanted = Wanted(NEW, "", 300, (GROUP,), smoke, soak=soak, digest="repo@sha256:new")
    Rollout(service, wanted, service.clock, log, ask, records).run()  # type: ignore[arg-type]
    assert [one.path for one in records.releases] == [path]
    warned = [line for line in lines if "answered 404" in line]
    assert bool(warned) is (soak is not None and soak.url.endswith("/wrong"))
