"""Wrong settings and their messages. The snapshot before a migration, and its copy."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import COPIED, COPY_TO, FAR, HERE, KMS, SECRET

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "secrets without a pending command",
        {"app.secrets": {"KEY_A": SECRET}, "snapshot.secrets": ["KEY_A"]},
        "snapshot.secrets: have no effect without snapshot.pending; remove them",
    ),
    (
        "pending command with an unknown secret",
        {
            "app.secrets": {"KEY_A": SECRET},
            "snapshot": {"before": True, "pending": ["migrate", "pending"], "secrets": ["OTHER"]},
        },
        "snapshot: secrets asks for OTHER, which is not in app.secrets; add it there, or remove it here",
    ),
    ("no snapshots kept", {"snapshot.keep": 0}, "snapshot.keep = 0: must be at least 1"),
    (
        "pending command with snapshots disabled",
        {"snapshot": {"before": False, "pending": ["migrate", "pending"]}},
        'snapshot.pending = ["migrate", "pending"]: does not run while snapshot.before is false; remove it, or set'
        " before to true",
    ),
    (
        "pending command without snapshots",
        {"snapshot.pending": ["migrate", "pending"]},
        "snapshot: pending has no effect, as no snapshot is taken; remove it, or set snapshot.before to true",
    ),
    (
        "step named pending",
        {"snapshot": {"before": True, "pending": ["migrate", "pending"]}, "migrations.0.name": "pending"},
        "snapshot: a step is named pending, like the one that runs snapshot.pending; rename the step",
    ),
    (
        "copy without snapshots",
        {"database.kmsKey": KMS, "snapshot.copyTo": COPY_TO},
        "snapshot: copyTo has no effect, as no snapshot is taken; remove it, or set snapshot.before to true",
    ),
    (
        "copy with snapshots disabled",
        {"database.kmsKey": KMS, "snapshot": {"before": False, "copyTo": COPY_TO}},
        "snapshot.copyTo: has no effect while snapshot.before is false; remove it, or set before to true",
    ),
    (
        "copy of a snapshot with the AWS managed key",
        COPIED | {"database.kmsKey": None},
        "snapshot: copyTo needs database.kmsKey: a snapshot encrypted with the AWS managed key cannot be shared; set"
        " it",
    ),
    (
        "copy to the same account",
        COPIED | {"snapshot": {"before": True, "copyTo": {"role": HERE, "key": KMS}}},
        "snapshot: copyTo is the stack's own account (111122223333), where a copy is not safer; name another account",
    ),
    (
        "copy in another Region",
        COPIED | {"snapshot": {"before": True, "copyTo": COPY_TO | {"key": FAR}}},
        "snapshot: copyTo has a key in eu-west-1; name a key in the stack's Region (eu-central-1)",
    ),
    (
        "copy with a key of a third account",
        COPIED | {"snapshot": {"before": True, "copyTo": COPY_TO | {"key": KMS}}},
        f'snapshot.copyTo.key = "{KMS[:58]}…: is not in the account of snapshot.copyTo.role (999988887777); name a'
        " key in it",
    ),
    (
        "copy without a key",
        COPIED | {"snapshot": {"before": True, "copyTo": {"role": COPY_TO["role"]}}},
        "snapshot.copyTo.key: is required; add it to the stack's settings",
    ),
]
