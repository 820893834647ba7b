"""EventBridge hears of a deployment's pauses: they begin, they are answered, or time out. A minute is 6 s."""

from __future__ import annotations

import json
from typing import Any

from tests.e2e.cloud.shifting import Shifting, pause
from tests.e2e.cloud.stage import Stage, until


def test_pauses_are_told(stage: Stage) -> None:
    events, sns, sqs = (stage.client(name) for name in ("events", "sns", "sqs"))
    topic = sns.create_topic(Name="pauses")["TopicArn"]
    queue = sqs.create_queue(QueueName="pauses")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    pattern = {"source": ["aws.ecs"], "detail-type": ["ECS Hook State Change"]}
    events.put_rule(Name="pauses", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="pauses", Targets=[{"Id": "topic", "Arn": topic}])
    heard: list[dict[str, Any]] = []

    def told() -> list[dict[str, Any]]:
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", []):
            heard.append(json.loads(json.loads(message["Body"])["Message"]))
        return heard

    shift = Shifting(stage)
    started = shift.create(
        stage.task_definition(stage.push("1"), stopTimeout=2),
        {
            "strategy": "BLUE_GREEN",
            "bakeTimeInMinutes": 0,
            "lifecycleHooks": [pause("PRE_SCALE_UP"), pause("POST_TEST_TRAFFIC_SHIFT", minutes=1)],
        },
    )
    guard = shift.at(started, "PRE_SCALE_UP")
    shift.answer(started, guard["hookId"])
    shift.ended(started, "STOPPED")
    until(lambda: len(told()) >= 4, 15)
    assert sorted((one["detail"]["lifecycleStage"], one["detail"]["eventName"]) for one in heard) == [
        ("POST_TEST_TRAFFIC_SHIFT", "HOOK_AWAITING_ACTION"),
        ("POST_TEST_TRAFFIC_SHIFT", "HOOK_TIMED_OUT"),
        ("PRE_SCALE_UP", "HOOK_AWAITING_ACTION"),
        ("PRE_SCALE_UP", "HOOK_SUCCEEDED"),
    ]
    service = stage.described(shift.service)
    for one in heard:
        assert one["resources"] == [started]
        assert one["detail"]["serviceDeploymentArn"] == started
        assert one["detail"]["serviceArn"] == service["serviceArn"]
        assert one["detail"]["clusterArn"] == stage.cluster
        assert one["detail"]["hookType"] == "PAUSE"
    assert guard["hookId"] in {one["detail"]["hookId"] for one in heard}
    shift.delete()
