"""Notices of a failure: what people read, and that sending one can neither hide the failure nor hold it up."""

from __future__ import annotations

import threading
import time
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from sluice.aws import notice
from sluice.aws.notice import LONGEST_SUBJECT, LONGEST_TEXT, Notice, publish
from sluice.provider.failure_notice import stack_of
from tests.unit.sluice.migration.simulation import client_error

TOPIC = "arn:aws:sns:eu-west-1:123456789012:failures"


def failure(text: str) -> Notice:
    return Notice("migration", "notes/prod", "repo@sha256:aa", "ann@host", text)


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("step 'a' failed: exit code 1\nmore", "Sluice: migration failed in notes/prod: step 'a' failed: exit code 1"),
        ("wörter\tund\x07 zeilen", "Sluice: migration failed in notes/prod: w?rter und? zeilen"),
        ("x" * 200, "Sluice: migration failed in notes/prod: " + "x" * 56 + "..."),
        ("", "Sluice: migration failed in notes/prod:"),
    ],
)  # fmt: skip
def test_the_subject_is_one_that_sns_takes(text: str, subject: str) -> None:
    found = failure(text).subject
    assert found == subject
    assert len(found) <= LONGEST_SUBJECT < 100
    assert found.isascii()
    assert found.isprintable()


def test_the_text_says_where_and_what() -> None:
    text = failure("step failed: exit code 1\n    | line").text
    for part in ("notes/prod", "repo@sha256:aa", "ann@host", "exit code 1", "| line"):
        assert part in text


def test_a_long_text_is_cut_but_still_says_where_the_log_is() -> None:
    place = "  log:         log group /g, stream a/b/c"
    text = failure("first\n" + "line\n" * 20_000 + place).text
    assert len(text) < LONGEST_TEXT + 500
    assert text.endswith(place)


def test_it_is_published() -> None:
    client = boto3.client("sns", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    sent, warnings = failure("exit code 1"), list[str]()
    with Stubber(client) as stubber:
        request = {"TopicArn": TOPIC, "Subject": sent.subject, "Message": sent.text}
        stubber.add_response("publish", {"MessageId": "1"}, request)
        assert publish(lambda: client, TOPIC, sent, warnings.append)
        stubber.assert_no_pending_responses()
    assert warnings == []


def test_without_a_topic_nobody_is_asked() -> None:
    assert not publish(lambda: pytest.fail("no client is needed"), "", failure("a"), lambda text: None)


class Sns:
    def __init__(self, error: Exception | None = None, hangs: threading.Event | None = None) -> None:
        self.error, self.hangs = error, hangs

    def publish(self, **request: Any) -> None:
        if self.hangs:
            self.hangs.wait(30)
        if self.error:
            raise self.error


@pytest.mark.parametrize("error", [client_error("AuthorizationError", "Publish"), OSError("no route"), KeyError("x")])
def test_trouble_is_a_warning(error: Exception) -> None:
    warnings: list[str] = []
    assert not publish(lambda: Sns(error), TOPIC, failure("a"), warnings.append)
    assert len(warnings) == 1
    assert TOPIC in warnings[0]


def test_it_never_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notice, "SECONDS", 0.2)
    warnings, end, begun = list[str](), threading.Event(), time.monotonic()
    assert not publish(lambda: Sns(hangs=end), TOPIC, failure("a"), warnings.append)
    assert time.monotonic() - begun < 5
    end.set()
    assert "no answer within 0 s" in warnings[0]


def test_project_and_stack_of_a_resource() -> None:
    assert stack_of("urn:pulumi:prod::notes::sluice:A$gate:index:MigrationRun::name") == "notes/prod"
    assert stack_of("urn") == "urn"
