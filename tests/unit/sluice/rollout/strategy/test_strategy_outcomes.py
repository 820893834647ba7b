"""Every way a rollout that shifts traffic can fail: what people read, and what users got."""

from __future__ import annotations

import pytest

from sluice.rollout.strategy.lifecycle.reasons import _KNOWN
from tests.unit.sluice.rollout.strategy.deployments import NEW, OLD
from tests.unit.sluice.rollout.strategy.strategy_outcomes import CASES, Case, part


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_failure_says_why_and_users_got_no_more_than_said(case: Case) -> None:
    stage, text = case.run()
    for said in case.says:
        assert said in text
    reached = max((share for _, revision, share in stage.cloud.users if revision == NEW), default=0.0)
    assert part(text, "cause")
    assert part(text, "fix")
    if case.users is None:
        assert stage.calls("UpdateService") == []
        return
    assert reached <= case.users
    if "was superseded" not in text:
        assert stage.serves == OLD
        assert "no user reached notes:8" in text if not case.users else f"up to {case.users:g} % of users" in text


def test_the_names_of_rows_are_different() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_every_reason_that_is_known_says_what_to_do() -> None:
    for name, _, advice in _KNOWN:
        assert all(advice), name
