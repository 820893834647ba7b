"""Why a rollout failed, and what to do about it. A pure decision on what ECS, the load balancer and the log say.

Every class is a line of docs/outcomes.md. Sources: ECS "Stopped tasks error messages" and "Service event messages"; ELB
"Health checks for Application Load Balancer target groups" and the reason codes of TargetHealth.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sluice.diagnosis import start_failure
from sluice.diagnosis.exit_code import NOT_EXECUTABLE, NOT_IN_IMAGE, Advice
from sluice.diagnosis.listening import announcements
from sluice.diagnosis.printed import Printed
from sluice.rollout.deployment.judge import Judgement, State
from sluice.rollout.diagnosis.evidence import ALARM, SCALED_IN
from sluice.rollout.diagnosis.refused_check import Asked, status_advice
from sluice.rollout.diagnosis.revision_setup import Setup
from sluice.rollout.diagnosis.service_exit import ended, known_line, out_of_memory
from sluice.rollout.diagnosis.smoke_diagnosis import Answered, smoke_advice
from sluice.rollout.diagnosis.unanswered_check import longer_period, no_answer

AGAIN = "then run `pulumi up` again"


class Diagnosis(NamedTuple):
    """The class (the first column of docs/outcomes.md), and what people read."""

    name: str
    cause: str
    fix: str


@dataclass(frozen=True)
class Seen:
    """What was read; empty where nothing was, or it could not be.

    Attributes:
        why: how the rollout ended.
        tasks: that stopped by themselves or for their health, as DescribeTasks shows them, the newest first.
        targets: the reasons of targets that are not healthy, code and description.
        events: the service's new events.
        record: what ECS' record of the service deployment says.
        setup: of the revision and its target group.
        lines: the end of the log of one of the tasks.
        first: its beginning; *started*: when that task began to run, seconds since the epoch.
        answered: the smoke request that failed.
    """

    why: Judgement
    tasks: Sequence[Mapping[str, Any]] = ()
    targets: Sequence[str] = ()
    events: Sequence[str] = ()
    record: Sequence[str] = ()
    setup: Setup = field(default_factory=Setup)
    lines: Sequence[str] = ()
    first: Sequence[Printed] = ()
    started: float | None = None
    answered: Answered | None = None


def diagnose(seen: Seen) -> Diagnosis:
    """The most likely cause, and the fix. Never raises; what is not known is said to be not known."""
    name, advice = _decide(seen)
    fix = advice.remedy if "`pulumi up" in advice.remedy else f"{advice.remedy}; {AGAIN}"
    return Diagnosis(name, advice.cause, fix)


_Found = tuple[str, Advice]
_START, _EXIT, _TARGET, _CONTAINER, _OUTSIDE = "start", "exit", "target check", "container check", "outside"


def _decide(seen: Seen) -> _Found:
    if seen.answered is not None:
        return smoke_advice(seen.answered, seen.lines)
    if alarm := next((line for line in seen.record if line.startswith(ALARM)), ""):
        return _alarm(alarm.removesuffix(" ended it"), seen.lines)
    if seen.why.state is State.SUPERSEDED:
        return "superseded", Advice(
            "another deployment of the same service was started meanwhile", "let that one end first"
        )
    if seen.why.state is State.GONE:
        return "service gone", Advice(
            "the service was deleted, or its deployment is no longer listed", "run `pulumi up --refresh`"
        )
    ways = Counter(way for task in seen.tasks if (way := _way(task)))
    if not ways:
        return _placement(seen) or _unfinished(seen)
    way = ways.most_common(1)[0][0]
    tasks = [task for task in seen.tasks if _way(task) == way]
    if way == _START:
        return _not_started(tasks[0])
    if way == _EXIT:
        return _exited(seen, tasks)
    if way == _OUTSIDE:
        return _stopped_from_outside(tasks[0])
    return _failed_check(seen, tasks, way)


def _alarm(name: str, lines: Sequence[str]) -> _Found:
    cause, fix = f"{name} went off during the rollout", "look at its metric in CloudWatch at that time"
    if found := known_line(lines):
        return "alarm", Advice(f"{cause}; its log points to: {found.advice.cause}", f"{fix}; {found.advice.remedy}")
    return "alarm", Advice(cause, fix)


def _way(task: Mapping[str, Any]) -> str:
    """How a task came to its end; empty when that says nothing about the version."""
    code, reason = str(task.get("stopCode") or ""), str(task.get("stoppedReason") or "")
    containers = task.get("containers") or []
    ran = any(one.get("exitCode") is not None for one in containers)
    reasons = " ".join(str(one.get("reason") or "") for one in containers)
    if reason.startswith(SCALED_IN):
        return ""
    if code == "TaskFailedToStart" or (not ran and start_failure.stopped(f"{reason} {reasons}")):
        return _START
    if "ELB health checks" in reason:
        return _TARGET
    if "container health checks" in reason:
        return _CONTAINER
    if code in ("", "EssentialContainerExited"):
        return _EXIT if code or ran else ""
    return _OUTSIDE


# -- tasks


_OF_A_SERVICE: Mapping[Advice, Advice] = {
    NOT_IN_IMAGE: Advice(
        "the program that ENTRYPOINT or CMD names is not in the image",
        "correct ENTRYPOINT and CMD, or copy the program into the image's final stage",
    ),
    NOT_EXECUTABLE: Advice(
        "the program that ENTRYPOINT or CMD names was found in the image but could not be executed",
        "make it executable in the Dockerfile and check its interpreter line",
    ),
}
"""What start_failure says about a migration's command, in words for a service."""


def _not_started(task: Mapping[str, Any]) -> _Found:
    text = " ".join(str(one.get("reason") or "") for one in [{"reason": task.get("stoppedReason")}, *_containers(task)])
    if (found := known_line([text])) and found.name == "missing interpreter":
        return found
    known = start_failure.stopped(text)
    if known is None:
        return "cannot start", Advice(
            "ECS could not start the tasks, for a reason that is not known", "act on the reason below"
        )
    return known.title, _OF_A_SERVICE.get(known.advice, known.advice)


def _exited(seen: Seen, tasks: Sequence[Mapping[str, Any]]) -> _Found:
    containers = [one for task in tasks for one in _containers(task)]
    if any("OutOfMemory" in str(one.get("reason")) for one in containers):
        return out_of_memory(seen.setup.memory)
    named = [one for one in containers if one.get("name") == seen.setup.container] or containers
    # What ended by itself, before what ECS stopped with it.
    own = next((one for one in named if one.get("exitCode") not in (None, 137, 143)), named[0] if named else {})
    return ended(own.get("exitCode"), seen.lines, _lived(tasks))


def _stopped_from_outside(task: Mapping[str, Any]) -> _Found:
    code = str(task.get("stopCode"))
    if code == "UserInitiated":
        return "stopped by hand", Advice(
            f"somebody or something called StopTask ({task.get('stoppedReason') or 'no reason given'})",
            "find out who (CloudTrail: StopTask)",
        )
    return "stopped by AWS", Advice(
        f"AWS stopped the tasks ({code}: {task.get('stoppedReason') or 'no reason given'})",
        "nothing of the version is at fault as far as ECS says",
    )


# -- checks


_DUE_TO = re.compile(r"is unhealthy in .*\(reason (?P<text>.+)\)")
_CODES = re.compile(r"codes: \[(?P<codes>[\d, ]+)\]")
_TIMED_OUT = re.compile(r"timed out|Target\.Timeout", re.IGNORECASE)
_TELLS_NOTHING = re.compile(r"^Elb\.|deregistration", re.IGNORECASE)
_NOT_YET = ("Elb.RegistrationInProgress", "Elb.InitialHealthChecking")


def _failed_check(seen: Seen, tasks: Sequence[Mapping[str, Any]], way: str) -> _Found:
    lived = _lived(tasks)
    if way == _CONTAINER:
        return _container_check(seen, lived)
    return _target_check(seen, lived)


def _target_check(seen: Seen, lived: float | None) -> _Found:
    said = [match["text"] for event in seen.events if (match := _DUE_TO.search(event))]
    said = [one for one in said or seen.targets if not _TELLS_NOTHING.search(one)]
    setup = seen.setup
    codes = Counter(code.strip() for one in said if (match := _CODES.search(one)) for code in match["codes"].split(","))
    if codes:
        asked = Asked(
            setup.path,
            "app.livePath",
            setup.matcher,
            "the task's own address and port",
            "the tasks' own addresses",
            "the load balancer's check",
        )
        return status_advice(asked, int(codes.most_common(1)[0][0]), seen.lines)
    refused = not any(_TIMED_OUT.search(one) for one in said) if said else None
    announced = announcements(seen.first, seen.started)
    return no_answer(setup, announced, bool(seen.lines or seen.first), lived, refused)


def _container_check(seen: Seen, lived: float | None) -> _Found:
    setup = seen.setup
    what = f"`{setup.command}` " if setup.command else ""
    after = f" in the {max(1, round(lived))} s that a task lived" if lived is not None else ""
    return "container check", Advice(
        f"the check inside the container {what}did not exit 0 often enough{after}",
        "run it in the image by hand: its program must be there (service.health.command) and the application must "
        f"listen where it asks; for a slow start raise {longer_period(setup, lived)}",
    )


def _unfinished(seen: Seen) -> _Found:
    """No task stopped: what the targets say."""
    if any(one.startswith("Target.NotInUse") for one in seen.targets):
        return "no listener", Advice(
            "no listener or rule of a load balancer forwards to the target group", "run `pulumi up --refresh`"
        )
    if any(not one.startswith(_NOT_YET) for one in seen.targets) or any(_DUE_TO.search(one) for one in seen.events):
        return _target_check(seen, None)
    if seen.targets:
        return "checks not ended", Advice(
            "the targets' first checks had not ended at the deadline",
            "raise service.deadline, or shorten service.health.interval",
        )
    return "not known", Advice(
        "not known: neither ECS nor the log names one", "read what ECS says below, and the service's log"
    )


_UNPLACED = re.compile(r"unable to place a task|failed to launch a task|unable to consistently start tasks", re.I)


def _placement(seen: Seen) -> _Found | None:
    """ECS started no task, and says why in an event."""
    for event in seen.events:
        if not _UNPLACED.search(event):
            continue
        known = start_failure.refused(event) or start_failure.stopped(event)
        if known is not None:
            return known.title, known.advice
    return None


# -- small things


def _containers(task: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = task.get("containers") or []
    return found


def _lived(tasks: Sequence[Mapping[str, Any]]) -> float | None:
    """How long the longest of the tasks ran until it began to stop, in seconds."""
    known = []
    for task in tasks:
        begun, ended_at = task.get("startedAt"), task.get("stoppingAt") or task.get("stoppedAt")
        if isinstance(begun, datetime) and isinstance(ended_at, datetime):
            known.append((ended_at - begun).total_seconds())
    return max(known, default=None)
