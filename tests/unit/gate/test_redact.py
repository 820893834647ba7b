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
        ("password='hunter two' host=db", "password='***' host=db"),
        ("postgresql://app:p@ss@db:5432/notes", "postgresql://app:***@db:5432/notes"),
        ("from a://b:c@d to e://f:g@h", "from a://b:***@d to e://f:***@h"),
        ("Authorization: Bearer eyJhbGciOi.x.y", "Authorization: Bearer ***"),
        ("migrate --password hunter2 --verbose", "migrate --password *** --verbose"),
        ("migrate --password --verbose", "migrate --password --verbose"),
        ("csrf_token: abc", "csrf_token: ***"),
        ("unexpected token at line 3", "unexpected token at line 3"),
        ("using AKIAABCDEFGHIJKLMNOP", "using ***"),
        ("password authentication failed for user app", "password authentication failed for user app"),
        ("https://example.org/a:b@c", "https://example.org/a:b@c"),
    ],
)
def test_redact(line: str, shown: str) -> None:
    assert redact(line) == shown
