"""Wrong settings and what is said of them. Migrations, snapshots, access and notices."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import COPIED, COPY_TO, FAR, HERE, KMS, NAMED, REPOSITORY, TOPIC

WRONG: list[tuple[str, dict[str, Any], str]] = [
    # migrations
    ("no steps", {"migrations": []}, "migrations = []: must have at least 1 entry"),
    ("no command", {"migrations.0.command": []}, "migrations[0].command = []: must have at least 1 entry"),
    ("empty word", {"migrations.0.command": [""]}, 'migrations[0].command[0] = "": must not be empty'),
    (
        "step's name",
        {"migrations.0.name": "Master!"},
        'migrations[0].name = "Master!": must match ^[a-z][a-z0-9-]{0,30}$',
    ),
    (
        "one name twice",
        {"migrations.1": {"name": "master", "command": ["verify"]}},
        "migrations: more than one step is called master; give every step a name of its own",
    ),
    (
        "variable of the program in a step",
        {"migrations.0.environment": {"DB_PASSWORD": "x"}},
        "migrations[0].environment.DB_PASSWORD: is set by the program itself, from the database, the step and app.port;"
        " remove it",
    ),
    (
        "phase",
        {"migrations.0.phase": "during"},
        "migrations[0].phase = \"during\": must be 'before' or 'after'",
    ),
    (
        "nothing before",
        {"migrations.0.phase": "after"},
        "migrations: no step has phase before, so nothing would migrate ahead of the new version; add one",
    ),
    (
        "bootstrap twice",
        {"migrations.0.name": "bootstrap"},
        "migrations: a step is called bootstrap, as the one that the program adds itself; remove it"
        " (database.bootstrap is its command), rename it, or set database.roles to false",
    ),
    ("no shards", {"migrations.0.shards": 0}, "migrations[0].shards = 0: must be at least 1"),
    ("too many shards", {"migrations.0.shards": 200}, "migrations[0].shards = 200: must be at most 50"),
    (
        "shard's own variable",
        {"migrations.0.environment": {"SHARD_INDEX": "0"}},
        "migrations[0].environment.SHARD_INDEX: is set by the program itself, from the database, the step and app.port;"
        " remove it",
    ),
    (
        "bad digest",
        {"migrations.0.image": f"{REPOSITORY}@sha256:abc"},
        f'migrations[0].image = "{REPOSITORY}@sha2…: must be an image by digest, REPOSITORY@sha256: or sha256: and 64'
        " hexadecimal digits; a tag may move to another image",
    ),
    (
        "image by tag",
        {"migrations.0.image": "tools:latest"},
        'migrations[0].image = "tools:latest": must be an image by digest, REPOSITORY@sha256: or sha256: and 64'
        " hexadecimal digits; a tag may move to another image",
    ),
    ("time-out", {"migrations.0.timeout": 0}, "migrations[0].timeout = 0: must be at least 1"),
    ("attempts", {"migrations.0.attempts": 11}, "migrations[0].attempts = 11: must be at most 10"),
    # access
    (
        "no policy's ARN",
        {"access.policies": ["shop-files"]},
        'access.policies[0] = "shop-files": is not the ARN of a managed policy; write one like'
        " arn:aws:iam::123456789012:policy/shop-files",
    ),
    # snapshot, deadline of the migrations, notices
    ("snapshots kept", {"snapshot.keep": 0}, "snapshot.keep = 0: must be at least 1"),
    (
        "probe without snapshot",
        {"snapshot": {"before": False, "pending": ["migrate", "pending"]}},
        'snapshot.pending = ["migrate", "pending"]: is not run while snapshot.before is false; remove it or set before'
        " to true",
    ),
    (
        "probe where none is taken",
        {"snapshot.pending": ["migrate", "pending"]},
        "snapshot: pending is not run where no snapshot is taken; remove it or set snapshot.before to true",
    ),
    (
        "probe and step of one name",
        {"snapshot": {"before": True, "pending": ["migrate", "pending"]}, "migrations.0.name": "pending"},
        "snapshot: a step is called pending, as the one that snapshot.pending runs; rename the step",
    ),
    (
        "copy where none is taken",
        {"database.kmsKey": KMS, "snapshot.copyTo": COPY_TO},
        "snapshot: copyTo has nothing to copy where no snapshot is taken; remove it or set snapshot.before to true",
    ),
    (
        "copy without snapshots",
        {"database.kmsKey": KMS, "snapshot": {"before": False, "copyTo": COPY_TO}},
        "snapshot.copyTo: has nothing to copy while snapshot.before is false; remove it or set before to true",
    ),
    (
        "copy of a snapshot under AWS's own key",
        COPIED | {"database.kmsKey": None},
        "snapshot: copyTo needs database.kmsKey: AWS shares no snapshot under its own key with another account; write"
        " it",
    ),
    (
        "copy to the same account",
        COPIED | {"snapshot": {"before": True, "copyTo": {"role": HERE, "key": KMS}}},
        "snapshot: copyTo is the stack's own account (111122223333), where a copy is no safer; name another account",
    ),
    (
        "copy in another Region",
        COPIED | {"snapshot": {"before": True, "copyTo": COPY_TO | {"key": FAR}}},
        "snapshot: copyTo has a key in eu-west-1, and the copy is made in the stack's Region (eu-central-1); name one"
        " there",
    ),
    (
        "copy under a third account's key",
        COPIED | {"snapshot": {"before": True, "copyTo": COPY_TO | {"key": KMS}}},
        f'snapshot.copyTo.key = "{KMS[:58]}…: is not in the account of the role (999988887777); name a key of that'
        " account",
    ),
    (
        "copy without a key",
        COPIED | {"snapshot": {"before": True, "copyTo": {"role": COPY_TO["role"]}}},
        "snapshot.copyTo.key: is required; add it to the stack's settings",
    ),
    (
        "alias of a key",
        {"database.kmsKey": "alias/database"},
        'database.kmsKey = "alias/database": is not the ARN of a KMS key; write it whole, like'
        " arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias",
    ),
    (
        "key of another account",
        {"database.kmsKey": COPY_TO["key"]},
        "database: kmsKey is in another account than the stack (111122223333); name one of that account",
    ),
    (
        "deadline of all steps",
        {"migrationDeadline": 600},
        "migrationDeadline = 600: step master could never use its time-out: 900 s; write at least 900, or shorten"
        " these",
    ),
    (
        "deadline and snapshot",
        {"environment": "prod", "domain": NAMED, "migrationDeadline": 3600},
        "migrationDeadline = 3600: step master could never use its time-out: snapshot.timeout 3600 s + 900 s; write at"
        " least 4500, or shorten these",
    ),
    ("no address", {"notify.email": []}, "notify.email = []: must have at least 1 entry"),
    (
        "address twice",
        {"notify.email": ["a@b.example", "a@b.example"]},
        'notify.email = ["a@b.example", "a@b.example"]: a@b.example is named more than once; subscribe every address'
        " once",
    ),
    (
        "no topic",
        {"notify.topic": "failures"},
        'notify.topic = "failures": is no ARN of an SNS topic; write one like arn:aws:sns:REGION:ACCOUNT:NAME',
    ),
    (
        "FIFO topic",
        {"notify.topic": f"{TOPIC}.fifo"},
        f'notify.topic = "{TOPIC}.fifo": is a FIFO topic, to which people cannot subscribe; name a standard topic',
    ),
    (
        "topic and addresses",
        {"notify": {"email": ["a@b.example"], "topic": TOPIC}},
        f'notify.topic = "{TOPIC}": and notify.email exclude each other: an existing topic has subscriptions of its'
        " own; keep one",
    ),
    (
        "topic elsewhere",
        {"notify.topic": TOPIC.replace("eu-central-1", "us-east-1")},
        "notify: the topic is in another Region than the stack (eu-central-1); name one of that Region",
    ),
]
