"""Who is root: whatever Docker takes for user 0."""

from __future__ import annotations

import pytest

from sluice.image.image_configuration import is_root


@pytest.mark.parametrize("user", ["", "root", "0", "root:app", "0:10001", "00", "000:5", "+0", "-0", ":app"])
def test_is_root(user: str) -> None:
    assert is_root(user)


@pytest.mark.parametrize("user", ["10001", "10001:0", "app", "app:root", "0x0", "rooted", "100"])
def test_is_somebody_else(user: str) -> None:
    assert not is_root(user)
