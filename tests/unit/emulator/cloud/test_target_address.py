"""Which addresses a target may have."""

from __future__ import annotations

import pytest

from emulator.cloud.elb.address import refusal


@pytest.mark.parametrize("target", ["10.0.0.1", "172.17.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1"])
def test_a_private_address_is_taken(target: str) -> None:
    assert refusal(target) is None


@pytest.mark.parametrize(
    "target",
    [
        "127.0.0.1",
        "127.1.2.3",
        "0.0.0.0",  # noqa: S104 - refused
        "169.254.169.254",
        "8.8.8.8",
        "172.32.0.1",
        "::1",
        "::ffff:127.0.0.1",
        "localhost",
        "i-0123456789abcdef0",
        "arn:aws:lambda:x",
        "2130706433",
        "",
        "10.0.0.1@127.0.0.1",
    ],
)
def test_another_one_is_refused(target: str) -> None:
    assert refusal(target)
