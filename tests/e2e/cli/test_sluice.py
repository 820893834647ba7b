"""The operators' command against the emulator: real tasks, real records, a real rollback."""

from __future__ import annotations

import json
import re
import signal

from tests.e2e.cli.conftest import PREFIX, Operator
from tests.e2e.cloud.stage import get, until

SHELL = ("--", "sh", "-c")


def test_a_commands_lines_and_exit_code_come_through(operator: Operator) -> None:
    done = operator.sluice("run", "--env", "CLERK_ORG_ID=org_1", *SHELL, "echo provisioned $CLERK_ORG_ID; exit 7")
    assert done.code == 7, done.err
    assert "sh-c | provisioned org_1\n" in done.out
    shards = operator.sluice("run", "--json", "--shards", "2", *SHELL, "echo $SHARD_INDEX of $SHARD_COUNT")
    assert shards.code == 0, shards.err
    assert json.loads(shards.out)["exitCodes"] == [0, 0]
    assert "sh-c[1] | 1 of 2" in shards.err
    table = operator.sluice("history").out.splitlines()
    assert [(line.split()[0], "failed" in line) for line in table[1:3]] == [("2", False), ("1", True)]
    one = json.loads(operator.sluice("history", "1", "--json").out)
    assert [(task["exit"], task["logStream"].split("/")[0]) for task in one["tasks"]] == [(7, "migration")]


def test_two_at_once_one_is_refused_and_ctrl_c_stops_the_task(operator: Operator) -> None:
    before = len(json.loads(operator.sluice("history", "--json").out))
    both = [operator.start("run", *SHELL, "echo begun; sleep 60") for _ in range(2)]
    until(lambda: any(one.poll() is not None for one in both), 40)
    refused = next(one for one in both if one.poll() is not None)
    going = next(one for one in both if one is not refused)
    out, err = refused.communicate(timeout=20)
    assert refused.returncode == 3, (out, err)
    assert f"run {before + 1} is in progress: `sluice run` by " in err
    assert "Nothing was started" in err
    assert going.stdout is not None
    until(lambda: "begun" in going.stdout.readline(), 40)  # type: ignore[union-attr]
    going.send_signal(signal.SIGINT)
    out, err = going.communicate(timeout=60)
    assert going.returncode == 130, (out, err)
    assert "the task was asked to stop, and may run up to 30 s more" in out
    assert re.search(r"cancelled: task \S+ has stopped", err)
    newest = json.loads(operator.sluice("history", "--json", "--limit", "1").out)[0]
    assert (newest["run"], newest["state"]) == (before + 1, "failed")


def test_preflight_names_what_is_wrong(operator: Operator) -> None:
    done = operator.sluice("preflight", "--json")
    results = {check["name"]: check["result"] for check in json.loads(done.out)["checks"]}
    assert results["credentials"] == "passed"
    assert results["log group /e2e/app"] == "passed"
    assert [result for name, result in results.items() if name.startswith("image sha256:")] == ["passed"]
    assert [result for name, result in results.items() if name.startswith("listener")] == ["passed"]
    assert results["outbound route of subnet-1"] == "failed"  # the stage's subnet is a mere name
    assert done.code == 1


def test_a_rollback_moves_the_service_holds_the_image_and_is_seen(operator: Operator) -> None:
    gate = operator.outputs["gate"]
    assert operator.sluice("status").code == 0
    assert get(f"{gate['url']}/").startswith("version 2 ")
    asked = operator.sluice("rollback")
    assert asked.code == 3
    assert "not confirmed" in asked.err
    done = operator.sluice("rollback", "--yes", "--json", "--reason", "5xx")
    assert done.code == 0, done.err
    left = gate["image"].rpartition("@")[2]
    assert json.loads(done.out)["held"] == left
    assert "no migration runs" in done.err
    assert "warning" not in done.err
    until(lambda: get(f"{gate['url']}/").startswith("version 1 "), 20)
    tags = operator.stage.ecr.describe_images(repositoryName="app", imageIds=[{"imageDigest": left}])
    assert f"held-{left[7:19]}" in tags["imageDetails"][0]["imageTags"]
    assert operator.stage.ssm.get_parameter(Name=f"{PREFIX}/holds/{left[7:]}")["Parameter"]["Value"]
    status = json.loads(operator.sluice("status", "--json").out)
    assert [hold["reason"] for hold in status["holds"]] == ["5xx"]
    assert (status["release"]["number"], status["release"]["by"]) == (3, "rollback")
    assert "deployed by `sluice rollback` by " in operator.sluice("status").out
    newest = operator.sluice("rollback", "--list").out.splitlines()[1].split()
    assert (newest[0], newest[-1], "rollback" in newest) == ("3", "serves", True)
    assert "rolled back: release 3" in operator.sluice("history").out.splitlines()[1]
    again = operator.sluice("rollback", "--yes")
    assert again.code == 3
    assert "all earlier ones are held" in again.err
    assert operator.sluice("rollback", "--lift", left[:20]).code == 0
    assert json.loads(operator.sluice("status", "--json").out)["holds"] == []
