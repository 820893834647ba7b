"""Every operation that the program's resources need answers, and what was created is what is described."""

from __future__ import annotations

import json

import pytest

from tests.e2e.cloud.stage import Stage


def test_network(stage: Stage) -> None:
    ec2 = stage.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    for attribute in ("EnableDnsSupport", "EnableDnsHostnames"):
        ec2.modify_vpc_attribute(VpcId=vpc, **{attribute: {"Value": True}})
    assert ec2.describe_vpc_attribute(VpcId=vpc, Attribute="enableDnsHostnames")["EnableDnsHostnames"]["Value"] is True
    zones = [zone["ZoneName"] for zone in ec2.describe_availability_zones()["AvailabilityZones"]]
    assert len(zones) >= 2
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZone=zones[0])["Subnet"]["SubnetId"]
    ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    assert ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["MapPublicIpOnLaunch"] is True
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
    association = ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    described = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]
    assert "0.0.0.0/0" in [route.get("DestinationCidrBlock") for route in described["Routes"]]
    assert association in [one["RouteTableAssociationId"] for one in described["Associations"]]

    balancer = ec2.create_security_group(GroupName="balancer", Description="balancer", VpcId=vpc)["GroupId"]
    service = ec2.create_security_group(GroupName="service", Description="service", VpcId=vpc)["GroupId"]
    tcp = {"IpProtocol": "tcp", "FromPort": 8080, "ToPort": 8080}
    ingress = ec2.authorize_security_group_ingress(
        GroupId=service, IpPermissions=[{**tcp, "UserIdGroupPairs": [{"GroupId": balancer}]}]
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    egress = ec2.authorize_security_group_egress(
        GroupId=service, IpPermissions=[{**tcp, "IpRanges": [{"CidrIp": "10.0.0.0/16"}]}]
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]
    rules = ec2.describe_security_group_rules(SecurityGroupRuleIds=[ingress, egress])["SecurityGroupRules"]
    found = {rule["SecurityGroupRuleId"]: rule for rule in rules}
    assert found[ingress]["ReferencedGroupInfo"]["GroupId"] == balancer
    assert found[egress]["IsEgress"] is True
    ec2.revoke_security_group_ingress(GroupId=service, SecurityGroupRuleIds=[ingress])
    ec2.revoke_security_group_egress(GroupId=service, SecurityGroupRuleIds=[egress])

    ec2.disassociate_route_table(AssociationId=association)
    ec2.delete_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")
    ec2.delete_route_table(RouteTableId=table)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    for group in (service, balancer):
        ec2.delete_security_group(GroupId=group)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


def test_database_surroundings(stage: Stage) -> None:
    rds, ec2 = stage.rds, stage.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{number}.0/24", AvailabilityZone=f"us-east-1{zone}")["Subnet"][
            "SubnetId"
        ]
        for number, zone in enumerate("ab")
    ]
    rds.create_db_subnet_group(DBSubnetGroupName="ours", DBSubnetGroupDescription="ours", SubnetIds=subnets)
    assert rds.describe_db_subnet_groups(DBSubnetGroupName="ours")["DBSubnetGroups"][0]["DBSubnetGroupArn"]
    rds.create_db_parameter_group(DBParameterGroupName="ours", DBParameterGroupFamily="postgres17", Description="ours")
    forced = {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "pending-reboot"}
    rds.modify_db_parameter_group(DBParameterGroupName="ours", Parameters=[forced])
    parameters = rds.describe_db_parameters(DBParameterGroupName="ours", Source="user")["Parameters"]
    assert ("rds.force_ssl", "1") in [(one["ParameterName"], one.get("ParameterValue")) for one in parameters]
    rds.delete_db_parameter_group(DBParameterGroupName="ours")
    rds.delete_db_subnet_group(DBSubnetGroupName="ours")


def test_roles_and_logs(stage: Stage) -> None:
    iam = stage.client("iam")
    trust = {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}
        ],
    }
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}]}
    iam.create_role(RoleName="execution", AssumeRolePolicyDocument=json.dumps(trust))
    iam.put_role_policy(RoleName="execution", PolicyName="logs", PolicyDocument=json.dumps(policy))
    assert iam.get_role_policy(RoleName="execution", PolicyName="logs")["PolicyDocument"] == policy
    iam.delete_role_policy(RoleName="execution", PolicyName="logs")
    iam.delete_role(RoleName="execution")
    stage.logs.create_log_group(logGroupName="/other")
    stage.logs.put_retention_policy(logGroupName="/other", retentionInDays=30)
    assert stage.logs.describe_log_groups(logGroupNamePrefix="/other")["logGroups"][0]["retentionInDays"] == 30
    with pytest.raises(stage.logs.exceptions.ResourceNotFoundException):
        stage.logs.get_log_events(logGroupName="/other", logStreamName="none")
    stage.logs.delete_log_group(logGroupName="/other")


def test_parameters_are_created_once(stage: Stage) -> None:
    path = "/sluice/p/s/runs"
    stage.ssm.put_parameter(Name=f"{path}/1", Value="a", Type="String", Overwrite=False)
    with pytest.raises(stage.ssm.exceptions.ParameterAlreadyExists):
        stage.ssm.put_parameter(Name=f"{path}/1", Value="b", Type="String", Overwrite=False)
    stage.ssm.put_parameter(Name=f"{path}/1", Value="c", Type="String", Overwrite=True)
    for number in range(2, 14):
        stage.ssm.put_parameter(Name=f"{path}/{number}/step", Value="x", Type="String")
    pages = stage.ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=True)
    found = [page["Parameters"] for page in pages]
    assert {one["Name"]: one["Value"] for page in found for one in page}[f"{path}/1"] == "c"
    assert [len(page) for page in found] == [10, 3]
    flat = stage.ssm.get_parameters_by_path(Path=path)["Parameters"]
    assert [one["Name"] for one in flat] == [f"{path}/1"]
    with pytest.raises(stage.ssm.exceptions.ClientError):
        stage.ssm.put_parameter(Name=f"{path}/big", Value="x" * 4097, Type="String")
    stage.ssm.delete_parameter(Name=f"{path}/1")
    with pytest.raises(stage.ssm.exceptions.ParameterNotFound):
        stage.ssm.get_parameter(Name=f"{path}/1")


def test_identity(stage: Stage) -> None:
    assert stage.client("sts").get_caller_identity()["Account"] == stage.cloud.account
