"""A NAT gateway has an address, which is in use until the gateway is gone.

AWS, NatGateway and ReleaseAddress (EC2 API reference): `NatGatewayAddresses` names the allocation and its address; an
address that is in use cannot be released (InvalidIPAddress.InUse). A public gateway needs a subnet with a route to the
internet ("NAT gateways", VPC user guide), else it fails (`Gateway.NotAttached`). MiniStack knows of none of these.
"""

from __future__ import annotations

from typing import Any

from ministack.services import ec2

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace_operation
from emulator.cloud.settings import Settings

_NONE = "<natGatewayAddressSet/>"


def install(settings: Settings) -> None:
    """Show gateways' addresses, and refuse to release those in use."""
    create, describe = ec2._ACTION_MAP["CreateNatGateway"], ec2._ACTION_MAP["DescribeNatGateways"]
    release = ec2._ACTION_MAP["ReleaseAddress"]

    def create_nat_gateway(params: dict[str, Any]) -> Any:
        public = ec2._p(params, "ConnectivityType") != "private"
        allocation = ec2._p(params, "AllocationId")
        if public and allocation not in ec2._addresses:
            return ec2._error("InvalidAllocationID.NotFound", f"The allocation ID '{allocation}' does not exist", 400)
        if public and not _reaches_the_internet(ec2._p(params, "SubnetId")):
            return ec2._error("Gateway.NotAttached", "Network vpc has no Internet gateway attached", 400)
        return create(params)

    def describe_nat_gateways(params: dict[str, Any]) -> Any:
        status, headers, body = describe(params)
        head, *gateways = body.decode().split("<natGatewayId>")
        shown = [gateway.replace(_NONE, _address_xml(gateway.partition("<")[0]), 1) for gateway in gateways]
        return status, headers, "<natGatewayId>".join([head, *shown]).encode()

    def release_address(params: dict[str, Any]) -> Any:
        allocation = ec2._p(params, "AllocationId")
        if any(one["AllocationId"] == allocation and one["State"] != "deleted" for one in ec2._nat_gateways.values()):
            address = ec2._addresses.get(allocation, {}).get("PublicIp", allocation)
            return ec2._error("InvalidIPAddress.InUse", f"Address {address} is in use.", 400)
        return release(params)

    replace_operation(ec2, "CreateNatGateway", create_nat_gateway)
    replace_operation(ec2, "DescribeNatGateways", describe_nat_gateways)
    replace_operation(ec2, "ReleaseAddress", release_address)


CORRECTION = Correction(
    rule="A NAT gateway has an address, in use until the gateway is gone, and needs a route to the internet.",
    fault="A gateway shows no address, its address can be released, and it needs no route.",
    ministack="1.5.33",
    install=install,
)


def _reaches_the_internet(subnet: str) -> bool:
    """Whether a route of the subnet's own table leads to an internet gateway."""
    return any(
        str(route.get("GatewayId", "")).startswith("igw-")
        for table in ec2._route_tables.values()
        if any(one.get("SubnetId") == subnet for one in table["Associations"])
        for route in table["Routes"]
    )


def _address_xml(gateway: str) -> str:
    allocation = ec2._nat_gateways[gateway]["AllocationId"]
    address = ec2._addresses.get(allocation)
    if address is None:
        return _NONE
    return (
        f"<natGatewayAddressSet><item><allocationId>{allocation}</allocationId>"
        f"<publicIp>{address['PublicIp']}</publicIp></item></natGatewayAddressSet>"
    )
