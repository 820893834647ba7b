"""Wrong settings and their messages. The application, its variables and its secrets."""

from __future__ import annotations

from typing import Any

from tests.unit.settings.wrong.values import SECRET

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "missing folder",
        {"app.context": "shopp"},
        'app.context = "shopp": there is no folder FOLDER/shopp; write the folder of the Dockerfile, relative to'
        " Pulumi.yaml",
    ),
    (
        "missing Dockerfile",
        {"app.dockerfile": "docker/Dockerfile"},
        'app.dockerfile = "docker/Dockerfile": there is no file FOLDER/shop/docker/Dockerfile; write the path of the'
        " Dockerfile, relative to app.context",
    ),
    ("architecture", {"app.architecture": "amd64"}, "app.architecture = \"amd64\": must be 'X86_64' or 'ARM64'"),
    (
        "branch for a commit",
        {"app.allowOlder": "main"},
        'app.allowOlder = "main": must match ^[0-9a-f]{7,40}$',
    ),
    (
        "text for an ENTRYPOINT",
        {"app.stepEntryPoint": "env"},
        'app.stepEntryPoint = "env": must be a list',
    ),
    (
        "whole file system writable",
        {"app.writable": ["/"]},
        'app.writable[0] = "/": would make the whole file system writable; name the folders, or set app.readOnly to'
        " false",
    ),
    (
        "folder with a trailing slash",
        {"app.writable": ["/data/"]},
        'app.writable[0] = "/data/": is not a normalized path; write /data',
    ),
    (
        "folder of the kernel",
        {"app.writable": ["/proc/sys"]},
        'app.writable[0] = "/proc/sys": is a folder of the kernel, where no volume can be mounted; name a folder of'
        " the application",
    ),
    (
        "folder listed twice",
        {"app.writable": ["/data", "/data"]},
        'app.writable = ["/data", "/data"]: /data is listed more than once; list every folder once',
    ),
    (
        "capability that is not a default",
        {"app.capabilities": ["SYS_ADMIN"]},
        "app.capabilities[0] = \"SYS_ADMIN\": must be 'AUDIT_WRITE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER', "
        "'FSETID', 'KILL', 'MKNOD', 'NET_BIND_SERVICE', 'NET_RAW', 'SETFCAP', 'SETGID', 'SETPCAP', "
        "'SETUID' or 'SYS_CHROOT'",
    ),
    (
        "user with a space",
        {"app.user": "my app"},
        'app.user = "my app": must match ^[A-Za-z0-9_][\\w.-]*(:[A-Za-z0-9_][\\w.-]*)?$',
    ),
    ("port too large", {"app.port": 80000}, "app.port = 80000: must be at most 65535"),
    ("path without a slash", {"app.healthPath": "health"}, 'app.healthPath = "health": must match ^/\\S*$'),
    (
        "CPU size",
        {"app.cpu": 300},
        "app.cpu = 300: Fargate does not offer 300 CPU units; use one of 256, 512, 1024, 2048, 4096, 8192, 16384",
    ),
    (
        "memory size",
        {"app.cpu": 512, "app.memory": 512},
        "app.memory = 512: Fargate does not offer 512 MiB with cpu 512; use 1024, 2048, 3072, 4096",
    ),
    (
        "memory size of a large task",
        {"app.cpu": 4096, "app.memory": 1024},
        "app.memory = 1024: Fargate does not offer 1024 MiB with cpu 4096; use 8192 to 30720 in steps of 1024",
    ),
    (
        "reserved variable",
        {"app.environment.DB_HOST": "db"},
        "app.environment.DB_HOST: is set by the program from the database, the step and app.port; remove it",
    ),
    (
        "invalid name of a variable",
        {"app.environment.MY-VAR": "1"},
        "app.environment.MY-VAR: is not a variable's name; use letters, digits and _, and begin with a letter or _",
    ),
    (
        "build arguments without a build",
        {"app": {"buildArgs": {"BASE": "x"}}, "promoteFrom": "staging"},
        "app.buildArgs: have no effect without app.context, as this stack builds nothing; remove them",
    ),
    (
        "value of a secret",
        {"app.secrets": {"API_KEY": "hunter2"}},
        "app.secrets.API_KEY: must be the ARN of a secret in AWS Secrets Manager, or ARN:key:: for one key of its"
        " JSON, never the value itself; store the value in Secrets Manager",
    ),
    (
        "value of a secret as a number",
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
        "variable both secret and plain",
        {"app.secrets": {"LEVEL": SECRET}, "app.environment.LEVEL": "1"},
        "app.secrets: LEVEL is in app.environment too; remove one of the two",
    ),
    (
        "unknown placeholder of the service",
        {"app.environment.HOSTS": "${service.name}"},
        'app.environment.HOSTS = "${service.name}": has the unknown placeholder ${service.name}; use ${service.host}'
        " or ${service.url}",
    ),
    (
        "service's URL in the build",
        {"app.buildArgs": {"PUBLIC_URL": "${service.url}"}},
        'app.buildArgs.PUBLIC_URL = "${service.url}": names the service, whose address is not known during the'
        " build; write it into app.environment",
    ),
    (
        "local secret in another environment",
        {"app.secrets": {"API_KEY": "local"}},
        "app: secrets has `local` for API_KEY, which works with environment: local only; write the ARN of a secret"
        " in AWS Secrets Manager",
    ),
    (
        "variable named like a secret",
        {"app.environment.SESSION_SECRET": "hunter2"},
        "app.environment.SESSION_SECRET: is named like a secret, and many people can read plain values; store it in"
        " AWS Secrets Manager and write its ARN into app.secrets (a step gets only the secrets that it lists in"
        " migrations[].secrets), or rename it",
    ),
    (
        "URL with a password",
        {"app.environment.CACHE_URL": "redis://user:hunter2@cache:6379"},
        "app.environment.CACHE_URL: contains a password or a key, and many people can read plain values; store it in"
        " AWS Secrets Manager and write its ARN into app.secrets (a step gets only the secrets that it lists in"
        " migrations[].secrets)",
    ),
    (
        "access key in a build argument",
        {"app.buildArgs": {"KEY_ID": "AKIA" + "A" * 16}},
        "app.buildArgs.KEY_ID: contains a password or a key, and many people can read plain values; store it in AWS"
        " Secrets Manager and write its ARN into app.secrets (a step gets only the secrets that it lists in"
        " migrations[].secrets)",
    ),
    (
        "reserved build argument",
        {"app.buildArgs": {"VERSION": "1"}},
        "app.buildArgs.VERSION: is set by the program to the release's version; remove it",
    ),
]
