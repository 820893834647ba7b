"""Databases, their subnet groups and parameter groups (botocore service ``rds``)."""

from __future__ import annotations

from typing import Any

from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.property import CLEAR, LOCAL, OMIT, REPLACE, UNSEEN, Members, Name, Operation, Property, names
from sluice.protocol.resource import Refused

MANAGED = "Managed by Pulumi"

# -- subnet group

_SUBNET_GROUP = {"DBSubnetGroupName": "$id"}
SUBNET_GROUP = Entry(
    "aws:rds/subnetGroup:SubnetGroup", "rds",
    create=Operation("create_db_subnet_group"),
    read=Operation("describe_db_subnet_groups", _SUBNET_GROUP), item="DBSubnetGroups[0]", id="$name",
    update=Operation("modify_db_subnet_group", {**_SUBNET_GROUP, "SubnetIds": "$subnetIds"}),  # SubnetIds is required
    delete=Operation("delete_db_subnet_group", _SUBNET_GROUP, retry=("InvalidDBSubnetGroupStateFault",)),
    arn="DBSubnetGroupArn",
    properties={
        "name": Property("DBSubnetGroupName", replace=True),
        "namePrefix": Property(local=True, replace=True, seen=""),
        "description": Property("DBSubnetGroupDescription", default=MANAGED),
        "subnetIds": Property(seen="Subnets[].SubnetIdentifier"),
    },
    outputs={"arn": "DBSubnetGroupArn", "vpcId": "VpcId", "supportedNetworkTypes": "SupportedNetworkTypes"},
    name=Name(lower=True),
    gone=("DBSubnetGroupNotFoundFault",),
)  # fmt: skip

# -- parameter group: parameters are set by one operation and given back to the engine's default by another


def _parameters_observe(request: ResourceRequest, item: Members) -> None:
    found: list[Members] = []
    marker: dict[str, str] = {}
    while True:
        page = request.ask("describe_db_parameters", DBParameterGroupName=request.id, Source="user", **marker)
        found += page.get("Parameters", [])
        if not page.get("Marker"):
            break
        marker = {"Marker": page["Marker"]}
    # AWS says "user" of every parameter the group does not leave to the engine; some carry no value.
    item["Parameters"] = [parameter for parameter in found if parameter.get("ParameterValue") is not None]


def _parameters_prepare(request: ResourceRequest, operation: Operation, params: Members) -> None:
    if operation.method != "modify_db_parameter_group":
        return
    for parameter in params["Parameters"]:
        parameter.setdefault("ApplyMethod", "immediate")  # the official provider's default
    kept = {parameter["ParameterName"] for parameter in params["Parameters"]}
    dropped = [parameter for parameter in request.before.get("parameters") or [] if parameter["name"] not in kept]
    if dropped:
        pairs = [{"ParameterName": p["name"], "ApplyMethod": p.get("applyMethod", "immediate")} for p in dropped]
        request.ask("reset_db_parameter_group", DBParameterGroupName=request.id, Parameters=pairs)


_PARAMETER_GROUP = {"DBParameterGroupName": "$id"}
PARAMETER_GROUP = Entry(
    "aws:rds/parameterGroup:ParameterGroup", "rds",
    create=Operation("create_db_parameter_group"),
    read=Operation("describe_db_parameter_groups", _PARAMETER_GROUP), item="DBParameterGroups[0]", id="$name",
    delete=Operation("delete_db_parameter_group", _PARAMETER_GROUP, retry=("InvalidDBParameterGroupState",)),
    arn="DBParameterGroupArn",
    operations={
        "parameters": Operation(
            "modify_db_parameter_group", _PARAMETER_GROUP,
            clear=Operation("reset_db_parameter_group", {**_PARAMETER_GROUP, "ResetAllParameters": True}),
        ),
    },
    properties={
        "name": Property("DBParameterGroupName", replace=True),
        "namePrefix": Property(local=True, replace=True, seen=""),
        "family": Property("DBParameterGroupFamily", replace=True),
        "description": Property(replace=True, default=MANAGED),
        "parameters": Property(
            by="parameters", unset=CLEAR,
            block=names(
                "applyMethod", name=Property("ParameterName"), value=Property("ParameterValue"),
            ),
        ),
        "skipDestroy": LOCAL,
    },
    outputs={"arn": "DBParameterGroupArn"},
    name=Name(lower=True),
    hooks=Hooks(observe=_parameters_observe, prepare=_parameters_prepare),
    gone=("DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"),
)  # fmt: skip

# -- instance

# States that do not end by waiting. Source: RDS user guide, "Viewing Amazon RDS DB instance status".
_TERMINAL = frozenset({
    "failed", "inaccessible-encryption-credentials", "incompatible-network", "incompatible-option-group",
    "incompatible-parameters", "incompatible-restore", "insufficient-capacity", "restore-error", "storage-full",
})  # fmt: skip


def same_version(wanted: Any, current: Any) -> bool:
    """``17`` is content with whichever 17.x is running; ``17.6`` is not content with ``17``."""
    return str(current) == str(wanted) or str(current).startswith(f"{wanted}.")


def _available(request: ResourceRequest) -> None:
    def probe() -> tuple[bool, None, str]:
        state = str(request.item["DBInstanceStatus"]) if request.observe() else "gone"
        if state in _TERMINAL or state == "gone":
            raise Refused(f"{request.call.name}: the database is {state}, and that does not end by itself")
        return state == "available", None, state

    request.wait(probe, "database to be available")


def _gone(request: ResourceRequest) -> None:
    def probe() -> tuple[bool, None, str]:
        there = request.observe()
        return not there, None, str(request.item["DBInstanceStatus"]) if there else ""

    request.wait(probe, "database to be deleted")


def _snapshot_named(request: ResourceRequest) -> None:
    if not request.flat.get("skipFinalSnapshot") and not request.flat.get("finalSnapshotIdentifier"):
        raise Refused(
            f"{request.call.name}: finalSnapshotIdentifier is required to delete it, unless skipFinalSnapshot is true; "
            "set one of them and run `pulumi up` first"
        )


def _instance_prepare(request: ResourceRequest, operation: Operation, params: Members) -> None:
    if operation.method == "modify_db_instance" and "CloudwatchLogsExportConfiguration" in params:
        wanted = set(request.flat.get("enabledCloudwatchLogsExports") or [])
        current = set(request.item.get("EnabledCloudwatchLogsExports") or [])
        params["CloudwatchLogsExportConfiguration"] = {
            "EnableLogTypes": sorted(wanted - current), "DisableLogTypes": sorted(current - wanted),
        }  # fmt: skip
    if operation.method == "delete_db_instance" and params.get("SkipFinalSnapshot"):
        params.pop("FinalDBSnapshotIdentifier", None)


def _master_secrets(request: ResourceRequest, item: Members) -> list[dict[str, Any]]:
    secret = item.get("MasterUserSecret")
    if not secret:
        return []
    pairs = {"secretArn": "SecretArn", "secretStatus": "SecretStatus", "kmsKeyId": "KmsKeyId"}
    return [{ours: secret[theirs] for ours, theirs in pairs.items() if secret.get(theirs) is not None}]


def _endpoint(request: ResourceRequest, item: Members) -> str | None:
    endpoint = item.get("Endpoint") or {}
    return f"{endpoint['Address']}:{endpoint['Port']}" if "Address" in endpoint else None


_INSTANCE = {"DBInstanceIdentifier": "$identifier"}
INSTANCE = Entry(
    "aws:rds/instance:Instance", "rds",
    create=Operation("create_db_instance"),
    read=Operation("describe_db_instances", _INSTANCE), item="DBInstances[0]", id="DBInstance.DbiResourceId",
    update=Operation(
        "modify_db_instance",
        {**_INSTANCE, "ApplyImmediately": "$applyImmediately", "AllowMajorVersionUpgrade": "$allowMajorVersionUpgrade"},
    ),
    delete=Operation(
        "delete_db_instance",
        {**_INSTANCE, "SkipFinalSnapshot": "$skipFinalSnapshot",
         "FinalDBSnapshotIdentifier": "$finalSnapshotIdentifier", "DeleteAutomatedBackups": "$deleteAutomatedBackups"},
    ),
    arn="DBInstanceArn",
    properties={
        "identifier": Property("DBInstanceIdentifier", fixed=True),
        "identifierPrefix": Property(local=True, replace=True, seen=""),
        "engine": REPLACE,
        "engineVersion": Property(same=same_version),
        "engineLifecycleSupport": Property(replace=True, seen=UNSEEN),
        "instanceClass": Property("DBInstanceClass"),
        "allocatedStorage": Property(),
        "maxAllocatedStorage": Property(),
        "storageType": Property(),
        "storageEncrypted": Property(replace=True),
        "storageThroughput": Property(),
        "iops": Property(),
        "kmsKeyId": REPLACE,
        "dbName": Property("DBName", replace=True),
        "username": Property("MasterUsername", replace=True),
        "password": Property("MasterUserPassword", seen=UNSEEN),
        "manageMasterUserPassword": Property(seen="MasterUserSecret && `true`", unset=False),
        "masterUserSecretKmsKeyId": Property(seen="MasterUserSecret.KmsKeyId"),
        # An emulated database listens on a free port of this machine: that is the output, and no drift of the input.
        "port": Property("Port", changed="DBPortNumber", seen=UNSEEN),
        "availabilityZone": REPLACE,
        "multiAz": Property(unset=False),
        "dbSubnetGroupName": Property(seen="DBSubnetGroup.DBSubnetGroupName"),
        "vpcSecurityGroupIds": Property(seen="VpcSecurityGroups[].VpcSecurityGroupId"),
        "publiclyAccessible": Property(unset=False),
        "networkType": Property(),
        "parameterGroupName": Property("DBParameterGroupName", seen="DBParameterGroups[0].DBParameterGroupName"),
        "caCertIdentifier": Property("CACertificateIdentifier"),
        "backupRetentionPeriod": Property(unset=0),
        "backupWindow": Property("PreferredBackupWindow"),
        "maintenanceWindow": Property("PreferredMaintenanceWindow"),
        "copyTagsToSnapshot": Property(unset=False),
        "autoMinorVersionUpgrade": Property(unset=True),
        "deletionProtection": Property(unset=False),
        "iamDatabaseAuthenticationEnabled": Property(
            "EnableIAMDatabaseAuthentication", seen="IAMDatabaseAuthenticationEnabled", unset=False
        ),
        "enabledCloudwatchLogsExports": Property(
            "EnableCloudwatchLogsExports", changed="CloudwatchLogsExportConfiguration.EnableLogTypes",
            seen="EnabledCloudwatchLogsExports", unset=[],
        ),
        "performanceInsightsEnabled": Property(
            "EnablePerformanceInsights", seen="PerformanceInsightsEnabled", unset=False
        ),
        "performanceInsightsRetentionPeriod": Property(unset=OMIT),
        "monitoringInterval": Property(unset=0),
        "monitoringRoleArn": Property(),
        "applyImmediately": LOCAL,
        "allowMajorVersionUpgrade": LOCAL,
        "skipFinalSnapshot": LOCAL,
        "finalSnapshotIdentifier": LOCAL,
        "deleteAutomatedBackups": LOCAL,
    },
    outputs={
        "arn": "DBInstanceArn", "address": "Endpoint.Address", "endpoint": _endpoint, "resourceId": "DbiResourceId",
        "hostedZoneId": "Endpoint.HostedZoneId", "status": "DBInstanceStatus", "engineVersionActual": "EngineVersion",
        "masterUserSecrets": _master_secrets, "port": "Endpoint.Port",
    },
    name=Name("identifier", limit=63, lower=True, prefix="identifierPrefix"),
    hooks=Hooks(prepare=_instance_prepare, ready=_available, deleting=_snapshot_named, deleted=_gone),
    gone=("DBInstanceNotFound", "DBInstanceNotFoundFault"),
    deadline=900,
)  # fmt: skip

ENTRIES = (SUBNET_GROUP, PARAMETER_GROUP, INSTANCE)
