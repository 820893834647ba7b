"""What a service deployment's state means, and what the gate does next. Pure.

The rule that nothing here may break: a pause before users is continued only after this very deployment was proven on
test traffic, and a deployment that reached users without that proof is proven at once or rolled back.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from sluice.rollout.deployment.judge import Judgement, State
from sluice.rollout.strategy.lifecycle.service_deployment import Pause, ServiceDeployment
from sluice.rollout.strategy.lifecycle.stages import AFTER_SHIFT, CLEAN_UP, POST_TEST, PRE_PRODUCTION, PRE_SCALE_UP
from sluice.rollout.strategy.step_analysis import Comparison, Verdict


class Situation(enum.Enum):
    """Where a service deployment is, as the gate sees it."""

    MOVING = "ECS goes on by itself"
    PAUSED = "a pause of the gate waits for its answer"
    FOREIGN_PAUSE = "a pause that another tool owns waits for its answer"
    RETURNING = "ECS is ending it"
    ENDED = "nothing more happens to it"


@dataclass(frozen=True)
class Meaning:
    """What a service deployment's state means.

    Attributes:
        pause: the gate's pause that waits; None: none does.
        exposed: whether users may reach the new version.
    """

    situation: Situation
    pause: Pause | None = None
    exposed: bool = False


def meaning(deployment: ServiceDeployment, own_stages: tuple[str, ...]) -> Meaning:
    """Read a service deployment. *own_stages*: the stages at which the gate has a pause."""
    exposed = deployment.exposed
    if deployment.ended:
        return Meaning(Situation.ENDED, exposed=exposed)
    if deployment.returning:
        return Meaning(Situation.RETURNING, exposed=exposed)
    if not deployment.pauses:
        return Meaning(Situation.MOVING, exposed=exposed)
    # Two pauses at one stage cannot be told apart (see hooks.py): another tool owns one of them.
    if deployment.stage in own_stages and len(deployment.pauses) == 1:
        return Meaning(Situation.PAUSED, deployment.pauses[0], exposed)
    return Meaning(Situation.FOREIGN_PAUSE, exposed=exposed)


def judgement_of(deployment: ServiceDeployment, superseded_by: str = "") -> Judgement:
    """Return the state of a service deployment, as rolling rollouts name it.

    Args:
        superseded_by: id and revision of the deployment that took its place; empty: none did. STOPPED means both a
            failure without rollback and a newer deployment ("View service history").
    """
    status, reason = deployment.status, deployment.reason
    if status == "SUCCESSFUL":
        return Judgement(State.COMPLETED, reason)
    if status.startswith("ROLLBACK") and deployment.ended:
        failed = " (the rollback itself failed)" if status == "ROLLBACK_FAILED" else ""
        return Judgement(State.ROLLED_BACK, f"{reason}{failed}".strip())
    if status == "STOPPED":
        if superseded_by:
            told = f"deployment {superseded_by} took its place"
            return Judgement(State.SUPERSEDED, f"{told}; {reason}" if reason else told)
        return Judgement(State.FAILED, reason or "ECS stopped it")
    return Judgement(State.IN_PROGRESS, reason)


class Action(enum.Enum):
    """What the gate does next."""

    WAIT = "wait for ECS"
    CHECK_REVISION = "compare the revision with the admitted one"
    PROVE = "ask the new version on test traffic"
    ANALYSE = "compare both versions"
    AWAIT_APPROVAL = "wait for `sluice continue`"
    CONTINUE = "let ECS go on"
    ROLL_BACK = "have ECS roll back"
    PROVE_FOR_USERS = "ask the new version as its users do"
    CHECK_FOR_USERS = "check that it stays fit for its users"


@dataclass(frozen=True)
class Known:
    """What the gate knows of the deployment.

    Attributes:
        proven: it has answered on test traffic, to this deployer.
        proven_for_users: it has answered as users ask, since all of them reach it.
        admitted: its revision is the one that the gate admitted.
        analysis: the steps are analysed.
        verdict: of this pause's step; None: not judged yet.
        exhausted: an inconclusive verdict was repeated for as long as it may be.
        approval: this pause is for a person to continue.
    """

    proven: bool = False
    proven_for_users: bool = False
    admitted: bool = False
    analysis: bool = False
    verdict: Verdict | None = None
    exhausted: bool = False
    approval: bool = False


def next_action(deployment: ServiceDeployment, means: Meaning, known: Known) -> Action:
    """Return what the gate does next about a deployment that has not ended."""
    if means.situation in (Situation.ENDED, Situation.RETURNING):
        return Action.WAIT
    if means.exposed and not known.proven and deployment.stage != CLEAN_UP:
        return Action.PROVE
    if means.situation is Situation.PAUSED:
        return _at_pause(deployment, known)
    if deployment.stage in AFTER_SHIFT and deployment.production >= 100:
        return Action.CHECK_FOR_USERS if known.proven_for_users else Action.PROVE_FOR_USERS
    return Action.WAIT


def _at_pause(deployment: ServiceDeployment, known: Known) -> Action:
    if deployment.stage == PRE_SCALE_UP:
        return Action.CONTINUE if known.admitted else Action.CHECK_REVISION
    if not known.proven:
        return Action.PROVE
    if deployment.stage == PRE_PRODUCTION and deployment.production > 0 and known.analysis:
        if known.verdict is None:
            return Action.ANALYSE
        if known.verdict.comparison is Comparison.WORSE:
            return Action.ROLL_BACK
        if known.verdict.comparison is Comparison.INCONCLUSIVE:
            return Action.ROLL_BACK if known.exhausted else Action.ANALYSE
    return Action.AWAIT_APPROVAL if known.approval else Action.CONTINUE


def asks_approval(kind: str, approve: str, deployment: ServiceDeployment) -> bool:
    """Return whether a person continues this pause: the one before the first user, and with canary also the one before
    the rest of them. The later steps of linear are left to the analysis."""
    if approve != "manual":
        return False
    if deployment.stage == POST_TEST:
        return True
    return kind == "canary" and deployment.stage == PRE_PRODUCTION and deployment.production > 0
