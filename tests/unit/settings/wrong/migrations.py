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
        "migrations: more than one step is named master; give every step its own name",
    ),
    (
        "variable of the program in a step",
        {"migrations.0.environment": {"DB_PASSWORD": "x"}},
        "migrations[0].environment.DB_PASSWORD: is set by the program from the database, the step and app.port;"
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
        "migrations: no step has phase before, so nothing migrates the database before the rollout; add one",
    ),
    (
        "bootstrap twice",
        {"migrations.0.name": "bootstrap"},
        "migrations: a step is named bootstrap, like the step that the program adds; remove it (database.bootstrap"
        " is its command), rename it, or set database.roles to false",
    ),
    ("no shards", {"migrations.0.shards": 0}, "migrations[0].shards = 0: must be at least 1"),
    ("too many shards", {"migrations.0.shards": 200}, "migrations[0].shards = 200: must be at most 50"),
    (
        "shard's own variable",
        {"migrations.0.environment": {"SHARD_INDEX": "0"}},
        "migrations[0].environment.SHARD_INDEX: is set by the program from the database, the step and app.port;"
        " remove it",
    ),
    (
        "bad digest",
        {"migrations.0.image": f"{REPOSITORY}@sha256:abc"},
        f'migrations[0].image = "{REPOSITORY}@sha2…: is not an image by digest; write REPOSITORY@sha256: or'
        " sha256: and 64 hexadecimal digits (a tag can move to another image)",
    ),
    (
        "image by tag",
        {"migrations.0.image": "tools:latest"},
        'migrations[0].image = "tools:latest": is not an image by digest; write REPOSITORY@sha256: or sha256: and 64'
        " hexadecimal digits (a tag can move to another image)",
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
        'snapshot.pending = ["migrate", "pending"]: does not run while snapshot.before is false; remove it, or set'
        " before to true",
    ),
    (
        "probe where none is taken",
        {"snapshot.pending": ["migrate", "pending"]},
        "snapshot: pending has no effect, as no snapshot is taken; remove it, or set snapshot.before to true",
    ),
    (
        "probe and step of one name",
        {"snapshot": {"before": True, "pending": ["migrate", "pending"]}, "migrations.0.name": "pending"},
        "snapshot: a step is named pending, like the one that runs snapshot.pending; rename the step",
    ),
    (
        "copy where none is taken",
        {"database.kmsKey": KMS, "snapshot.copyTo": COPY_TO},
        "snapshot: copyTo has no effect, as no snapshot is taken; remove it, or set snapshot.before to true",
    ),
    (
        "copy without snapshots",
        {"database.kmsKey": KMS, "snapshot": {"before": False, "copyTo": COPY_TO}},
        "snapshot.copyTo: has no effect while snapshot.before is false; remove it, or set before to true",
    ),
    (
        "copy of a snapshot under AWS's own key",
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
        "copy under a third account's key",
        COPIED | {"snapshot": {"before": True, "copyTo": COPY_TO | {"key": KMS}}},
        f'snapshot.copyTo.key = "{KMS[:58]}…: is not in the account of snapshot.copyTo.role (999988887777); name a'
        " key in it",
    ),
    (
        "copy without a key",
        COPIED | {"snapshot": {"before": True, "copyTo": {"role": COPY_TO["role"]}}},
        "snapshot.copyTo.key: is required; add it to the stack's settings",
    ),
    (
        "alias of a key",
        {"database.kmsKey": "alias/database"},
        'database.kmsKey = "alias/database": is not the ARN of a KMS key; write the whole ARN, like'
        " arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias",
    ),
    (
        "key of another account",
        {"database.kmsKey": COPY_TO["key"]},
        "database: kmsKey is not in the stack's account (111122223333); name one in that account",
    ),
    (
        "deadline of all steps",
        {"migrationDeadline": 600},
        "migrationDeadline = 600: is shorter than the timeout of step master: 900 s; write at least 900, or shorten"
        " the timeout",
    ),
    (
        "deadline and snapshot",
        {"environment": "prod", "domain": NAMED, "migrationDeadline": 3600},
        "migrationDeadline = 3600: is shorter than the timeout of step master: snapshot.timeout 3600 s + timeout 900"
        " s; write at least 4500, or shorten the timeout",
    ),
    ("no address", {"notify.email": []}, "notify.email = []: must have at least 1 entry"),
    (
        "address twice",
        {"notify.email": ["a@b.example", "a@b.example"]},
        'notify.email = ["a@b.example", "a@b.example"]: a@b.example is listed more than once; list every address once',
    ),
    (
        "no topic",
        {"notify.topic": "failures"},
        'notify.topic = "failures": is not the ARN of an SNS topic; write one like arn:aws:sns:REGION:ACCOUNT:NAME',
    ),
    (
        "FIFO topic",
        {"notify.topic": f"{TOPIC}.fifo"},
        f'notify.topic = "{TOPIC}.fifo": is a FIFO topic, which takes no email subscriptions; name a standard topic',
    ),
    (
        "topic and addresses",
        {"notify": {"email": ["a@b.example"], "topic": TOPIC}},
        f'notify.topic = "{TOPIC}": and notify.email exclude each other: subscribe the addresses to the topic, or'
        " remove it",
    ),
    (
        "topic elsewhere",
        {"notify.topic": TOPIC.replace("eu-central-1", "us-east-1")},
        "notify: topic is not in the stack's Region (eu-central-1); name one in eu-central-1",
    ),
]
