"""Topics, their policies and their subscriptions (botocore service ``sns``)."""

from __future__ import annotations

import json

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.property import Members, Name, Operation, Property

_TOPIC, _SUBSCRIPTION = {"TopicArn": "$id"}, {"SubscriptionArn": "$id"}

TOPIC = Entry(
    "aws:sns/topic:Topic", "sns",
    create=Operation("create_topic"),
    read=Operation("get_topic_attributes", _TOPIC), item="Attributes", id="TopicArn",
    delete=Operation("delete_topic", _TOPIC),
    properties={
        "name": Property(replace=True, seen=""),
        "namePrefix": Property(local=True, replace=True, seen=""),
    },
    outputs={"arn": "TopicArn"},
    name=Name(limit=256),
    gone=("NotFound", "NotFoundException"),
)  # fmt: skip

# A topic always has a policy; without one of the program's own, that is the one it was made with.
_DEFAULT = "__default_statement_ID"


def _policy(request: ResourceRequest) -> Members | None:
    attributes = dict(request.ask("get_topic_attributes", TopicArn=request.id)["Attributes"])
    statements = json.loads(attributes.get("Policy") or "{}").get("Statement", [])
    return attributes if any(statement.get("Sid") != _DEFAULT for statement in statements) else None


_PRINCIPALS = {"Sid": _DEFAULT, "Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "SNS:Publish", "Resource": "*"}
TOPIC_POLICY = Entry(
    "aws:sns/topicPolicy:TopicPolicy", "sns",
    create=Operation("set_topic_attributes", {"AttributeName": "Policy"}),
    read=Operation("get_topic_attributes", _TOPIC), item="", id="$arn",
    update=Operation("set_topic_attributes", {**_TOPIC, "AttributeName": "Policy"}),
    delete=Operation(
        "set_topic_attributes",
        {**_TOPIC, "AttributeName": "Policy", "AttributeValue": json.dumps({"Statement": [_PRINCIPALS]})},
    ),
    properties={
        "arn": Property("TopicArn", replace=True),
        "policy": Property("AttributeValue", seen="Policy", json=True),
    },
    outputs={"owner": "Owner"},
    hooks=Hooks(find=_policy),
    gone=("NotFound", "NotFoundException"),
    taggable=False,
)  # fmt: skip

# Its ARN is asked for, because AWS otherwise tells none until the receiver has confirmed the subscription.
SUBSCRIPTION = Entry(
    "aws:sns/topicSubscription:TopicSubscription", "sns",
    create=Operation("subscribe", {"ReturnSubscriptionArn": True}),
    read=Operation("get_subscription_attributes", _SUBSCRIPTION), item="Attributes", id="SubscriptionArn",
    delete=Operation("unsubscribe", _SUBSCRIPTION),
    properties={
        "topic": Property("TopicArn", replace=True),
        "protocol": Property(replace=True),
        "endpoint": Property(replace=True),
    },
    outputs={"arn": "SubscriptionArn"},
    gone=("NotFound", "NotFoundException"),
    taggable=False,
)  # fmt: skip

ENTRIES = (TOPIC, TOPIC_POLICY, SUBSCRIPTION)
