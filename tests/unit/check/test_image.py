"""What is said of a build that fails."""

from __future__ import annotations

import pytest

from check.image.build import remedy


@pytest.mark.parametrize(
    ("line", "says"),
    [
        (
            'Get "https://registry.example/v2/": dial tcp: lookup registry.example: no such host',
            "the base image's name",
        ),
        ("pull access denied for shop, repository does not exist", "the base image's name"),
        ("ERROR: python:3.13: failed to resolve source metadata", "the base image's name"),
        ("Error: Cannot find module 'express'", "a library or a file"),
        ("/bin/sh: 1: pnpm: not found", "install the migration CLI"),
        ("error: connection refused", "read the lines above"),
        ("exit code: 2", "read the lines above"),
    ],
)
def test_the_remedy_is_one_for_builds(line: str, says: str) -> None:
    assert says in remedy(["Step 1/3 : FROM x", line])
