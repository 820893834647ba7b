"""A snapshot takes its time, and the instance says so.

AWS, "Creating a DB snapshot for a Single-AZ DB instance" and "Viewing DB instance status" (RDS user guide),
CreateDBSnapshot and DeleteDBSnapshot (RDS API reference): the instance must be available, else InvalidDBInstanceState;
it is `backing-up` meanwhile; the snapshot is `creating` until it is `available`, and only then can be deleted
(InvalidDBSnapshotState); its name keeps to the letters of every RDS identifier; it has the tags asked for, and
the instance's own with CopyTagsToSnapshot. MiniStack has it available at once, under any name and whatever the instance
does. The data are not copied: nothing can be restored from it here.
"""

from __future__ import annotations

import re
import time
from typing import Any

from ministack.services import rds

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace, replace_operation
from emulator.cloud.settings import Settings, shortened

SECONDS = 4.0
"""AWS promises no time; minutes for a small instance."""

NAME = re.compile(r"[a-zA-Z](?:[a-zA-Z0-9]|-(?!-)){0,253}[a-zA-Z0-9]|[a-zA-Z]")
READY = "SluiceReady"
"""When a snapshot is available, in seconds since the epoch."""


def install(settings: Settings) -> None:
    """Replace the making and deleting of snapshots, and how they and their instances look."""
    make, delete = rds._create_snapshot_internal, rds._ACTION_MAP["DeleteDBSnapshot"]
    create, snapshot_xml, instance_xml = rds._ACTION_MAP["CreateDBSnapshot"], rds._snapshot_xml, rds._instance_xml

    def make_snapshot(name: str, instance: dict[str, Any]) -> Any:
        made = make(name, instance)
        made[READY] = time.time() + shortened(SECONDS)
        return made

    def create_snapshot(params: dict[str, Any]) -> Any:
        name = rds._p(params, "DBSnapshotIdentifier")
        if name and not NAME.fullmatch(name):
            return rds._error(
                "InvalidParameterValue",
                f"The parameter DBSnapshotIdentifier is not a valid identifier: {name}. Identifiers must begin with a"
                " letter; must contain only ASCII letters, digits, and hyphens; and must not end with a hyphen or"
                " contain two consecutive hyphens.",
                400,
            )
        instance = rds._resolve_instance(rds._p(params, "DBInstanceIdentifier"))
        if instance is not None and name not in rds._snapshots and (state := _state(instance)) != "available":
            return rds._error(
                "InvalidDBInstanceState", f"Cannot create a snapshot because the database instance is {state}.", 400
            )
        answer = create(params)
        if answer[0] != 200 or instance is None:
            return answer
        made = rds._snapshots[name]
        copied = copied_tags(instance) if instance.get("CopyTagsToSnapshot") else {}
        asked = {tag["Key"]: tag["Value"] for tag in rds._parse_tags(params) or ()}
        made["TagList"] = [{"Key": key, "Value": value} for key, value in {**copied, **asked}.items()]
        rds._tags[made["DBSnapshotArn"]] = made["TagList"]
        body = f"<CreateDBSnapshotResult><DBSnapshot>{rds._snapshot_xml(made)}</DBSnapshot></CreateDBSnapshotResult>"
        return rds._xml(200, "CreateDBSnapshotResponse", body)

    def delete_snapshot(params: dict[str, Any]) -> Any:
        found = rds._snapshots.get(rds._p(params, "DBSnapshotIdentifier"))
        if found is not None and creating(found):
            return rds._error(
                "InvalidDBSnapshotState", "The snapshot is creating; only an available one can be deleted.", 400
            )
        return delete(params)

    def seen_snapshot(snapshot: dict[str, Any]) -> str:
        if not creating(snapshot):
            return str(snapshot_xml(snapshot))
        return str(snapshot_xml({**snapshot, "Status": "creating", "PercentProgress": 1}))

    def seen_instance(instance: dict[str, Any]) -> str:
        return str(instance_xml({**instance, "DBInstanceStatus": _state(instance)}))

    replace(rds, "_create_snapshot_internal", make_snapshot)
    replace(rds, "_snapshot_xml", seen_snapshot)
    replace(rds, "_instance_xml", seen_instance)
    replace_operation(rds, "CreateDBSnapshot", create_snapshot)
    replace_operation(rds, "DeleteDBSnapshot", delete_snapshot)


CORRECTION = Correction(
    rule="A snapshot is `creating` until it is `available`, and its instance is `backing-up` meanwhile.",
    fault="A snapshot is available at once, under any name.",
    ministack="1.5.33",
    install=install,
)


def copied_tags(instance: dict[str, Any]) -> dict[str, str]:
    """The instance's tags that a snapshot takes over: all but AWS's own."""
    own = rds._tags.get(instance.get("DBInstanceArn", ""), [])
    return {tag["Key"]: tag["Value"] for tag in own if not tag["Key"].startswith("aws:")}


def creating(snapshot: dict[str, Any]) -> bool:
    """Whether a snapshot is not available yet."""
    return time.time() < float(snapshot.get(READY, 0))


def _state(instance: dict[str, Any]) -> str:
    """The instance's state: `backing-up` instead of `available` while a snapshot of it is made."""
    state = str(instance.get("DBInstanceStatus", "available"))
    own = instance["DBInstanceIdentifier"]
    busy = any(one["DBInstanceIdentifier"] == own and creating(one) for one in rds._snapshots.values())
    return "backing-up" if busy and state == "available" else state
