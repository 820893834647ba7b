"""Faults of EC2's networks and of ACM."""

from __future__ import annotations

from typing import Any

from tests.e2e.ministack.account import Account, code
from tests.e2e.ministack.probe import Probe

PREFIX_LIST = "pl-63a5400a"
POLICY = '{"Statement":[]}'


def vpc(account: Account) -> str:
    """A VPC without DNS host names, as CreateVpc makes it."""
    return str(account.client("ec2").create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"])


def rule_has_no_prefix_list(account: Account) -> bool:
    """DescribeSecurityGroupRules shows no prefix list of a rule that was created with one."""
    ec2 = account.client("ec2")
    group = ec2.create_security_group(GroupName=account.name("group"), Description="probe", VpcId=account.once(vpc))[
        "GroupId"
    ]
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [{"PrefixListId": PREFIX_LIST}]}
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    return PREFIX_LIST not in [rule.get("PrefixListId") for rule in rules]


def endpoint(account: Account) -> dict[str, Any]:
    """An interface endpoint with a security group and a policy, as DescribeVpcEndpoints shows it."""
    ec2 = account.client("ec2")
    group = ec2.create_security_group(GroupName=account.name("group"), Description="probe", VpcId=account.once(vpc))[
        "GroupId"
    ]
    made = ec2.create_vpc_endpoint(
        VpcId=account.once(vpc),
        VpcEndpointType="Interface",
        ServiceName="com.amazonaws.us-east-1.logs",
        SecurityGroupIds=[group],
        PolicyDocument=POLICY,
        PrivateDnsEnabled=False,
    )["VpcEndpoint"]["VpcEndpointId"]
    found: dict[str, Any] = ec2.describe_vpc_endpoints(VpcEndpointIds=[made])["VpcEndpoints"][0]
    return found


def endpoint_has_no_groups(account: Account) -> bool:
    """DescribeVpcEndpoints shows no security group of an interface endpoint."""
    return not account.once(endpoint).get("Groups")


def endpoint_has_no_policy(account: Account) -> bool:
    """DescribeVpcEndpoints shows no policy of an interface endpoint."""
    return account.once(endpoint).get("PolicyDocument") != POLICY


def private_dns_needs_no_host_names(account: Account) -> bool:
    """An endpoint gets private DNS in a VPC without DNS host names."""
    asked = {"VpcEndpointType": "Interface", "ServiceName": "com.amazonaws.us-east-1.ssm", "PrivateDnsEnabled": True}
    return code(account.client("ec2").create_vpc_endpoint, VpcId=account.once(vpc), **asked) != "InvalidParameter"


def flow_log_has_no_tags(account: Account) -> bool:
    """DescribeFlowLogs shows no tags of flow logs that were created with some."""
    ec2 = account.client("ec2")
    [made] = ec2.create_flow_logs(
        ResourceIds=[account.once(vpc)],
        ResourceType="VPC",
        TrafficType="ALL",
        LogDestinationType="s3",
        LogDestination="arn:aws:s3:::probe",
        TagSpecifications=[{"ResourceType": "vpc-flow-log", "Tags": [{"Key": "team", "Value": "shop"}]}],
    )["FlowLogIds"]
    return not ec2.describe_flow_logs(FlowLogIds=[made])["FlowLogs"][0].get("Tags")


def subnet(account: Account) -> str:
    """A subnet whose VPC has no internet gateway."""
    return str(
        account.client("ec2").create_subnet(VpcId=account.once(vpc), CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    )


def gateway(account: Account) -> tuple[str, str]:
    """A NAT gateway in a subnet with a route to the internet, and its address's allocation."""
    ec2 = account.client("ec2")
    where = ec2.create_subnet(VpcId=account.once(vpc), CidrBlock="10.9.2.0/24")["Subnet"]["SubnetId"]
    internet = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=internet, VpcId=account.once(vpc))
    table = ec2.create_route_table(VpcId=account.once(vpc))["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=internet)
    ec2.associate_route_table(RouteTableId=table, SubnetId=where)
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    made = ec2.create_nat_gateway(SubnetId=where, AllocationId=allocation)["NatGateway"]["NatGatewayId"]
    return str(made), str(allocation)


def nat_gateway_needs_no_route(account: Account) -> bool:
    """A NAT gateway is available in a subnet without a route to the internet."""
    ec2 = account.client("ec2")
    allocation = ec2.allocate_address(Domain="vpc")["AllocationId"]
    asked = {"SubnetId": account.once(subnet), "AllocationId": allocation}
    if code(ec2.create_nat_gateway, **asked):
        return False
    found = ec2.describe_nat_gateways(Filters=[{"Name": "subnet-id", "Values": [account.once(subnet)]}])["NatGateways"]
    return bool(found[0]["State"] == "available")


def nat_gateway_has_no_address(account: Account) -> bool:
    """DescribeNatGateways shows no address of a gateway."""
    made, allocation = account.once(gateway)
    found = account.client("ec2").describe_nat_gateways(NatGatewayIds=[made])["NatGateways"][0]
    return allocation not in [one.get("AllocationId") for one in found.get("NatGatewayAddresses", [])]


def address_in_use_is_released(account: Account) -> bool:
    """ReleaseAddress releases the address of a NAT gateway."""
    _, allocation = account.once(gateway)
    return code(account.client("ec2").release_address, AllocationId=allocation) != "InvalidIPAddress.InUse"


def certificate_is_issued_at_once(account: Account) -> bool:
    """A certificate is ISSUED although its validation record is in no hosted zone."""
    acm = account.client("acm")
    arn = acm.request_certificate(DomainName="probe.example.com", ValidationMethod="DNS")["CertificateArn"]
    return bool(acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED")


PROBES = (
    Probe("ec2/prefix_lists", rule_has_no_prefix_list),
    Probe("ec2/endpoints", endpoint_has_no_groups),
    Probe("ec2/endpoints", endpoint_has_no_policy),
    Probe("ec2/endpoints", private_dns_needs_no_host_names),
    Probe("ec2/flow_logs", flow_log_has_no_tags),
    Probe("ec2/nat", nat_gateway_needs_no_route),
    Probe("ec2/nat", nat_gateway_has_no_address),
    Probe("ec2/nat", address_in_use_is_released),
    Probe("acm/validation", certificate_is_issued_at_once),
)
