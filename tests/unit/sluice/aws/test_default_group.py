"""The default security group of a VPC, emptied and kept empty."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from sluice.aws.default_group import close, find
from sluice.errors import GateError
from sluice.protocol.resource import Refused, ResourceState
from sluice.protocol.values import UNKNOWN
from sluice.provider.default_group import DefaultGroupResource
from tests.unit.sluice.provider.resources import Account, Lines, call, no_account, run


@pytest.fixture
def ec2(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        yield boto3.client("ec2", "eu-central-1", aws_access_key_id="a", aws_secret_access_key="b")


@pytest.fixture
def vpc(ec2: Any) -> str:
    return str(ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"])


def rules(ec2: Any, vpc: str) -> int:
    group = find(ec2, vpc)
    assert group is not None
    return group.rules


def opened(ec2: Any, vpc: str) -> None:
    group = find(ec2, vpc)
    assert group is not None
    anybody = [{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}]
    ec2.authorize_security_group_ingress(GroupId=group.id, IpPermissions=anybody)


def test_all_rules_are_taken_and_again(ec2: Any, vpc: str) -> None:
    opened(ec2, vpc)
    assert rules(ec2, vpc) > 1, "AWS's own and somebody's"
    assert close(ec2, vpc).rules == rules(ec2, vpc) == 0
    assert close(ec2, vpc).rules == 0


def test_other_groups_and_vpcs_keep_theirs(ec2: Any, vpc: str) -> None:
    other = str(ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"])
    group = ec2.create_security_group(GroupName="own", Description="own", VpcId=vpc)["GroupId"]
    before = rules(ec2, other)
    close(ec2, vpc)
    assert rules(ec2, other) == before > 0
    assert ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissionsEgress"]


def test_a_vpc_that_is_not_there_is_named(ec2: Any) -> None:
    assert find(ec2, "vpc-00000000") is None
    with pytest.raises(GateError, match="vpc-00000000 has no default security group"):
        close(ec2, "vpc-00000000")


class TestResource:
    """It is made empty, and a refresh that sees rules leads to an update that takes them."""

    def test_its_life(self, ec2: Any, vpc: str) -> None:
        resource = DefaultGroupResource(lambda: Account(ec2=ec2))  # type: ignore[arg-type, return-value]
        created = run(resource.create(call(Lines(), preview=False), {"vpc": vpc}))
        assert (created.outputs["rules"], rules(ec2, vpc)) == (0, 0)
        state = ResourceState({"vpc": vpc}, created.outputs)
        assert not run(resource.diff(call(Lines()), created.id, state, {"vpc": vpc})).changes
        opened(ec2, vpc)
        seen = run(resource.read(call(Lines()), created.id, {"vpc": vpc}, created.outputs))
        assert seen.outputs["rules"] == 1
        drifted = ResourceState(seen.inputs, seen.outputs)
        assert run(resource.diff(call(Lines()), created.id, drifted, {"vpc": vpc})).diffs == ["rules"]
        updated = run(resource.update(call(Lines(), preview=False), created.id, drifted, {"vpc": vpc}))
        assert (updated["rules"], rules(ec2, vpc)) == (0, 0)

    def test_a_preview_asks_nobody(self) -> None:
        resource = DefaultGroupResource(no_account)
        assert run(resource.create(call(Lines()), {"vpc": UNKNOWN})).outputs["rules"] == 0
        assert run(resource.update(call(Lines()), "sg-1", ResourceState({}, {}), {"vpc": "v"}))["group"] == "sg-1"

    def test_another_vpc_is_another_group(self) -> None:
        found = run(
            DefaultGroupResource(no_account).diff(call(Lines()), "sg-1", ResourceState({"vpc": "a"}, {}), {"vpc": "b"})
        )
        assert found.replaces == ["vpc"]

    def test_wrong_inputs(self) -> None:
        checked = run(DefaultGroupResource(no_account).check(call(Lines()), {}, {"vpcId": "a"}))
        assert [failure.property for failure in checked.failures] == ["vpc", "vpcId"]
        with pytest.raises(Refused, match="cannot be imported"):
            run(DefaultGroupResource(no_account).read(call(Lines()), "sg-1", {}, {}))
