"""Two accounts of one emulator: a repository is closed to the other one until its policy opens it."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from emulator.cloud.ecr.policy import PULL
from tests.e2e.cloud.conftest import new_account
from tests.e2e.cloud.stage import NETWORK, Stage, until

POLICY = {"Statement": [{"Effect": "Allow", "Principal": {"AWS": ""}, "Action": [*PULL, "ecr:DescribeImages"]}]}


def test_another_account_pulls_only_what_the_policy_opens(stage: Stage) -> None:
    image, account = stage.push("shared"), new_account()
    digest = image.partition("@")[2]

    def client(service: str) -> Any:
        connect: Any = boto3.client
        credentials = {"aws_access_key_id": account, "aws_secret_access_key": stage.cloud.secret(account)}
        return connect(service, endpoint_url=stage.cloud.endpoint, region_name="us-east-1", **credentials)

    ecs, ecr = client("ecs"), client("ecr")
    cluster = ecs.create_cluster(clusterName="other")["cluster"]["clusterArn"]
    definition = ecs.register_task_definition(
        family="other",
        networkMode="awsvpc",
        requiresCompatibilities=["FARGATE"],
        cpu="256",
        memory="512",
        containerDefinitions=[{"name": "app", "image": image, "essential": True, "command": ["true"]}],
    )["taskDefinition"]["taskDefinitionArn"]

    def ended() -> dict[str, Any]:
        made = ecs.run_task(cluster=cluster, taskDefinition=definition, networkConfiguration=NETWORK)
        arn = made["tasks"][0]["taskArn"]

        def stopped() -> dict[str, Any]:
            task: dict[str, Any] = ecs.describe_tasks(cluster=cluster, tasks=[arn])["tasks"][0]
            return task if task["lastStatus"] == "STOPPED" else {}

        return until(stopped, 30)

    asked = {"registryId": stage.cloud.account, "repositoryName": "app", "imageIds": [{"imageDigest": digest}]}
    refused = ended()
    assert refused["stopCode"] == "TaskFailedToStart"
    assert "CannotPullContainerError" in refused["stoppedReason"]
    assert "403 Forbidden" in refused["stoppedReason"]
    with pytest.raises(ClientError, match=r"AccessDenied.*ecr:DescribeImages"):
        ecr.describe_images(**asked)

    POLICY["Statement"][0]["Principal"] = {"AWS": f"arn:aws:iam::{account}:root"}
    stage.ecr.set_repository_policy(repositoryName="app", policyText=json.dumps(POLICY))
    try:
        task = ended()
        assert task["containers"][0]["exitCode"] == 0
        assert task["containers"][0]["imageDigest"] == digest
        assert ecr.describe_images(**asked)["imageDetails"][0]["imageDigest"] == digest
    finally:
        stage.ecr.delete_repository_policy(repositoryName="app")
