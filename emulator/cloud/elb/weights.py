"""A forward action may name several target groups, and each gets its share of the requests.

AWS, "Forward actions" (rule action types, Application Load Balancers user guide), ForwardActionConfig (API reference):
weights from 0 to 999; a group gets its weight's share of all weights, one with weight 0 none; a request whose group
has no target that can be asked is not sent to another group. Which request goes where is chance on AWS; here the
requests of a rule are spread evenly. MiniStack reads only the single group of an action.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ministack.services import alb

from emulator.cloud.correction import Correction
from emulator.cloud.elb.shares import choose, position
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

_counts: dict[tuple[tuple[str, int], ...], Iterator[int]] = {}
_NOBODY = 503, {"Content-Type": "text/plain"}, b"no target group of the rule has a weight above 0"


def install(settings: Settings) -> None:
    """Read, show and follow the groups of a forward action."""
    parse, show, execute = alb._parse_actions, alb._action_xml, alb._execute_actions

    def parse_actions(params: dict[str, Any], prefix: str = "DefaultActions") -> list[dict[str, Any]]:
        actions: list[dict[str, Any]] = parse(params, prefix)
        for number, action in enumerate(actions, 1):
            groups = _groups(params, f"{prefix}.member.{number}.ForwardConfig")
            if groups:
                action["ForwardConfig"] = {
                    "TargetGroups": groups,
                    "TargetGroupStickinessConfig": _stickiness(params, f"{prefix}.member.{number}.ForwardConfig"),
                }
                if len(groups) == 1:
                    action["TargetGroupArn"] = groups[0]["TargetGroupArn"]
        return actions

    def action_xml(action: dict[str, Any]) -> str:
        text = str(show(action))
        forward = action.get("ForwardConfig")
        return text.removesuffix("</member>") + _xml(forward) + "</member>" if forward else text

    async def execute_actions(actions: Sequence[dict[str, Any]], *arguments: Any, **named: Any) -> Any:
        chosen = [_chosen(action) for action in actions]
        if any(action is None for action in chosen):
            return _NOBODY
        return await execute(chosen, *arguments, **named)

    replace(alb, "_parse_actions", parse_actions)
    replace(alb, "_action_xml", action_xml)
    replace(alb, "_execute_actions", execute_actions)


CORRECTION = Correction(
    rule="A forward action sends each of its target groups the share of requests that its weight says.",
    fault="An action with several target groups forwards to none of them.",
    ministack="1.5.33",
    install=install,
)


def _chosen(action: dict[str, Any]) -> dict[str, Any] | None:
    """The action with the one group of this request; None when no group may have it."""
    groups = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if not groups:
        return action
    weighted = tuple((str(one["TargetGroupArn"]), int(one["Weight"])) for one in groups)
    number = next(_counts.setdefault(weighted, itertools.count()))
    group = choose(weighted, position(number))
    return None if group is None else {**action, "TargetGroupArn": group}


def _groups(params: dict[str, Any], prefix: str) -> list[dict[str, Any]]:
    groups: list[dict[str, Any]] = []
    while arn := alb._p(params, f"{prefix}.TargetGroups.member.{len(groups) + 1}.TargetGroupArn"):
        weight = alb._p(params, f"{prefix}.TargetGroups.member.{len(groups) + 1}.Weight", "1")
        groups.append({"TargetGroupArn": arn, "Weight": int(weight)})
    return groups


def _stickiness(params: dict[str, Any], prefix: str) -> dict[str, Any]:
    enabled = alb._p(params, f"{prefix}.TargetGroupStickinessConfig.Enabled") == "true"
    seconds = alb._p(params, f"{prefix}.TargetGroupStickinessConfig.DurationSeconds")
    return {"Enabled": enabled, **({"DurationSeconds": int(seconds)} if seconds else {})}


def _xml(forward: Mapping[str, Any]) -> str:
    groups = "".join(
        f"<member><TargetGroupArn>{one['TargetGroupArn']}</TargetGroupArn><Weight>{one['Weight']}</Weight></member>"
        for one in forward["TargetGroups"]
    )
    sticky = forward["TargetGroupStickinessConfig"]
    seconds = f"<DurationSeconds>{sticky['DurationSeconds']}</DurationSeconds>" if "DurationSeconds" in sticky else ""
    enabled = str(sticky["Enabled"]).lower()
    return (
        f"<ForwardConfig><TargetGroups>{groups}</TargetGroups><TargetGroupStickinessConfig><Enabled>{enabled}</Enabled>"
        f"{seconds}</TargetGroupStickinessConfig></ForwardConfig>"
    )
