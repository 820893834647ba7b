"""Wrong settings and what is said of them. Secrets."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import LISTENER, ROUTED, SECRET

WRONG: list[tuple[str, dict[str, Any], str]] = [
    # secrets
    (
        "secret's value",
        {"app.secrets": {"API_KEY": "hunter2"}},
        "app.secrets.API_KEY: must be the ARN of a secret in AWS Secrets Manager, or ARN:key:: for one key of its"
        " JSON, never the value itself; store the value in Secrets Manager",
    ),
    (
        "secret's value without quotes",
        {"app.secrets": {"API_KEY": 4711}},
        "app.secrets.API_KEY: must be text; put it in quotes",
    ),
    (
        "ARN with too few colons",
        {"app.secrets": {"API_KEY": f"{SECRET}:key"}},
        f'app.secrets.API_KEY = "{SECRET[:58]}…: is not the whole ARN of a secret in AWS Secrets Manager, with the'
        " six random characters at its end; write ARN, or ARN:key:: with all three colons for one key of its JSON",
    ),
    (
        "ARN of a parameter",
        {"app.secrets": {"API_KEY": "arn:aws:ssm:eu-central-1:111122223333:parameter/a"}},
        'app.secrets.API_KEY = "arn:aws:ssm:eu-central-1:111122223333:parameter/a": is not the whole ARN of a secret'
        " in AWS Secrets Manager, with the six random characters at its end; write ARN, or ARN:key:: with all three"
        " colons for one key of its JSON",
    ),
    (
        "stage and version",
        {"app.secrets": {"API_KEY": f"{SECRET}:key:AWSCURRENT:1"}},
        f'app.secrets.API_KEY = "{SECRET[:58]}…: names a stage and a version, which exclude each other; write ARN:key::'
        " for the current version",
    ),
    (
        "secret and plain",
        {"app.secrets": {"LEVEL": SECRET}, "app.environment.LEVEL": "1"},
        "app.secrets: LEVEL is in app.environment too; remove one of the two",
    ),
    (
        "something of the service that is not known",
        {"app.environment.HOSTS": "${service.name}"},
        'app.environment.HOSTS = "${service.name}": has the unknown placeholder ${service.name}; use ${service.host}'
        " or ${service.url}",
    ),
    (
        "the service's address in the build",
        {"app.buildArgs": {"PUBLIC_URL": "${service.url}"}},
        'app.buildArgs.PUBLIC_URL = "${service.url}": names the service, whose address is not known during the'
        " build; write it into app.environment",
    ),
    (
        "host of the smoke request that an existing listener does not forward",
        {
            "smoke.host": "other.example.com",
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "shop.example.com"},
            "network": ROUTED,
        },
        "domain: smoke.host is not the host name that the listener's rule forwards; write that, or remove it",
    ),
    (
        "secret of this machine in another environment",
        {"app.secrets": {"API_KEY": "local"}},
        "app: secrets has `local` for API_KEY, which works with environment: local only; write the ARN of a secret"
        " in AWS Secrets Manager",
    ),
    (
        "step that asks for a secret which is not there",
        {"app.secrets": {"SECRET_KEY_BASE": SECRET}, "migrations.0.secrets": ["SECRET_KEY"]},
        "migrations: step master asks for SECRET_KEY, which is not in app.secrets; did you mean SECRET_KEY_BASE?",
    ),
    (
        "step that asks for secrets of an application without any",
        {"migrations.0.secrets": ["SECRET_KEY"]},
        "migrations: step master asks for SECRET_KEY, which is not in app.secrets; add it there, or remove it here",
    ),
    (
        "step that asks for a secret twice",
        {"app.secrets": {"KEY_A": SECRET}, "migrations.0.secrets": ["KEY_A", "KEY_A"]},
        'migrations[0].secrets = ["KEY_A", "KEY_A"]: KEY_A is listed more than once; list every secret once',
    ),
    (
        "step that asks by one name without a list",
        {"app.secrets": {"KEY_A": SECRET}, "migrations.0.secrets": "KEY_A"},
        "migrations[0].secrets: must be a list of names from app.secrets, like [SECRET_KEY], or all",
    ),
    (
        "step with a plain value beside the secret",
        {
            "app.secrets": {"KEY_A": SECRET},
            "migrations.0.secrets": "all",
            "migrations.0.environment": {"KEY_A": "1"},
        },
        "migrations: step master has KEY_A in its secrets and its environment; remove one",
    ),
    (
        "bootstrap that asks for a secret which is not there",
        {"app.secrets": {"KEY_A": SECRET}, "database.bootstrapSecrets": ["KEY_B"]},
        "database: bootstrapSecrets asks for KEY_B, which is not in app.secrets; did you mean KEY_A?",
    ),
    (
        "secrets of a bootstrap that is not run",
        {"app.secrets": {"KEY_A": SECRET}, "database.roles": False, "database.bootstrapSecrets": ["KEY_A"]},
        "database.bootstrapSecrets: have no effect while database.roles is false, as database.bootstrap does not"
        " run; remove them",
    ),
    (
        "secrets of a probe that is not run",
        {"app.secrets": {"KEY_A": SECRET}, "snapshot.secrets": ["KEY_A"]},
        "snapshot.secrets: have no effect without snapshot.pending; remove them",
    ),
    (
        "probe that asks for a secret which is not there",
        {
            "app.secrets": {"KEY_A": SECRET},
            "snapshot": {"before": True, "pending": ["migrate", "pending"], "secrets": ["OTHER"]},
        },
        "snapshot: secrets asks for OTHER, which is not in app.secrets; add it there, or remove it here",
    ),
    (
        "variable called like a secret",
        {"app.environment.SESSION_SECRET": "hunter2"},
        "app.environment.SESSION_SECRET: is named like a secret, and many people can read plain values; store it in"
        " AWS Secrets Manager and write its ARN into app.secrets (a step gets only the secrets that it lists in"
        " migrations[].secrets), or rename it",
    ),
    (
        "address with a password",
        {"app.environment.CACHE_URL": "redis://user:hunter2@cache:6379"},
        "app.environment.CACHE_URL: contains a password or a key, and many people can read plain values; store it in"
        " AWS Secrets Manager and write its ARN into app.secrets (a step gets only the secrets that it lists in"
        " migrations[].secrets)",
    ),
    (
        "access key in the build",
        {"app.buildArgs": {"KEY_ID": "AKIA" + "A" * 16}},
        "app.buildArgs.KEY_ID: contains a password or a key, and many people can read plain values; store it in AWS"
        " Secrets Manager and write its ARN into app.secrets (a step gets only the secrets that it lists in"
        " migrations[].secrets)",
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
        "build argument of the program",
        {"app.buildArgs": {"VERSION": "1"}},
        "app.buildArgs.VERSION: is set by the program to the release's version; remove it",
    ),
]
