"""Where a rollout that shifts traffic is, for `sluice status`, `sluice continue` and `sluice abort`.

IAM: as for sluice.rollout.strategy.lifecycle.shift_calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sluice.cli.context import Context
from sluice.inputs.strategy import Header, Strategy
from sluice.migration.operator_run import RunRefused
from sluice.release.release_record import RolloutRecord, deployer
from sluice.rollout.strategy.decision import Situation, meaning
from sluice.rollout.strategy.lifecycle.hooks import own_stages
from sluice.rollout.strategy.lifecycle.service_deployment import ServiceDeployment

_UNREAD = Header("not-read", "not-read")


def strategy_of(context: Context, header: Header | None = None) -> Strategy | None:
    """Return the stack's strategy; None: rolling. The stack's output leaves the test header out, as it is a secret.

    Args:
        header: where the strategy is used to send requests.
    """
    return parsed(context.stack.gate.get("strategy"), header)


def parsed(raw: Any, header: Header | None = None) -> Strategy | None:
    """Return the strategy of a stack's output *raw*; None: rolling. header: as in :func:`strategy_of`."""
    if not raw:
        return None
    known = header or _UNREAD
    return Strategy.parse({**raw, "testHeader": {"name": known.name, "value": known.value}})


def strategy_with_header(context: Context) -> Strategy | None:
    """Return the stack's strategy with the test header that its test rule matches. Raises RunRefused."""
    strategy = strategy_of(context)
    if strategy is None:
        return None
    header = context.service.shift.header(strategy.test_rule)
    if header is None:
        raise RunRefused(
            f"the test rule {strategy.test_rule} matches no header, so that nothing can be proven on test traffic; "
            "nothing was changed\n  fix: run `pulumi up --refresh`, which restores the rule"
        )
    return strategy_of(context, header)


@dataclass(frozen=True)
class TrafficStatus:
    """Where the newest service deployment is.

    Attributes:
        deployment: its ARN.
        status, stage: in ECS's words; reason: likewise, empty when there is none.
        production: percent of the users that reach its version.
        own: whether a rollout of the gate started it.
        pause: id of the gate's pause that waits; empty: none does.
        until: when ECS rolls back by itself, seconds since the epoch; 0: not known, or no pause.
        approval: whether its proofs are done and a person is waited for.
        deployer: who rolls it out; empty for a deployment that the gate did not start.
        progress: stage and weights, for people.
    """

    deployment: str
    status: str
    stage: str
    reason: str
    production: float
    own: bool
    pause: str
    until: float
    approval: bool
    deployer: str
    progress: str

    @property
    def in_progress(self) -> bool:
        """Whether something still happens to it."""
        return self.status in ("PENDING", "IN_PROGRESS", "STOP_REQUESTED", "ROLLBACK_REQUESTED", "ROLLBACK_IN_PROGRESS")


def traffic_status(strategy: Strategy | None, latest: ServiceDeployment, record: RolloutRecord | None) -> TrafficStatus:
    """Return where a service deployment is. Pure.

    Args:
        strategy: by the stack's outputs, which are of the last `pulumi up` that succeeded: the one in progress may
            use another one. None: rolling.
        record: of the stack's last rollout. A pause that it names is the gate's, whatever the strategy was before.
    """
    means = meaning(latest, own_stages(strategy) if strategy is not None else ())
    own = record is not None and record.deployment.rpartition("/")[2] == latest.number != ""
    pause = means.pause if means.situation is Situation.PAUSED else None
    if own and record is not None and record.approval:
        pause = next((one for one in latest.pauses if one.hook == record.approval), pause)
    until = min((one.expires for one in latest.pauses if one.expires), default=0.0)
    return TrafficStatus(
        deployment=latest.arn,
        status=latest.status,
        stage=latest.stage,
        reason=latest.reason,
        production=latest.production,
        own=own,
        pause=pause.hook if pause else "",
        until=until,
        # A deployer that died in good order has written "cancelled"; its proofs still hold.
        approval=bool(own and record and pause and record.approval == pause.hook and record.state != "failed"),
        deployer=deployer(record) if own and record else "",
        progress=latest.progress(),
    )


def status_lines(found: TrafficStatus) -> list[str]:
    """Return the lines of `sluice status` about a service deployment. Pure."""
    if not found.in_progress:
        return []
    until = f" until {_moment(found.until)}" if found.until else ""
    lines = [f"traffic      {found.progress}"]
    if not found.own:
        ends = f"; ECS rolls it back at {_moment(found.until)}" if found.until else ""
        lines.append(
            f"foreign      the gate did not start {_short(found.deployment)}: the gate never continues it{ends}"
        )
    elif found.approval:
        lines.append(f"pause        {found.stage}{until}: waits for approval: `sluice continue` or `sluice abort`")
    elif found.pause:
        lines.append(f"pause        {found.stage}{until}: {found.deployer} proves the new version")
    elif found.until:
        lines.append(f"pause        {found.stage}{until}: waits for somebody else than the gate")
    return lines


def as_plain(found: TrafficStatus) -> dict[str, Any]:
    """Return it as --json gives it. Pure."""
    document: Mapping[str, Any] = vars(found)
    return {**document, "until": _moment(found.until) if found.until else None}


def _short(arn: str) -> str:
    return arn.rpartition("/")[2]


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
