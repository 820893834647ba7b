"""Ways out of private subnets: addresses, NAT gateways, VPC endpoints (botocore service ``ec2``).

Which change replaces and which updates follows the official provider's documentation of each type.
"""

from __future__ import annotations

from typing import Any

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.property import REPLACE, Members, Operation, Property
from emulator.plugins.aws.session import AwsError
from sluice.protocol.resource import Refused

# -- address

EIP = Entry(
    "aws:ec2/eip:Eip", "ec2",
    create=Operation("allocate_address"),
    read=Operation("describe_addresses", {"AllocationIds": ["$id"]}), item="Addresses[0]", id="AllocationId",
    # A NAT gateway lets go of its address only some time after its deletion.
    delete=Operation("release_address", {"AllocationId": "$id"}, retry=("AuthFailure", "InvalidIPAddress.InUse")),
    properties={"domain": REPLACE},
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:elastic-ip/{id}", "allocationId": "AllocationId", "publicIp": "PublicIp",
    },
    gone=("InvalidAllocationID.NotFound",),
    tag_type="elastic-ip",
)  # fmt: skip

# -- NAT gateway


def _gateway_available(request: ResourceRequest) -> None:
    def probe() -> tuple[bool, None, str]:
        state = str(request.item["State"]) if request.observe() else "gone"
        if state in ("failed", "gone"):
            why = request.item.get("FailureMessage") or "it was deleted by somebody else"
            raise Refused(f"{request.call.name}: the NAT gateway could not be made: {why}")
        return state == "available", None, state

    request.wait(probe, "NAT gateway to be available")


def _gateway_deleted(request: ResourceRequest) -> None:
    def probe() -> tuple[bool, None, str]:
        there = request.observe()
        return not there, None, str(request.item["State"]) if there else ""

    request.wait(probe, "NAT gateway to be deleted")


NAT_GATEWAY = Entry(
    "aws:ec2/natGateway:NatGateway", "ec2",
    create=Operation("create_nat_gateway"),
    read=Operation("describe_nat_gateways", {"NatGatewayIds": ["$id"]}), item="NatGateways[0]",
    id="NatGateway.NatGatewayId", absent="State == 'deleted'",
    delete=Operation("delete_nat_gateway", {"NatGatewayId": "$id"}),
    properties={
        "subnetId": REPLACE,
        "allocationId": Property(replace=True, seen="NatGatewayAddresses[0].AllocationId"),
        "connectivityType": REPLACE,
    },
    outputs={"publicIp": "NatGatewayAddresses[0].PublicIp"},
    hooks=Hooks(ready=_gateway_available, deleted=_gateway_deleted),
    gone=("NatGatewayNotFound",),
    tag_type="natgateway",
)  # fmt: skip

# -- VPC endpoint

_LISTS = ("RouteTableIds", "SubnetIds", "SecurityGroupIds")


def _endpoint_observe(request: ResourceRequest, item: Members) -> None:
    """The id of a gateway endpoint's prefix list, which another operation shows under the service's name."""
    if item.get("VpcEndpointType") == "Gateway":
        filters = [{"Name": "prefix-list-name", "Values": [item["ServiceName"]]}]
        lists = request.ask("describe_prefix_lists", Filters=filters)["PrefixLists"]
        item["PrefixListId"] = next((each["PrefixListId"] for each in lists), None)


def _endpoint_changes(request: ResourceRequest, operation: Operation, params: Members) -> None:
    """ModifyVpcEndpoint is told what to add and what to take away, not what there should be."""
    if operation.method != "modify_vpc_endpoint":
        return
    for name in _LISTS:
        wanted: list[Any] | None = params.pop(f"Add{name}", None)
        if wanted is None:
            continue
        seen = request.item.get(name) or [group["GroupId"] for group in request.item.get("Groups", [])]
        added, removed = [one for one in wanted if one not in seen], [one for one in seen if one not in wanted]
        params |= {f"Add{name}": added} if added else {}
        params |= {f"Remove{name}": removed} if removed else {}


def _endpoint_available(request: ResourceRequest) -> None:
    def probe() -> tuple[bool, None, str]:
        state = str(request.item["State"]).lower() if request.observe() else "gone"
        if state in ("failed", "rejected", "expired", "gone"):
            raise Refused(f"{request.call.name}: the endpoint could not be made: it is {state}")
        return state == "available", None, state

    request.wait(probe, "VPC endpoint to be available")


def _endpoint_there(request: ResourceRequest) -> None:
    """DeleteVpcEndpoints says of one that is gone that it was not deleted, and is no error."""
    if not request.observe():
        raise AwsError("InvalidVpcEndpointId.NotFound", f"there is no endpoint {request.id}")


def _endpoint_deleted(request: ResourceRequest) -> None:
    def probe() -> tuple[bool, None, str]:
        there = request.observe()
        return not there, None, str(request.item["State"]) if there else ""

    request.wait(probe, "VPC endpoint to be deleted")


VPC_ENDPOINT = Entry(
    "aws:ec2/vpcEndpoint:VpcEndpoint", "ec2",
    create=Operation("create_vpc_endpoint"),
    read=Operation("describe_vpc_endpoints", {"VpcEndpointIds": ["$id"]}), item="VpcEndpoints[0]",
    id="VpcEndpoint.VpcEndpointId", absent="State == 'deleted'",
    update=Operation("modify_vpc_endpoint", {"VpcEndpointId": "$id"}),
    delete=Operation("delete_vpc_endpoints", {"VpcEndpointIds": ["$id"]}),
    properties={
        "vpcId": REPLACE,
        "serviceName": REPLACE,
        "vpcEndpointType": REPLACE,
        "routeTableIds": Property(changed="AddRouteTableIds", seen="RouteTableIds", unset=[]),
        "subnetIds": Property(changed="AddSubnetIds", seen="SubnetIds", unset=[]),
        "securityGroupIds": Property(changed="AddSecurityGroupIds", seen="Groups[].GroupId", unset=[]),
        "privateDnsEnabled": Property(unset=False),
        "policy": Property("PolicyDocument", json=True),
    },
    outputs={
        "arn": "arn:aws:ec2:{region}:{account}:vpc-endpoint/{id}", "prefixListId": "PrefixListId", "state": "State",
        "ownerId": "OwnerId",
    },
    hooks=Hooks(
        prepare=_endpoint_changes, ready=_endpoint_available, observe=_endpoint_observe, deleting=_endpoint_there,
        deleted=_endpoint_deleted,
    ),
    gone=("InvalidVpcEndpointId.NotFound",),
)  # fmt: skip

ENTRIES = (EIP, NAT_GATEWAY, VPC_ENDPOINT)
