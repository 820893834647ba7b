"""Wrong settings and what is said of them. The database, its upkeep, an existing one."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import SECRET

WRONG: list[tuple[str, dict[str, Any], str]] = [
    # an existing database
    (
        "settings of another's database",
        {"database.existing": "legacy", "database.multiAz": True},
        "database: existing excludes multiAz, for a new instance only; remove one of the two",
    ),
    (
        "secret without an existing database",
        {"database.secret": SECRET},
        "database.secret: has no effect without database.existing, as RDS creates the secret; remove it",
    ),
    # the database's upkeep
    (
        "storage that cannot grow",
        {"database.storage": 100, "database.maxStorage": 110},
        "database.maxStorage = 110: is too low: RDS requires 10 % above database.storage (100) and warns below 26 %;"
        " write at least 126, or 0 to never enlarge it",
    ),
    (
        "backup window",
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
        "days of logs",
        {"logs.retentionDays": 31},
        "logs.retentionDays = 31: is not a retention that CloudWatch Logs offers; the nearest is 30",
    ),
    # the database
    (
        "MySQL",
        {"database.engine": "mysql"},
        'database.engine = "mysql": is not a supported engine; write postgres, or remove the key',
    ),
    (
        "old version",
        {"database.version": "9.6"},
        'database.version = "9.6": is not a PostgreSQL version from 15 on; write a major version in quotes, like "17"',
    ),
    (
        "version that AWS has withdrawn",
        {"database.version": "17.2"},
        'database.version = "17.2": is a minor version that RDS no longer offers; write "17" for the newest one',
    ),
    (
        "another major version asked for than wanted",
        {"database.upgrade": "18"},
        'database.upgrade = "18": is not the major version of database.version; write "17", or remove it',
    ),
    ("version without quotes", {"database.version": 17}, "database.version = 17: must be text; put it in quotes"),
    (
        "reserved user",
        {"database.username": "rdsadmin"},
        'database.username = "rdsadmin": is reserved by RDS or PostgreSQL; choose another name',
    ),
    (
        "user of another name's letters",
        {"database.appUsername": "Shop-App"},
        'database.appUsername = "Shop-App": must match ^[a-z][a-z0-9_]{0,62}$',
    ),
    (
        "one user twice",
        {"database.ownerUsername": "postgres"},
        'database.ownerUsername = "postgres": postgres is database.username too; give every user its own name',
    ),
    (
        "owner and app are one",
        {"database.name": "shop", "database.appUsername": "shop_owner"},
        'database.appUsername = "shop_owner": shop_owner is database.ownerUsername too; give every user its own name',
    ),
    (
        "derived owner and master are one",
        {"database.name": "shop", "database.username": "shop_owner"},
        "database.ownerUsername: shop_owner is database.username too; give every user its own name",
    ),
    (
        "derived name too long",
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
        "bundle without verification",
        {"database.verifyTls": False, "database.caBundle": "/ca.pem"},
        'database.caBundle = "/ca.pem": has no effect while database.verifyTls is false; remove it, or set verifyTls'
        " to true",
    ),
    (
        "bundle's path",
        {"database.caBundle": "ca.pem"},
        'database.caBundle = "ca.pem": must match ^/\\S+$',
    ),
    (
        "instance class",
        {"database.instanceClass": "t4g.micro"},
        'database.instanceClass = "t4g.micro": must match ^db\\.[a-z0-9-]+\\.[a-z0-9]+$',
    ),
    (
        "variable of the database in braces without quotes",
        {"database.variables": {"PGHOST": {"host": None}}},
        'database.variables.PGHOST = {"host": null}: must be text; put it in quotes',
    ),
    (
        "unknown part of the database",
        {"database.variables": {"PGUSER": "{user}"}},
        'database.variables.PGUSER = "{user}": has the unknown placeholder {user}; use {host}, {port}, {name},'
        " {sslMode}, {caBundle}, {username}, {password}",
    ),
    (
        "variable that says nothing of the database",
        {"database.variables": {"PGSSLMODE": "require"}},
        'database.variables.PGSSLMODE = "require": has no placeholder of the database, like {host}; write it into'
        " app.environment",
    ),
    (
        "variable of the database with a password of its own",
        {"database.variables": {"DATABASE_URL": "postgresql://shop:hunter2@{host}/{name}"}},
        "database.variables.DATABASE_URL: contains a password or a key, and many people can read plain values; store"
        " it in AWS Secrets Manager and write its ARN into app.secrets (a step gets only the secrets that it lists"
        " in migrations[].secrets)",
    ),
    (
        "variable of the program, of the database",
        {"database.variables": {"DB_URL": "{host}", "DB_HOST": "{host}"}},
        "database.variables.DB_HOST: is set by the program from the database, the step and app.port; remove it",
    ),
    (
        "variable that is a key of the login's secret",
        {"database.variables": {"password": "{username}:{password}"}},
        "database.variables.password: is a key of the login's secret; rename it",
    ),
    (
        "address with the master user's password",
        {"database.roles": False, "database.variables": {"DATABASE_URL": "postgresql://{username}:{password}@{host}"}},
        "database.variables: DATABASE_URL has {username} or {password} in a longer text, which the master user's"
        " secret, created by RDS, cannot hold; write one variable for each, or set database.roles to true",
    ),
    (
        "variable of a bundle that is not there",
        {"database.variables": {"PGSSLROOTCERT": "{caBundle}"}},
        "database.variables: {caBundle} is empty, but verifyTls needs the bundle; write its path into"
        " database.caBundle",
    ),
    (
        "variable of the database and of the application",
        {"database.variables": {"PGHOST": "{host}"}, "app.environment.PGHOST": "elsewhere"},
        "database: variables has PGHOST, which is in app.environment too; remove one of the two",
    ),
    (
        "variable of the database and of a step",
        {"database.variables": {"PGHOST": "{host}"}, "migrations.0.environment": {"PGHOST": "elsewhere"}},
        "migrations: step master sets PGHOST, which is in database.variables too; remove one",
    ),
    ("storage", {"database.storage": 10}, "database.storage = 10: must be at least 20"),
    ("backups", {"database.backupDays": 40}, "database.backupDays = 40: must be at most 35"),
]
