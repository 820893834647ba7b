"""A snapshot is shared with another account, which copies it under a key of its own.

AWS, "Sharing a DB snapshot for Amazon RDS" and "Sharing encrypted snapshots for Amazon RDS" (RDS user guide),
ModifyDBSnapshotAttribute and CopyDBSnapshot (RDS API reference): only a manual, available snapshot is shared, with
named accounts, and with everybody (`all`) only one that is not encrypted; one under the default key aws/rds with
nobody. The other account names it by its ARN, must give a KmsKeyId, and needs the source's key, whose policy must let
that account use it. The source must be available; the copy is `creating` meanwhile and takes no tags from another
account. The source must outlive it ("Copying a DB snapshot": otherwise it may fail; here it always does).

MiniStack has neither operation. Not documented, chosen here: the codes InvalidParameterValue for a snapshot that cannot
be shared, and KMSKeyNotAccessibleFault for a copy without a KmsKeyId, which people report. No data are copied here.
"""

from __future__ import annotations

import re
import time
from typing import Any

from ministack.core.responses import get_account_id, get_region, request_scope
from ministack.services import kms, rds

from emulator.cloud.correction import Correction
from emulator.cloud.ecr.policy import allowed, callers
from emulator.cloud.rds.snapshots import NAME, READY, creating
from emulator.cloud.replace import add_operation, replace_operation
from emulator.cloud.settings import Settings, shortened

SECONDS = 20.0
"""AWS promises no time; a full copy takes minutes to hours."""
USE = ("kms:Decrypt", "kms:DescribeKey", "kms:ReEncryptFrom")
"""What the policy of the source's key must allow the other account, beside grants, which it allows on a condition."""

_SHARED, _SOURCE = "SluiceSharedWith", "SluiceSource"
_ARN = re.compile(r"arn:[^:]+:rds:([^:]+):(\d{12}):snapshot:(.+)")


def install(settings: Settings) -> None:
    """Add sharing and copying; deleting a source ends the copies of it."""
    delete = rds._ACTION_MAP["DeleteDBSnapshot"]

    def delete_snapshot(params: dict[str, Any]) -> Any:
        name = rds._p(params, "DBSnapshotIdentifier")
        arn = rds._snapshots[name]["DBSnapshotArn"] if name in rds._snapshots else ""
        answer = delete(params)
        if answer[0] == 200:
            for one in rds._snapshots._data.values():
                if one.get(_SOURCE) == arn and creating(one):
                    one.update({"Status": "failed", READY: 0})
        return answer

    replace_operation(rds, "DeleteDBSnapshot", delete_snapshot)
    add_operation(rds, "ModifyDBSnapshotAttribute", modify_attribute)
    add_operation(rds, "DescribeDBSnapshotAttributes", describe_attributes)
    add_operation(rds, "CopyDBSnapshot", copy)


CORRECTION = Correction(
    rule="A snapshot is shared with another account, which copies it under a key of its own.",
    fault="ModifyDBSnapshotAttribute and CopyDBSnapshot are unknown.",
    ministack="1.5.33",
    install=install,
)


def modify_attribute(params: dict[str, Any]) -> Any:
    """ModifyDBSnapshotAttribute."""
    found = rds._snapshots.get(rds._p(params, "DBSnapshotIdentifier"))
    if found is None:
        return _unknown(rds._p(params, "DBSnapshotIdentifier"))
    if rds._p(params, "AttributeName") != "restore":
        return rds._error("InvalidParameterValue", "The only attribute of a DB snapshot is restore.", 400)
    if creating(found) or found["Status"] != "available":
        return rds._error("InvalidDBSnapshotState", "The snapshot is not in a valid state to be shared.", 400)
    more, less = _members(params, "ValuesToAdd"), _members(params, "ValuesToRemove")
    if more and found.get("Encrypted") and ("all" in more or not _own_key(str(found.get("KmsKeyId") or ""))):
        return rds._error(
            "InvalidParameterValue",
            "A snapshot that is encrypted with the default KMS key, or an encrypted one with all, cannot be shared.",
            400,
        )
    found[_SHARED] = sorted({*found.get(_SHARED, ()), *more} - {*less})
    return rds._xml(
        200,
        "ModifyDBSnapshotAttributeResponse",
        f"<ModifyDBSnapshotAttributeResult>{_attributes(found)}</ModifyDBSnapshotAttributeResult>",
    )


def describe_attributes(params: dict[str, Any]) -> Any:
    """DescribeDBSnapshotAttributes."""
    found = rds._snapshots.get(rds._p(params, "DBSnapshotIdentifier"))
    if found is None:
        return _unknown(rds._p(params, "DBSnapshotIdentifier"))
    return rds._xml(
        200,
        "DescribeDBSnapshotAttributesResponse",
        f"<DescribeDBSnapshotAttributesResult>{_attributes(found)}</DescribeDBSnapshotAttributesResult>",
    )


def copy(params: dict[str, Any]) -> Any:
    """CopyDBSnapshot, within a Region."""
    named, target = rds._p(params, "SourceDBSnapshotIdentifier"), rds._p(params, "TargetDBSnapshotIdentifier")
    key, caller = rds._p(params, "KmsKeyId"), get_account_id()
    if not NAME.fullmatch(target):
        return rds._error("InvalidParameterValue", f"{target} is not a valid identifier.", 400)
    if target in rds._snapshots:
        return rds._error("DBSnapshotAlreadyExists", f"Snapshot {target} already exists.", 400)
    arn = _ARN.fullmatch(named)
    region, owner, name = arn.groups() if arn else (get_region(), caller, named)
    with request_scope(owner, region):
        source = rds._snapshots.get(name)
    foreign = owner != caller
    if source is None or (foreign and not {caller, "all"} & {*source.get(_SHARED, ())}):
        return _unknown(named)
    if creating(source) or source["Status"] != "available":
        return rds._error("InvalidDBSnapshotState", "The source snapshot is not available.", 400)
    if foreign and source.get("Encrypted") and not (_own_key(key) and _lent(str(source["KmsKeyId"]), caller)):
        return rds._error(
            "KMSKeyNotAccessibleFault",
            f"Specified KMS key [{key or None}] does not exist, is not enabled or you do not have permissions to access"
            " it.",
            400,
        )
    made = {name: value for name, value in source.items() if name != _SHARED} | {
        "DBSnapshotIdentifier": target,
        "DBSnapshotArn": f"arn:aws:rds:{get_region()}:{caller}:snapshot:{target}",
        "SnapshotCreateTime": rds._format_time(time.time()),
        "SnapshotType": "manual",
        "KmsKeyId": key or source.get("KmsKeyId", ""),
        "TagList": _tags(params, source, foreign),
        _SOURCE: source["DBSnapshotArn"],
        READY: time.time() + shortened(SECONDS),
    }
    rds._snapshots[target] = made
    rds._tags[made["DBSnapshotArn"]] = made["TagList"]
    body = f"<CopyDBSnapshotResult><DBSnapshot>{rds._snapshot_xml(made)}</DBSnapshot></CopyDBSnapshotResult>"
    return rds._xml(200, "CopyDBSnapshotResponse", body)


def _own_key(arn: str) -> bool:
    """Whether this is a key of the caller's own account that somebody made, and that is enabled."""
    found = kms._keys.get(arn.rpartition("/")[2])
    return found is not None and found["Arn"] == arn and found.get("KeyState") == "Enabled"


def _lent(arn: str, account: str) -> bool:
    """Whether the policy of a foreign key lets an account use it for a copy."""
    with request_scope(arn.split(":")[4], get_region()):
        found = kms.key_policy_for_arn(arn)
    return found is not None and allowed(found[0], USE, callers(account))


def _tags(params: dict[str, Any], source: dict[str, Any], foreign: bool) -> list[dict[str, str]]:
    copied = source["TagList"] if rds._p(params, "CopyTags") == "true" and not foreign else []
    tags = {tag["Key"]: tag["Value"] for tag in [*copied, *rds._parse_tags(params)]}
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _members(params: dict[str, Any], name: str) -> list[str]:
    return [rds._p(params, key) for key in sorted(params) if key.startswith(f"{name}.")]


def _attributes(snapshot: dict[str, Any]) -> str:
    values = "".join(f"<AttributeValue>{account}</AttributeValue>" for account in snapshot.get(_SHARED, ()))
    return (
        "<DBSnapshotAttributesResult>"
        f"<DBSnapshotIdentifier>{snapshot['DBSnapshotIdentifier']}</DBSnapshotIdentifier><DBSnapshotAttributes>"
        f"<DBSnapshotAttribute><AttributeName>restore</AttributeName><AttributeValues>{values}</AttributeValues>"
        "</DBSnapshotAttribute></DBSnapshotAttributes></DBSnapshotAttributesResult>"
    )


def _unknown(name: str) -> Any:
    return rds._error("DBSnapshotNotFound", f"DBSnapshot not found: {name}", 404)
