"""Credentials that programs print."""

from __future__ import annotations

import pytest

from gate.redact import redact


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("connecting to postgresql://app:s3cr!t@db:5432/notes", "connecting to postgresql://app:***@db:5432/notes"),
        ("DB_PASSWORD=hunter2 DB_HOST=db", "DB_PASSWORD=*** DB_HOST=db"),
        ('{"password": "hunter2", "user": "app"}', '{"password": "***", "user": "app"}'),
        ("using AKIAABCDEFGHIJKLMNOP", "using ***"),
        ("password authentication failed for user app", "password authentication failed for user app"),
        ("https://example.org/a:b@c", "https://example.org/a:b@c"),
    ],
)
def test_redact(line: str, shown: str) -> None:
    assert redact(line) == shown
