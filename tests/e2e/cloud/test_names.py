"""A name of one's own: certificates issued by the DNS, HTTPS, redirects, host names on one listener."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from typing import Any

import pytest

from emulator.variables import BUNDLE
from sluice.rollout.deployment.http_answer import ask
from tests.e2e.cloud.stage import Stage

HOST = "shop.example.com"


def said(text: str) -> list[dict[str, Any]]:
    """An action that needs no target."""
    answer = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": text}
    return [{"Type": "fixed-response", "FixedResponseConfig": answer}]


@pytest.fixture
def balancer(stage: Stage) -> Iterator[Any]:
    made = stage.elb.create_load_balancer(Name=stage.name("named"), Subnets=["subnet-1"])["LoadBalancers"][0]
    yield made
    stage.elb.delete_load_balancer(LoadBalancerArn=made["LoadBalancerArn"])


@pytest.fixture
def trusting(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the environment of the local stack."""
    monkeypatch.setenv("SSL_CERT_FILE", str(stage.cloud.local_dir / BUNDLE))


def publish(stage: Stage, certificate: str) -> None:
    """Does what ACM asks for, in a zone that is made for it."""
    dns, acm = stage.client("route53"), stage.client("acm")
    zone = dns.create_hosted_zone(Name="example.com", CallerReference=stage.name("zone"))["HostedZone"]["Id"]
    [asked] = acm.describe_certificate(CertificateArn=certificate)["Certificate"]["DomainValidationOptions"]
    record = asked["ResourceRecord"]
    proof = {"Name": record["Name"], "Type": "CNAME", "TTL": 60, "ResourceRecords": [{"Value": record["Value"]}]}
    dns.change_resource_record_sets(
        HostedZoneId=zone, ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": proof}]}
    )


@pytest.mark.usefixtures("trusting")
def test_https_under_a_name_of_ones_own(stage: Stage, balancer: Any) -> None:
    acm, arn, address = stage.client("acm"), balancer["LoadBalancerArn"], balancer["DNSName"]
    redirect = {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"}
    stage.elb.create_listener(
        LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[{"Type": "redirect", "RedirectConfig": redirect}]
    )
    assert ask(f"http://{HOST}/", 5, address).status == 301, "served before there is HTTPS"
    certificate = acm.request_certificate(DomainName=HOST, ValidationMethod="DNS")["CertificateArn"]
    secure = {"LoadBalancerArn": arn, "Protocol": "HTTPS", "Port": 443, "DefaultActions": said("the shop")}
    with pytest.raises(stage.elb.exceptions.ClientError, match="UnsupportedCertificate"):
        stage.elb.create_listener(**secure, Certificates=[{"CertificateArn": certificate}])
    assert acm.describe_certificate(CertificateArn=certificate)["Certificate"]["Status"] == "PENDING_VALIDATION"
    publish(stage, certificate)
    assert acm.describe_certificate(CertificateArn=certificate)["Certificate"]["Status"] == "ISSUED"
    with pytest.raises(stage.elb.exceptions.CertificateNotFoundException):
        stage.elb.create_listener(**secure, Certificates=[{"CertificateArn": certificate[:-4] + "0000"}])
    stage.elb.create_listener(**secure, Certificates=[{"CertificateArn": certificate}])

    answer = ask(f"https://{HOST}/health", 5, address)
    assert (answer.status, answer.body) == (200, "the shop"), answer.text
    another = ask("https://other.example.com/", 5, address)
    assert another.status == 0
    assert "certificate verify failed" in another.text
    plain = http.client.HTTPConnection(address, timeout=5)
    plain.request("GET", "/cart?item=1", headers={"Host": HOST})
    moved = plain.getresponse()
    assert (moved.status, moved.getheader("Location")) == (301, f"https://{HOST}:443/cart?item=1")
    plain.close()
    stage.elb.delete_load_balancer(LoadBalancerArn=arn)
    assert ask(f"https://{HOST}/", 5, address).status == 0


def test_a_rule_takes_its_host_name_and_no_other(stage: Stage, balancer: Any) -> None:
    listener = stage.elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"], Protocol="HTTP", Port=80, DefaultActions=said("nobody")
    )["Listeners"][0]["ListenerArn"]
    condition = {"Field": "host-header", "HostHeaderConfig": {"Values": [HOST]}}
    stage.elb.create_rule(ListenerArn=listener, Priority=10, Conditions=[condition], Actions=said("the shop"))
    assert ask(f"http://{HOST}/", 5, balancer["DNSName"]).body == "the shop"
    assert ask("http://other.example.com/", 5, balancer["DNSName"]).body == "nobody"


def test_a_group_belongs_to_the_load_balancer_that_leads_to_it(stage: Stage, balancer: Any) -> None:
    """ECS takes no other: a service may stand behind a rule as well as behind a listener's default."""
    group = stage.elb.create_target_group(
        Name=stage.name("ruled"), Protocol="HTTP", Port=8080, VpcId="vpc-1", TargetType="ip"
    )["TargetGroups"][0]["TargetGroupArn"]

    def belongs() -> list[str]:
        found = stage.elb.describe_target_groups(TargetGroupArns=[group])["TargetGroups"][0]
        return list(found.get("LoadBalancerArns", []))

    arn = balancer["LoadBalancerArn"]
    listener = stage.elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=said("nobody"))[
        "Listeners"
    ][0]["ListenerArn"]
    assert belongs() == []
    rule = stage.elb.create_rule(
        ListenerArn=listener,
        Priority=10,
        Conditions=[{"Field": "host-header", "HostHeaderConfig": {"Values": [HOST]}}],
        Actions=[{"Type": "forward", "TargetGroupArn": group}],
    )["Rules"][0]["RuleArn"]
    assert belongs() == [arn]
    stage.elb.delete_rule(RuleArn=rule)
    assert belongs() == []
