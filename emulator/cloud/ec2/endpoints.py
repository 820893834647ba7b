"""An interface endpoint has security groups, and may answer under the service's own name.

AWS, CreateVpcEndpoint and VpcEndpoint (EC2 API reference): `SecurityGroupIds` become `Groups`, private DNS is on unless
it is switched off, and a gateway endpoint has neither; private DNS needs a VPC with DNS support and DNS host names
("Access an AWS service using an interface VPC endpoint", AWS PrivateLink guide). MiniStack keeps neither.
"""

from __future__ import annotations

from typing import Any
from xml.sax.saxutils import escape

from ministack.services import ec2

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace, replace_operation
from emulator.cloud.settings import Settings

_GROUPS, _DNS, _POLICY = "SluiceGroups", "SluicePrivateDns", "SluicePolicy"


def install(settings: Settings) -> None:
    """Keep the groups, the private DNS and the policy of endpoints, and show them."""
    create, modify = ec2._ACTION_MAP["CreateVpcEndpoint"], ec2._ACTION_MAP["ModifyVpcEndpoint"]
    fields_xml = ec2._vpce_fields_xml

    def create_vpc_endpoint(params: dict[str, Any]) -> Any:
        interface = ec2._p(params, "VpcEndpointType") == "Interface"
        vpc = ec2._vpcs.get(ec2._p(params, "VpcId"), {})
        private_dns = interface and ec2._p(params, "PrivateDnsEnabled") != "false"
        if private_dns and not (vpc.get("EnableDnsSupport", True) and vpc.get("EnableDnsHostnames")):
            return ec2._error(
                "InvalidParameter",
                "Enabling private DNS requires both enableDnsSupport and enableDnsHostnames VPC attributes set to true"
                f" for {vpc.get('VpcId')}",
                400,
            )
        known = set(ec2._vpc_endpoints.keys())
        answer = create(params)
        for made in set(ec2._vpc_endpoints.keys()) - known:
            endpoint = ec2._vpc_endpoints[made]
            endpoint[_GROUPS] = ec2._parse_member_list(params, "SecurityGroupId")
            endpoint[_DNS] = private_dns
            endpoint[_POLICY] = ec2._p(params, "PolicyDocument")
            answer = ec2._xml(200, "CreateVpcEndpointResponse", ec2._vpce_fields_xml(endpoint, tag="vpcEndpoint"))
        return answer

    def modify_vpc_endpoint(params: dict[str, Any]) -> Any:
        endpoint = ec2._vpc_endpoints.get(ec2._p(params, "VpcEndpointId"))
        if endpoint is not None:
            gone = set(ec2._parse_member_list(params, "RemoveSecurityGroupId"))
            groups = [*endpoint[_GROUPS], *ec2._parse_member_list(params, "AddSecurityGroupId")]
            endpoint[_GROUPS] = [group for group in groups if group not in gone]
            if said := ec2._p(params, "PrivateDnsEnabled"):
                endpoint[_DNS] = said == "true"
            if said := ec2._p(params, "PolicyDocument"):
                endpoint[_POLICY] = said
        return modify(params)

    def vpce_fields_xml(endpoint: dict[str, Any], tag: str = "item") -> str:
        groups = "".join(f"<item><groupId>{group}</groupId></item>" for group in endpoint.get(_GROUPS, []))
        more = f"<groupSet>{groups}</groupSet><privateDnsEnabled>{str(endpoint.get(_DNS, False)).lower()}"
        more += "</privateDnsEnabled>"
        if policy := endpoint.get(_POLICY):
            more += f"<policyDocument>{escape(policy)}</policyDocument>"
        return str(fields_xml(endpoint, tag)).replace(f"</{tag}>", f"{more}</{tag}>")

    replace_operation(ec2, "CreateVpcEndpoint", create_vpc_endpoint)
    replace_operation(ec2, "ModifyVpcEndpoint", modify_vpc_endpoint)
    replace(ec2, "_vpce_fields_xml", vpce_fields_xml)


CORRECTION = Correction(
    rule="An interface endpoint has security groups, private DNS and a policy.",
    fault="Groups, private DNS and policy of an endpoint are not kept.",
    ministack="1.5.33",
    install=install,
)
