"""A simulated ECS that shifts traffic, with its listener rules and metrics, in the API's shapes.

Sources: /docs of AWS as sluice/rollout/strategy cites them; what they leave open is chosen as the local cloud chooses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import ClientError

from sluice.inputs.strategy import ECS_NAMES, Strategy
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.strategy.lifecycle.hooks import own_stages
from tests.unit.sluice.migration.simulation import Clock
from tests.unit.sluice.rollout.strategy.deployments import NEW, OLD, hooks

PREFIX = "arn:aws:ecs:eu-central-1:123456789012"
SCALE_SECONDS, SHIFT_SECONDS, MINUTE = 5.0, 1.0, 60.0


class Killed(BaseException):
    """The deployer's process ends here."""


@dataclass
class Version:
    """How a revision answers. *users*: what users' requests get, where that differs from test traffic."""

    status: int = 200
    users: int | None = None
    failed_share: float = 0.0
    p95: float = 0.1
    healthy: bool = True


@dataclass
class Deployment:
    """A service deployment on its way through its stages."""

    number: int
    revision: str
    group: str
    source: Deployment | None
    created: float
    status: str = "IN_PROGRESS"
    reason: str = ""
    stage: str = ""
    at: int = -1
    until: float = 0.0
    share: float = 0.0
    hook: str = ""
    expires: float = 0.0
    updated: float = 0.0
    continued: int = 0
    alarms: tuple[str, ...] = ()
    plan: list[tuple[str, float, float]] = field(default_factory=list)

    @property
    def arn(self) -> str:
        return f"{PREFIX}:service-deployment/notes/web/{self.number}"

    @property
    def revision_arn(self) -> str:
        return f"{PREFIX}:service-revision/notes/web/{self.number}"

    @property
    def open(self) -> bool:
        return self.status in ("IN_PROGRESS", "ROLLBACK_IN_PROGRESS")


class Cloud:
    """One service. *trouble* may raise before a call, or after it when told so."""

    def __init__(self, clock: Clock, strategy: Strategy, first: bool = False) -> None:
        self.clock = clock
        self.strategy = strategy
        self.versions: dict[str, Version] = {OLD: Version(), NEW: Version()}
        self.deployments: list[Deployment] = []
        self.calls: list[tuple[str, Any]] = []
        self.users: list[tuple[float, str, float]] = []
        self.asked: list[tuple[str, str]] = []
        self.moved_by_hand: dict[str, int] | None = None
        self.rate = 100.0
        self.clean_up_seconds = SHIFT_SECONDS
        self.trouble: Callable[[str, bool], None] = lambda call, after: None
        self.stages_without_pause: set[str] = set()
        self.continuing: Callable[[Deployment, str], None] = lambda one, action: None
        if not first:
            self.start(OLD)
            done = self.deployments[0]
            done.status, done.stage, done.share, done.plan = "SUCCESSFUL", "CLEAN_UP", 100.0, []

    # -- what happens by itself

    def start(self, revision: str) -> Deployment:
        """A service deployment begins; one that goes on is superseded."""
        for one in self.deployments:
            if one.open:
                one.status, one.reason, one.updated = "STOPPED", "a newer deployment was started", self.clock.now()
        source = self.serving()
        first, second = self.strategy.target_groups
        group = second if source is None or source.group == first else first
        now = self.clock.now()
        made = Deployment(len(self.deployments) + 1, revision, group, source, now, updated=now, until=now)
        made.plan = list(self._plan())
        self.deployments.insert(0, made)
        return made

    def _plan(self) -> Iterator[tuple[str, float, float]]:
        """Stage, seconds, and the share of the users in it."""
        yield "PRE_SCALE_UP", 0.0, 0.0
        yield "SCALE_UP", SCALE_SECONDS, 0.0
        yield "POST_SCALE_UP", 0.0, 0.0
        yield "TEST_TRAFFIC_SHIFT", SHIFT_SECONDS, 0.0
        yield "POST_TEST_TRAFFIC_SHIFT", 0.0, 0.0
        shares, given = [100.0], self.strategy
        if given.kind == "canary":
            shares = [given.step_percent, 100.0]
        elif given.kind == "linear":
            shares = [min(100.0, step * given.step_percent) for step in range(1, 1001)]
            shares = shares[: shares.index(100.0) + 1]
        before = 0.0
        for share in shares:
            yield "PRE_PRODUCTION_TRAFFIC_SHIFT", 0.0, before
            yield "PRODUCTION_TRAFFIC_SHIFT", SHIFT_SECONDS + (given.step_minutes * MINUTE if share < 100 else 0), share
            before = share
        yield "POST_PRODUCTION_TRAFFIC_SHIFT", 0.0, 100.0
        yield "BAKE_TIME", given.bake_minutes * MINUTE, 100.0
        yield "CLEAN_UP", self.clean_up_seconds, 100.0

    def serving(self) -> Deployment | None:
        """The last deployment that was successful."""
        return next((one for one in self.deployments if one.status == "SUCCESSFUL"), None)

    def advance(self) -> None:
        """Lets the newest deployment come as far as its time and its pauses allow."""
        now = self.clock.now()
        for one in self.deployments[:1]:
            while one.status == "IN_PROGRESS":
                if one.hook and now >= one.expires:
                    self.roll_back(one, f"Service deployment rolled back because {one.stage} pause hook timed out.")
                    break
                if one.hook or now < one.until:
                    break
                one.at += 1
                one.updated = now
                if one.at == len(one.plan):
                    one.status, one.stage = "SUCCESSFUL", "CLEAN_UP"
                    break
                one.stage, seconds, share = one.plan[one.at]
                if share != one.share:
                    one.share = share
                    self.users.append((now, one.revision, share))
                one.until = max(one.until, now) + seconds
                if one.stage in own_stages(self.strategy) and one.stage not in self.stages_without_pause:
                    one.hook = f"ecs-pause-{one.number}-{one.at}"
                    one.expires = now + self.strategy.pause_minutes * MINUTE
            if one.status == "ROLLBACK_IN_PROGRESS" and now >= one.until:
                one.status = "ROLLBACK_SUCCESSFUL" if one.source else "STOPPED"
                one.updated = now

    def roll_back(self, one: Deployment, reason: str) -> None:
        now = self.clock.now()
        one.status, one.reason, one.hook, one.updated = "ROLLBACK_IN_PROGRESS", reason, "", now
        one.until, one.share = now + 2.0, 0.0
        self.users.append((now, one.revision, 0.0))

    def weights(self) -> dict[str, int]:
        if self.moved_by_hand is not None:
            return self.moved_by_hand
        self.advance()
        newest, serving = self.deployments[0], self.serving()
        share = newest.share if newest.open else 0.0
        shares = dict.fromkeys(self.strategy.target_groups, 0.0)
        if serving is not None:
            shares[serving.group] = 100.0 - share
        if newest.open and share:
            shares[newest.group] = share
        return {group: round(share * 10) for group, share in shares.items()}

    # -- requests

    def answer(self, test: bool) -> Answer:
        """What a request gets: with the test header from the new version, else from that which serves the most."""
        self.advance()
        newest, serving = self.deployments[0], self.serving()
        reached = newest if (test and newest.open) or newest.share > 50 or serving is None else serving
        version = self.versions[reached.revision]
        self.asked.append(("test" if test else "users", reached.revision))
        status = version.status if test or version.users is None else version.users
        return Answer(status, "ok" if status == 200 else "no database")

    # -- the API

    def _call(self, name: str, what: Any, does: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self.trouble(name, False)
        self.calls.append((name, what))
        self.advance()
        result = does()
        self.trouble(name, True)
        return result

    def describe_services(self, cluster: str, services: Sequence[str]) -> dict[str, Any]:
        return self._call("DescribeServices", None, lambda: {"services": [self._service()]})

    def _service(self) -> dict[str, Any]:
        newest, serving = self.deployments[0], self.serving()
        primary = newest if newest.open or newest is serving or serving is None else serving
        listed = [_listed(primary, "PRIMARY")]
        if serving is not None and serving is not primary:
            listed.append(_listed(serving, "ACTIVE"))
        return {
            "status": "ACTIVE",
            "desiredCount": 2,
            "runningCount": 2 * len(listed),
            "taskDefinition": primary.revision,
            "deployments": listed,
            "events": [],
            "currentServiceRevisions": [{"arn": one["revision"]} for one in listed],
            "currentServiceDeployment": newest.arn if newest.open else None,
            "deploymentConfiguration": {
                "strategy": ECS_NAMES[self.strategy.kind],
                "lifecycleHooks": hooks(self.strategy),
            },
        }

    def update_service(self, **given: Any) -> dict[str, Any]:
        assert given.keys() <= {"cluster", "service", "taskDefinition", "forceNewDeployment"}

        def does() -> dict[str, Any]:
            primary = self._service()["deployments"][0]
            if primary["taskDefinition"] != given["taskDefinition"] or given.get("forceNewDeployment"):
                self.start(given["taskDefinition"])
                self.advance()
            return {"service": self._service()}

        return self._call("UpdateService", given["taskDefinition"], does)

    def list_service_deployments(self, **given: Any) -> dict[str, Any]:
        return self._call("ListServiceDeployments", None, lambda: {"serviceDeployments": [
            {"serviceDeploymentArn": one.arn, "targetServiceRevisionArn": one.revision_arn, "status": one.status,
             "createdAt": _time(one.created)}
            for one in self.deployments
        ]})  # fmt: skip

    def describe_service_deployments(self, serviceDeploymentArns: Sequence[str]) -> dict[str, Any]:  # noqa: N803
        return self._call("DescribeServiceDeployments", None, lambda: {
            "serviceDeployments": [_shown(one) for one in self.deployments if one.arn in serviceDeploymentArns]
        })  # fmt: skip

    def describe_service_revisions(self, serviceRevisionArns: Sequence[str]) -> dict[str, Any]:  # noqa: N803
        return self._call("DescribeServiceRevisions", None, lambda: {
            "serviceRevisions": [
                {"serviceRevisionArn": one.revision_arn, "taskDefinition": one.revision,
                 "resolvedConfiguration": {"loadBalancers": [{"targetGroupArn": one.group}]}}
                for one in self.deployments if one.revision_arn in serviceRevisionArns
            ]
        })  # fmt: skip

    def continue_service_deployment(self, serviceDeploymentArn: str, hookId: str, action: str) -> dict[str, Any]:  # noqa: N803
        def does() -> dict[str, Any]:
            found = next(one for one in self.deployments if one.arn == serviceDeploymentArn)
            if not found.open:
                raise refused(
                    "Continuing a service deployment is not allowed for service deployment in terminal states."
                )
            if found.hook != hookId:
                raise refused(
                    "Provided hookId is either completed, unavailable, or not associated with the given Resource ARN"
                )
            if action == "ROLLBACK":
                self.roll_back(
                    found, f"Service deployment rolled back because {found.stage} pause hook was rolled back."
                )
            else:
                found.hook, found.updated = "", self.clock.now()
                found.continued += 1
                self.advance()
            return {"serviceDeploymentArn": serviceDeploymentArn}

        stage = next(one.stage for one in self.deployments if one.arn == serviceDeploymentArn)
        return self._call("ContinueServiceDeployment", (action, stage), does)

    def stop_service_deployment(self, serviceDeploymentArn: str, stopType: str) -> dict[str, Any]:  # noqa: N803
        def does() -> dict[str, Any]:
            found = next(one for one in self.deployments if one.arn == serviceDeploymentArn)
            if found.status != "IN_PROGRESS" or found.stage == "CLEAN_UP":
                raise refused("it has ended", "ConflictException")
            self.roll_back(found, "rolled back by a user")
            return {"serviceDeploymentArn": serviceDeploymentArn}

        return self._call("StopServiceDeployment", stopType, does)

    def describe_rules(self, RuleArns: Sequence[str]) -> dict[str, Any]:  # noqa: N803
        def does() -> dict[str, Any]:
            weights = self.weights()
            if RuleArns == [self.strategy.test_rule]:
                weights = {group: int(group == self.deployments[0].group) for group in weights}
            groups = [{"TargetGroupArn": group, "Weight": weight} for group, weight in weights.items()]
            return {"Rules": [{"Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}]}]}

        return self._call("DescribeRules", None, does)

    def describe_target_health(self, TargetGroupArn: str) -> dict[str, Any]:  # noqa: N803
        def does() -> dict[str, Any]:
            here = [one for one in (self.deployments[0], self.serving()) if one and one.group == TargetGroupArn]
            state = "healthy" if here and self.versions[here[0].revision].healthy else "unhealthy"
            return {"TargetHealthDescriptions": [{"TargetHealth": {"State": state}}] * (2 if here else 0)}

        return self._call("DescribeTargetHealth", None, does)

    def get_metric_data(self, **given: Any) -> dict[str, Any]:
        def does() -> dict[str, Any]:
            name = given["MetricDataQueries"][0]["MetricStat"]["Metric"]["Dimensions"][1]["Value"]
            assert self.strategy.suffixes is not None
            index = self.strategy.suffixes.target_groups.index(name)
            group = self.strategy.target_groups[index]
            newest, serving = self.deployments[0], self.serving()
            green = newest.group == group
            share = newest.share if green else 100 - newest.share
            one = newest if green else serving
            assert one is not None
            version = self.versions[one.revision]
            seconds = (given["EndTime"] - given["StartTime"]).total_seconds()
            requests = round(seconds * self.rate * share / 100)
            values: Mapping[str, list[float]] = {
                "requests": [requests] if requests else [],
                "failed": [round(requests * version.failed_share)] if requests else [],
                "refused": [],
                "latency": [version.p95] if requests else [],
                "unhealthy": [0.0 if version.healthy else 1.0],
            }
            return {"MetricDataResults": [{"Id": key, "Values": found} for key, found in values.items()]}

        return self._call("GetMetricData", None, does)

    # -- for diagnoses: nothing stopped, nothing logged

    def list_tasks(self, **given: Any) -> dict[str, Any]:
        return {"taskArns": []}

    def get_paginator(self, name: str) -> Any:
        return self

    def paginate(self, **given: Any) -> list[dict[str, Any]]:
        return [{"taskArns": []}]

    def describe_task_definition(self, taskDefinition: str) -> dict[str, Any]:  # noqa: N803
        return {"taskDefinition": {"containerDefinitions": [{"name": "app", "image": "x"}]}}

    def describe_target_groups(self, **given: Any) -> dict[str, Any]:
        return {"TargetGroups": [{}]}


def refused(text: str, code: str = "InvalidParameterException") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": text}}, "Operation")


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _listed(one: Deployment, status: str) -> dict[str, Any]:
    return {
        "id": f"ecs-svc/{one.number}",
        "taskDefinition": one.revision,
        "status": status,
        "rolloutState": "COMPLETED" if one.status == "SUCCESSFUL" else "IN_PROGRESS",
        "createdAt": _time(one.created),
        "updatedAt": _time(one.updated),
        "runningCount": 2,
        "revision": one.revision_arn,
    }


def _shown(one: Deployment) -> dict[str, Any]:
    hook = {
        "hookId": one.hook,
        "targetType": "PAUSE",
        "status": "AWAITING_ACTION",
        "expiresAt": _time(one.expires),
        "timeoutAction": "ROLLBACK",
    }
    return {
        "serviceDeploymentArn": one.arn,
        "status": one.status,
        "statusReason": one.reason,
        "lifecycleStage": one.stage,
        "createdAt": _time(one.created),
        "updatedAt": _time(one.updated),
        "targetServiceRevision": {"arn": one.revision_arn, "requestedProductionTrafficWeight": one.share},
        "sourceServiceRevisions": [{"arn": one.source.revision_arn}] if one.source else [],
        "lifecycleHookDetails": [hook] if one.hook else [],
        "alarms": {"status": "TRIGGERED" if one.alarms else "MONITORING", "triggeredAlarmNames": list(one.alarms)},
    }
