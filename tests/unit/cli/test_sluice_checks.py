"""What a preflight concludes from AWS's answers."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
from botocore.exceptions import ClientError

from sluice.admission.secret_content import wrong
from sluice.admission.secret_reference import reference, wrong_form
from sluice.aws.trust import trusts_tasks
from sluice.cli.checks import passed, permitted, way_out
from sluice.cli.preflight import ask, checked, principal
from sluice.finding import passed as found
from sluice.finding import refused, unread, warning


def trust(principal: Any, action: Any = "sts:AssumeRole", effect: str = "Allow") -> dict[str, Any]:
    return {"Statement": [{"Effect": effect, "Principal": principal, "Action": action}]}


TRUSTED = [
    (trust({"Service": "ecs-tasks.amazonaws.com"}), True),
    (
        trust({"Service": ["lambda.amazonaws.com", "ecs-tasks.amazonaws.com"]}, ["sts:AssumeRole", "sts:TagSession"]),
        True,
    ),
    (quote(json.dumps(trust({"Service": "ecs-tasks.amazonaws.com"}))), True),
    ({"Statement": trust({"Service": "ecs-tasks.amazonaws.com"})["Statement"][0]}, True),
    (trust({"Service": "ecs-tasks.amazonaws.com"}, "sts:Assume*"), True),
    (trust({"Service": "ecs.amazonaws.com"}), False),
    (trust({"Service": "ecs-tasks.amazonaws.com"}, effect="Deny"), False),
    (trust({"Service": "ecs-tasks.amazonaws.com"}, "sts:TagSession"), False),
    (trust("*"), False),
    ({}, False),
]


@pytest.mark.parametrize(("policy", "good"), TRUSTED)
def test_a_role_that_tasks_can_take(policy: Any, good: bool) -> None:
    assert trusts_tasks({"AssumeRolePolicyDocument": policy}) is good


ARN = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:db-AbCdEf"


@pytest.mark.parametrize(
    ("text", "name", "key", "stage", "version"),
    [
        (ARN, ARN, "", "", ""),
        (f"{ARN}:password::", ARN, "password", "", ""),
        (f"{ARN}:password:AWSPREVIOUS:", ARN, "password", "AWSPREVIOUS", ""),
        (f"{ARN}:::abc", ARN, "", "", "abc"),
        ("arn:aws:ssm:eu-central-1:123456789012:parameter/a/b", "/a/b", "", "", ""),
        ("/a/b", "/a/b", "", "", ""),
    ],
)
def test_a_reference_is_read(text: str, name: str, key: str, stage: str, version: str) -> None:
    one = reference(text)
    assert (one.name, one.key, one.stage, one.version) == (name, key, stage, version)
    assert one.kind == ("secret" if "secretsmanager" in text else "parameter")


@pytest.mark.parametrize(
    ("key", "secret", "said"),
    [
        ("password", '{"password": "p"}', ""),
        ("", "plain", ""),
        ("password", '{"username": "u"}', "no key 'password'"),
        ("password", "plain", "not JSON"),
        ("password", "[]", "no key"),
        ("", "", "is empty"),
        ("", None, "binary"),
    ],
)
def test_a_secret_has_the_key_that_the_task_takes(key: str, secret: str | None, said: str) -> None:
    complaint = wrong(key, secret)
    assert bool(complaint) == bool(said)
    assert said in complaint
    assert secret is None or secret == "" or secret not in complaint


def test_a_reference_of_no_known_form_is_named() -> None:
    assert wrong_form(ARN) == wrong_form(f"{ARN}:password::") == wrong_form("/a/b") == ""
    assert "all three colons" in wrong_form(f"{ARN}:password")


@pytest.mark.parametrize(
    ("finding", "result", "detail"),
    [
        (found("s", "seen"), "passed", "seen"),
        (
            unread("s", "access denied", "grant it"),
            "skipped",
            "access denied. Fix: g",
        ),
        (warning("s", "runs as root", "it has all", "add a USER"), "warning", "runs as root; it has all. Fix: add a"),
        (refused("s", "does not exist", "no task", "create it"), "failed", "does not exist; no task. Fix: create it"),
    ],
)
def test_a_finding_is_a_check(finding: Any, result: str, detail: str) -> None:
    check = checked(finding)
    assert (check.name, check.result) == ("s", result)
    assert check.detail.startswith(detail)


def table(*routes: dict[str, str], subnet: str = "", main: bool = False) -> dict[str, Any]:
    return {"Associations": [{"SubnetId": subnet} if subnet else {"Main": main}], "Routes": list(routes)}


IGW = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-1", "State": "active"}
NAT = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": "nat-1", "State": "active"}
LOCAL = {"DestinationCidrBlock": "10.0.0.0/16", "GatewayId": "local"}
ALL = [f"com.amazonaws.eu-central-1.{one}" for one in ("ecr.api", "ecr.dkr", "s3", "logs", "secretsmanager")]
WAYS: list[tuple[str, list[dict[str, Any]], bool, list[str], str]] = [
    ("internet gateway and a public address", [table(LOCAL, IGW, subnet="s")], True, [], ""),
    ("internet gateway without one", [table(LOCAL, IGW, subnet="s")], False, [], "no public address"),
    ("NAT", [table(NAT, subnet="s")], False, [], ""),
    ("the main table", [table(NAT, main=True)], False, [], ""),
    ("the subnet's own table counts", [table(NAT, main=True), table(LOCAL, subnet="s")], False, [], "no route"),
    ("a NAT that was deleted", [table({**NAT, "State": "blackhole"}, subnet="s")], False, [], "no route"),
    ("endpoints instead", [table(LOCAL, subnet="s")], False, ALL, ""),
    ("an endpoint is lacking", [table(LOCAL, subnet="s")], False, ALL[:4], "endpoint for secretsmanager:"),
    ("no table at all", [], True, [], "no route"),
]


@pytest.mark.parametrize(
    ("tables", "public", "endpoints", "said"), [one[1:] for one in WAYS], ids=[one[0] for one in WAYS]
)
def test_a_subnets_way_out(tables: list[dict[str, Any]], public: bool, endpoints: list[str], said: str) -> None:
    check = way_out("subnet s", "s", tables, public, endpoints)
    assert (check.result == "passed") == (said == "")
    assert said in check.detail


def test_what_is_denied_is_named() -> None:
    answers = [
        {"EvalActionName": "ecs:RunTask", "EvalDecision": "implicitDeny"},
        {"EvalActionName": "ecs:StopTask", "EvalDecision": "allowed"},
    ]
    assert permitted("p", answers).detail == "not allowed: ecs:RunTask"
    assert permitted("p", answers[1:]).result == "passed"


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("AccessDeniedException", "skipped"),
        ("UnauthorizedOperation", "skipped"),
        ("ResourceNotFoundException", "failed"),
        ("InvalidSubnetID.NotFound", "failed"),
        ("Throttling", "failed"),
    ],
)
def test_what_may_not_be_asked_is_skipped_and_what_is_absent_fails(code: str, result: str) -> None:
    def check() -> Any:
        raise ClientError({"Error": {"Code": code, "Message": "m"}}, "GetRole")

    assert ask("x", check).result == result
    assert ask("x", lambda: passed("x")).result == "passed"


def test_an_assumed_roles_session_is_simulated_as_its_role() -> None:
    assert principal("arn:aws:sts::1:assumed-role/deploy/me") == "arn:aws:iam::1:role/deploy"
    assert principal("arn:aws:iam::1:user/ann") == "arn:aws:iam::1:user/ann"
