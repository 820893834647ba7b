"""The network's resource types: VPC, subnets, internet gateway, routes (botocore service ``ec2``).

Which change replaces and which updates follows the official provider's documentation of each type.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.property import OMIT, REPLACE, Members, Operation, Property

_IN_USE = ("DependencyViolation",)  # while addresses and interfaces are being released


def _filters(values: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"Name": name, "Values": [value]} for name, value in values.items()]


# -- VPC


def _vpc_observe(request: ResourceRequest, item: Members) -> None:
    for attribute in ("enableDnsSupport", "enableDnsHostnames", "enableNetworkAddressUsageMetrics"):
        answer = request.ask("describe_vpc_attribute", VpcId=request.id, Attribute=attribute)
        answer.pop("ResponseMetadata", None)
        item.update(answer)
    groups = request.ask("describe_security_groups", Filters=_filters({"vpc-id": request.id, "group-name": "default"}))
    tables = request.ask("describe_route_tables", Filters=_filters({"vpc-id": request.id, "association.main": "true"}))
    acls = request.ask("describe_network_acls", Filters=_filters({"vpc-id": request.id, "default": "true"}))
    item["DefaultGroup"] = next((group["GroupId"] for group in groups["SecurityGroups"]), None)
    item["MainTable"] = next((table["RouteTableId"] for table in tables["RouteTables"]), None)
    item["DefaultAcl"] = next((acl["NetworkAclId"] for acl in acls["NetworkAcls"]), None)


VPC = Entry(
    "aws:ec2/vpc:Vpc", "ec2",
    create=Operation("create_vpc"),
    read=Operation("describe_vpcs", {"VpcIds": ["$id"]}), item="Vpcs[0]", id="Vpc.VpcId",
    delete=Operation("delete_vpc", {"VpcId": "$id"}, retry=_IN_USE),
    operations={"attribute": Operation("modify_vpc_attribute", {"VpcId": "$id"}, one_by_one=True)},
    properties={
        "cidrBlock": REPLACE,
        "instanceTenancy": REPLACE,
        "enableDnsSupport": Property("EnableDnsSupport.Value", by="attribute", unset=True),
        "enableDnsHostnames": Property("EnableDnsHostnames.Value", by="attribute", unset=False),
        "enableNetworkAddressUsageMetrics": Property(
            "EnableNetworkAddressUsageMetrics.Value", by="attribute", unset=False
        ),
    },
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:vpc/{id}", "ownerId": "OwnerId", "dhcpOptionsId": "DhcpOptionsId",
        "defaultSecurityGroupId": "DefaultGroup", "defaultNetworkAclId": "DefaultAcl",
        "mainRouteTableId": "MainTable", "defaultRouteTableId": "MainTable",
    },
    hooks=Hooks(observe=_vpc_observe),
    gone=("InvalidVpcID.NotFound",),
)  # fmt: skip

# -- subnet

SUBNET = Entry(
    "aws:ec2/subnet:Subnet", "ec2",
    create=Operation("create_subnet"),
    read=Operation("describe_subnets", {"SubnetIds": ["$id"]}), item="Subnets[0]", id="Subnet.SubnetId",
    delete=Operation("delete_subnet", {"SubnetId": "$id"}, retry=_IN_USE),
    operations={"attribute": Operation("modify_subnet_attribute", {"SubnetId": "$id"}, one_by_one=True)},
    properties={
        "vpcId": REPLACE,
        "cidrBlock": REPLACE,
        "availabilityZone": REPLACE,
        "availabilityZoneId": REPLACE,
        "mapPublicIpOnLaunch": Property(
            "MapPublicIpOnLaunch.Value", seen="MapPublicIpOnLaunch", by="attribute", unset=False
        ),
        "assignIpv6AddressOnCreation": Property(
            "AssignIpv6AddressOnCreation.Value", seen="AssignIpv6AddressOnCreation", by="attribute", unset=False
        ),
    },
    outputs={"arn": "arn:aws:ec2:{region}:{account}:subnet/{id}", "ownerId": "OwnerId"},
    gone=("InvalidSubnetID.NotFound",),
)  # fmt: skip

# -- internet gateway: attaching is an operation of its own, and there is one VPC at most


def _attached(request: ResourceRequest) -> None:
    request.observe()
    current = [attachment["VpcId"] for attachment in request.item.get("Attachments", [])]
    wanted = request.flat.get("vpcId")
    for vpc in current:
        if vpc != wanted:
            request.ask("detach_internet_gateway", InternetGatewayId=request.id, VpcId=vpc)
    if wanted and wanted not in current:
        request.ask("attach_internet_gateway", InternetGatewayId=request.id, VpcId=wanted)


def _detach(request: ResourceRequest) -> None:
    if request.observe():
        for attachment in request.item.get("Attachments", []):
            parameters = {"InternetGatewayId": request.id, "VpcId": attachment["VpcId"]}
            request.do(Operation("detach_internet_gateway", retry=_IN_USE), parameters)


INTERNET_GATEWAY = Entry(
    "aws:ec2/internetGateway:InternetGateway", "ec2",
    create=Operation("create_internet_gateway"),
    read=Operation("describe_internet_gateways", {"InternetGatewayIds": ["$id"]}),
    item="InternetGateways[0]", id="InternetGateway.InternetGatewayId",
    delete=Operation("delete_internet_gateway", {"InternetGatewayId": "$id"}, retry=_IN_USE),
    # `ready` attaches, after create as well as after a change of vpcId: both only have to leave it as the program says.
    properties={"vpcId": Property(local=True, seen="Attachments[0].VpcId")},
    outputs={"arn": "arn:aws:ec2:{region}:{account}:internet-gateway/{id}", "ownerId": "OwnerId"},
    hooks=Hooks(ready=_attached, deleting=_detach),
    gone=("InvalidInternetGatewayID.NotFound",),
)  # fmt: skip

# -- route table

ROUTE_TABLE = Entry(
    "aws:ec2/routeTable:RouteTable", "ec2",
    create=Operation("create_route_table"),
    read=Operation("describe_route_tables", {"RouteTableIds": ["$id"]}), item="RouteTables[0]",
    id="RouteTable.RouteTableId",
    delete=Operation("delete_route_table", {"RouteTableId": "$id"}, retry=_IN_USE),
    properties={"vpcId": REPLACE},
    outputs={"arn": "arn:aws:ec2:{region}:{account}:route-table/{id}", "ownerId": "OwnerId"},
    gone=("InvalidRouteTableID.NotFound",),
)  # fmt: skip

# -- route: it has no id in AWS; it is found in its table by its destination

_DESTINATIONS = {"destinationCidrBlock": "DestinationCidrBlock", "destinationIpv6CidrBlock": "DestinationIpv6CidrBlock"}


def _route_find(request: ResourceRequest) -> Members | None:
    tables = request.do(Operation("describe_route_tables", {"RouteTableIds": ["$routeTableId"]}))["RouteTables"]
    for route in tables[0]["Routes"] if tables else []:
        if any(
            request.flat.get(ours) and request.flat[ours] == route.get(theirs) for ours, theirs in _DESTINATIONS.items()
        ):
            return dict(route)
    return None


def _route_created(request: ResourceRequest) -> None:
    destination = next(str(request.flat[name]) for name in _DESTINATIONS if request.flat.get(name))
    request.id = f"r-{request.flat['routeTableId']}{int(hashlib.sha256(destination.encode()).hexdigest()[:8], 16)}"


_DESTINATION = {theirs: f"${ours}" for ours, theirs in _DESTINATIONS.items()}
ROUTE = Entry(
    "aws:ec2/route:Route", "ec2",
    create=Operation("create_route"),
    read=Operation("describe_route_tables"), item="", id="$routeTableId",
    update=Operation("replace_route", {"RouteTableId": "$routeTableId", **_DESTINATION}),
    delete=Operation("delete_route", {"RouteTableId": "$routeTableId", **_DESTINATION}),
    properties={
        "routeTableId": Property(replace=True, seen=""),
        **dict.fromkeys(_DESTINATIONS, REPLACE),
        # A route has one target: naming another one in ReplaceRoute is how the old one goes.
        **dict.fromkeys(("gatewayId", "natGatewayId", "networkInterfaceId", "transitGatewayId"), Property(unset=OMIT)),
        "vpcEndpointId": Property(unset=OMIT, seen="GatewayId"),
    },
    outputs={"origin": "Origin", "state": "State"},
    hooks=Hooks(find=_route_find, created=_route_created),
    gone=("InvalidRoute.NotFound", "InvalidRouteTableID.NotFound"),
    taggable=False,
)  # fmt: skip

# -- route table association: replacing one gives it another id in AWS, so it is found by its subnet


def _association_find(request: ResourceRequest) -> Members | None:
    subnet = str(request.flat["subnetId"])
    answer = request.ask("describe_route_tables", Filters=_filters({"association.subnet-id": subnet}))
    for table in answer["RouteTables"]:
        for association in table["Associations"]:
            if association.get("SubnetId") == subnet:
                return dict(association)
    return None


def _association_current(request: ResourceRequest, operation: Operation, params: Members) -> None:
    if operation.method == "replace_route_table_association":
        params["AssociationId"] = request.item["RouteTableAssociationId"]


def _association_id(request: ResourceRequest) -> None:
    if request.observe():
        request.id = request.item["RouteTableAssociationId"]


ROUTE_TABLE_ASSOCIATION = Entry(
    "aws:ec2/routeTableAssociation:RouteTableAssociation", "ec2",
    create=Operation("associate_route_table"),
    read=Operation("describe_route_tables"), item="", id="AssociationId",
    update=Operation("replace_route_table_association"),
    delete=Operation("disassociate_route_table", {"AssociationId": "$id"}),
    properties={"subnetId": REPLACE, "routeTableId": Property()},
    hooks=Hooks(find=_association_find, prepare=_association_current, deleting=_association_id),
    gone=("InvalidAssociationID.NotFound", "InvalidRouteTableID.NotFound", "InvalidSubnetID.NotFound"),
    taggable=False,
)  # fmt: skip

ENTRIES = (VPC, SUBNET, INTERNET_GATEWAY, ROUTE_TABLE, ROUTE, ROUTE_TABLE_ASSOCIATION)
