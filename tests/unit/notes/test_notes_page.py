"""What goes out: the page, the log's lines, the request's id."""

import base64
import hashlib
import json
import logging
import re
import sys
from datetime import UTC, datetime

import pytest
from notes import page
from notes.access import identify
from notes.headers import SECURITY
from notes.log import Lines
from notes.store import Note
from starlette.datastructures import Headers

NOTE = Note(id=1, text="<script>alert('a')</script>", created_at=datetime(2025, 1, 2, 3, 4, tzinfo=UTC))


def test_the_page_escapes_what_people_wrote() -> None:
    html = page.render([NOTE], "1.2.3")
    assert "&lt;script&gt;" in html
    assert "<script" not in html
    assert "version 1.2.3" in html


def test_a_tenants_page_names_it() -> None:
    html = page.render([NOTE], "1.2.3", "<org>")
    assert html.count("Notes of &lt;org&gt;") == 2


def test_a_page_without_notes() -> None:
    assert "No notes yet." in page.render([], "1.2.3")


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({"x-request-id": "abc-12345678"}, "abc-12345678"),
        ({"x-amzn-trace-id": "Root=1-67891233-abcdef012345678912345678"}, "Root=1-67891233-abcdef012345678912345678"),
        ({"x-request-id": "short"}, None),
        ({"x-request-id": "bob@example.com"}, None),
        ({"x-request-id": "a" * 129}, None),
        ({}, None),
    ],
)
def test_identify(headers: dict[str, str], kept: str | None) -> None:
    found = identify(Headers(headers))
    assert found == kept if kept else len(found) == 32


def test_an_error_is_logged_by_its_place_not_by_its_text() -> None:
    try:
        raise ValueError("Key (mail)=(bob@example.com) already exists")
    except ValueError:
        record = logging.LogRecord("notes", logging.ERROR, __file__, 1, "failed\n", (), sys.exc_info())
    line = Lines().format(record)
    assert "\n" not in line
    found = json.loads(line)
    assert (found["message"], found["level"], found["error"]) == ("failed", "ERROR", "ValueError")
    assert "test_an_error_is_logged" in found["at"][-1]
    assert "bob" not in line


def test_a_browser_takes_the_pages_own_style_and_nothing_else() -> None:
    text = page.render([], "1.2.3")
    [style] = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = SECURITY["Content-Security-Policy"]
    assert f"style-src 'sha256-{hashed}'" in policy, "else the browser shows the page without its style"
    assert "unsafe" not in policy
    assert not re.search(r"<script|\bsrc=|\son\w+=|style=", text), "which the policy would refuse"
