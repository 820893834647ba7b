"""The SNS topic for failed migrations and rollouts, and for alarms."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra.ordering import after
from infra.policies import VERSION


@dataclass(frozen=True)
class TopicArgs:
    """Inputs of Topic.

    Attributes:
        existing: ARN of an existing topic; None: create one for *emails*.
        emails: addresses to subscribe to the stack's own topic.
    """

    existing: str | None
    emails: Sequence[str]


class Topic(pulumi.ComponentResource):
    """An SNS topic with one subscription for each address, or an existing topic, or none.

    An e-mail subscription is inactive until its receiver confirms it ("Amazon SNS email notifications").

    Outputs: arn; None without a topic.
    """

    arn: pulumi.Output[str] | None

    def __init__(self, name: str, args: TopicArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:Topic", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self.arn = pulumi.Output.from_input(args.existing) if args.existing else None
        if args.emails:
            topic = aws.sns.Topic(name, opts=child)
            policy = aws.sns.TopicPolicy(name, arn=topic.arn, policy=topic.arn.apply(publishers), opts=child)
            self.arn = after(topic.arn, policy.id)
            for address in args.emails:
                aws.sns.TopicSubscription(
                    f"{name}-{address}", topic=self.arn, protocol="email", endpoint=address, opts=child
                )
        self.register_outputs({"arn": self.arn})


def publishers(topic: str) -> str:
    """Return the topic's policy: principals of its own account (the default), its alarms, and EventBridge may publish.

    EventBridge's own example of such a policy has no condition ("Using resource-based policies for Amazon EventBridge"
    in its user guide), and none is documented. EventBridge can only publish.
    """
    account = topic.split(":")[4]
    own = {"Sid": "Own", "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": ["sns:Publish", "sns:Subscribe"]}
    alarms = {"Sid": "Alarms", "Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}}
    events = {"Sid": "Events", "Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}}
    statements = [
        {**own, "Resource": topic, "Condition": {"StringEquals": {"aws:SourceOwner": account}}},
        {
            **alarms,
            "Action": "sns:Publish",
            "Resource": topic,
            "Condition": {"StringEquals": {"aws:SourceAccount": account}},
        },
        {**events, "Action": "sns:Publish", "Resource": topic},
    ]
    return json.dumps({"Version": VERSION, "Statement": statements})
