"""The stack's alarms: traffic, service and database."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.monitoring.alarm import AlarmRule, alarm


class Alarms(pulumi.ComponentResource):
    """One alarm for each rule.

    Outputs: arns, in the order of the rules.
    """

    arns: list[pulumi.Output[str]]

    def __init__(
        self,
        name: str,
        rules: Sequence[AlarmRule],
        topic: pulumi.Input[str] | None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("sluice:infra:Alarms", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.arns = [alarm(name, rule, topic, child).arn for rule in rules]
        self.register_outputs({"arns": self.arns})
