"""Which target group one request goes to, by weight. Pure."""

from __future__ import annotations

from collections.abc import Sequence

_GOLDEN = 0.6180339887498949


def position(number: int) -> float:
    """Where the request with this number stands between 0 and 1: multiples of the golden ratio spread evenly."""
    return (number * _GOLDEN) % 1


def choose(groups: Sequence[tuple[str, int]], where: float) -> str | None:
    """The group whose part of the weights holds a position between 0 and 1; None when every weight is 0."""
    total = sum(weight for _, weight in groups)
    passed = 0
    for group, weight in groups:
        passed += weight
        if where * total < passed:
            return group
    return None
