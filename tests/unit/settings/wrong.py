"""Wrong settings, each with the one message that answers it.

`python -m tests.unit.settings.wrong` puts them into docs/wrong-inputs.md, where people read them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

PAGE = Path(__file__).parents[3] / "docs" / "wrong-inputs.md"
BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"
"""Mark the part of the page that is made from this table; the rest is written by hand."""

REMOVE = object()
"""As a value in the table below: leave the key out."""


def right() -> dict[str, Any]:
    """Settings without a mistake, as the engine hands them over."""
    return {
        "environment": "staging",
        "aws": {"region": "eu-central-1", "account": "111122223333"},
        "app": {"context": "shop"},
        "migrations": [{"name": "master", "command": ["migrate"]}],
    }


def changed(settings: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The settings with values put at dotted places; numbers are places in lists."""
    for place, value in changes.items():
        at: Any = settings
        *way, last = [int(part) if part.isdigit() else part for part in place.split(".")]
        for part in way:
            at = at[part] if isinstance(part, int) else at.setdefault(part, {})
        if value is REMOVE:
            del at[last]
        elif isinstance(last, int):
            at[last:] = [value]
        else:
            at[last] = value
    return settings


KMS = "arn:aws:kms:eu-central-1:111122223333:key/1a2b3c4d-1234-1234-1234-1a2b3c4d5e6f"
REPOSITORY = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/tools"
IMAGE = f"{REPOSITORY}@sha256:{'ab' * 32}"
SECRET = "arn:aws:secretsmanager:eu-central-1:111122223333:secret:shop-AbCdEf"
TOPIC = "arn:aws:sns:eu-central-1:111122223333:failures"

EXISTING: dict[str, Any] = {
    "vpc": "vpc-0123456789abcdef0",
    "publicSubnets": ["subnet-00000001", "subnet-00000002"],
    "taskSubnets": ["subnet-00000011"],
    "databaseSubnets": ["subnet-00000021", "subnet-00000022"],
}

LISTENER = (
    "arn:aws:elasticloadbalancing:eu-central-1:111122223333:listener/app/shared/0123456789abcdef/fedcba9876543210"
)
COPY_TO = {
    "role": "arn:aws:iam::999988887777:role/sluice-copies",
    "key": "arn:aws:kms:eu-central-1:999988887777:key/1a2b3c4d-1234-1234-1234-1a2b3c4d5e6f",
}
KEY = "arn:aws:kms:eu-central-1:111122223333:key/1a2b3c4d-1234-1234-1234-1a2b3c4d5e6f"
HERE, FAR = COPY_TO["role"].replace("999988887777", "111122223333"), COPY_TO["key"].replace("central", "west")
COPIED: dict[str, Any] = {"database.kmsKey": KEY, "snapshot": {"before": True, "copyTo": COPY_TO}}
"""Settings with which each snapshot is copied."""
BALANCER = LISTENER.replace(":listener/", ":loadbalancer/").rpartition("/")[0]
NAMED = {"name": "shop.example.com", "zone": "Z0123456789ABC"}
CERTIFICATE = "arn:aws:acm:eu-central-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef"


def without(mapping: dict[str, Any], key: str) -> dict[str, Any]:
    """The mapping without one of its keys."""
    return {name: value for name, value in mapping.items() if name != key}


ROUTED = without(EXISTING, "publicSubnets")
"""An existing network in which an existing load balancer leads to the service."""

WRONG: list[tuple[str, dict[str, Any], str]] = [
    # unknown and missing keys
    ("unknown section", {"databse": {}}, "databse = {}: there is no such setting; did you mean database?"),
    ("unknown key", {"app.memroy": 512}, "app.memroy = 512: there is no such setting; did you mean memory?"),
    (
        "unknown key in a list",
        {"migrations.0.retries": 3},
        "migrations[0].retries = 3: there is no such setting; remove it (known here: name, command, phase, timeout,"
        " attempts, shards, environment, secrets, image)",
    ),
    (
        "python's spelling",
        {"app.live_path": "/up"},
        'app.live_path = "/up": there is no such setting; did you mean livePath?',
    ),
    (
        "unknown key of a nested mapping",
        {"service.health.period": 1},
        "service.health.period = 1: there is no such setting; remove it (known here: startPeriod, interval, timeout,"
        " retries, command)",
    ),
    ("missing section", {"migrations": REMOVE}, "migrations: is required; add it to the stack's settings"),
    ("missing key", {"aws.region": REMOVE}, "aws.region: is required; add it to the stack's settings"),
    (
        "missing key in a list",
        {"migrations.0.command": REMOVE},
        "migrations[0].command: is required; add it to the stack's settings",
    ),
    # wrong types
    ("text for a number", {"app.cpu": "512"}, 'app.cpu = "512": must be a whole number, without quotes'),
    ("truth for a number", {"service.min": True}, "service.min = true: must be a whole number, without quotes"),
    ("number for text", {"app.environment.WORKERS": 4}, "app.environment.WORKERS = 4: must be text; put it in quotes"),
    (
        "text for truth",
        {"database.multiAz": "yes"},
        'database.multiAz = "yes": must be true or false, without quotes',
    ),
    ("text for a list", {"migrations.0.command": "migrate"}, 'migrations[0].command = "migrate": must be a list'),
    ("text for a section", {"app": "shop"}, 'app = "shop": must be a mapping of settings'),
    ("list for a mapping", {"app.buildArgs": ["A=1"]}, 'app.buildArgs = ["A=1"]: must be a mapping of names to values'),
    # environment, account, region
    (
        "unknown environment",
        {"environment": "production"},
        "environment = \"production\": must be 'local', 'dev', 'staging' or 'prod'",
    ),
    (
        "region",
        {"aws.region": "Frankfurt"},
        'aws.region = "Frankfurt": is not an AWS Region; write one like eu-central-1',
    ),
    (
        "account",
        {"aws.account": "1234"},
        'aws.account = "1234": is not an AWS account id; write its twelve digits in quotes, like "123456789012"',
    ),
    (
        "account that lost its leading zero",
        {"aws.account": 12345678901},
        "aws.account = 12345678901: is a number without twelve digits, and a number has no leading zeros; write the"
        " account id as text: `pulumi config set --path --type string aws.account 012345678901`",
    ),
    (
        "truth for an account",
        {"aws.account": True},
        "aws.account = true: must be text; put it in quotes",
    ),
    # placeholders
    (
        "placeholder",
        {"aws.account": "<account of staging>"},
        'aws.account = "<account of staging>": is a placeholder; write your own value, or try the stack first with'
        " `make rehearse`",
    ),
    (
        "placeholder with a hyphen",
        {"aws.account": "<account of knex-staging>"},
        'aws.account = "<account of knex-staging>": is a placeholder; write your own value, or try the stack first with'
        " `make rehearse`",
    ),
    (
        "placeholder in a variable",
        {"app.environment.NAME": "<Your Name>"},
        'app.environment.NAME = "<Your Name>": is a placeholder; write your own value, or try the stack first with'
        " `make rehearse`",
    ),
    # scaling and alarms
    (
        "fewer than the least",
        {"service.min": 3, "service.max": 2},
        "service.max = 2: is less than service.min (3); write at least that, or leave it out",
    ),
    (
        "requests without scaling",
        {"service.targetRequests": 600},
        "service.targetRequests = 600: is never looked at while service.max is not above service.min; remove it or"
        " raise max",
    ),
    (
        "alarm below autoscaling's aim",
        {"service.max": 6, "service.targetCpu": 80, "alarms.cpu": 70},
        "alarms: cpu (70) is not above service.targetCpu (80), where autoscaling keeps the tasks: it would ring for"
        " ever; raise it",
    ),
    (
        "unknown instance class",
        {"database.instanceClass": "db.z9.huge"},
        "alarms: how many connections a db.z9.huge allows is not known here; write it as alarms.maxConnections (SHOW"
        " max_connections)",
    ),
    # an existing database
    (
        "settings of another's database",
        {"database.existing": "legacy", "database.multiAz": True},
        "database: multiAz belong to an instance of the stack's own, not to an existing one; remove them",
    ),
    (
        "secret without an existing database",
        {"database.secret": SECRET},
        "database.secret: belongs to an existing instance; RDS makes the secret of the stack's own. Remove it",
    ),
    # the database's upkeep
    (
        "storage that cannot grow",
        {"database.storage": 100, "database.maxStorage": 110},
        "database.maxStorage = 110: RDS wants room to grow: at least 10 % above database.storage (100), 26 % so that it"
        " does not refuse; write at least 126, or 0 for storage that never grows",
    ),
    (
        "backup window",
        {"database.backupWindow": "3am-4am"},
        'database.backupWindow = "3am-4am": is no such window; write one like 03:00-04:00, in UTC',
    ),
    (
        "maintenance window without days",
        {"database.maintenanceWindow": "04:30-05:30"},
        'database.maintenanceWindow = "04:30-05:30": is no such window; write one like sun:04:30-sun:05:30, in UTC',
    ),
    (
        "short window",
        {"database.backupWindow": "03:00-03:20"},
        'database.backupWindow = "03:00-03:20": is shorter than 30 minutes, the least that RDS takes; lengthen it',
    ),
    (
        "maintenance during the backup",
        {"database.maintenanceWindow": "sun:03:30-sun:04:30"},
        'database.maintenanceWindow = "sun:03:30-sun:04:30": overlaps database.backupWindow (03:00-04:00), which RDS'
        " refuses; move one of them",
    ),
    (
        "days of logs",
        {"logs.retentionDays": 31},
        "logs.retentionDays = 31: is no number of days that CloudWatch Logs takes; the nearest is 30",
    ),
    # the application
    (
        "context",
        {"app.context": "shopp"},
        'app.context = "shopp": there is no folder FOLDER/shopp; write the folder that holds the Dockerfile, relative'
        " to Pulumi.yaml",
    ),
    (
        "Dockerfile",
        {"app.dockerfile": "docker/Dockerfile"},
        'app.dockerfile = "docker/Dockerfile": there is no file FOLDER/shop/docker/Dockerfile; write the Dockerfile\'s'
        " path relative to app.context",
    ),
    ("architecture", {"app.architecture": "amd64"}, "app.architecture = \"amd64\": must be 'X86_64' or 'ARM64'"),
    (
        "a commit that is none",
        {"app.allowOlder": "main"},
        'app.allowOlder = "main": must match ^[0-9a-f]{7,40}$',
    ),
    (
        "an entrypoint as a text",
        {"app.stepEntryPoint": "env"},
        'app.stepEntryPoint = "env": must be a list',
    ),
    (
        "the whole file system",
        {"app.writable": ["/"]},
        'app.writable[0] = "/": name the folders that the program writes to, or set app.readOnly to false',
    ),
    ("a folder with a slash at its end", {"app.writable": ["/data/"]}, 'app.writable[0] = "/data/": write it as /data'),
    (
        "a folder of the system",
        {"app.writable": ["/proc/sys"]},
        'app.writable[0] = "/proc/sys": the system\'s own folders cannot be replaced; name a folder of the program',
    ),
    (
        "a folder twice",
        {"app.writable": ["/data", "/data"]},
        'app.writable = ["/data", "/data"]: /data is there twice; remove one of them',
    ),
    (
        "a capability that Fargate adds to nobody",
        {"app.capabilities": ["SYS_ADMIN"]},
        "app.capabilities[0] = \"SYS_ADMIN\": must be 'AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', "
        "'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'NET_RAW', 'SETFCAP', 'SETGID', 'SETPCAP', "
        "'SETUID' or 'SYS_CHROOT'",
    ),
    (
        "a user with a space",
        {"app.user": "my app"},
        'app.user = "my app": must match ^[A-Za-z0-9_][\\w.-]*(:[A-Za-z0-9_][\\w.-]*)?$',
    ),
    ("port too large", {"app.port": 80000}, "app.port = 80000: must be at most 65535"),
    ("path without slash", {"app.healthPath": "health"}, 'app.healthPath = "health": must match ^/\\S*$'),
    (
        "cpu",
        {"app.cpu": 300},
        "app.cpu = 300: Fargate does not offer 300 CPU units; use one of 256, 512, 1024, 2048, 4096, 8192, 16384",
    ),
    (
        "cpu and memory",
        {"app.cpu": 512, "app.memory": 512},
        "app.memory = 512: Fargate does not offer 512 MiB with cpu 512; use 1024, 2048, 3072, 4096",
    ),
    (
        "cpu and memory, many sizes",
        {"app.cpu": 4096, "app.memory": 1024},
        "app.memory = 1024: Fargate does not offer 1024 MiB with cpu 4096; use 8192 to 30720 in steps of 1024",
    ),
    (
        "variable of the program",
        {"app.environment.DB_HOST": "db"},
        "app.environment.DB_HOST: is set by the program itself, from the database, the step and app.port; remove it",
    ),
    (
        "impossible variable",
        {"app.environment.MY-VAR": "1"},
        "app.environment.MY-VAR: a variable's name is letters, digits and _ and starts with no digit; rename it",
    ),
    # which image
    (
        "no image",
        {"app.context": REMOVE},
        "promoteFrom: nothing says which image to deploy; set app.context to build it here, image to name it, or"
        " promoteFrom to take what another stack has released",
    ),
    (
        "built and promoted",
        {"promoteFrom": "staging"},
        "promoteFrom: app.context and promoteFrom each say which image to deploy; keep one of them",
    ),
    (
        "built and named",
        {"image": IMAGE},
        "promoteFrom: app.context and image each say which image to deploy; keep one of them",
    ),
    (
        "named and promoted",
        {"app.context": REMOVE, "image": IMAGE, "promoteFrom": "staging"},
        "promoteFrom: image and promoteFrom each say which image to deploy; keep one of them",
    ),
    (
        "image to deploy by tag",
        {"app.context": REMOVE, "image": "shop:latest"},
        'image = "shop:latest": must be an image by digest, REPOSITORY@sha256: and 64 hexadecimal digits; a tag may'
        " move to another image",
    ),
    (
        "no stack's name",
        {"app.context": REMOVE, "promoteFrom": "org/staging"},
        'promoteFrom = "org/staging": is no stack; write its name, like staging, or org/project/staging for one of'
        " another project",
    ),
    (
        "signature by an alias",
        {"signing.key": "arn:aws:kms:eu-central-1:111122223333:alias/shop"},
        'signing.key = "arn:aws:kms:eu-central-1:111122223333:alias/shop": is not the ARN of a KMS key; write it whole,'
        " like arn:aws:kms:REGION:ACCOUNT:key/ID, not an alias",
    ),
    (
        "signature where nothing is built",
        {"app.context": REMOVE, "image": f"{REPOSITORY}@sha256:{'0' * 64}", "signing.key": KMS},
        "signing: key is for the stack that builds the image (app.context), in whose repository the signature lies;"
        " remove it here, and name that key in signing.trusted",
    ),
    (
        "signature asked of what is built here",
        {"signing.trusted": [KMS]},
        "signing: trusted is for a stack that takes its image from elsewhere (promoteFrom or image); remove it here",
    ),
    (
        "the same key twice",
        {"app.context": REMOVE, "promoteFrom": "other", "signing.trusted": [KMS, KMS]},
        f'signing.trusted = ["{KMS[:57]}…: {KMS} is named more than once; name every key once',
    ),
    (
        "image of a step from anywhere",
        {"migrations.0.image": f"ghcr.io/example/flyway@sha256:{'0' * 64}", "access.repositories": ["ghcr.io/other"]},
        "access: repositories does not name ghcr.io/example/flyway (step master), whose image would run beside the"
        " database; name it there, or write an image of the stack's own repository, by digest alone",
    ),
    (
        "image of the smoke request from anywhere",
        {
            "smoke.from": "task",
            "smoke.command": ["curl"],
            "smoke.image": f"ghcr.io/example/curl@sha256:{'0' * 64}",
        },
        "access: repositories does not name ghcr.io/example/curl (smoke.image), whose image would run beside the"
        " database; name it there, or write an image of the stack's own repository, by digest alone",
    ),
    (
        "repository with a tag",
        {"access.repositories": ["ghcr.io/example/flyway:10"]},
        'access.repositories[0] = "ghcr.io/example/flyway:10": is not a repository; write it whole and without tag or'
        " digest, like ghcr.io/example/flyway",
    ),
    (
        "promotion from nowhere",
        {"promotion.account": "111122223333"},
        "promotion: nothing is promoted here; remove it, or set promoteFrom",
    ),
    (
        "promoted from itself",
        {"app.context": REMOVE, "promoteFrom": "test"},
        'promoteFrom = "test": is this very stack; name the one whose image is promoted',
    ),
    (
        "release by its beginning",
        {"rollback": "sha256:abcdef0"},
        'rollback = "sha256:abcdef0": must be a digest, sha256: and 64 hexadecimal digits; `sluice rollback --list`'
        " shows the releases",
    ),
    (
        "build arguments without a build",
        {"app": {"buildArgs": {"BASE": "x"}}, "promoteFrom": "staging"},
        "app.buildArgs: nothing is built here, as app.context is not set; remove them",
    ),
    (
        "repository without a build",
        {"app.context": REMOVE, "promoteFrom": "staging", "registry.pullers": ["111122223333"]},
        "registry: the stack has no repository, as it builds nothing; remove it, or say it where the image is built",
    ),
    ("puller", {"registry.pullers": ["prod"]}, 'registry.pullers[0] = "prod": must match ^\\d{12}$'),
    (
        "puller twice",
        {"registry.pullers": ["111122223333", "111122223333"]},
        'registry.pullers = ["111122223333", "111122223333"]: 111122223333 is named more than once; name every account'
        " once",
    ),
    # secrets
    (
        "secret's value",
        {"app.secrets": {"API_KEY": "hunter2"}},
        "app.secrets.API_KEY: must be the ARN of a secret in AWS Secrets Manager, or ARN:key:: for one key of its JSON;"
        " a secret's value must not be written here: put it into Secrets Manager",
    ),
    (
        "secret's value without quotes",
        {"app.secrets": {"API_KEY": 4711}},
        "app.secrets.API_KEY: must be text; put it in quotes",
    ),
    (
        "ARN with too few colons",
        {"app.secrets": {"API_KEY": f"{SECRET}:key"}},
        f'app.secrets.API_KEY = "{SECRET[:58]}…: is not the whole ARN of a secret in AWS Secrets Manager, with its'
        " random six characters at the end; write ARN, or ARN:key:: with all three colons for one key of its JSON",
    ),
    (
        "ARN of a parameter",
        {"app.secrets": {"API_KEY": "arn:aws:ssm:eu-central-1:111122223333:parameter/a"}},
        'app.secrets.API_KEY = "arn:aws:ssm:eu-central-1:111122223333:parameter/a": is not the whole ARN of a secret in'
        " AWS Secrets Manager, with its random six characters at the end; write ARN, or ARN:key:: with all three"
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
        'app.environment.HOSTS = "${service.name}": ${service.name} is not known here; write ${service.host} or'
        " ${service.url}",
    ),
    (
        "the service's address in the build",
        {"app.buildArgs": {"PUBLIC_URL": "${service.url}"}},
        'app.buildArgs.PUBLIC_URL = "${service.url}": the image is built before the service\'s address is known; write'
        " it into app.environment",
    ),
    (
        "host of the smoke request that an existing listener does not forward",
        {
            "smoke.host": "other.example.com",
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "shop.example.com"},
            "network": ROUTED,
        },
        "domain: smoke.host is not what the listener's rule forwards; remove it, or write that name",
    ),
    (
        "secret of this machine in another environment",
        {"app.secrets": {"API_KEY": "local"}},
        "app: secrets has `local` for API_KEY, which only environment: local takes; write the ARN of a secret in AWS"
        " Secrets Manager",
    ),
    (
        "step that asks for a secret which is not there",
        {"app.secrets": {"SECRET_KEY_BASE": SECRET}, "migrations.0.secrets": ["SECRET_KEY"]},
        "migrations: step master asks for SECRET_KEY, which app.secrets does not have; did you mean SECRET_KEY_BASE?",
    ),
    (
        "step that asks for secrets of an application without any",
        {"migrations.0.secrets": ["SECRET_KEY"]},
        "migrations: step master asks for SECRET_KEY, which app.secrets does not have; add it there, or remove it here",
    ),
    (
        "step that asks for a secret twice",
        {"app.secrets": {"KEY_A": SECRET}, "migrations.0.secrets": ["KEY_A", "KEY_A"]},
        'migrations[0].secrets = ["KEY_A", "KEY_A"]: names KEY_A more than once; name each secret once',
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
        "migrations: step master asks for KEY_A of app.secrets and gives a plain value too; remove one of the two",
    ),
    (
        "bootstrap that asks for a secret which is not there",
        {"app.secrets": {"KEY_A": SECRET}, "database.bootstrapSecrets": ["KEY_B"]},
        "database: bootstrapSecrets asks for KEY_B, which app.secrets does not have; did you mean KEY_A?",
    ),
    (
        "secrets of a bootstrap that is not run",
        {"app.secrets": {"KEY_A": SECRET}, "database.roles": False, "database.bootstrapSecrets": ["KEY_A"]},
        "database.bootstrapSecrets: are those of a step that is not run while database.roles is false; remove them",
    ),
    (
        "secrets of a probe that is not run",
        {"app.secrets": {"KEY_A": SECRET}, "snapshot.secrets": ["KEY_A"]},
        "snapshot.secrets: are those of snapshot.pending, which is not set; remove them",
    ),
    (
        "probe that asks for a secret which is not there",
        {
            "app.secrets": {"KEY_A": SECRET},
            "snapshot": {"before": True, "pending": ["migrate", "pending"], "secrets": ["OTHER"]},
        },
        "snapshot: secrets asks for OTHER, which app.secrets does not have; add it there, or remove it here",
    ),
    (
        "variable called like a secret",
        {"app.environment.SESSION_SECRET": "hunter2"},
        "app.environment.SESSION_SECRET: is called like a secret, and plain values are readable by many; put it into"
        " AWS Secrets Manager and write its ARN into app.secrets (steps get none of them unless they ask:"
        " migrations[].secrets), or rename it",
    ),
    (
        "address with a password",
        {"app.environment.CACHE_URL": "redis://user:hunter2@cache:6379"},
        "app.environment.CACHE_URL: holds a password or a key, and plain values are readable by many; put it into AWS"
        " Secrets Manager and write its ARN into app.secrets (steps get none of them unless they ask:"
        " migrations[].secrets)",
    ),
    (
        "access key in the build",
        {"app.buildArgs": {"KEY_ID": "AKIA" + "A" * 16}},
        "app.buildArgs.KEY_ID: holds a password or a key, and plain values are readable by many; put it into AWS"
        " Secrets Manager and write its ARN into app.secrets (steps get none of them unless they ask:"
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
        "app.buildArgs.VERSION: is set by the program itself, to the release's version; remove it",
    ),
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
    # the database
    (
        "MySQL",
        {"database.engine": "mysql"},
        'database.engine = "mysql": only PostgreSQL is accepted; write postgres or leave the key out',
    ),
    (
        "old version",
        {"database.version": "9.6"},
        'database.version = "9.6": is not a PostgreSQL version from 15 on; write a major version in quotes, like "17"',
    ),
    (
        "version that AWS has withdrawn",
        {"database.version": "17.2"},
        'database.version = "17.2": AWS creates this minor version no longer; write "17" and get the newest one',
    ),
    (
        "another major version asked for than wanted",
        {"database.upgrade": "18"},
        'database.upgrade = "18": is not the major version of database.version; write "17" or remove it',
    ),
    ("version without quotes", {"database.version": 17}, "database.version = 17: must be text; put it in quotes"),
    (
        "reserved user",
        {"database.username": "rdsadmin"},
        'database.username = "rdsadmin": is a name that RDS or PostgreSQL keeps for itself; choose another',
    ),
    (
        "user of another name's letters",
        {"database.appUsername": "Shop-App"},
        'database.appUsername = "Shop-App": must match ^[a-z][a-z0-9_]{0,62}$',
    ),
    (
        "one user twice",
        {"database.ownerUsername": "postgres"},
        'database.ownerUsername = "postgres": postgres is database.username too; give every user a name of its own',
    ),
    (
        "owner and app are one",
        {"database.name": "shop", "database.appUsername": "shop_owner"},
        'database.appUsername = "shop_owner": shop_owner is database.ownerUsername too; give every user a name of its'
        " own",
    ),
    (
        "derived owner and master are one",
        {"database.name": "shop", "database.username": "shop_owner"},
        "database.ownerUsername: shop_owner is database.username too; give every user a name of its own",
    ),
    (
        "derived name too long",
        {"database.name": "a" * 58, "database.appUsername": "app"},
        f"database.ownerUsername: {'a' * 58}_owner is longer than 63 characters; choose a name",
    ),
    (
        "user without roles",
        {"database.roles": False, "database.appUsername": "shop_app"},
        'database.appUsername = "shop_app": is not created while database.roles is false; remove it or set roles to'
        " true",
    ),
    (
        "bootstrap without roles",
        {"database.roles": False, "database.bootstrap": ["setup"]},
        'database.bootstrap = ["setup"]: is not run while database.roles is false; remove it or set roles to true',
    ),
    (
        "bundle without verification",
        {"database.verifyTls": False, "database.caBundle": "/ca.pem"},
        'database.caBundle = "/ca.pem": is not used while database.verifyTls is false; remove it or set verifyTls to'
        " true",
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
        'database.variables.PGUSER = "{user}": {user} is not known here; write {host}, {port}, {name}, {sslMode},'
        " {caBundle}, {username}, {password}",
    ),
    (
        "variable that says nothing of the database",
        {"database.variables": {"PGSSLMODE": "require"}},
        'database.variables.PGSSLMODE = "require": says nothing of the database, like {host}; write it into'
        " app.environment",
    ),
    (
        "variable of the database with a password of its own",
        {"database.variables": {"DATABASE_URL": "postgresql://shop:hunter2@{host}/{name}"}},
        "database.variables.DATABASE_URL: holds a password or a key, and plain values are readable by many; put it into"
        " AWS Secrets Manager and write its ARN into app.secrets (steps get none of them unless they ask:"
        " migrations[].secrets)",
    ),
    (
        "variable of the program, of the database",
        {"database.variables": {"DB_URL": "{host}", "DB_HOST": "{host}"}},
        "database.variables.DB_HOST: is set by the program itself, from the database, the step and app.port; remove it",
    ),
    (
        "variable that is a key of the login's secret",
        {"database.variables": {"password": "{username}:{password}"}},
        "database.variables.password: is a key of the login's secret itself; rename it",
    ),
    (
        "address with the master user's password",
        {"database.roles": False, "database.variables": {"DATABASE_URL": "postgresql://{username}:{password}@{host}"}},
        "database.variables: DATABASE_URL has {username} or {password} inside of a longer text, which the master user's"
        " secret, made by RDS, cannot hold; write them as variables of their own, or set database.roles to true",
    ),
    (
        "variable of a bundle that is not there",
        {"database.variables": {"PGSSLROOTCERT": "{caBundle}"}},
        "database.variables: {caBundle} is empty while the certificate is to be verified; write its path into caBundle",
    ),
    (
        "variable of the database and of the application",
        {"database.variables": {"PGHOST": "{host}"}, "app.environment.PGHOST": "elsewhere"},
        "database: variables has PGHOST, which is in app.environment too; remove one of the two",
    ),
    (
        "variable of the database and of a step",
        {"database.variables": {"PGHOST": "{host}"}, "migrations.0.environment": {"PGHOST": "elsewhere"}},
        "migrations: step master gives a value to PGHOST, as database.variables does; remove one of the two",
    ),
    ("storage", {"database.storage": 10}, "database.storage = 10: must be at least 20"),
    ("backups", {"database.backupDays": 40}, "database.backupDays = 40: must be at most 35"),
    # the service
    ("no tasks", {"service.min": 0}, "service.min = 0: must be at least 1"),
    (
        "deadline",
        {"service.deadline": 600},
        "service.deadline = 600: the circuit breaker may need 720 s to see a bad version: 3 failed tasks × (start"
        " period 90 s + 5 retries × 30 s); write at least 720, or shorten service.health",
    ),
    (
        "deadline of many tasks",
        {"service.min": 20},
        "service.deadline = 1800: the circuit breaker may need 2400 s to see a bad version: 10 failed tasks × (start"
        " period 90 s + 5 retries × 30 s); write at least 2400, or shorten service.health",
    ),
    ("interval", {"service.health.interval": 3}, "service.health.interval = 3: must be at least 5"),
    (
        "check longer than its interval",
        {"service.health.interval": 10, "service.health.timeout": 10},
        "service.health.timeout = 10: must be shorter than the interval of 10 s",
    ),
    (
        "check without CMD",
        {"service.health.command": ["curl", "localhost"]},
        'service.health.command = ["curl", "localhost"]: must start with CMD or CMD-SHELL and go on with what to run,'
        " like [CMD, /app/healthy]",
    ),
    (
        "drain and stop time-out",
        {"service.drainSeconds": 300},
        "service.drainSeconds = 300: with 5 s more it is the container's stop time-out, which Fargate limits to 120 s;"
        " write at most 115",
    ),
    (
        "deadline without circuit breaker",
        {"service.circuitBreaker": False, "service.deadline": 240},
        "service.deadline = 240: a healthy version may need 270 s: start period 90 s + 5 retries × 30 s + 30 s of"
        " draining; write at least 270, or shorten service.health",
    ),
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
        {"database.kmsKey": KEY, "snapshot.copyTo": COPY_TO},
        "snapshot: copyTo has nothing to copy where no snapshot is taken; remove it or set snapshot.before to true",
    ),
    (
        "copy without snapshots",
        {"database.kmsKey": KEY, "snapshot": {"before": False, "copyTo": COPY_TO}},
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
        COPIED | {"snapshot": {"before": True, "copyTo": {"role": HERE, "key": KEY}}},
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
        COPIED | {"snapshot": {"before": True, "copyTo": COPY_TO | {"key": KEY}}},
        f'snapshot.copyTo.key = "{KEY[:58]}…: is not in the account of the role (999988887777); name a key of that'
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
    # smoke and network
    ("smoke status", {"smoke.status": 500}, "smoke.status = 500: must be at most 499"),
    ("smoke path", {"smoke.path": "health"}, 'smoke.path = "health": must match ^/\\S*$'),
    (
        "smoke request from somewhere else",
        {"smoke.from": "browser"},
        "smoke.from = \"browser\": must be 'deployer', 'task' or 'off'",
    ),
    (
        "smoke task without a command",
        {"smoke.from": "task"},
        "smoke.command: is required with smoke.from: task; it exits with 0 when SLUICE_URL is answered rightly",
    ),
    (
        "smoke command that nobody runs",
        {"smoke.command": ["curl"]},
        "smoke.command: is run by smoke.from: task only; write that, or remove this",
    ),
    (
        "smoke image that nobody runs",
        {"smoke.image": f"sha256:{'ab' * 32}"},
        "smoke.image: is run by smoke.from: task only; write that, or remove this",
    ),
    (
        "smoke image by tag",
        {"smoke.from": "task", "smoke.command": ["curl"], "smoke.image": "curl:8"},
        'smoke.image = "curl:8": must be an image by digest, REPOSITORY@sha256: or sha256: and 64 hexadecimal digits; a'
        " tag may move to another image",
    ),
    (
        "smoke body that a task would have to compare",
        {"smoke.from": "task", "smoke.command": ["curl"], "smoke.body": "ok"},
        'smoke.body = "ok": is compared by smoke.from: deployer only; let smoke.command compare it, or remove this',
    ),
    (
        "smoke fields, and nobody asks",
        {"smoke.from": "off", "smoke.json": {"status": "ok"}},
        "smoke.json: is compared by smoke.from: deployer only; let smoke.command compare it, or remove this",
    ),
    (
        "smoke task without a way to the load balancer",
        {"smoke.from": "task", "smoke.command": ["curl"], "network.egress": "endpoints"},
        "network: egress endpoints leaves tasks no way to the load balancer, whose addresses are public, so smoke.from:"
        " task cannot ask it; write smoke.from: deployer or off, or another egress",
    ),
    ("smoke attempts", {"smoke.attempts": 0}, "smoke.attempts = 0: must be at least 1"),
    (
        "smoke field without a name",
        {"smoke.json": {"database..status": "ok"}},
        'smoke.json = {"database..status": "ok"}: \'database..status\' is no path of a field; write names joined by'
        " dots, like database.status",
    ),
    (
        "smoke field that is a mapping",
        {"smoke.json": {"database": {"status": "ok"}}},
        'smoke.json = {"database": {"status": "ok"}}: database is not a text, a number, true, false or null; write one'
        " path for each value",
    ),
    (
        "smoke version header",
        {"smoke.versionHeader": "X Version"},
        'smoke.versionHeader = "X Version": must match ^[A-Za-z0-9-]*$',
    ),
    ("soak below nothing", {"soak.seconds": -1}, "soak.seconds = -1: must be at least 0"),
    ("soak of hours", {"soak.seconds": 7200}, "soak.seconds = 7200: must be at most 3600"),
    ("soak path", {"soak.path": "health"}, 'soak.path = "health": must match ^/\\S*$'),
    ("one zone", {"network.zones": 1}, "network.zones = 1: must be at least 2"),
    (
        "range too small",
        {"network.cidr": "10.0.0.0/28"},
        'network.cidr = "10.0.0.0/28": is too large for a VPC or too small for the subnets of every zone; use /16 to'
        " /22",
    ),
    (
        "no cluster",
        {"cluster.arn": "main"},
        'cluster.arn = "main": is no ARN of an ECS cluster; write one like arn:aws:ecs:REGION:ACCOUNT:cluster/NAME',
    ),
    (
        "cluster elsewhere",
        {"cluster.arn": "arn:aws:ecs:eu-west-1:111122223333:cluster/main"},
        "cluster: arn is in another Region than the stack (eu-central-1); name one of that Region",
    ),
    (
        "another account's cluster",
        {"cluster.arn": "arn:aws:ecs:eu-central-1:444455556666:cluster/main"},
        "cluster: arn is in another account than the stack (111122223333); name one of that account",
    ),
    (
        "no listener",
        {"loadBalancer": {"listener": BALANCER, "priority": 1}},
        f'loadBalancer.listener = "{BALANCER[:58]}…: is no ARN of a listener of an Application Load Balancer; write one'
        " like arn:aws:elasticloadbalancing:REGION:ACCOUNT:listener/app/NAME/ID/ID",
    ),
    (
        "listener without priority",
        {"loadBalancer": {"listener": LISTENER, "host": "shop.example.com"}, "network": ROUTED},
        "loadBalancer.priority: is required with loadBalancer.listener; write a number that no other rule of it has",
    ),
    (
        "priority without listener",
        {"loadBalancer.priority": 1},
        "loadBalancer.priority = 1: belongs to an existing listener; name it with loadBalancer.listener, or remove"
        " this",
    ),
    (
        "listener without host name",
        {"loadBalancer": {"listener": LISTENER, "priority": 1}, "network": ROUTED},
        "domain: loadBalancer.listener needs a host name to forward; write domain.name or loadBalancer.host",
    ),
    (
        "two host names",
        {
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"},
            "domain": {"name": "b.example.com"},
            "network": ROUTED,
        },
        "domain: name and loadBalancer.host exclude each other; keep one",
    ),
    (
        "certificate for an existing listener",
        {
            "loadBalancer": {"listener": LISTENER, "priority": 1},
            "domain": {"name": "b.example.com", "certificate": CERTIFICATE},
            "network": ROUTED,
        },
        "domain: certificate is not used with loadBalancer.listener, which has its own; remove it",
    ),
    (
        "listener in a network of the stack's own",
        {"loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"}},
        "network: vpc is required with loadBalancer.listener; name the VPC that its load balancer is in",
    ),
    (
        "public subnets for an existing listener",
        {"loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"}, "network": EXISTING},
        "network: publicSubnets is of no use with loadBalancer.listener; remove it",
    ),
    # the scan of the image
    (
        "severity",
        {"scan.severity": "low"},
        "scan.severity = \"low\": must be 'critical', 'high' or 'off'",
    ),
    (
        "exception without end",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "not reachable"}]},
        "scan.exceptions[0].until: is required; add it to the stack's settings",
    ),
    (
        "exception without an end",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "not reachable", "until": "9999-12-31"}]},
        'scan.exceptions[0].until = "9999-12-31": is more than a year away; write a day within a year, on which'
        " somebody looks at it again",
    ),
    (
        "exception that ends on no day",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "not reachable", "until": "soon"}]},
        'scan.exceptions[0].until = "soon": is not a day; write one like "2026-12-31", in quotes',
    ),
    (
        "exception without a reason",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "todo", "until": "2026-12-31"}]},
        'scan.exceptions[0].reason = "todo": says too little; write in 10 characters or more why it does no harm here',
    ),
    (
        "exception twice",
        {
            "scan.exceptions": [
                {"id": one, "reason": "not reachable", "until": "2026-12-31"}
                for one in ("CVE-2024-3094", "cve-2024-3094")
            ]
        },
        "scan.exceptions: CVE-2024-3094 is named more than once; name every weakness once",
    ),
    (
        "exceptions of nothing",
        {
            "scan": {
                "severity": "off",
                "exceptions": [{"id": "CVE-1-1", "reason": "not reachable", "until": "2026-12-31"}],
            }
        },
        "scan.exceptions: are of no use with scan.severity off; remove them, or set severity to critical or high",
    ),
    (
        "firewall before somebody else's load balancer",
        {
            "waf.enabled": True,
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com"},
            "network": ROUTED,
        },
        "waf: enabled is not possible with loadBalancer.listener, whose owner decides; remove it",
    ),
    (
        "no group of rules",
        {"waf.managedRules": {"MyRules": "block"}},
        'waf.managedRules = {"MyRules": "block"}: MyRules is no group of AWS\'s; their names begin with'
        " AWSManagedRules",
    ),
    (
        "neither block nor count",
        {"waf.managedRules": {"AWSManagedRulesCommonRuleSet": "off"}},
        "waf.managedRules.AWSManagedRulesCommonRuleSet = \"off\": must be 'block' or 'count'",
    ),
    (
        "access logs of somebody else's load balancer",
        {
            "loadBalancer": {"listener": LISTENER, "priority": 1, "host": "a.example.com", "accessLogs": True},
            "network": ROUTED,
        },
        "loadBalancer.accessLogs = true: are the business of the listener's owner; remove it",
    ),
    (
        "flow logs of somebody else's network",
        {"network": {**EXISTING, "flowLogs": "all"}},
        'network.vpc = "vpc-0123456789abcdef0": is an existing network, which network.flowLogs cannot change; keep'
        " one of the two",
    ),
    (
        "insights of somebody else's cluster",
        {"cluster": {"arn": "arn:aws:ecs:eu-central-1:111122223333:cluster/shared", "insights": "enabled"}},
        'cluster.insights = "enabled": are the business of the cluster\'s owner; remove it',
    ),
    (
        "production over HTTP",
        {"environment": "prod"},
        "domain: name is required in prod, which answers over HTTPS only: without it the service would answer over"
        " plain HTTP; write name, and zone or certificate, or an HTTPS listener as loadBalancer.listener",
    ),
    (
        "domain without certificate",
        {"domain.name": "shop.example.com"},
        "domain: name needs a certificate; write zone, to have one made, or certificate, to use yours",
    ),
    (
        "zone by name",
        {"domain": {"name": "shop.example.com", "zone": "example.com"}},
        'domain.zone = "example.com": must match ^Z[A-Z0-9]{1,31}$',
    ),
    (
        "zone without a name",
        {"domain.zone": "Z0123456789ABC"},
        'domain.zone = "Z0123456789ABC": is of no use without a name in it; write domain.name, or remove this',
    ),
    (
        "address for a name",
        {"domain": {"name": "https://shop.example.com", "zone": "Z0123456789ABC"}},
        'domain.name = "https://shop.example.com": must match ^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\\.)+[a-z]{2,63}$',
    ),
    (
        "certificate of another Region",
        {"domain": {"name": "shop.example.com", "certificate": CERTIFICATE.replace("eu-central-1", "us-east-1")}},
        "domain: certificate is in another Region than the stack (eu-central-1); name one of that Region",
    ),
    (
        "no certificate",
        {"domain": {"name": "shop.example.com", "certificate": "shop.pem"}},
        'domain.certificate = "shop.pem": is no ARN of a certificate in AWS Certificate Manager; write one like'
        " arn:aws:acm:REGION:ACCOUNT:certificate/ID",
    ),
    ("too many zones", {"network.zones": 5}, "network.zones = 5: must be at most 4"),
    (
        "no such way out",
        {"network.egress": "gateway"},
        "network.egress = \"gateway\": must be 'nat', 'natPerZone', 'endpoints' or 'public'",
    ),
    (
        "endpoints beside NAT",
        {"network": {"egress": "nat", "endpoints": ["sqs"]}},
        'network.endpoints = ["sqs"]: are only made with network.egress endpoints; write that or remove them',
    ),
    (
        "endpoint that is made anyway",
        {"network": {"egress": "endpoints", "endpoints": ["logs"]}},
        'network.endpoints = ["logs"]: logs is made in any case; remove it',
    ),
    ("no VPC", {"network.vpc": "main"}, 'network.vpc = "main": must match ^vpc-[0-9a-f]{8,17}$'),
    (
        "existing network and a range",
        {"network": EXISTING | {"cidr": "10.1.0.0/16"}},
        'network.vpc = "vpc-0123456789abcdef0": is an existing network, which network.cidr cannot change; keep one of'
        " the two",
    ),
    (
        "existing subnets without their VPC",
        {"network.taskSubnets": ["subnet-00000011"]},
        'network.taskSubnets = ["subnet-00000011"]: belongs to an existing network; name it with network.vpc, or remove'
        " this",
    ),
    (
        "public address in a network of its own",
        {"network.assignPublicIp": True},
        "network.assignPublicIp = true: belongs to an existing network; name it with network.vpc, or remove this",
    ),
    (
        "one public subnet",
        {"network": EXISTING | {"publicSubnets": ["subnet-00000001"]}},
        'network.publicSubnets = ["subnet-00000001"]: must have at least 2 entries',
    ),
    (
        "one subnet twice",
        {"network": EXISTING | {"taskSubnets": ["subnet-00000011", "subnet-00000011"]}},
        'network.taskSubnets = ["subnet-00000011", "subnet-00000011"]: subnet-00000011 is named more than once; name'
        " every subnet once",
    ),
    (
        "existing network without task subnets",
        {"network": without(EXISTING, "taskSubnets")},
        "network.taskSubnets: is required with network.vpc; name the subnets that tasks run in",
    ),
    (
        "existing network without public subnets",
        {"network": without(EXISTING, "publicSubnets")},
        "network: publicSubnets is required with vpc; name the public subnets that the load balancer is in",
    ),
    (
        "existing network without database subnets",
        {"network": without(EXISTING, "databaseSubnets")},
        "network: databaseSubnets is required with vpc; name the subnets that the database is in",
    ),
    (
        "no range",
        {"network.cidr": "10.0.0.1/16"},
        'network.cidr = "10.0.0.1/16": is not an IPv4 range (10.0.0.1/16 has host bits set); write one like'
        " 10.0.0.0/16",
    ),
]


def section() -> str:
    """The page's part about settings, in Markdown."""
    rows = [f"| {name} | `{cell(message)}` |" for name, _, message in WRONG]
    return "\n".join(["| wrong input | what is said |", "|---|---|", *rows])


def cell(text: str) -> str:
    """A message as code in a table."""
    return text.replace("|", "\\|")


def page(text: str) -> str:
    """The page with the section as it is now. Raises ValueError when the marks are missing."""
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{section()}\n{END}{tail}"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
