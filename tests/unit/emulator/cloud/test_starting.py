"""Secrets' reasons and memory limits, as AWS has them."""

from __future__ import annotations

from typing import Any

import pytest

from emulator.cloud.ecs.containers import memory, secrets

ARN = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:notes-a1B2c3"
BEFORE = "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            f"unable to retrieve secret {ARN}:password:: for environment variable DB_PASSWORD",
            f"unable to retrieve secret from asm: service call has been retried 1 time(s): failed to fetch secret "
            f"{ARN} from secrets manager: ResourceNotFoundException: Secrets Manager can't find the specified secret.",
        ),
        (
            f"unable to retrieve json key 'password' from secret {ARN}:password:: for environment variable DB_PASSWORD",
            "unable to retrieve secret from asm: service call has been retried 1 time(s): retrieved secret from "
            "Secrets Manager did not contain json key password",
        ),
        (
            "unable to retrieve secret /notes/key for environment variable KEY",
            "unable to retrieve secrets from ssm: service call has been retried 1 time(s): invalid ssm parameters: "
            "/notes/key",
        ),
    ],
)
def test_a_secret_s_reason_is_aws_s(text: str, reason: str) -> None:
    assert secrets.reason(text) == BEFORE + reason


@pytest.mark.parametrize(
    ("container", "task", "limit"),
    [({}, {"memory": "512"}, "512m"), ({"memory": 128}, {"memory": "512"}, "128m"), ({}, {}, None)],
)
def test_the_container_s_limit_or_the_task_s(
    container: dict[str, Any], task: dict[str, Any], limit: str | None
) -> None:
    assert memory.limit(container, task) == ({"mem_limit": limit, "memswap_limit": limit} if limit else {})


@pytest.mark.parametrize(
    ("killed", "code", "reason"),
    [
        (True, 137, memory.REASON),
        (False, 137, ""),
        (True, 1, ""),  # a child was killed, the program went on to its own end
        (True, None, ""),
    ],
)
def test_a_kill_for_memory_is_named(killed: bool, code: int | None, reason: str) -> None:
    assert memory.reason({"OOMKilled": killed}, code) == reason
