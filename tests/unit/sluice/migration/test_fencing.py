"""A deployer that was cancelled, and lived: it starts, moves and records nothing once another one has come."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sluice.author import Identity
from sluice.errors import GateError, Superseded
from sluice.migration.entitlement import overtaken, unproven
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.plan import touches
from sluice.migration.records.record import RunRecord
from sluice.migration.run import migrate
from sluice.release.release_record import Release, RolloutRecord
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.deployment.judge import Version
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.previous import previous
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Rollout
from tests.unit.sluice.migration.simulation import Clock, Ecs, Script
from tests.unit.sluice.migration.simulation import Records as Runs
from tests.unit.sluice.rollout.deploying import PLACE, subject
from tests.unit.sluice.rollout.rolling import GROUP, NEW, OLD, SMOKE, Records, Service, well

ANN, BOB = Identity("a", "ann@host", 1_000_000.0), Identity("b", "bob@host", 1_000_010.0)
PROOF = RunRecord(4, "up", "f", "sha256:new", "ann@host", 999_000, state="succeeded", owner="a")


class Stage:
    """One service, its records, and deployers of it."""

    def __init__(self, **ends: str) -> None:
        self.clock = Clock()
        self.service = Service(self.clock, {NEW: "COMPLETED", OLD: "COMPLETED", **ends})
        self.records, self.runs = Records(), Runs()
        self.runs.save(PROOF)

    def roll_out(self, me: Identity = ANN, revision: str = NEW, proof: int = 4, ask: Any = well, **more: Any) -> Any:
        wanted = Wanted(revision, "", 300, (GROUP,), SMOKE, digest=f"repo@sha256:{revision[-1]}", proof=proof, **more)
        said: list[str] = []
        rollout = Rollout(
            self.service,  # type: ignore[arg-type]
            wanted,
            self.clock,
            lambda text, _: said.append(text),
            ask,
            self.records,  # type: ignore[arg-type]
            runs=self.runs,  # type: ignore[arg-type]
            me=me,
        )
        return rollout.run()


RIVAL = RolloutRecord("repo@sha256:9", "arn:td/notes:9", NEW, 1_000_020, owner="b", author="bob@host")


def test_a_rollout_that_was_taken_over_before_its_call_moves_nothing() -> None:
    """Paused while the version before is soaked; another `up` begins its own rollout."""
    stage = Stage()
    in_alarm = stage.service.in_alarm

    def paused(seen: Any) -> list[str]:
        stage.records.last = RIVAL
        return in_alarm(seen)

    stage.service.in_alarm = paused  # type: ignore[method-assign]
    with pytest.raises(Superseded, match=r"notes:8 was stopped: bob@host rolls out sha256:9(.|\n)*cause:(.|\n)*fix:"):
        stage.roll_out()
    assert stage.service.calls == []
    assert stage.records.last == RIVAL, "the other one's record is left alone"


@pytest.mark.parametrize("status", [200, 503])
def test_an_answer_counts_for_nothing_once_another_rollout_has_begun(status: int) -> None:
    """A success is not recorded over it; a failure rolls nothing back under it."""
    stage = Stage()

    def ask(url: str, timeout: float) -> Answer:
        stage.records.last = RIVAL
        return Answer(status, "an answer")

    with pytest.raises(Superseded, match="bob@host rolls out"):
        stage.roll_out(ask=ask)
    assert stage.records.releases == []
    assert stage.service.calls == [(NEW, False)], "not back to the version before"


def test_an_older_image_does_not_go_over_a_newer_schema() -> None:
    """X5: cancelled between migration and rollout; another `up` has migrated since, and may have released."""
    stage = Stage()
    stage.runs.save(
        replace(PROOF, number=5, fingerprint="g", image="sha256:9", author="bob@host", owner="b", started=1_000_010)
    )
    with pytest.raises(Superseded, match=r"bob@host started run 5 \(`pulumi up`, image sha256:9\)"):
        stage.roll_out()
    assert stage.service.calls == []
    assert stage.records.written == []


def test_a_release_that_another_deployer_made_meanwhile_is_not_undone() -> None:
    stage = Stage()
    release = Release(7, "repo@sha256:9", "arn:td/notes:9", 1_000_020, "ecs-svc/9")
    stage.records.releases = [release]  # of before releases said who
    with pytest.raises(Superseded, match=r"release 7 \(sha256:9\) was deployed by another deployer"):
        stage.roll_out()
    stage.records.releases = [replace(release, author="bob@host")]
    with pytest.raises(Superseded, match=r"release 7 \(sha256:9\) was deployed by bob@host"):
        stage.roll_out()
    assert stage.service.calls == []


def test_an_operator_who_changed_the_schema_meanwhile_stops_the_rollout() -> None:
    stage = Stage()
    stage.runs.save(RunRecord(5, "run", "", "", "bob@laptop", 999_500, state="succeeded", message="migrate down"))
    with pytest.raises(GateError, match=r"`sluice run` by bob@laptop \(run 5, .*: migrate down\) may have changed"):
        stage.roll_out()
    assert stage.service.calls == []
    stage.runs.save(replace(stage.runs.runs[5], read_only=True))
    assert stage.roll_out().deployment == "ecs-svc/1"


def test_a_schema_that_is_touched_during_the_soak_stops_the_rollout() -> None:
    stage = Stage()

    def in_alarm(seen: Any) -> list[str]:
        stage.runs.save(RunRecord(5, "run", "", "", "bob@laptop", 1_000_005, state="running"))
        return []

    stage.service.in_alarm = in_alarm  # type: ignore[method-assign]
    with pytest.raises(GateError, match="may have changed the schema since run 4"):
        stage.roll_out()
    assert stage.service.calls == []


def test_a_call_that_was_long_on_its_way_is_taken_back() -> None:
    stage = Stage()
    deploy = stage.service.deploy

    def slowly(*words: Any) -> str:
        stage.clock.time += 20
        stage.records.last = RIVAL
        started = deploy(*words)
        stage.service.ecs_deployment = "arn:service-deployment/rogue"
        return started

    stage.service.deploy = slowly  # type: ignore[method-assign, assignment]
    with pytest.raises(Superseded, match=r"bob@host rolls out(.|\n)*which this one had just started, is rolled back"):
        stage.roll_out()
    assert stage.service.stopped_by_ecs == ["arn:service-deployment/rogue"]


def test_a_lost_answer_of_update_service_is_looked_up_before_the_call_is_repeated() -> None:
    from botocore.exceptions import ReadTimeoutError

    stage = Stage()
    deploy, lost = stage.service.deploy, [True]

    def loses(*words: Any) -> str:
        started = deploy(*words)
        if lost and lost.pop():
            raise ReadTimeoutError(endpoint_url="x")
        return started

    stage.service.deploy = loses  # type: ignore[method-assign, assignment]
    stage.service.deployments = [stage.service._new(NEW, "FAILED")]  # so the call is forced, and each one counts
    assert stage.roll_out().deployment == "ecs-svc/1"
    assert stage.service.calls == [(NEW, True)]


def test_a_deployment_that_a_dead_rival_may_have_started_is_waited_for() -> None:
    stage = Stage()
    stage.records.last = RolloutRecord("repo@sha256:9", "arn:td/notes:9", OLD, 999_990, owner="z", author="zoe@host")
    begun = stage.clock.elapsed
    stage.roll_out()
    assert stage.clock.elapsed - begun > 60


@pytest.mark.parametrize("state", ["proven", "failed", "cancelled"])
def test_nothing_is_waited_for_after_a_rollout_that_said_how_it_ended(state: Any) -> None:
    stage = Stage()
    stage.records.last = RolloutRecord("repo@sha256:9", "arn:td/notes:9", OLD, 999_990, "", "z", "zoe@host", state)
    stage.roll_out()
    assert stage.clock.elapsed < 20


def test_a_retry_of_the_same_process_waits_for_nothing() -> None:
    stage = Stage()
    stage.records.last = RolloutRecord("repo@sha256:8", NEW, OLD, 999_990, owner="a", author="ann@host")
    stage.roll_out()
    assert stage.clock.elapsed < 20


def test_a_rollout_that_was_suspended_looks_whose_the_service_is() -> None:
    stage = Stage(**{NEW: "stuck"})
    wait = stage.clock.wait

    def suspended(seconds: float) -> None:
        wait(seconds)
        if stage.service.calls and stage.records.last != RIVAL:
            stage.records.last = RIVAL
            stage.clock.time += 60

    stage.clock.wait = suspended  # type: ignore[method-assign]
    with pytest.raises(Superseded, match="bob@host rolls out"):
        stage.roll_out()
    assert stage.service.calls == [(NEW, False)]


def test_a_deployer_that_slept_before_its_first_call_does_not_migrate_over_a_newer_one() -> None:
    """The older `up` is stopped before it has written anything; a newer one deploys to its end; the older one wakes."""
    ecs, clock, runs = Ecs(Clock(), [Script(), Script()]), Clock(), Runs()
    newer = Deployer(ecs, ecs, runs, ecs.clock, lambda *_: None, "bob@host", owner="b", began=ecs.clock.time)  # type: ignore[arg-type]
    ecs.clock.time += 5
    migrate(newer, subject(image="b"), "before", PLACE)
    older = replace(newer, author="ann@host", owner="a", began=clock.time - 60)
    for image in ("a", "b"):
        with pytest.raises(Superseded, match=r"bob@host started run 1 (.|\n)*cause:(.|\n)*fix:"):
            migrate(older, subject(image=image), "before", PLACE)
    assert len(ecs.tasks) == 1
    later = replace(newer, owner="c", began=ecs.clock.time + 5)
    assert migrate(later, subject(image="c"), "before", PLACE).number == 2


def test_a_process_that_slept_while_it_looked_looks_again_before_it_moves() -> None:
    """The answer says that the service is its own; it is from before the rival came."""
    stage = Stage()
    since, slept = stage.runs.since, list[bool]()

    def sleeps(number: int) -> Any:
        answer = since(number)
        if stage.records.written and not slept:  # the look before the call, not the first one
            slept.append(True)
            stage.clock.time += 60
            stage.records.last = RIVAL
        return answer

    stage.runs.since = sleeps  # type: ignore[method-assign]
    with pytest.raises(Superseded, match="bob@host rolls out"):
        stage.roll_out()
    assert slept
    assert stage.service.calls == []


def test_a_number_that_another_up_took_meanwhile_ends_the_older_one() -> None:
    """Both began within the difference of their clocks; the older one slept in the retry of creating its run."""
    clock, runs = Clock(), Runs()
    ecs, create = Ecs(clock, [Script(), Script()]), runs.create

    def meanwhile(run: RunRecord) -> bool:
        runs.create = create  # type: ignore[method-assign]
        runs.save(up(run.number, started=round(clock.time) + 1, state="succeeded"))
        return create(run)

    runs.create = meanwhile  # type: ignore[method-assign]
    to = Deployer(ecs, ecs, runs, clock, lambda *_: None, "ann@host", owner="a", began=clock.time)  # type: ignore[arg-type]
    with pytest.raises(Superseded, match="bob@host started run 1"):
        migrate(to, subject(image="a"), "before", PLACE)
    assert ecs.tasks == []


# -- the decisions


def up(number: int, owner: str = "b", started: int = 1_000_020, **more: Any) -> RunRecord:
    return RunRecord(number, "up", "g", "sha256:9", "bob@host", started, owner=owner, **more)


OVERTAKEN: list[tuple[str, list[RunRecord], list[Release], bool]] = [
    ("nobody", [], [], False),
    ("my own run", [up(5, owner="a")], [], False),
    ("another's run from before I began", [up(5, started=999_990)], [], False),
    ("another's run at the very same time", [up(5, started=1_000_001)], [], False),
    ("another's run since", [up(5)], [], True),
    ("another's run since, failed", [up(5, state="failed")], [], True),
    ("another's after-steps since", [up(5, phase="after")], [], True),
    ("an operator's run since", [RunRecord(5, "run", "", "", "b", 1_000_020, owner="b")], [], False),
    ("a release from before", [], [Release(1, "d", "td", 999_999, "x")], False),
    ("a release since", [], [Release(1, "d", "td", 1_000_003, "x")], True),
]


@pytest.mark.parametrize(("runs", "releases", "yes"), [one[1:] for one in OVERTAKEN], ids=[one[0] for one in OVERTAKEN])
def test_who_came_since(runs: list[RunRecord], releases: list[Release], yes: bool) -> None:
    assert bool(overtaken(runs, releases, ANN)) is yes


def test_what_may_have_changed_the_schema() -> None:
    for by, read_only, yes in (
        ("run", False, True),
        ("run", True, False),
        ("force", False, True),
        ("lift", False, True),
        ("up", False, False),
    ):
        run = RunRecord(5, by, "", "", "bob", 0, read_only=read_only)  # type: ignore[arg-type]
        assert touches(run) is yes
        assert (unproven([run], 4) is not None) is yes
        assert unproven([run], 5) is None


def released(*revisions: str) -> list[Release]:
    return [Release(number, "d", one, number, f"ecs-svc/{number}") for number, one in enumerate(revisions, start=1)]


LEFT = RolloutRecord("d", "td:9", "td:5", 1, state="running")
PREVIOUS: list[tuple[str, str, str, list[Release], RolloutRecord | None, str]] = [
    ("nothing is known", "", "", [], None, ""),
    ("ECS lists it, no records", "td:7", "td:6", [], None, "td:7"),
    ("only the engine remembers", "", "td:6", [], None, "td:6"),
    ("the engine remembers the wanted one", "", "td:8", [], None, ""),
    ("ECS lists a proven one", "td:7", "", released("td:6", "td:7"), None, "td:7"),
    ("X4: a leftover says that a proven one was not", "td:9", "", released("td:6", "td:9"), LEFT, "td:9"),
    ("X2: ECS completed one that nobody proved", "td:9", "", released("td:6", "td:7"), None, "td:7"),
    ("a killed deployer left one unproven", "td:9", "", released("td:6", "td:7"), LEFT, "td:7"),
    ("the same, before any release", "td:9", "", [], LEFT, "td:5"),
    ("its own leftover, before any release", "", "", [], replace(LEFT, task_definition="td:8"), "td:5"),
    ("the wanted one is the only proven, something else serves", "td:9", "", released("td:8"), None, "td:9"),
    ("the wanted one serves in another shape", "td:8", "", released("td:7", "td:8"), None, "td:8"),
    ("ECS lists nothing, an older one is proven", "", "td:5", released("td:7", "td:8"), None, "td:7"),
]


@pytest.mark.parametrize(
    ("found", "remembered", "releases", "before", "expected"),
    [one[1:] for one in PREVIOUS],
    ids=[one[0] for one in PREVIOUS],
)
def test_what_is_rolled_back_to(
    found: str, remembered: str, releases: list[Release], before: RolloutRecord | None, expected: str
) -> None:
    assert previous(Version(found), remembered, "td:8", releases, before).task_definition == expected


def test_a_rollout_that_failed_leaves_its_revision_unproven_for_the_next_one() -> None:
    """X2's second half: the next rollout must not take the bad version for its way back."""
    stage = Stage()
    stage.records.releases = [Release(1, "repo@sha256:7", OLD, 1, "ecs-svc/0")]
    stage.service.deployments = [stage.service._new(NEW, "COMPLETED")]
    stage.service.ends["arn:td/notes:9"] = "COMPLETED"
    stage.records.last = RolloutRecord("repo@sha256:8", NEW, OLD, 1, "ecs-svc/0", "z", "zoe", "failed", 1)
    with pytest.raises(RolloutFailed, match="notes:7 serves again"):
        stage.roll_out(revision="arn:td/notes:9", ask=lambda *_: Answer(503, "ill"))
    assert [revision for revision, _ in stage.service.calls] == ["arn:td/notes:9", OLD]
