"""The page about access is what the stacks' graphs and the deployers' grants say."""

from __future__ import annotations

from tests.components.access import PAGE, page


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "make access"
