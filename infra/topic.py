"""The topic through which people learn that a migration or a rollout failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class TopicArgs:
    """existing: ARN of a topic that is not this stack's. emails: addresses to subscribe to one that is."""

    existing: str | None
    emails: Sequence[str]


class Topic(pulumi.ComponentResource):
    """An SNS topic with one subscription an address, or a topic that exists, or none.

    A subscription by e-mail does nothing until its receiver has confirmed it ("Amazon SNS email notifications").

    Outputs: arn; None when nobody is to be told.
    """

    arn: pulumi.Output[str] | None

    def __init__(self, name: str, args: TopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Topic", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.arn = pulumi.Output.from_input(args.existing) if args.existing else None
        if args.emails:
            self.arn = aws.sns.Topic(name, opts=child).arn
            for address in args.emails:
                aws.sns.TopicSubscription(
                    f"{name}-{address}", topic=self.arn, protocol="email", endpoint=address, opts=child
                )
        self.register_outputs({"arn": self.arn})
