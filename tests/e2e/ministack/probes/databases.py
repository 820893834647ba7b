"""Faults of RDS. All probes share one instance; the plain emulator starts no container for it (see plain.py)."""

from __future__ import annotations

from typing import Any

from tests.e2e.cloud.stage import until
from tests.e2e.ministack.account import Account, code
from tests.e2e.ministack.probe import Probe

WINDOW = "03:10-03:40"
AUTHORITY = "rds-ca-rsa4096-g1"


def instance(account: Account) -> str:
    """A PostgreSQL instance with every option that a correction is about: its identifier."""
    name = account.name("database")
    account.client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="master",
        ManageMasterUserPassword=True,
        EnableCloudwatchLogsExports=["postgresql"],
        PreferredBackupWindow=WINDOW,
        CACertificateIdentifier=AUTHORITY,
    )
    return name


def described(account: Account) -> dict[str, Any]:
    """The instance as DescribeDBInstances has it."""
    asked = {"DBInstanceIdentifier": account.once(instance)}
    found: dict[str, Any] = account.client("rds").describe_db_instances(**asked)["DBInstances"][0]
    return found


def default_version_is_old(account: Account) -> bool:
    """An instance without EngineVersion is PostgreSQL 15.3, which AWS creates no more."""
    return int(described(account)["EngineVersion"].partition(".")[0]) < 17


def password_is_in_the_environment(account: Account) -> bool:
    """The master password is in the environment of the instance's container."""
    return account.functions["password_is_in_the_environment"]


def port_is_open_on_every_interface(account: Account) -> bool:
    """The port of the instance's container is open on every interface of the machine."""
    return account.functions["port_is_open_on_every_interface"]


def instance_has_no_secret(account: Account) -> bool:
    """An instance with ManageMasterUserPassword has no MasterUserSecret."""
    return not described(account).get("MasterUserSecret")


def exports_are_forgotten(account: Account) -> bool:
    """DescribeDBInstances shows no log exports."""
    return described(account).get("EnabledCloudwatchLogsExports") != ["postgresql"]


def window_is_forgotten(account: Account) -> bool:
    """DescribeDBInstances shows another backup window than the one asked for."""
    return bool(described(account).get("PreferredBackupWindow") != WINDOW)


def authority_is_forgotten(account: Account) -> bool:
    """DescribeDBInstances shows another certificate authority than the one asked for."""
    return bool(described(account).get("CACertificateIdentifier") != AUTHORITY)


def upgrade_needs_no_permission(account: Account) -> bool:
    """ModifyDBInstance takes another major version without AllowMajorVersionUpgrade."""
    asked = {"DBInstanceIdentifier": account.once(instance), "EngineVersion": "18.1", "ApplyImmediately": True}
    return code(account.client("rds").modify_db_instance, **asked) != "InvalidParameterCombination"


def any_name_of_a_snapshot_is_taken(account: Account) -> bool:
    """CreateDBSnapshot takes an identifier with two hyphens in a row."""
    asked = {"DBInstanceIdentifier": account.once(instance), "DBSnapshotIdentifier": "two--hyphens"}
    return code(account.client("rds").create_db_snapshot, **asked) != "InvalidParameterValue"


def snapshot(account: Account) -> dict[str, Any]:
    """A new snapshot as CreateDBSnapshot returns it."""
    until(lambda: described(account)["DBInstanceStatus"] != "creating", 60)
    asked = {"DBInstanceIdentifier": account.once(instance), "DBSnapshotIdentifier": account.name("snapshot")}
    made: dict[str, Any] = account.client("rds").create_db_snapshot(**asked)["DBSnapshot"]
    return made


def snapshot_is_available_at_once(account: Account) -> bool:
    """CreateDBSnapshot answers with a snapshot that is available."""
    return bool(account.once(snapshot)["Status"] == "available")


def snapshot_cannot_be_shared(account: Account) -> bool:
    """ModifyDBSnapshotAttribute is an unknown operation."""
    asked = {"DBSnapshotIdentifier": "absent", "AttributeName": "restore", "ValuesToAdd": [account.other]}
    return code(account.client("rds").modify_db_snapshot_attribute, **asked) != "DBSnapshotNotFound"


def snapshot_cannot_be_copied(account: Account) -> bool:
    """CopyDBSnapshot is an unknown operation."""
    asked = {"SourceDBSnapshotIdentifier": "absent", "TargetDBSnapshotIdentifier": "copy"}
    return code(account.client("rds").copy_db_snapshot, **asked) != "DBSnapshotNotFound"


PROBES = (
    Probe("rds/database", default_version_is_old),
    Probe("rds/database", password_is_in_the_environment),
    Probe("rds/database", port_is_open_on_every_interface),
    Probe("rds/master_secret", instance_has_no_secret),
    Probe("rds/options", exports_are_forgotten),
    Probe("rds/options", window_is_forgotten),
    Probe("rds/options", authority_is_forgotten),
    Probe("rds/snapshots", any_name_of_a_snapshot_is_taken),
    Probe("rds/snapshots", snapshot_is_available_at_once),
    Probe("rds/copies", snapshot_cannot_be_shared),
    Probe("rds/copies", snapshot_cannot_be_copied),
    Probe("rds/major_version", upgrade_needs_no_permission),
)
