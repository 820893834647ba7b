"""What looks after a stack: events of tasks reach a topic, scalable targets hold the desired count, alarms are kept."""

from __future__ import annotations

import json

import pytest

from components.monitoring.alarm import PERIOD
from infra.monitoring.failed_migration import pattern
from tests.e2e.cloud.stage import NETWORK, Stage, until


def test_a_migration_that_failed_is_told_though_nobody_waits_for_it(stage: Stage) -> None:
    events, sns, sqs = (stage.client(name) for name in ("events", "sns", "sqs"))
    topic = sns.create_topic(Name="failures")["TopicArn"]
    queue = sqs.create_queue(QueueName="told")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    events.put_rule(Name="failed", EventPattern=pattern(stage.cluster, ["shop-migration"], "app"))
    transformer = {"InputPathsMap": {"task": "$.detail.taskArn"}, "InputTemplate": '"failed: <task>"'}
    events.put_targets(Rule="failed", Targets=[{"Id": "topic", "Arn": topic, "InputTransformer": transformer}])

    image = stage.push("watched")
    migration, other = (stage.task_definition(image, family=family) for family in ("shop-migration", "shop-service"))
    well = stage.run(migration, ["python", "-c", "pass"])
    foreign = stage.run(other, ["python", "-c", "raise SystemExit(3)"])
    failed = stage.run(migration, ["python", "-c", "raise SystemExit(3)"])
    for task in (well, foreign, failed):
        stage.in_state(task, "STOPPED")

    def told() -> list[str]:
        messages = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"])["Message"] for message in messages]

    [message] = until(told, 15)
    assert failed in message
    assert told() == [], "neither the task that ended well nor another family's"


def test_a_scalable_target_holds_the_desired_count(stage: Stage) -> None:
    scaling = stage.client("application-autoscaling")
    service = stage.name("scaled")
    stage.ecs.create_service(
        cluster=stage.cluster,
        serviceName=service,
        taskDefinition=stage.task_definition(stage.push("watched")),
        desiredCount=1,
        launchType="FARGATE",
        networkConfiguration=NETWORK,
    )
    which = {
        "ServiceNamespace": "ecs",
        "ResourceId": f"service/e2e/{service}",
        "ScalableDimension": "ecs:service:DesiredCount",
    }

    def desired() -> int:
        found = stage.ecs.describe_services(cluster=stage.cluster, services=[service])["services"][0]
        return int(found["desiredCount"])

    scaling.register_scalable_target(**which, MinCapacity=1, MaxCapacity=3, Tags={"Stack": "e2e"})
    assert desired() == 1
    scaling.register_scalable_target(**which, MinCapacity=2)
    assert desired() == 2, "at least the minimum"
    target = scaling.describe_scalable_targets(ServiceNamespace="ecs")["ScalableTargets"][0]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (2, 3), "what is not named stays"
    assert scaling.list_tags_for_resource(ResourceARN=target["ScalableTargetARN"])["Tags"] == {"Stack": "e2e"}
    scaling.deregister_scalable_target(**which)
    with pytest.raises(scaling.exceptions.ObjectNotFoundException):
        scaling.deregister_scalable_target(**which)
    with pytest.raises(scaling.exceptions.ValidationException, match="ECS service doesn't exist"):
        scaling.register_scalable_target(**which | {"ResourceId": "service/e2e/nobody"}, MinCapacity=1, MaxCapacity=2)
    stage.ecs.delete_service(cluster=stage.cluster, service=service, force=True)


def test_an_alarm_on_a_formula_says_it_again(stage: Stage) -> None:
    cloudwatch = stage.client("cloudwatch")
    queries = [
        {"Id": "result", "Expression": "100*e", "ReturnData": True},
        {
            "Id": "e",
            "ReturnData": False,
            "MetricStat": {"Metric": {"Namespace": "Shop", "MetricName": "E"}, "Period": PERIOD, "Stat": "Sum"},
        },
    ]
    cloudwatch.put_metric_alarm(
        AlarmName="formula",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=5,
        Metrics=queries,
    )
    [alarm] = cloudwatch.describe_alarms(AlarmNames=["formula"])["MetricAlarms"]
    assert [query["Id"] for query in alarm["Metrics"]] == ["result", "e"]
    assert "MetricName" not in alarm
    cloudwatch.set_alarm_state(AlarmName="formula", StateValue="ALARM", StateReason="said so")
    assert cloudwatch.describe_alarms(AlarmNames=["formula"])["MetricAlarms"][0]["StateValue"] == "ALARM"
    cloudwatch.delete_alarms(AlarmNames=["formula"])
