"""The functions of the ``aws`` package that the program calls, with the official provider's result names."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping
from typing import Any

from emulator.plugins.aws.session import Session
from sluice.protocol.package import Function
from sluice.protocol.resource import Call, Properties, Refused


def _caller_identity(session: Session, args: Properties) -> Properties:
    answer = session.call("sts", "get_caller_identity", {})
    account = answer["Account"]
    return {"accountId": account, "arn": answer["Arn"], "id": account, "userId": answer["UserId"]}


def _region(session: Session, args: Properties) -> Properties:
    region = args.get("region") or args.get("name") or session.region
    endpoint = f"ec2.{region}.amazonaws.com"
    return {"name": region, "region": region, "id": region, "description": region, "endpoint": endpoint}


def _availability_zones(session: Session, args: Properties) -> Properties:
    filters = [{"Name": each["name"], "Values": each["values"]} for each in args.get("filters") or []]
    if args.get("state"):
        filters.append({"Name": "state", "Values": [args["state"]]})
    region = args.get("region") or session.region
    params = {"Filters": filters, "AllAvailabilityZones": bool(args.get("allAvailabilityZones"))}
    zones = session.call("ec2", "describe_availability_zones", params, region)["AvailabilityZones"]
    names, ids = args.get("excludeNames") or [], args.get("excludeZoneIds") or []
    zones = [zone for zone in zones if zone["ZoneName"] not in names and zone["ZoneId"] not in ids]
    zones.sort(key=lambda zone: str(zone["ZoneName"]))
    return {
        **args, "id": region, "region": region, "names": [zone["ZoneName"] for zone in zones],
        "zoneIds": [zone["ZoneId"] for zone in zones],
        "groupNames": sorted({zone.get("GroupName", region) for zone in zones}),
    }  # fmt: skip


def _authorization_token(session: Session, args: Properties) -> Properties:
    region = args.get("region") or session.region
    data = session.call("ecr", "get_authorization_token", {}, region)["authorizationData"][0]
    user, _, password = base64.b64decode(data["authorizationToken"]).decode().partition(":")
    return {
        "authorizationToken": data["authorizationToken"], "userName": user, "password": password,
        "proxyEndpoint": data["proxyEndpoint"], "expiresAt": data["expiresAt"].isoformat(),
        "id": region, "region": region,
    } | ({"registryId": args["registryId"]} if args.get("registryId") else {})  # fmt: skip


def _load_balancer(session: Session, args: Properties) -> Properties:
    wanted = {"LoadBalancerArns": [args["arn"]]}
    [balancer] = session.call("elbv2", "describe_load_balancers", wanted, args.get("region") or "")["LoadBalancers"]
    return {
        "arn": args["arn"], "id": args["arn"], "arnSuffix": args["arn"].split(":loadbalancer/")[-1],
        "dnsName": balancer["DNSName"], "zoneId": balancer["CanonicalHostedZoneId"], "vpcId": balancer["VpcId"],
        "name": balancer["LoadBalancerName"], "securityGroups": balancer.get("SecurityGroups", []),
        "region": args.get("region") or session.region,
    }  # fmt: skip


def _key(session: Session, args: Properties) -> Properties:
    region = args.get("region") or session.region
    found = session.call("kms", "describe_key", {"KeyId": args["keyId"]}, region)["KeyMetadata"]
    return {"arn": found["Arn"], "id": found["KeyId"], "keyId": args["keyId"], "keyState": found["KeyState"]}


def _database_instance(session: Session, args: Properties) -> Properties:
    region, name = args.get("region") or session.region, args["dbInstanceIdentifier"]
    found = session.call("rds", "describe_db_instances", {"DBInstanceIdentifier": name}, region)["DBInstances"][0]
    secret = found.get("MasterUserSecret")
    return {
        "id": name, "region": region, "dbInstanceIdentifier": name, "dbInstanceArn": found["DBInstanceArn"],
        "address": found["Endpoint"]["Address"], "port": found["Endpoint"]["Port"],
        "dbName": found.get("DBName"), "engine": found["Engine"], "engineVersion": found["EngineVersion"],
        "resourceId": found["DbiResourceId"], "allocatedStorage": found["AllocatedStorage"],
        "vpcSecurityGroups": [group["VpcSecurityGroupId"] for group in found.get("VpcSecurityGroups", [])],
        "masterUserSecrets": [{"secretArn": secret["SecretArn"], "secretStatus": secret["SecretStatus"],
                               "kmsKeyId": secret.get("KmsKeyId", "")}] if secret else [],
    }  # fmt: skip


_FUNCTIONS: Mapping[str, tuple[Callable[[Session, Properties], Properties], frozenset[str]]] = {
    "aws:index/getCallerIdentity:getCallerIdentity": (_caller_identity, frozenset({"id"})),
    "aws:index/getRegion:getRegion": (_region, frozenset({"id", "name", "region"})),
    "aws:index/getAvailabilityZones:getAvailabilityZones": (
        _availability_zones,
        frozenset({"allAvailabilityZones", "excludeNames", "excludeZoneIds", "filters", "region", "state"}),
    ),
    "aws:lb/getLoadBalancer:getLoadBalancer": (_load_balancer, frozenset({"arn", "region"})),
    "aws:kms/getKey:getKey": (_key, frozenset({"keyId", "region"})),
    "aws:rds/getInstance:getInstance": (_database_instance, frozenset({"dbInstanceIdentifier", "region"})),
    "aws:ecr/getAuthorizationToken:getAuthorizationToken": (_authorization_token, frozenset({"region", "registryId"})),
}


def functions(session: Callable[[], Session]) -> dict[str, Function]:
    """The functions by token, on the session that Configure makes."""

    def bound(token: str) -> Function:
        implementation, allowed = _FUNCTIONS[token]

        async def function(call: Call, args: Properties) -> Properties:
            given: dict[str, Any] = {key: value for key, value in args.items() if value is not None}
            for key in given.keys() - allowed:
                raise Refused(f"argument {key} of {token} is not supported by the local AWS provider")
            return await asyncio.to_thread(implementation, session(), given)

        return function

    return {token: bound(token) for token in _FUNCTIONS}
