"""Notifies the topic of every failed migration task, also if no deployer waits for it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.delivery.migration_gate import CONTAINER


@dataclass(frozen=True)
class FailedMigrationArgs:
    """Inputs of FailedMigration.

    Attributes:
        cluster: ARN.
        families: of the migration tasks' definitions.
        topic: ARN.
    """

    cluster: pulumi.Input[str]
    families: Sequence[str]
    topic: pulumi.Input[str]


class FailedMigration(pulumi.ComponentResource):
    """An EventBridge rule for migration tasks with an exit code other than 0, or that did not start.

    The gate notifies the topic, too, with the cause; this rule also works when the gate was killed.
    """

    def __init__(self, name: str, args: FailedMigrationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:FailedMigration", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        rule = aws.cloudwatch.EventRule(
            f"{name}-failed-migration",
            description=f"Migration tasks of {name} that did not end with exit code 0",
            event_pattern=pulumi.Output.from_input(args.cluster).apply(
                lambda arn: pattern(arn, args.families, CONTAINER)
            ),
            opts=child,
        )
        aws.cloudwatch.EventTarget(
            f"{name}-failed-migration",
            rule=rule.name,
            target_id="topic",
            arn=args.topic,
            input_transformer={
                "input_paths": {
                    "task": "$.detail.taskArn",
                    "family": "$.detail.group",
                    "reason": "$.detail.stoppedReason",
                },
                "input_template": json.dumps(
                    f"A migration task of {name} failed: <family>, <reason>. Task <task>."
                    " Runbook: docs/runbook.md#a-failed-migration"
                ),
            },
            opts=child,
        )
        self.register_outputs({"rule": rule.name})


def pattern(cluster: str, families: Sequence[str], container: str) -> str:
    """Return the event pattern ("Amazon ECS task state change events" in the Amazon ECS developer guide).

    A task that could not start has no exit code, but a stop code for it. RunTask's default group is the family.

    Not matched: a started container whose exit code ECS lost, without such a stop code. Only the gate reports that.

    Args:
        container: the migration's. Exit codes of others, such as an agent that the account injects, do not count.
            EventBridge matches the fields of one pattern object against one element of an array only
            ("JSON Array Matching" in the README of AWS's library Event Ruler; the EventBridge user guide does not state
            it). If a Region matched them independently, an agent's exit code would match again, as it did without the
            name: a false alarm, but no failure missed.
    """
    return json.dumps(
        {
            "source": ["aws.ecs"],
            "detail-type": ["ECS Task State Change"],
            "detail": {
                "clusterArn": [cluster],
                "group": [f"family:{family}" for family in families],
                "lastStatus": ["STOPPED"],
                "$or": [
                    {"containers": {"name": [container], "exitCode": [{"anything-but": 0}]}},
                    {"stopCode": ["TaskFailedToStart"]},
                ],
            },
        }
    )
