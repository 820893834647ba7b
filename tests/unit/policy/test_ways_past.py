"""Nothing gets past the rules by another name, an empty condition, or what a stack says of itself."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policy.readiness.addresses import internet
from policy.readiness.production import Production, environment
from policy.readiness.rules import judge
from policy.readiness.stack import StackGraph, StackResource
from policy.readiness.statement import every
from tests.unit.policy.production import stack
from tests.unit.policy.ways_past import WAYS, WELL, Way, tags
from tests.unit.policy.ways_past_again import AGAIN, WELL_AGAIN

ALSO = {
    "iam-no-wildcard": {"iam-pass-role"},
    "iam-pass-role": {"iam-no-wildcard"},
    "iam-no-escalation": {"iam-no-wildcard"},
    "tags": {"environment"},
    "load-balancer": {"access-logs", "waf"},
    "environment": {"tags"},
}
"""Rules whose breach may be one of another rule's, too."""


@pytest.mark.parametrize("way", [*WAYS, *AGAIN], ids=[way.name for way in (*WAYS, *AGAIN)])
def test_a_way_past_is_refused_for_the_right_reason(way: Way) -> None:
    stopped = {one.rule.name: one for one in judge(stack(**way.change)) if one.stops}
    assert way.rule in stopped, f"went through; refused: {sorted(stopped)}"
    said = [finding.text for finding in stopped[way.rule].findings if (finding.about or "") == way.about]
    assert any(way.says in text for text in said), [*said, *stopped[way.rule].findings]
    assert set(stopped) - {way.rule} <= ALSO.get(way.rule, set())


def test_there_are_enough_of_them() -> None:
    assert len(WAYS) >= 40
    assert len({way.name for way in (*WAYS, *AGAIN)}) == len(WAYS) + len(AGAIN)


@pytest.mark.parametrize("change", [*WELL, *WELL_AGAIN], ids=str)
def test_what_only_looks_like_one_is_let_through(change: dict[str, Any]) -> None:
    assert {one.rule.name: one.findings for one in judge(stack(**change)) if one.findings} == {}


@pytest.mark.parametrize(
    ("arn", "whole"),
    [
        ("*", True),
        ("arn:aws:s3:::*", True),
        ("arn:aws:s3:::shop*", False),
        ("arn:aws:sns:eu:1:*", True),
        ("arn:aws:sns:eu:1:shop-*", False),
        ("arn:aws:ecs:eu:1:cluster/*", True),
        ("arn:aws:ecs:eu:1:task/shop/*", False),
        ("arn:aws:ecs:eu:1:task/*/*", True),
        ("arn:aws:iam::1:role/*", True),
        ("arn:aws:iam::1:role/sluice/prod/*", False),
        ("arn:aws:logs:eu:1:log-group:*:*", True),
        ("arn:aws:logs:eu:1:log-group:/sluice/shop/*:*", False),
        ("arn:aws:ssm:eu:1:parameter/*", True),
        ("arn:aws:ssm:eu:1:parameter/sluice/*", False),
        ("arn:aws:apigateway:eu::/restapis/*", True),
        ("arn:aws:elasticloadbalancing:eu:1:listener/app/*", True),
        ("arn:aws:elasticloadbalancing:eu:1:listener/app/shop-*", False),
        ("arn:aws:ssm:eu:1:parameter*", True),
        ("arn:aws:secretsmanager:eu:1:s*", True),
        ("arn:aws:secretsmanager:eu:1:secret:shop-*", False),
        ("arn:aws:states:eu:1:stateMachine:*", True),
        ("arn:aws:logs:eu:1:log-group:/*", True),
        ("arn:aws:autoscaling:eu:1:autoScalingGroup:*:autoScalingGroupName/shop-*", False),
        ("arn:aws:autoscaling:eu:1:autoScalingGroup:*:autoScalingGroupName/*", True),
        ("arn:aws:execute-api:eu:1:a1b2c3d4e5/prod/GET/*", False),
        ("arn:*:s3:::shop", False),
        ("arn:*", True),
    ],
)
def test_a_pattern_that_is_everything(arn: str, whole: bool) -> None:
    assert every(arn) is whole


@pytest.mark.parametrize(
    ("ranges", "open_"),
    [
        (["0.0.0.0/0"], True),
        (["0.0.0.0/1"], True),
        (["128.0.0.0/2", "10.0.0.0/8"], True),
        (["8.0.0.0/15"], True),
        (["8.0.0.0/16"], False),
        (["8.0.0.0/16", "9.0.0.0/16"], True),
        (["8.0.0.0/16", "8.0.0.0/16", "8.0.1.0/24"], False),
        ([f"8.{number}.0.0/24" for number in range(257)], True),
        (["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fd00::/8"], False),
        (["10.0.0.0/7"], True),
        (["1.2.3.4/0"], True),
        (["::/0"], True),
        (["2001:db8::/32"], False),
        (["everywhere"], True),
        ([], False),
    ],
)
def test_what_is_the_internet(ranges: list[str], open_: bool) -> None:
    assert internet(ranges) is open_


class TestProduction:
    """Whether a stack is judged as production."""

    KNOWN = Production(stacks=("prod", "prod-*"), accounts=("999988887777",))

    @staticmethod
    def judged(name: str, environment: str, **props: Any) -> StackGraph:
        urn = f"urn:pulumi:{name}::shop::pulumi:providers:aws::aws"
        return StackGraph(
            [StackResource("pulumi:providers:aws", "aws", urn, {"defaultTags": tags(environment), **props})]
        )

    @pytest.mark.parametrize(
        ("name", "said", "judged"),
        [
            ("staging", "staging", "staging"),
            ("staging", "dev", "dev"),
            ("staging", "prod", "prod"),
            ("staging", "Prod", "prod"),
            ("prod", "dev", "prod"),
            ("prod-eu", "dev", "prod"),
            ("Prod", "dev", "prod"),
            ("preprod", "staging", "staging"),
        ],
    )
    def test_by_its_name_or_its_word(self, name: str, said: str, judged: str) -> None:
        assert environment(self.judged(name, said), self.KNOWN) == judged

    def test_by_its_account(self) -> None:
        there = json.dumps(["999988887777"])
        assert environment(self.judged("a", "dev", allowedAccountIds=there), self.KNOWN) == "prod"
        assert environment(self.judged("a", "dev", allowedAccountIds=json.dumps(["1"])), self.KNOWN) == "dev"

    def test_by_the_account_in_an_arn(self) -> None:
        role = StackResource("aws:iam:Role", "a", "a", {"arn": "arn:aws:iam::999988887777:role/a"})
        judged = StackGraph([*self.judged("a", "dev").resources, role])
        assert environment(judged, self.KNOWN) == "prod"

    @pytest.mark.parametrize(
        ("said", "wrong"),
        [([], "an object"), ({"stack": []}, "an object"), ({"stacks": "prod"}, "stacks: write a list")],
    )
    def test_a_file_that_says_nothing_is_refused(self, said: Any, wrong: str) -> None:
        with pytest.raises(ValueError, match=wrong):
            Production.parse(said)
