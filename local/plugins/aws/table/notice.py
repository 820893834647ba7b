"""Topics and their subscriptions (botocore service ``sns``)."""

from __future__ import annotations

from local.plugins.aws.entry import Entry, Name, Operation, Property

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

ENTRIES = (TOPIC, SUBSCRIPTION)
