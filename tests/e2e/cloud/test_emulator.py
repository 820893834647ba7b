"""The emulator's own life: found again, side by side with another, gone without a trace."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from emulator.cloud import containers, emulator
from tests.e2e.cloud.conftest import cloud_python, new_account
from tests.e2e.cloud.stage import Stage, until


def create_database(stage: Stage) -> None:
    stage.rds.create_db_instance(
        DBInstanceIdentifier="same-name",
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="notes",
        MasterUserPassword="not-a-secret-1",
    )


def status_of(stage: Stage) -> str:
    found = stage.rds.describe_db_instances(DBInstanceIdentifier="same-name")["DBInstances"][0]
    return str(found["DBInstanceStatus"])


def test_two_checkouts_side_by_side_and_one_leaves(stage: Stage, tmp_path: Path) -> None:
    account = new_account()
    other = emulator.start(tmp_path, None, account, python=cloud_python())
    try:
        assert other.fresh
        again = emulator.start(tmp_path, None, account, python=cloud_python())
        assert (again.pid, again.endpoint, again.registry, again.fresh) == (
            other.pid,
            other.endpoint,
            other.registry,
            False,
        )
        neighbour = Stage(other)
        create_database(stage)
        create_database(neighbour)
        until(lambda: status_of(stage) == "available" and status_of(neighbour) == "available", 90)
        task = neighbour.run(neighbour.task_definition(neighbour.push("1")))
        neighbour.in_state(task, "RUNNING")
        assert len(containers.owned(account)) == 3
        mine = set(containers.owned(stage.cloud.account))
    finally:
        emulator.stop(tmp_path)
    assert containers.owned(account) == []
    assert emulator.status(tmp_path) is None
    assert not Path(f"/proc/{other.pid}").exists()
    assert mine <= set(containers.owned(stage.cloud.account))
    assert status_of(stage) == "available"
    stage.rds.delete_db_instance(DBInstanceIdentifier="same-name", SkipFinalSnapshot=True)


def test_a_killed_emulator_is_started_anew_and_its_containers_are_gone(tmp_path: Path) -> None:
    account = new_account()
    first = emulator.start(tmp_path, None, account, python=cloud_python())
    try:
        stage = Stage(first)
        stage.in_state(stage.run(stage.task_definition(stage.push("1"))), "RUNNING")
        before = set(containers.owned(account))
        os.kill(first.pid, 9)
        until(lambda: emulator.status(tmp_path) is None, 10)
        second = emulator.start(tmp_path, None, account, python=cloud_python())
        assert second.fresh
        assert second.pid != first.pid
        assert not before & set(containers.owned(account))
    finally:
        emulator.stop(tmp_path)


def test_a_taken_port_is_one_clear_error(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind((containers.bridge_address(), 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(emulator.CloudError, match=rf"(?s)port {port} on .* is taken .* SLUICE_PORT"):
            emulator.start(tmp_path, port, new_account(), python=cloud_python())
    assert not (tmp_path / "cloud.json").exists()
