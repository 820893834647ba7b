"""How requests come to the service, and under which name; a cluster that is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from components.network.existing_listener import load_balancer_arn, origin
from tests.components.program import ACCOUNT, BALANCER, LISTENER, Deployed, Registered

Deploy = Callable[..., Deployed]

HOST, ZONE = "shop.example.com", "Z0123456789ABC"
CERTIFICATE = f"arn:aws:acm:eu-central-1:{ACCOUNT}:certificate/01234567-89ab-cdef-0123-456789abcdef"
EXISTING = {
    "vpc": "vpc-0123456789abcdef0",
    "taskSubnets": ["subnet-00000011", "subnet-00000012"],
    "databaseSubnets": ["subnet-00000021", "subnet-00000022"],
}


def listeners(deployed: Deployed) -> dict[int, Registered]:
    """By their ports."""
    return {one.inputs["port"]: one for one in deployed.all("lb/listener:Listener")}


class TestWithoutDomain:
    """HTTP under the load balancer's own name."""

    def test_one_listener_forwards(self, deploy: Deploy) -> None:
        deployed = deploy()
        [listener] = deployed.all("lb/listener:Listener")
        assert (listener.inputs["port"], listener.inputs["protocol"]) == (80, "HTTP")
        assert [action["type"] for action in listener.inputs["defaultActions"]] == ["forward"]
        assert deployed.outputs["url"] == f"http://{deployed.outputs['address']}" == "http://web.example.com"
        for kind in ("Certificate", "Record", "CertificateValidation"):
            assert deployed.all(f":{kind}") == []
        assert "address" not in deployed.one("Rollout").inputs["smoke"]


class TestDomain:
    """HTTPS only, with a certificate that was issued, under the service's own name."""

    @pytest.fixture
    def deployed(self, deploy: Deploy) -> Deployed:
        return deploy(domain={"name": HOST, "zone": ZONE})

    def test_https_forwards_and_http_leads_there(self, deployed: Deployed) -> None:
        found = listeners(deployed)
        assert set(found) == {80, 443}
        secure, plain = found[443].inputs, found[80].inputs
        assert secure["protocol"] == "HTTPS"
        assert "TLS13-1-2" in secure["sslPolicy"]
        assert [action["type"] for action in secure["defaultActions"]] == ["forward"]
        [redirect] = plain["defaultActions"]
        wanted = {"protocol": "HTTPS", "host": HOST, "port": "443", "statusCode": "HTTP_301"}
        assert redirect["redirect"] == wanted, "the load balancer's own name is not in the certificate"
        assert found[443].urn in found[80].dependencies, "nobody is sent to what is not there yet"

    def test_no_listener_takes_a_certificate_that_is_not_issued(self, deployed: Deployed) -> None:
        certificate = deployed.one("acm/certificate:Certificate")
        assert (certificate.inputs["domainName"], certificate.inputs["validationMethod"]) == (HOST, "DNS")
        assert listeners(deployed)[443].inputs["certificateArn"].startswith("issued/arn:")
        proof = deployed.one("route53/record:Record", "validation").inputs
        assert (proof["zoneId"], proof["name"], proof["type"]) == (ZONE, f"_proof.{HOST}.", "CNAME")
        assert proof["records"] == ["_asked.acm-validations.aws."]
        assert deployed.one("CertificateValidation").inputs["validationRecordFqdns"] == [f"_proof.{HOST}"]

    def test_the_name_leads_to_the_load_balancer(self, deployed: Deployed) -> None:
        [record] = [one.inputs for one in deployed.all("route53/record:Record") if one.inputs["type"] == "A"]
        assert (record["zoneId"], record["name"]) == (ZONE, HOST)
        [alias] = record["aliases"]
        assert (alias["name"], alias["zoneId"]) == ("web.example.com", "Z0BALANCER")

    def test_the_internet_reaches_both_ports(self, deployed: Deployed) -> None:
        rules = [one.inputs for one in deployed.all("SecurityGroupIngressRule") if "cidrIpv4" in one.inputs]
        assert {(one["securityGroupId"], one["fromPort"]) for one in rules} == {
            ("sluice-test-load-balancer-SecurityGroup-id", 80),
            ("sluice-test-load-balancer-SecurityGroup-id", 443),
        }

    def test_the_service_waits_for_the_listener_that_forwards(self, deployed: Deployed) -> None:
        assert listeners(deployed)[443].urn in deployed.one("ecs/service:Service").dependencies

    def test_is_what_people_and_the_gate_ask(self, deployed: Deployed) -> None:
        assert deployed.outputs["url"] == f"https://{HOST}"
        assert deployed.outputs["address"] == "web.example.com"
        for smoke in (deployed.one("Rollout").inputs["smoke"], deployed.outputs["gate"]["smoke"]):
            assert smoke["url"] == f"https://{HOST}/health"
            assert smoke["address"] == "web.example.com", "a new name is not everywhere in the DNS at once"
        deep = {"url": f"https://{HOST}/health", "address": "web.example.com", "status": 200, "shared": False}
        assert deployed.outputs["gate"]["deep"].items() >= deep.items()

    def test_a_certificate_of_ones_own(self, deploy: Deploy) -> None:
        deployed = deploy(domain={"name": HOST, "certificate": CERTIFICATE})
        assert listeners(deployed)[443].inputs["certificateArn"] == CERTIFICATE
        assert deployed.all("route53/record:Record") == deployed.all("acm/certificate:Certificate") == []

    def test_a_certificate_of_ones_own_in_a_zone(self, deploy: Deploy) -> None:
        deployed = deploy(domain={"name": HOST, "certificate": CERTIFICATE, "zone": ZONE})
        assert listeners(deployed)[443].inputs["certificateArn"] == CERTIFICATE
        assert [one.inputs["type"] for one in deployed.all("route53/record:Record")] == ["A"]


class TestExistingListener:
    """A rule and a target group; nothing else of the load balancer is touched."""

    @pytest.fixture
    def deployed(self, deploy: Deploy) -> Deployed:
        balancer = {"listener": LISTENER, "priority": 40, "host": HOST}
        return deploy(loadBalancer=balancer, network=EXISTING)

    def test_one_host_name_is_forwarded(self, deployed: Deployed) -> None:
        rule = deployed.one("lb/listenerRule:ListenerRule").inputs
        assert (rule["listenerArn"], rule["priority"]) == (LISTENER, 40)
        assert rule["conditions"] == [{"hostHeader": {"values": [HOST]}}]
        [action] = rule["actions"]
        assert (action["type"], action["targetGroupArn"]) == ("forward", target_group(deployed))
        assert deployed.all("lb/listener:Listener") == deployed.all("lb/loadBalancer:LoadBalancer") == []

    def test_the_service_waits_for_the_rule(self, deployed: Deployed) -> None:
        assert deployed.one("ListenerRule").urn in deployed.one("ecs/service:Service").dependencies

    def test_only_its_load_balancer_reaches_the_service(self, deployed: Deployed) -> None:
        rules = [one.inputs for one in deployed.all("SecurityGroupIngressRule")]
        service = [one for one in rules if one["securityGroupId"] == "sluice-test-service-SecurityGroup-id"]
        found = [(one["referencedSecurityGroupId"], one["fromPort"], one["toPort"]) for one in service]
        assert found == [("sg-shared", 0, 65535)]
        assert [one for one in rules if "cidrIpv4" in one] == []
        made = {one.name for one in deployed.all("securityGroup:SecurityGroup")}
        assert made == {"sluice-test-service", "sluice-test-migration", "sluice-test-database"}

    def test_is_what_people_and_the_gate_ask(self, deployed: Deployed) -> None:
        assert deployed.outputs["url"] == f"https://{HOST}"
        assert deployed.outputs["address"] == "shared.example.com"

    def test_a_domain_leads_to_it(self, deploy: Deploy) -> None:
        deployed = deploy(
            loadBalancer={"listener": LISTENER, "priority": 1}, domain={"name": HOST, "zone": ZONE}, network=EXISTING
        )
        [record] = deployed.all("route53/record:Record")
        assert record.inputs["aliases"][0]["name"] == "shared.example.com"
        assert deployed.one("ListenerRule").inputs["conditions"] == [{"hostHeader": {"values": [HOST]}}]
        assert deployed.all("acm/certificate:Certificate") == [], "the listener's owner looks after certificates"

    @pytest.mark.parametrize(
        ("protocol", "port", "said"),
        [
            ("HTTPS", 443, "https://a.example"),
            ("HTTP", 80, "http://a.example"),
            ("HTTPS", 8443, "https://a.example:8443"),
        ],
    )
    def test_its_address(self, protocol: str, port: int, said: str) -> None:
        assert origin(protocol, port, "a.example") == said

    def test_is_read_so_that_the_policy_pack_sees_it(self, deployed: Deployed) -> None:
        [listener] = deployed.read
        assert (listener.type, listener.inputs["arn"]) == ("aws:lb/listener:Listener", LISTENER)
        assert deployed.one("ListenerRule").needs["listenerArn"] == [listener.urn]

    def test_production_takes_none_that_speaks_http(self, deploy: Deploy) -> None:
        balancer = {"listener": LISTENER, "priority": 40, "host": HOST}
        plain = {"Listener": {"protocol": "HTTP", "port": 80}}
        assert deploy(loadBalancer=balancer, network=EXISTING, stale=plain).outputs["url"] == f"http://{HOST}"
        with pytest.raises(Exception, match=r"loadBalancer\.listener speaks HTTP on port 80.*HTTPS only"):
            deploy(loadBalancer=balancer, network=EXISTING, stale=plain, environment="prod")

    def test_its_load_balancer(self) -> None:
        assert load_balancer_arn(LISTENER) == BALANCER


class TestExistingCluster:
    """Used by service, migrations and rollout, and never made."""

    def test_is_named_and_not_made(self, deploy: Deploy) -> None:
        arn = f"arn:aws:ecs:eu-central-1:{ACCOUNT}:cluster/shared"
        deployed = deploy(cluster={"arn": arn})
        assert deployed.all("ecs/cluster:Cluster") == []
        users: dict[str, Any] = {
            kind: deployed.one(kind).inputs["cluster"] for kind in ("ecs/service:Service", "MigrationRun", "Rollout")
        }
        assert set(users.values()) == {arn}
        assert deployed.outputs["cluster"] == "shared"


def target_group(deployed: Deployed) -> str:
    """ARN of the one target group."""
    name = deployed.one("lb/targetGroup:TargetGroup").name
    return f"arn:aws:mock:eu-central-1:{ACCOUNT}:TargetGroup/{name}"
