"""Attacks by whoever has one of the roles: what succeeded before the review is refused, and the work still goes."""

from __future__ import annotations

import pytest

from tests.unit.bootstrap.attacks import ATTACKS, COPIES, DNS, SHARED, Attempt
from tests.unit.bootstrap.decision import Request, allowed
from tests.unit.bootstrap.needed import NEEDED
from tests.unit.bootstrap.strategies import STRATEGIES


@pytest.mark.parametrize("attempt", ATTACKS, ids=lambda attempt: attempt.what)
class TestAttacks:
    """Each one was possible, and is not any more."""

    def test_succeeded_before(self, attempt: Attempt) -> None:
        assert attempt.succeeded(), "no attack: what never succeeded proves nothing"

    def test_is_refused(self, attempt: Attempt) -> None:
        assert not attempt.succeeds()


@pytest.mark.parametrize("attempt", [*DNS, *SHARED], ids=lambda attempt: attempt.what)
def test_others_in_a_zone_and_a_cluster_are_left_alone(attempt: Attempt) -> None:
    assert not attempt.succeeds()


@pytest.mark.parametrize("attempt", COPIES, ids=lambda attempt: attempt.what)
def test_who_may_have_snapshots_copied_may_not_delete_or_read_them(attempt: Attempt) -> None:
    assert not attempt.succeeds()


@pytest.mark.parametrize("attempt", STRATEGIES, ids=lambda attempt: attempt.what)
def test_nobody_else_opens_the_gate_or_shifts_traffic(attempt: Attempt) -> None:
    assert not attempt.succeeds()


@pytest.mark.parametrize("attempt", NEEDED, ids=lambda attempt: attempt.what)
def test_what_the_roles_are_for_still_goes(attempt: Attempt) -> None:
    assert attempt.succeeds()


class TestDecision:
    """The judge of these tests, on IAM's own rules."""

    @pytest.mark.parametrize(
        ("operator", "given", "holds"),
        [
            ({"StringEquals": {"k": ["a", "b"]}}, {"K": "b"}, True),
            ({"StringEquals": {"k": "a"}}, {}, False),
            ({"StringEqualsIfExists": {"k": "a"}}, {}, True),
            ({"StringLike": {"k": "a*"}}, {"k": "abc"}, True),
            ({"ArnLike": {"k": "arn:*:x"}}, {"k": "arn:1:y"}, False),
            ({"Null": {"k": "true"}}, {}, True),
            ({"StringNotEquals": {"k": "a"}}, {"k": "a"}, False),
            ({"ForAllValues:StringEquals": {"k": ["a"]}}, {"k": ["a", "b"]}, False),
            ({"ForAnyValue:StringEquals": {"k": ["a"]}}, {"k": ["a", "b"]}, True),
            ({"StringEquals": {"k": "a"}, "Bool": {"l": "true"}}, {"k": "a", "l": "false"}, False),
        ],
    )
    def test_conditions(self, operator: dict[str, dict[str, str]], given: dict[str, str], holds: bool) -> None:
        one = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*", "Condition": operator}
        assert allowed(Request("s3:GetObject", "x", given), [{"Statement": one}]) is holds

    def test_a_deny_and_a_boundary_win(self) -> None:
        allow = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        deny = {"Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "b"}]}
        assert not allowed(Request("s3:GetObject", "b"), [allow, deny])
        assert allowed(Request("s3:GetObject", "a"), [allow, deny])
        assert not allowed(Request("s3:GetObject", "a"), [allow], [deny])
