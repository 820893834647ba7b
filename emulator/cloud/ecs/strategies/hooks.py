"""Pause hooks: opened when a stage begins, answered by ContinueServiceDeployment, or timed out. Pure.

AWS, "Pause lifecycle hooks for Amazon ECS service deployments" (developer guide), DeploymentLifecycleHookDetail (API
reference): the hooks of one stage wait at the same time; all must pass, and one that rolls back is enough; a hook that
nobody answers takes its timeout action, ROLLBACK by default, after 1440 minutes by default; a canary or linear
deployment opens hooks with new ids before every step.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

AWAITING, SUCCEEDED, FAILED, TIMED_OUT = "AWAITING_ACTION", "SUCCEEDED", "FAILED", "TIMED_OUT"
CONTINUE, ROLLBACK = "CONTINUE", "ROLLBACK"
PAUSE, AWS_LAMBDA = "PAUSE", "AWS_LAMBDA"
DEFAULT_TIMEOUT_MINUTES = 1440


@dataclasses.dataclass(frozen=True)
class Hook:
    """One pause hook of a service.

    Attributes:
        stages: the lifecycle stages at which it waits.
        timeout: seconds until it times out.
        action: what happens then.
    """

    stages: tuple[str, ...]
    timeout: float
    action: str = ROLLBACK


@dataclasses.dataclass(frozen=True)
class Pause:
    """One pause of a deployment.

    Attributes:
        id: its hookId.
        stage: where it waits.
        expires: when it times out, in seconds since the epoch.
        action: what happens then.
        status: its status word.
    """

    id: str
    stage: str
    expires: float
    action: str = ROLLBACK
    status: str = AWAITING


def hooks_of(configuration: Mapping[str, Any], minutes: Callable[[float], float]) -> tuple[Hook, ...]:
    """The pause hooks of a deployment configuration. minutes: how many seconds so many minutes take here."""
    return tuple(
        Hook(
            tuple(one.get("lifecycleStages") or ()),
            minutes(float((one.get("timeoutConfiguration") or {}).get("timeoutInMinutes") or DEFAULT_TIMEOUT_MINUTES)),
            str((one.get("timeoutConfiguration") or {}).get("action") or ROLLBACK),
        )
        for one in configuration.get("lifecycleHooks") or ()
        if one.get("targetType") == PAUSE
    )


def opened(hooks: tuple[Hook, ...], stage: str, now: float, new_id: Callable[[], str]) -> tuple[Pause, ...]:
    """The pauses with which a stage begins."""
    return tuple(Pause(new_id(), stage, now + one.timeout, one.action) for one in hooks if stage in one.stages)


def answered(pauses: tuple[Pause, ...], hook: str, action: str) -> tuple[Pause, ...] | None:
    """The pauses after ContinueServiceDeployment; None when no pause with this id waits."""
    if not any(one.id == hook and one.status == AWAITING for one in pauses):
        return None
    status = SUCCEEDED if action == CONTINUE else FAILED
    return tuple(dataclasses.replace(one, status=status) if one.id == hook else one for one in pauses)


def expired(pauses: tuple[Pause, ...], now: float) -> tuple[Pause, ...]:
    """The pauses after those that waited too long have timed out."""
    return tuple(
        dataclasses.replace(one, status=TIMED_OUT) if one.status == AWAITING and now >= one.expires else one
        for one in pauses
    )


def refused(pauses: tuple[Pause, ...]) -> str | None:
    """Why the pauses roll the deployment back, in AWS's words after "because"; None when they do not."""
    for one in pauses:
        if one.status == TIMED_OUT and one.action == ROLLBACK:
            return f"{one.stage} pause hook timed out."
        if one.status == FAILED:
            return f"{one.stage} lifecycle hook(s) failed."
    return None


def voided(pauses: tuple[Pause, ...]) -> tuple[Pause, ...]:
    """The pauses once their deployment goes on without them: one that still waited has failed (not documented)."""
    return tuple(dataclasses.replace(one, status=FAILED) if one.status == AWAITING else one for one in pauses)


def waiting(pauses: tuple[Pause, ...]) -> bool:
    """Whether a pause still waits for an answer."""
    return any(one.status == AWAITING for one in pauses)
