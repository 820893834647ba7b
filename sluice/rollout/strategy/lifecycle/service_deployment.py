"""A service deployment, as DescribeServiceDeployments shows it. Pure.

Source: ECS API reference, ServiceDeployment, ServiceRevisionSummary and DeploymentLifecycleHookDetail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sluice.rollout.strategy.lifecycle.stages import BEFORE_PROOF, PRE_PRODUCTION, text_of

AWAITING = "AWAITING_ACTION"
LAMBDA = "AWS_LAMBDA"


@dataclass(frozen=True)
class Pause:
    """A PAUSE hook that waits for ContinueServiceDeployment.

    Attributes:
        hook: its id, new for each pause.
        expires: when ECS takes *timeout_action*, seconds since the epoch; 0: ECS does not say.
        timeout_action: ROLLBACK or CONTINUE.
    """

    hook: str
    expires: float = 0.0
    timeout_action: str = "ROLLBACK"


@dataclass(frozen=True)
class ServiceDeployment:
    """One service deployment.

    Attributes:
        arn: of the service deployment.
        status: as ECS names it: PENDING, IN_PROGRESS, SUCCESSFUL, STOP_REQUESTED, STOPPED or ROLLBACK_….
        reason: why, in ECS's words; empty: not given.
        stage: of its lifecycle; empty before the first one.
        revision: ARN of the service revision that it deploys.
        sources: ARNs of the service revisions that it replaces; none: the service's first deployment.
        production: percent of users' traffic that ECS requests for the new revision.
        test: the same of test traffic.
        pauses: the hooks that wait for an answer.
        triggered: names of the alarms that ended it.
        created: seconds since the epoch; 0: not given. *updated*, *started*, *finished*: likewise.
    """

    arn: str
    status: str
    reason: str = ""
    stage: str = ""
    revision: str = ""
    sources: tuple[str, ...] = ()
    production: float = 0.0
    test: float = 0.0
    pauses: tuple[Pause, ...] = ()
    triggered: tuple[str, ...] = ()
    created: float = 0.0
    updated: float = 0.0
    started: float = 0.0
    finished: float = 0.0

    @classmethod
    def of(cls, raw: Mapping[str, Any]) -> ServiceDeployment:
        """Read it from an item of the answer's ``serviceDeployments``."""
        target = raw.get("targetServiceRevision") or {}
        sources = raw.get("sourceServiceRevisions") or ()
        alarms = raw.get("alarms") or {}
        return cls(
            arn=str(raw["serviceDeploymentArn"]),
            status=str(raw["status"]),
            reason=_reason(raw),
            stage=str(raw.get("lifecycleStage") or ""),
            revision=str(target.get("arn") or ""),
            sources=tuple(str(one["arn"]) for one in sources if one.get("arn")),
            production=float(target.get("requestedProductionTrafficWeight") or 0.0),
            test=float(target.get("requestedTestTrafficWeight") or 0.0),
            pauses=tuple(_pauses(raw)),
            triggered=tuple(alarms.get("triggeredAlarmNames") or ()) if alarms.get("status") == "TRIGGERED" else (),
            created=_seconds(raw.get("createdAt")),
            updated=_seconds(raw.get("updatedAt")),
            started=_seconds(raw.get("startedAt")),
            finished=_seconds(raw.get("finishedAt")),
        )

    @property
    def number(self) -> str:
        """The number that ``ecs-svc/NUMBER`` and the service revision's ARN have in common."""
        return self.revision.rpartition("/")[2]

    @property
    def ongoing(self) -> bool:
        """Whether it still goes forward."""
        return self.status in ("PENDING", "IN_PROGRESS")

    @property
    def returning(self) -> bool:
        """Whether ECS is ending it: rolling back or stopping."""
        return self.status in ("ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS", "STOP_REQUESTED")

    @property
    def ended(self) -> bool:
        """Whether nothing more happens to it."""
        return not self.ongoing and not self.returning

    @property
    def exposed(self) -> bool:
        """Whether users may reach the new revision. A stage that is not known counts as one in which they do."""
        return self.production > 0 or self.stage not in (*BEFORE_PROOF, PRE_PRODUCTION)

    def progress(self) -> str:
        """Stage and weights, in one line."""
        if self.returning:
            return "ECS is rolling back" if self.status.startswith("ROLLBACK") else "ECS is stopping the deployment"
        shown = f"{self.stage}: {text_of(self.stage)}" if self.stage else text_of(self.stage)
        return f"{shown}; {percent(self.production)} of users on the new version"


def percent(share: float) -> str:
    """``12.5 %``."""
    return f"{share:g} %"


def _pauses(raw: Mapping[str, Any]) -> list[Pause]:
    """Whether ECS also lists finished hooks is not documented: only those that wait count."""
    return [
        Pause(str(one["hookId"]), _seconds(one.get("expiresAt")), str(one.get("timeoutAction") or "ROLLBACK"))
        for one in raw.get("lifecycleHookDetails") or ()
        if one.get("hookId") and one.get("status") == AWAITING and one.get("targetType") != LAMBDA
    ]


def _reason(raw: Mapping[str, Any]) -> str:
    return str(raw.get("statusReason") or (raw.get("rollback") or {}).get("reason") or "")


def _seconds(moment: object) -> float:
    return moment.timestamp() if isinstance(moment, datetime) else 0.0
