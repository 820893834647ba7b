"""What goes to AWS and what its answers become: against botocore's own models (Stubber) and moto."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from botocore.credentials import RefreshableCredentials
from botocore.exceptions import (
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
    UnauthorizedSSOTokenError,
)
from botocore.stub import ANY, Stubber
from moto import mock_aws

from sluice.aws.logs import PAGES, LogTail
from sluice.aws.session import Account, Clients, expired, transient
from sluice.aws.tasks import EcsTasks, Place, token
from sluice.diagnosis.log_place import LogPlace
from sluice.diagnosis.verdict import Kind, Outcome
from sluice.errors import GateError
from sluice.migration.records.record import RunRecord, StepRecord, TaskRecord
from sluice.migration.records.records import Records
from tests.unit.sluice.migration.simulation import CLUSTER, DEFINITION, client_error

PLACE = Place(CLUSTER, DEFINITION, "app", ("subnet-2", "subnet-1"), ("sg-1",), True)
REGION = "eu-west-1"


@pytest.fixture
def ecs() -> Iterator[tuple[Any, Stubber]]:
    client = boto3.client("ecs", region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")
    with Stubber(client) as stubber:
        yield client, stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield


REQUEST = {
    "cluster": CLUSTER,
    "taskDefinition": DEFINITION,
    "count": 1,
    "launchType": "FARGATE",
    "networkConfiguration": {
        "awsvpcConfiguration": {
            "subnets": ["subnet-1", "subnet-2"],
            "securityGroups": ["sg-1"],
            "assignPublicIp": "ENABLED",
        }
    },
    "overrides": {
        "containerOverrides": [
            {
                "name": "app",
                "command": ["migrate"],
                "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
            }
        ]
    },
    "startedBy": "t",
    "clientToken": "t",
    "propagateTags": "TASK_DEFINITION",
}


def start(client: Any) -> str | Outcome:
    return EcsTasks(client, CLUSTER).start(PLACE, ["migrate"], {"B": "2", "A": "1"}, "t")


def test_run_task_is_byte_equal_every_time(ecs: tuple[Any, Stubber]) -> None:
    client, stubber = ecs
    stubber.add_response("run_task", {"tasks": [{"taskArn": "arn:task"}], "failures": []}, REQUEST)
    assert start(client) == "arn:task"


def test_run_task_failures_with_http_200(ecs: tuple[Any, Stubber]) -> None:
    client, stubber = ecs
    stubber.add_response("run_task", {"tasks": [], "failures": [{"reason": "RESOURCE:FARGATE"}]}, REQUEST)
    outcome = start(client)
    assert isinstance(outcome, Outcome)
    assert outcome.kind is Kind.NOT_STARTED


def test_a_conflict_names_the_task_of_the_same_token(ecs: tuple[Any, Stubber]) -> None:
    client, stubber = ecs
    stubber.add_client_error(
        "run_task", "ConflictException", modeled_fields={"resourceIds": ["arn:task:before"]}, expected_params=REQUEST
    )
    assert start(client) == "arn:task:before"


def test_a_role_not_known_yet_is_a_start_failure(ecs: tuple[Any, Stubber]) -> None:
    client, stubber = ecs
    stubber.add_client_error("run_task", "ClientException", "ECS was unable to assume the role 'arn:…'")
    outcome = start(client)
    assert isinstance(outcome, Outcome)
    assert "assume" in outcome.title


def test_any_other_refusal_is_an_error(ecs: tuple[Any, Stubber]) -> None:
    client, stubber = ecs
    stubber.add_client_error("run_task", "AccessDeniedException", "no")
    with pytest.raises(Exception, match="AccessDenied"):
        start(client)


def test_a_stopped_task_is_found_by_family_not_by_started_by(ecs: tuple[Any, Stubber]) -> None:
    client, stubber = ecs
    other, ours = {"taskArn": "arn:1", "startedBy": "x"}, {"taskArn": "arn:2", "startedBy": "t"}
    stubber.add_response("list_tasks", {"taskArns": []}, {"cluster": CLUSTER, "startedBy": "t"})
    stubber.add_response(
        "list_tasks", {"taskArns": []}, {"cluster": CLUSTER, "family": "notes-migration", "desiredStatus": "RUNNING"}
    )
    stubber.add_response(
        "list_tasks",
        {"taskArns": ["arn:1", "arn:2"]},
        {"cluster": CLUSTER, "family": "notes-migration", "desiredStatus": "STOPPED"},
    )
    stubber.add_response("describe_tasks", {"tasks": [other, ours]}, {"cluster": CLUSTER, "tasks": ANY})
    assert EcsTasks(client, CLUSTER).find("t", DEFINITION) == "arn:2"


def test_tokens_tell_attempts_apart_and_fit() -> None:
    tokens = {token("/sluice/a/b/runs/1", "master", shard, attempt) for shard in range(3) for attempt in range(3)}
    assert len(tokens) == 9
    assert token("/sluice/a/b/runs/1", "master", 0, 1) != token("/sluice/a/c/runs/1", "master", 0, 1)
    assert all(len(one) <= 36 and one.isalnum() for one in tokens)


def record(number: int) -> RunRecord:
    return RunRecord(number, "up", "f" * 32, "sha256:" + "a" * 64, "ann@host", 1, steps=("master",))


def test_records_are_a_lock(cloud: None) -> None:
    records = Records(boto3.client("ssm"), "/sluice/notes/prod/runs")
    assert records.create(record(1))
    assert not records.create(record(1))


def test_records_come_back_in_order_with_the_steps_of_open_runs(cloud: None) -> None:
    records = Records(boto3.client("ssm"), "/sluice/notes/prod/runs")
    for number in range(1, 13):
        records.create(record(number))
    step = StepRecord("master", (TaskRecord(0, 1, "abc", None, None, ""),))
    records.save_step(record(12), step)
    assert [run.number for run in records.all()] == list(range(1, 13))
    assert records.all()[-1].steps_done == {"master": step}


def test_only_the_newest_records_are_kept(cloud: None) -> None:
    records = Records(boto3.client("ssm"), "/sluice/notes/prod/runs")
    for number in range(1, 15):
        records.create(record(number))
        records.save_step(record(number), StepRecord("master"))
    records.prune(14, keep=3)
    assert [run.number for run in records.all()] == [12, 13, 14]
    records.delete_all()
    assert records.all() == []


def test_a_record_with_many_shards_fits_a_parameter() -> None:
    tasks = tuple(TaskRecord(shard, 1, "f" * 32, 0, 120, "succeeded") for shard in range(50))
    assert len(StepRecord("tenants", tasks).to_json()) < 4096
    assert StepRecord.from_json(StepRecord("tenants", tasks).to_json()).tasks == tasks


def test_log_lines_come_once_and_in_order(cloud: None) -> None:
    logs = boto3.client("logs")
    logs.create_log_group(logGroupName="/g")
    logs.create_log_stream(logGroupName="/g", logStreamName="migration/app/1")
    tail = LogTail(logs, "/g", LogPlace("/g", "migration", "app").stream("arn:task/notes/1"))
    now = int(__import__("time").time() * 1000)

    def write(*lines: str) -> None:
        events = [{"timestamp": now, "message": line} for line in lines]
        logs.put_log_events(logGroupName="/g", logStreamName="migration/app/1", logEvents=events)

    write("one", "two password=x")
    assert tail.read() == ["one", "two password=***"]
    assert tail.read() == []
    write("three")
    assert tail.read() == ["three"]
    assert (tail.count, list(tail.last)) == (3, ["one", "two password=***", "three"])


def test_a_stream_that_does_not_exist_yet_has_no_lines(cloud: None) -> None:
    assert LogTail(boto3.client("logs"), "/g", "s").read() == []


def test_log_place_needs_group_and_prefix() -> None:
    options = {"awslogs-group": "/g", "awslogs-stream-prefix": "p", "awslogs-region": REGION}
    assert LogPlace.of({"name": "app", "logConfiguration": {"options": options}}) == LogPlace("/g", "p", "app", REGION)
    assert LogPlace.of({"name": "app"}) is None
    assert LogPlace.of({"name": "app", "logConfiguration": {"options": {"awslogs-group": "/g"}}}) is None


def test_the_wrong_account_is_refused(cloud: None) -> None:
    with pytest.raises(
        GateError, match=r"belong to AWS account 123456789012, but the setting `aws.account` is 999999999999"
    ):
        Clients(Account(region=REGION, account="999999999999")).verify()
    Clients(Account(region=REGION, account="123456789012")).verify()


def test_an_assumed_role_is_used_and_its_credentials_are_refreshed(cloud: None) -> None:
    clients = Clients(
        Account(region=REGION, assume_role="arn:aws:iam::210987654321:role/deploy", account="210987654321")
    )
    clients.verify()
    credentials = clients["sts"]._request_signer._credentials
    assert isinstance(credentials, RefreshableCredentials)
    assert not credentials.refresh_needed()
    credentials._expiry_time = datetime.now(UTC)
    assert credentials.refresh_needed()


@pytest.mark.parametrize(
    ("error", "is_transient", "is_expired"),
    [
        (EndpointConnectionError(endpoint_url="https://x"), True, False),
        (ReadTimeoutError(endpoint_url="https://x"), True, False),
        (client_error("ThrottlingException", "DescribeTasks"), True, False),
        (client_error("InternalFailure", "DescribeTasks", 500), True, False),
        (client_error("AccessDeniedException", "DescribeTasks"), False, False),
        (client_error("ExpiredTokenException", "DescribeTasks"), False, True),
        (ParamValidationError(report="cluster is no text"), False, False),
        (NoCredentialsError(), False, True),
        (UnauthorizedSSOTokenError(), False, True),
    ],
)
def test_what_may_work_in_a_moment_and_what_needs_a_login(
    error: Exception, is_transient: bool, is_expired: bool
) -> None:
    assert (transient(error), expired(error)) == (is_transient, is_expired)


def test_a_log_that_never_ends_does_not_hold_the_reader() -> None:
    class Endless:
        pages = 0

        def get_log_events(self, **request: Any) -> dict[str, Any]:
            self.pages += 1
            assert self.pages < 100, "one read must be bounded"
            return {"events": [{"message": "again"}], "nextForwardToken": f"f/{self.pages}"}

    tail = LogTail(Endless(), "/g", "s")
    assert tail.read() == ["again"] * PAGES
    assert tail.more
