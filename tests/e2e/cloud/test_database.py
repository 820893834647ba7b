"""RDS: a managed master secret, a reachable PostgreSQL 17 with TLS, an identity that changes with the instance."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import botocore.exceptions
import pytest

from tests.e2e.cloud.stage import Stage, docker, until

# A TLS handshake as libpq begins it (PostgreSQL manual, "SSL Session Encryption"); the test's image has no driver.
HANDSHAKE = """
import socket, ssl, struct, sys
raw = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=10)
raw.sendall(struct.pack('!II', 8, 80877103))
assert raw.recv(1) == b'S', 'the server speaks no TLS'
context = ssl.create_default_context(); context.check_hostname = False; context.verify_mode = ssl.CERT_NONE
print(context.wrap_socket(raw).version())
"""


def create(stage: Stage, identifier: str, **more: Any) -> dict[str, Any]:
    stage.rds.create_db_instance(
        DBInstanceIdentifier=identifier,
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="notes",
        DBName="notes",
        ManageMasterUserPassword=True,
        **more,
    )
    return until(lambda: available(stage, identifier), 90)


def available(stage: Stage, identifier: str) -> dict[str, Any]:
    found: dict[str, Any] = stage.rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
    assert found["DBInstanceStatus"] in ("creating", "available")
    return found if found["DBInstanceStatus"] == "available" else {}


def query(stage: Stage, identifier: str, login: dict[str, str], options: str, sql: str) -> str:
    """Ask over TCP with psql, from a container of its own: the password goes in by a file, as an app would have it."""
    endpoint = available(stage, identifier)["Endpoint"]
    address = f"host={endpoint['Address']} port={endpoint['Port']} user={login['username']} dbname=notes {options}"
    return docker(
        "run",
        "--rm",
        "--env",
        f"PGPASSWORD={login['password']}",
        "--entrypoint",
        "psql",
        "sluice-local/postgres:17",
        "--no-align",
        "--tuples-only",
        "--command",
        sql,
        address,
    )


def test_a_database_with_a_managed_master_secret(stage: Stage) -> None:
    name = stage.name("database")
    instance = create(stage, name)
    assert instance["EngineVersion"].partition(".")[0] == "17"
    assert instance["Endpoint"]["Address"] == stage.cloud.host
    secret = instance["MasterUserSecret"]
    assert secret["SecretStatus"] == "active"
    value = stage.secrets.get_secret_value(SecretId=secret["SecretArn"])
    assert value["Name"].startswith("rds!db-")
    login = json.loads(value["SecretString"])
    assert set(login) == {"username", "password"}
    assert login["username"] == "notes"

    assert query(stage, name, login, "sslmode=require", "show server_version").startswith("17.")
    assert (
        query(stage, name, login, "sslmode=require", "select ssl from pg_stat_ssl where pid = pg_backend_pid()") == "t"
    )
    with pytest.raises(AssertionError, match="no encryption"):
        query(stage, name, login, "sslmode=disable", "select 1")
    with pytest.raises(AssertionError, match="password authentication failed"):
        query(stage, name, {**login, "password": "wrong"}, "sslmode=require", "select 1")
    # On RDS the master user is no superuser.
    assert (
        query(stage, name, login, "sslmode=require", "select rolsuper from pg_roles where rolname = current_user")
        == "f"
    )

    definition = stage.task_definition(stage.push("1"))
    task = stage.run(
        definition, ["python", "-c", HANDSHAKE, instance["Endpoint"]["Address"], str(instance["Endpoint"]["Port"])]
    )
    assert stage.in_state(task, "STOPPED")["containers"][0]["exitCode"] == 0
    assert stage.lines(task) == ["TLSv1.3"]

    containers = docker("ps", "--quiet", "--filter", f"label=sluice.account={stage.cloud.account}").split()
    assert login["password"] not in docker("inspect", *containers)

    identity = instance["DbiResourceId"]
    for allowed, said in ((False, "AllowMajorVersionUpgrade flag must be present"), (True, "no data directory")):
        with pytest.raises(botocore.exceptions.ClientError, match=rf"InvalidParameterCombination.*{said}"):
            stage.rds.modify_db_instance(
                DBInstanceIdentifier=name, EngineVersion="18", AllowMajorVersionUpgrade=allowed, ApplyImmediately=True
            )
    assert available(stage, name)["EngineVersion"] == instance["EngineVersion"]
    assert available(stage, name)["DbiResourceId"] == identity
    stage.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    with pytest.raises(stage.secrets.exceptions.ResourceNotFoundException):
        stage.secrets.get_secret_value(SecretId=secret["SecretArn"])
    with pytest.raises(stage.rds.exceptions.DBInstanceNotFoundFault):
        stage.rds.describe_db_instances(DBInstanceIdentifier=name)
    assert create(stage, name)["DbiResourceId"] != identity
    stage.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


def test_a_snapshot_takes_its_time_and_the_instance_says_so(stage: Stage) -> None:
    name, taken = stage.name("copied"), "sluice-e2e-run-1-ab"
    create(stage, name, CopyTagsToSnapshot=True, Tags=[{"Key": "team", "Value": "a"}, {"Key": "run", "Value": "0"}])

    def snapshot() -> dict[str, Any]:
        found: dict[str, Any] = stage.rds.describe_db_snapshots(DBSnapshotIdentifier=taken)["DBSnapshots"][0]
        return found

    def take(called: str) -> dict[str, Any]:
        tags = [{"Key": "run", "Value": "1"}]
        made: dict[str, Any] = stage.rds.create_db_snapshot(
            DBInstanceIdentifier=name, DBSnapshotIdentifier=called, Tags=tags
        )["DBSnapshot"]
        return made

    def refused(call: Callable[[], object]) -> str:
        with pytest.raises(botocore.exceptions.ClientError) as refusal:
            call()
        return str(refusal.value.response["Error"]["Code"])

    assert refused(lambda: take("two--hyphens")) == "InvalidParameterValue"
    assert take(taken)["Status"] == "creating"
    assert snapshot()["PercentProgress"] < 100
    state = stage.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]["DBInstanceStatus"]
    assert state == "backing-up"
    assert refused(lambda: take(taken)) == "DBSnapshotAlreadyExists"
    assert refused(lambda: take("another")) == "InvalidDBInstanceState"
    assert refused(lambda: stage.rds.delete_db_snapshot(DBSnapshotIdentifier=taken)) == "InvalidDBSnapshotState"
    until(lambda: snapshot()["Status"] == "available", 30)
    assert {tag["Key"]: tag["Value"] for tag in snapshot()["TagList"]} == {"team": "a", "run": "1"}
    until(lambda: available(stage, name), 10)

    def listed(**filters: str) -> list[str]:
        found = stage.rds.describe_db_snapshots(**filters)["DBSnapshots"]
        return [one["DBSnapshotIdentifier"] for one in found]

    assert listed(DBInstanceIdentifier=name, SnapshotType="manual") == [taken]
    assert listed(DBInstanceIdentifier=name, SnapshotType="automated") == []
    assert listed(DBInstanceIdentifier="other", SnapshotType="manual") == []
    stage.rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)
    assert listed(DBInstanceIdentifier=name) == [taken], "a manual snapshot outlives its instance"
    stage.rds.delete_db_snapshot(DBSnapshotIdentifier=taken)
    assert listed() == []


def test_a_password_of_ones_own_excludes_a_managed_one(stage: Stage) -> None:
    with pytest.raises(botocore.exceptions.ClientError) as refused:
        stage.rds.create_db_instance(
            DBInstanceIdentifier="both",
            Engine="postgres",
            DBInstanceClass="db.t4g.micro",
            AllocatedStorage=20,
            MasterUsername="notes",
            ManageMasterUserPassword=True,
            MasterUserPassword="something-long",
        )
    assert refused.value.response["Error"]["Code"] == "InvalidParameterCombination"
