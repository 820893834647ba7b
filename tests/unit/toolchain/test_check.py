"""Which checks are run, and what they need."""

import pytest

from local import check
from local.toolchain.process import Failed


def test_all_in_their_order_unless_named() -> None:
    assert check.chosen([]) == ["lint", "types", "imports", "unit", "components", "e2e"]
    assert check.chosen(["unit", "lint"]) == ["lint", "unit"]


def test_an_unknown_check_is_named() -> None:
    with pytest.raises(Failed, match="no check benches"):
        check.chosen(["benches"])


def test_only_end_to_end_tests_need_everything() -> None:
    assert check.needs(["lint", "types"]) == ["python environment", "python environment"]
    assert check.needs(["lint", "e2e"]) is None
