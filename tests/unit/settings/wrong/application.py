"""Wrong settings and what is said of them. The application."""

from __future__ import annotations

from typing import Any

WRONG: list[tuple[str, dict[str, Any], str]] = [
    # the application
    (
        "context",
        {"app.context": "shopp"},
        'app.context = "shopp": there is no folder FOLDER/shopp; write the folder of the Dockerfile, relative to'
        " Pulumi.yaml",
    ),
    (
        "Dockerfile",
        {"app.dockerfile": "docker/Dockerfile"},
        'app.dockerfile = "docker/Dockerfile": there is no file FOLDER/shop/docker/Dockerfile; write the path of the'
        " Dockerfile, relative to app.context",
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
        'app.writable[0] = "/": would make the whole file system writable; name the folders, or set app.readOnly to'
        " false",
    ),
    (
        "a folder with a slash at its end",
        {"app.writable": ["/data/"]},
        'app.writable[0] = "/data/": is not a normalized path; write /data',
    ),
    (
        "a folder of the system",
        {"app.writable": ["/proc/sys"]},
        'app.writable[0] = "/proc/sys": is a folder of the kernel, where no volume can be mounted; name a folder of'
        " the application",
    ),
    (
        "a folder twice",
        {"app.writable": ["/data", "/data"]},
        'app.writable = ["/data", "/data"]: /data is listed more than once; list every folder once',
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
        "app.environment.DB_HOST: is set by the program from the database, the step and app.port; remove it",
    ),
    (
        "impossible variable",
        {"app.environment.MY-VAR": "1"},
        "app.environment.MY-VAR: is not a variable's name; use letters, digits and _, and begin with a letter or _",
    ),
]
