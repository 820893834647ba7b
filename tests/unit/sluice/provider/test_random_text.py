"""A random text that the state keeps: RandomText."""

from __future__ import annotations

import pytest

from sluice.protocol.resource import ResourceState
from sluice.protocol.values import UNKNOWN
from sluice.provider.random_text import RandomText
from tests.unit.sluice.provider.resources import Lines, call, run

INPUTS = {"length": 40}


def test_a_text_has_the_length_that_was_asked_for_and_is_another_each_time() -> None:
    texts = {run(RandomText().create(call(Lines(), preview=False), INPUTS)).outputs["text"] for _ in range(20)}
    assert len(texts) == 20
    assert {len(text) for text in texts} == {40}
    assert all(text.isalnum() and text.isascii() for text in texts)


def test_the_text_is_shown_to_nobody() -> None:
    lines = Lines()
    created = run(RandomText().create(call(lines, preview=False), INPUTS))
    assert created.outputs["text"] not in str(lines) + created.id


def test_a_preview_makes_none() -> None:
    assert run(RandomText().create(call(Lines()), INPUTS)).outputs["text"] is UNKNOWN
    assert run(RandomText().update(call(Lines()), "id", ResourceState({}, {}), INPUTS))["text"] is UNKNOWN


def test_the_same_length_is_no_change_and_another_one_is() -> None:
    old = ResourceState(INPUTS, INPUTS | {"text": "a" * 40})
    assert not run(RandomText().diff(call(Lines()), "id", old, INPUTS)).changes
    assert run(RandomText().diff(call(Lines()), "id", old, {"length": 41})).changes
    assert run(RandomText().read(call(Lines()), "id", old.inputs, old.outputs)).outputs["text"] == "a" * 40


@pytest.mark.parametrize("length", [0, 15, 129, "40", None])
def test_a_length_that_is_too_short_or_no_number_is_refused(length: object) -> None:
    failures = run(RandomText().check(call(Lines()), {}, {"length": length})).failures
    assert [one.property for one in failures] == ["length"]


def test_the_length_is_forty_unless_said() -> None:
    assert run(RandomText().check(call(Lines()), {}, {})).inputs == INPUTS
