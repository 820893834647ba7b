"""What watches and guards the traffic: firewall, access logs, flow logs, Container Insights, the default group."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from infra.network.traffic_logs import ACCOUNTS, writers
from infra.network.waf import rules
from infra.policies import AccountRegion
from tests.components.program import ACCOUNT, LISTENER, Deployed
from tests.components.test_entrance import EXISTING, HOST

Deploy = Callable[..., Deployed]
THERE = {"loadBalancer": {"listener": LISTENER, "priority": 40, "host": HOST}, "network": EXISTING}


def kinds(deployed: Deployed) -> set[str]:
    """The kinds of this page that a stack has."""
    wanted = {"WebAcl", "WebAclAssociation", "FlowLog", "Bucket", "BucketPolicy", "BucketPublicAccessBlock",
              "BucketLifecycleConfiguration", "DefaultGroup"}  # fmt: skip
    return {kind for one in deployed.resources if (kind := one.type.rpartition(":")[2]) in wanted}


BUCKET = {"Bucket", "BucketPolicy", "BucketPublicAccessBlock", "BucketLifecycleConfiguration"}
ALL = {"WebAcl", "WebAclAssociation", "FlowLog", "DefaultGroup", *BUCKET}


class TestDefaults:
    """All of it in prod, and what costs nothing everywhere."""

    @pytest.mark.parametrize(
        ("environment", "found"), [("prod", ALL), ("staging", {"DefaultGroup"}), ("dev", {"DefaultGroup"})]
    )
    def test_by_environment(self, deploy: Deploy, environment: str, found: set[str]) -> None:
        deployed = deploy(environment=environment)
        assert kinds(deployed) == found
        [setting] = deployed.one("ecs/cluster:Cluster").inputs["settings"]
        assert setting["value"] == ("enabled" if environment == "prod" else "disabled")
        assert bool(deployed.one("lb/loadBalancer:LoadBalancer").inputs.get("accessLogs")) is (environment == "prod")

    @pytest.mark.parametrize(
        ("settings", "missing"),
        [
            ({"waf": {"enabled": False}}, {"WebAcl", "WebAclAssociation"}),
            ({"network": {"flowLogs": "off"}}, {"FlowLog"}),
            ({"network": {"flowLogs": "off"}, "loadBalancer": {"accessLogs": False},
              "domain": {"name": HOST, "zone": "Z0123456789ABC"}}, {"FlowLog", *BUCKET}),
        ],
    )  # fmt: skip
    def test_each_has_a_switch(self, deploy: Deploy, settings: dict[str, Any], missing: set[str]) -> None:
        assert kinds(deploy(environment="prod", **settings)) == ALL - missing

    def test_what_is_somebody_elses_is_left_alone(self, deploy: Deploy) -> None:
        assert kinds(deploy(environment="prod", **THERE)) == set()

    def test_they_can_be_switched_on_elsewhere(self, deploy: Deploy) -> None:
        deployed = deploy(
            waf={"enabled": True},
            network={"flowLogs": "all"},
            loadBalancer={"accessLogs": True},
            cluster={"insights": "enhanced"},
        )
        assert kinds(deployed) == ALL
        assert deployed.one("FlowLog").inputs["trafficType"] == "ALL"
        assert deployed.one("ecs/cluster:Cluster").inputs["settings"][0]["value"] == "enhanced"


class TestTrafficLogs:
    """A bucket that AWS alone writes to, and that ends what it holds."""

    @pytest.fixture
    def deployed(self, deploy: Deploy) -> Deployed:
        return deploy(environment="prod", logs={"trafficDays": 30})

    def test_logs_end(self, deployed: Deployed) -> None:
        [rule] = deployed.one("BucketLifecycleConfiguration").inputs["rules"]
        assert (rule["status"], rule["expiration"]) == ("Enabled", {"days": 30})

    def test_who_writes_waits_until_it_may(self, deployed: Deployed) -> None:
        policy = deployed.one("BucketPolicy").urn
        balancer, flow = deployed.one("lb/loadBalancer:LoadBalancer"), deployed.one("FlowLog")
        assert policy in balancer.needs["accessLogs"]
        assert policy in flow.needs["logDestination"]
        assert balancer.inputs["accessLogs"]["prefix"] == "load-balancer"
        assert flow.inputs["logDestination"].endswith("/flow/")
        assert flow.inputs["trafficType"] == "REJECT"

    def test_production_keeps_them(self, deployed: Deployed, deploy: Deploy) -> None:
        assert deployed.one("s3/bucket:Bucket").inputs["forceDestroy"] is False
        assert deploy(loadBalancer={"accessLogs": True}).one("s3/bucket:Bucket").inputs["forceDestroy"] is True

    @pytest.mark.parametrize(
        ("partition", "region", "principal"),
        [
            ("aws", "eu-central-1", {"AWS": "arn:aws:iam::054676820928:root"}),
            ("aws", "eu-central-2", {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}),
            ("aws-us-gov", "us-gov-west-1", {"AWS": "arn:aws-us-gov:iam::048591011584:root"}),
            ("aws-cn", "cn-north-1", {"AWS": "arn:aws-cn:iam::638102146993:root"}),
        ],
    )
    def test_the_load_balancers_of_the_region_may_write(
        self, partition: str, region: str, principal: dict[str, str]
    ) -> None:
        said = json.loads(writers("logs", AccountRegion(partition, region, ACCOUNT)))["Statement"]
        by = {one["Sid"]: one for one in said}
        assert by["LoadBalancer"]["Principal"] == principal
        assert by["LoadBalancer"]["Resource"] == f"arn:{partition}:s3:::logs/load-balancer/AWSLogs/{ACCOUNT}/*"
        assert by["AWSLogDeliveryWrite"]["Condition"]["StringEquals"]["aws:SourceAccount"] == ACCOUNT
        assert {one["Effect"] for one in said if one["Principal"] == "*"} == {"Deny"}

    def test_every_account_has_twelve_digits_and_one_region(self) -> None:
        assert all(len(one) == 12 and one.isdigit() for one in ACCOUNTS.values())
        assert len(set(ACCOUNTS.values())) == len(ACCOUNTS)


class TestWaf:
    """What the firewall asks, in which order, and what it does."""

    def test_the_rate_limit_comes_first_and_groups_as_said(self) -> None:
        found = rules("shop", 500, {"AWSManagedRulesCommonRuleSet": "count", "AWSManagedRulesSQLiRuleSet": "block"})
        assert [(one["name"], one["priority"]) for one in found] == [
            ("rate-limit", 0), ("AWSManagedRulesCommonRuleSet", 1), ("AWSManagedRulesSQLiRuleSet", 2),
        ]  # fmt: skip
        assert found[0]["action"] == {"block": {}}
        assert found[0]["statement"]["rate_based_statement"] == {"limit": 500, "aggregate_key_type": "IP"}
        assert [one["override_action"] for one in found[1:]] == [{"count": {}}, {"none": {}}]

    def test_without_a_limit_there_is_none(self) -> None:
        assert rules("shop", None, {}) == []

    def test_it_is_before_the_load_balancer(self, deploy: Deploy) -> None:
        deployed = deploy(environment="prod")
        guard = deployed.one("WebAclAssociation")
        assert guard.needs["resourceArn"] == [deployed.one("lb/loadBalancer:LoadBalancer").urn]
        acl = deployed.one("WebAcl").inputs
        assert (acl["scope"], acl["defaultAction"]) == ("REGIONAL", {"allow": {}})
        assert acl["rules"][0]["name"] == "rate-limit"


def test_the_default_group_is_the_own_vpcs(deploy: Deploy) -> None:
    deployed = deploy()
    assert deployed.one("DefaultGroup").needs["vpc"] == [deployed.one("ec2/vpc:Vpc").urn]
