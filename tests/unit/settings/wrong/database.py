"""Wrong settings and their messages. The database and its variables."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import COPY_TO, SECRET

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "bootstrap with an unknown secret",
        {"app.secrets": {"KEY_A": SECRET}, "database.bootstrapSecrets": ["KEY_B"]},
        "database: bootstrapSecrets asks for KEY_B, which is not in app.secrets; did you mean KEY_A?",
    ),
    (
        "secrets of bootstrap without roles",
        {"app.secrets": {"KEY_A": SECRET}, "database.roles": False, "database.bootstrapSecrets": ["KEY_A"]},
        "database.bootstrapSecrets: have no effect while database.roles is false, as database.bootstrap does not"
        " run; remove them",
    ),
    (
        "password of the database",
        {"database.password": "hunter2"},
        "database.password: there is no such setting; remove it (known here: engine, version, upgrade, existing,"
        " secret, name, username, roles, ownerUsername, appUsername, bootstrap, bootstrapSecrets, instanceClass,"
        " storage, maxStorage,"
        " multiAz,"
        " backupDays, backupWindow, maintenanceWindow, kmsKey, performanceInsights, exportLogs, verifyTls,"
        " caBundle,"
        " variables)",
    ),
    (
        "alias of a KMS key",
        {"database.kmsKey": "alias/database"},
        'database.kmsKey = "alias/database": is not the ARN of a KMS key; write one like'
        " arn:aws:kms:REGION:ACCOUNT:key/ID (not an alias)",
    ),
    (
        "KMS key of another account",
        {"database.kmsKey": COPY_TO["key"]},
        "database: kmsKey is not in the stack's account (111122223333); name one in that account",
    ),
    (
        "settings of an existing database",
        {"database.existing": "legacy", "database.multiAz": True},
        "database: existing excludes multiAz, for a new instance only; remove one of the two",
    ),
    (
        "secret without an existing database",
        {"database.secret": SECRET},
        "database.secret: has no effect without database.existing, as RDS creates the secret; remove it",
    ),
    (
        "maximum storage too low",
        {"database.storage": 100, "database.maxStorage": 110},
        "database.maxStorage = 110: is too low: RDS requires 10 % above database.storage (100) and warns below 26 %;"
        " write at least 126, or 0 to never enlarge it",
    ),
    (
        "invalid backup window",
        {"database.backupWindow": "3am-4am"},
        'database.backupWindow = "3am-4am": is not a valid window; write one like 03:00-04:00, in UTC',
    ),
    (
        "maintenance window without days",
        {"database.maintenanceWindow": "04:30-05:30"},
        'database.maintenanceWindow = "04:30-05:30": is not a valid window; write one like sun:04:30-sun:05:30, in UTC',
    ),
    (
        "short window",
        {"database.backupWindow": "03:00-03:20"},
        'database.backupWindow = "03:00-03:20": is shorter than the minimum of 30 minutes; lengthen it',
    ),
    (
        "maintenance during the backup",
        {"database.maintenanceWindow": "sun:03:30-sun:04:30"},
        'database.maintenanceWindow = "sun:03:30-sun:04:30": overlaps database.backupWindow (03:00-04:00), which RDS'
        " refuses; move one of the two",
    ),
    (
        "MySQL",
        {"database.engine": "mysql"},
        'database.engine = "mysql": is not a supported engine; write postgres, or remove the key',
    ),
    (
        "old PostgreSQL version",
        {"database.version": "9.6"},
        'database.version = "9.6": is not a PostgreSQL version from 15 on; write a major version in quotes, like "17"',
    ),
    (
        "withdrawn PostgreSQL version",
        {"database.version": "17.2"},
        'database.version = "17.2": is a minor version that RDS no longer offers; write "17" for the newest one',
    ),
    (
        "upgrade to another major version",
        {"database.upgrade": "18"},
        'database.upgrade = "18": is not the major version of database.version; write "17", or remove it',
    ),
    (
        "PostgreSQL version without quotes",
        {"database.version": 17},
        "database.version = 17: must be text; put it in quotes",
    ),
    (
        "reserved user name",
        {"database.username": "rdsadmin"},
        'database.username = "rdsadmin": is reserved by RDS or PostgreSQL; choose another name',
    ),
    (
        "invalid user name",
        {"database.appUsername": "Shop-App"},
        'database.appUsername = "Shop-App": must match ^[a-z][a-z0-9_]{0,62}$',
    ),
    (
        "owner and master user of one name",
        {"database.ownerUsername": "postgres"},
        'database.ownerUsername = "postgres": postgres is database.username too; give every user its own name',
    ),
    (
        "service and owner of one name",
        {"database.name": "shop", "database.appUsername": "shop_owner"},
        'database.appUsername = "shop_owner": shop_owner is database.ownerUsername too; give every user its own name',
    ),
    (
        "default owner and master user of one name",
        {"database.name": "shop", "database.username": "shop_owner"},
        "database.ownerUsername: shop_owner is database.username too; give every user its own name",
    ),
    (
        "default name too long",
        {"database.name": "a" * 58, "database.appUsername": "app"},
        f"database.ownerUsername: {'a' * 58}_owner is longer than 63 characters; write a shorter name",
    ),
    (
        "user without roles",
        {"database.roles": False, "database.appUsername": "shop_app"},
        'database.appUsername = "shop_app": is not created while database.roles is false; remove it, or set roles to'
        " true",
    ),
    (
        "bootstrap without roles",
        {"database.roles": False, "database.bootstrap": ["setup"]},
        'database.bootstrap = ["setup"]: does not run while database.roles is false; remove it, or set roles to true',
    ),
    (
        "CA bundle without verification",
        {"database.verifyTls": False, "database.caBundle": "/ca.pem"},
        'database.caBundle = "/ca.pem": has no effect while database.verifyTls is false; remove it, or set verifyTls'
        " to true",
    ),
    (
        "relative path of the CA bundle",
        {"database.caBundle": "ca.pem"},
        'database.caBundle = "ca.pem": must match ^/\\S+$',
    ),
    (
        "instance class",
        {"database.instanceClass": "t4g.micro"},
        'database.instanceClass = "t4g.micro": must match ^db\\.[a-z0-9-]+\\.[a-z0-9]+$',
    ),
    (
        "placeholder without quotes",
        {"database.variables": {"PGHOST": {"host": None}}},
        'database.variables.PGHOST = {"host": null}: must be text; put it in quotes',
    ),
    (
        "unknown placeholder of the database",
        {"database.variables": {"PGUSER": "{user}"}},
        'database.variables.PGUSER = "{user}": has the unknown placeholder {user}; use {host}, {port}, {name},'
        " {sslMode}, {caBundle}, {username}, {password}",
    ),
    (
        "variable without a placeholder of the database",
        {"database.variables": {"PGSSLMODE": "require"}},
        'database.variables.PGSSLMODE = "require": has no placeholder of the database, like {host}; write it into'
        " app.environment",
    ),
    (
        "variable of the database with a password",
        {"database.variables": {"DATABASE_URL": "postgresql://shop:hunter2@{host}/{name}"}},
        "database.variables.DATABASE_URL: contains a password or a key, and many people can read plain values; store"
        " it in AWS Secrets Manager and write its ARN into app.secrets (a step gets only the secrets that it lists"
        " in migrations[].secrets)",
    ),
    (
        "reserved variable of the database",
        {"database.variables": {"DB_URL": "{host}", "DB_HOST": "{host}"}},
        "database.variables.DB_HOST: is set by the program from the database, the step and app.port; remove it",
    ),
    (
        "variable named like a key of the secret",
        {"database.variables": {"password": "{username}:{password}"}},
        "database.variables.password: is a key of the login's secret; rename it",
    ),
    (
        "URL with the master user's password",
        {"database.roles": False, "database.variables": {"DATABASE_URL": "postgresql://{username}:{password}@{host}"}},
        "database.variables: DATABASE_URL has {username} or {password} in a longer text, which the master user's"
        " secret, created by RDS, cannot hold; write one variable for each, or set database.roles to true",
    ),
    (
        "CA bundle variable without a bundle",
        {"database.variables": {"PGSSLROOTCERT": "{caBundle}"}},
        "database.variables: {caBundle} is empty, but verifyTls needs the bundle; write its path into"
        " database.caBundle",
    ),
    (
        "variable of both database and application",
        {"database.variables": {"PGHOST": "{host}"}, "app.environment.PGHOST": "elsewhere"},
        "database: variables has PGHOST, which is in app.environment too; remove one of the two",
    ),
    (
        "variable of both database and step",
        {"database.variables": {"PGHOST": "{host}"}, "migrations.0.environment": {"PGHOST": "elsewhere"}},
        "migrations: step master sets PGHOST, which is in database.variables too; remove one",
    ),
    ("storage too small", {"database.storage": 10}, "database.storage = 10: must be at least 20"),
    ("backups for too long", {"database.backupDays": 40}, "database.backupDays = 40: must be at most 35"),
]
