"""The life of one resource of every type against moto: create, read, diff, update, delete.

What moto does not know is named here; tests/e2e/plugins runs the same life against the emulator, with no exception.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from emulator.plugins.aws.functions import functions
from emulator.plugins.aws.lifecycle import TableResource
from emulator.plugins.aws.session import AwsError, Session
from emulator.plugins.aws.table import ENTRIES, balancing, container, database, flow, identity, logs, network, secret
from sluice.protocol.resource import HalfDone, Refused, ResourceState
from sluice.protocol.values import UNKNOWN
from tests.unit.emulator.plugins.calls import Engine
from tests.unit.emulator.plugins.life import Life, hosted_zone
from tests.unit.emulator.plugins.program import CHANGES, RESOURCES, WITHOUT_TRACE

HOSTS = {
    "ec2": "ec2.us-east-1", "ecr": "api.ecr.us-east-1", "ecs": "ecs.us-east-1", "rds": "rds.us-east-1", "iam": "iam",
    "sts": "sts.us-east-1", "logs": "logs.us-east-1", "elbv2": "elasticloadbalancing.us-east-1",
    "secretsmanager": "secretsmanager.us-east-1",
    "sns": "sns.us-east-1", "ssm": "ssm.us-east-1", "cloudwatch": "monitoring.us-east-1", "events": "events.us-east-1",
    "s3": "s3", "wafv2": "wafv2.us-east-1",
    "application-autoscaling": "application-autoscaling.us-east-1", "acm": "acm.us-east-1", "route53": "route53",
}  # fmt: skip
# moto 5.2 keeps neither a description of a rule that names no range nor these members of a database and a service, ...
FORGOTTEN = {
    "database": {"performanceInsightsEnabled", "performanceInsightsRetentionPeriod"},
    "postgres": {"description"},
    "to-storage": {"description"},
    "service": {
        "deploymentCircuitBreaker.enable", "deploymentCircuitBreaker.rollback", "deploymentMaximumPercent",
        "deploymentMinimumHealthyPercent", "enableEcsManagedTags", "healthCheckGracePeriodSeconds",
    },
}  # fmt: skip
# ... and does not have these operations, or only half (a changed gateway endpoint can no longer be deleted).
MISSING = {"subnets", "parameters", "storage"}
# A scalable target has no tags in it that could be asked for.
UNKNOWN_TO_MOTO = {"scaled", "by-cpu"}
KNOWN = [(name, token, inputs) for name, token, inputs in RESOURCES if name not in UNKNOWN_TO_MOTO]


class Moto(Session):
    """A session on moto, that counts calls and can be told to fail.

    Attributes:
        methods: every operation called, in order.
        failing: operation to the error it answers with.
    """

    def __init__(self) -> None:
        hosts = {service: f"https://{host}.amazonaws.com" for service, host in HOSTS.items()}
        keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b"}
        super().__init__("http://127.0.0.1:1", "us-east-1", hosts, {"sluice": "test"}, keys)
        self.methods: list[str] = []
        self.failing: dict[str, AwsError] = {}

    def call(self, service: str, method: str, params: Any, region: str = "") -> dict[str, Any]:
        self.methods.append(method)
        if method in self.failing:
            raise self.failing[method]
        return super().call(service, method, params, region)


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Iterator[Moto]:
    monkeypatch.setattr("moto.settings.ACM_VALIDATION_WAIT", -1)  # moto issues certificates after a minute otherwise
    with mock_aws():
        yield Moto()


def resource(session: Session, entry: Any) -> TableResource:
    return TableResource(entry, lambda: session)


def test_life_of_every_type(session: Moto) -> None:
    life = Life({entry.token: resource(session, entry) for entry in ENTRIES})
    life.outputs["zone"] = hosted_zone(session, "example.com")
    for name, token, inputs in KNOWN:
        asyncio.run(life.create(name, token, inputs))
        found = asyncio.run(life.drift(name))
        assert set(found) == FORGOTTEN.get(name, set()), name
        assert session.default_tags.items() <= (life.outputs[name].get("tagsAll") or session.default_tags).items()
    for name in [name for name in CHANGES if name not in MISSING | UNKNOWN_TO_MOTO]:
        before = life.state(name)
        asyncio.run(life.update(name, CHANGES[name]))
        assert set(asyncio.run(life.drift(name))) <= FORGOTTEN.get(name, set()), name
        assert asyncio.run(life.drift(name, before)), f"a change of {name} behind Pulumi's back is seen"
    for name in reversed([name for name, _, _ in KNOWN]):
        for _ in range(2):  # deleting it again is no error
            assert asyncio.run(life.delete(name)) is None or name in WITHOUT_TRACE, f"{name} is gone"


def test_a_preview_calls_nothing_and_knows_nothing_it_cannot(session: Moto) -> None:
    vpc, engine = resource(session, network.VPC), Engine()
    created = asyncio.run(vpc.create(engine.call(preview=True), {"cidrBlock": "10.0.0.0/16", "tags": {"a": "b"}}))
    assert created.id == ""
    assert created.outputs["arn"] is UNKNOWN
    assert created.outputs["cidrBlock"] == "10.0.0.0/16"
    assert created.outputs["tagsAll"] == {"sluice": "test", "a": "b"}
    old = ResourceState(
        {"cidrBlock": "10.0.0.0/16"}, {"cidrBlock": "10.0.0.0/16", "arn": "arn:x", "region": "us-east-1"}
    )
    changed = {"cidrBlock": "10.0.0.0/16", "enableDnsHostnames": True}
    outputs = asyncio.run(vpc.update(engine.call(preview=True), "vpc-1", old, changed))
    assert (outputs["arn"], outputs["enableDnsHostnames"]) == ("arn:x", True)
    assert session.methods == []


def test_a_preview_keeps_the_databases_real_port(session: Moto) -> None:
    old = ResourceState({"port": 5432, "backupRetentionPeriod": 1}, {"port": 26520, "address": "172.17.0.1"})
    new = {"port": 5432, "backupRetentionPeriod": 2}
    kept = asyncio.run(resource(session, database.INSTANCE).update(Engine().call(preview=True), "db-1", old, new))
    assert (kept["port"], kept["address"], kept["backupRetentionPeriod"]) == (26520, "172.17.0.1", 2)


def test_half_a_create_is_remembered_and_repaired(session: Moto) -> None:
    group, engine = resource(session, logs.LOG_GROUP), Engine()
    new = {"name": "/a", "retentionInDays": 7, "__defaults": []}
    session.failing["put_retention_policy"] = AwsError("LimitExceededException", "logs PutRetentionPolicy: too much")
    with pytest.raises(HalfDone) as half:
        asyncio.run(group.create(engine.call(), new))
    assert half.value.id == "/a"
    assert half.value.reasons == ["logs PutRetentionPolicy: too much"]
    session.failing.clear()
    state = ResourceState(new, half.value.outputs)
    asyncio.run(group.update(engine.call(), "/a", state, new))
    existing = asyncio.run(group.read(engine.call(), "/a", new, half.value.outputs))
    assert existing is not None
    assert existing.outputs["retentionInDays"] == 7


def test_an_update_of_a_service_sends_its_task_definition_only_when_that_changed(session: Moto) -> None:
    sent: list[dict[str, Any]] = []

    class Recording(Moto):
        def call(self, service: str, method: str, params: Any, region: str = "") -> dict[str, Any]:
            if method == "update_service":
                sent.append(dict(params))
            return super().call(service, method, params, region)

    recording = Recording()
    life = Life({entry.token: resource(recording, entry) for entry in ENTRIES})
    life.outputs["zone"] = hosted_zone(session, "example.com")
    for name, token, inputs in KNOWN:
        asyncio.run(life.create(name, token, inputs))
    asyncio.run(life.update("service", {"healthCheckGracePeriodSeconds": 9}))
    asyncio.run(life.update("service", {}))  # the repair of a half-made service
    assert sent
    assert all("taskDefinition" not in params for params in sent)
    assert "desiredCount" not in sent[0], "autoscaling may own it"
    sent.clear()
    _, token, inputs = next(each for each in RESOURCES if each[0] == "task")
    asyncio.run(life.create("next", token, inputs | {"memory": "1024"}))
    asyncio.run(life.update("service", {"taskDefinition": "{next.arn}"}))
    assert [params["taskDefinition"] for params in sent] == [life.outputs["next"]["arn"]]


def test_a_task_definition_with_skip_destroy_stays(session: Moto) -> None:
    task, engine = resource(session, container.TASK_DEFINITION), Engine()
    new = {"family": "f", "containerDefinitions": '[{"name": "a", "image": "b", "memory": 64}]', "skipDestroy": True}
    created = asyncio.run(task.create(engine.call(), new))
    asyncio.run(task.delete(engine.call(), created.id, ResourceState(new, created.outputs)))
    assert "deregister_task_definition" not in session.methods
    assert asyncio.run(task.read(engine.call(), created.id, new, created.outputs)) is not None


def test_import_is_refused(session: Moto) -> None:
    with pytest.raises(Refused, match="cannot import aws:ec2/vpc:Vpc"):
        asyncio.run(resource(session, network.VPC).read(Engine().call(), "vpc-1", {}, {}))


def test_what_an_answer_calls_unsuccessful_is_an_error(session: Moto) -> None:
    vpc = asyncio.run(resource(session, network.VPC).create(Engine().call(), {"cidrBlock": "10.0.0.0/16"}))
    missing = {"vpcId": vpc.id, "trafficType": "ALL", "logDestinationType": "s3", "logDestination": "arn:aws:s3:::no"}
    with pytest.raises(Refused, match="create_flow_logs: LogDestination: no does not exist"):
        asyncio.run(resource(session, flow.FLOW_LOG).create(Engine().call(), missing))


def test_a_program_may_read_a_listener_that_it_did_not_make(session: Moto) -> None:
    life = Life({entry.token: resource(session, entry) for entry in ENTRIES})
    for name, token, inputs in KNOWN[: [name for name, _, _ in KNOWN].index("listener") + 1]:
        asyncio.run(life.create(name, token, inputs))
    made, type_ = life.outputs["listener"], resource(session, balancing.LISTENER)
    read = asyncio.run(type_.read(Engine().call(), made["id"], {}, {}))
    assert read is not None
    assert read.inputs == {}, "nothing of it is the program's"
    assert {key: read.outputs[key] for key in ("arn", "port", "protocol")} == {
        key: made[key] for key in ("arn", "port", "protocol")
    }
    assert asyncio.run(type_.read(Engine().call(), made["id"] + "0", {}, {})) is None


def test_an_update_of_what_is_gone_says_so(session: Moto) -> None:
    role = resource(session, identity.ROLE)
    state = ResourceState({"name": "gone", "description": "a"}, {"tagsAll": {"sluice": "test"}})
    with pytest.raises(Refused, match="no longer exists"):
        asyncio.run(role.update(Engine().call(), "gone", state, {"name": "gone", "description": "b"}))


def test_a_failed_database_is_not_waited_for(session: Moto) -> None:
    state = _database(session, "incompatible-network")
    with pytest.raises(HalfDone, match="incompatible-network, and that does not end by itself"):
        asyncio.run(resource(state, database.INSTANCE).create(Engine().call("db"), DATABASE))


def test_ctrl_c_ends_a_wait(session: Moto) -> None:
    engine, state = Engine(), _database(session, "creating")
    engine.cancelled.set()
    with pytest.raises(HalfDone, match="cancelled while waiting for database to be available"):
        asyncio.run(resource(state, database.INSTANCE).create(engine.call("db"), DATABASE))


def test_every_wait_has_a_deadline(session: Moto) -> None:
    state = _database(session, "creating")
    with pytest.raises(HalfDone, match="did not end within 1 s"):
        asyncio.run(resource(state, database.INSTANCE).create(Engine().call("db", timeout=1), DATABASE))


def test_a_database_without_final_snapshot_is_not_deleted(session: Moto) -> None:
    state = ResourceState({"identifier": "db"}, {})
    with pytest.raises(Refused, match="finalSnapshotIdentifier is required"):
        asyncio.run(resource(session, database.INSTANCE).delete(Engine().call("db"), "db-1", state))
    assert session.methods == []


DATABASE = {
    "identifier": "db", "engine": "postgres", "instanceClass": "db.t4g.micro", "allocatedStorage": 20, "username": "a",
    "password": "long-enough",
}  # fmt: skip


def _database(session: Moto, state: str) -> Session:
    """A session in which every database is in *state*."""

    class Stuck(Moto):
        def call(self, service: str, method: str, params: Any, region: str = "") -> dict[str, Any]:
            answer = super().call(service, method, params, region)
            for instance in answer.get("DBInstances", []):
                instance["DBInstanceStatus"] = state
            return answer

    return Stuck()


@pytest.mark.parametrize(("window", "kept"), [({"recoveryWindowInDays": 0}, False), ({}, True)])
def test_a_secret_can_be_taken_back_unless_the_program_says_otherwise(
    session: Moto, window: dict[str, Any], kept: bool
) -> None:
    life = Life({secret.SECRET.token: resource(session, secret.SECRET)})
    asyncio.run(life.create("password", secret.SECRET.token, {"name": "owner"} | window))
    assert asyncio.run(life.delete("password")) is None, "to the program it is gone"
    listed = session.call("secretsmanager", "list_secrets", {"IncludePlannedDeletion": True})["SecretList"]
    assert [one["Name"] for one in listed] == (["owner"] if kept else [])


async def described(session: Moto, token: str, args: dict[str, Any]) -> dict[str, Any]:
    return await functions(lambda: session)[token](Engine().call(), args)


def test_a_database_that_is_there_is_described(session: Moto) -> None:
    group = session.call("ec2", "create_security_group", {"GroupName": "db", "Description": "d"})["GroupId"]
    given: dict[str, Any] = {"DBInstanceIdentifier": "legacy", "DBInstanceClass": "db.t4g.micro", "Engine": "postgres"}
    given |= {"AllocatedStorage": 20, "MasterUsername": "a", "MasterUserPassword": "long-enough"}
    made = session.call("rds", "create_db_instance", {**given, "VpcSecurityGroupIds": [group]})["DBInstance"]
    asked = described(session, "aws:rds/getInstance:getInstance", {"dbInstanceIdentifier": "legacy"})
    found = asyncio.run(asked)
    assert (found["engine"], found["resourceId"]) == ("postgres", made["DbiResourceId"])
    assert (found["vpcSecurityGroups"], found["masterUserSecrets"]) == ([group], [])
    assert found["port"] == 5432
