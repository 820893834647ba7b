"""Monitoring of a running stack: alarms, the rules for failed migrations and timed-out pauses, the dashboard."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import pulumi

from infra.monitoring.alarm_rules import WatchedResources, rules
from infra.monitoring.alarms import Alarms
from infra.monitoring.dashboard import Dashboard, DashboardArgs
from infra.monitoring.failed_migration import FailedMigration, FailedMigrationArgs
from infra.monitoring.pause_timed_out import PauseTimedOut, PauseTimedOutArgs
from infra.settings.settings import Settings


@dataclass(frozen=True)
class WatchArgs:
    """Inputs of Watch.

    Attributes:
        cluster: ARN.
        families: of the migration tasks' definitions.
        logs: name of the service's log group.
        topic: ARN; None: alarms send no notice.
    """

    stack: Settings
    watched: WatchedResources
    cluster: pulumi.Input[str]
    families: Collection[str]
    logs: pulumi.Input[str]
    topic: pulumi.Input[str] | None


class Watch(pulumi.ComponentResource):
    """Outputs: dashboard (URL)."""

    dashboard: pulumi.Output[str]

    def __init__(self, name: str, args: WatchArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Watch", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        wanted = rules(args.stack, args.watched) if args.stack.alarms.enabled else []
        alarms = Alarms(name, wanted, args.topic, child).arns
        if args.topic is not None and args.stack.alarms.enabled:
            failed = FailedMigrationArgs(args.cluster, sorted(set(args.families)), args.topic)
            FailedMigration(name, failed, child)
            if args.stack.service.strategy != "rolling":
                PauseTimedOut(name, PauseTimedOutArgs(args.cluster, args.topic), child)
        shown = DashboardArgs(args.stack.aws.region, args.watched, alarms, args.logs)
        self.dashboard = Dashboard(name, shown, child).url
        self.register_outputs({"dashboard": self.dashboard})
