"""What settings are taken, and what each wrong one is answered with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from infra.settings import fargate
from infra.settings.mistake import SettingsError
from infra.settings.read import check
from infra.settings.service import breaker_threshold
from infra.settings.settings import Settings
from infra.variables import RESERVED

ROOT = Path(__file__).parents[3]
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


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path


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


WRONG: list[tuple[str, dict[str, Any], str]] = [
    # unknown and missing keys
    ("unknown section", {"databse": {}}, "databse = {}: there is no such setting; did you mean database?"),
    ("unknown key", {"app.memroy": 512}, "app.memroy = 512: there is no such setting; did you mean memory?"),
    (
        "unknown key in a list",
        {"migrations.0.retries": 3},
        "migrations[0].retries = 3: there is no such setting; remove it (known here: name, command, phase, timeout,"
        " attempts, environment)",
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
    ("missing key", {"app.context": REMOVE}, "app.context: is required; add it to the stack's settings"),
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
        "account without quotes",
        {"aws.account": 123456789012},
        "aws.account = 123456789012: must be text; put it in quotes",
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
        "app.environment.DB_HOST: is set by the program itself, from the database and app.port; remove it",
    ),
    (
        "impossible variable",
        {"app.environment.MY-VAR": "1"},
        "app.environment.MY-VAR: a variable's name is letters, digits and _ and starts with no digit; rename it",
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
        'migrations = [{"name": "master", "command": ["migrate"]}, {"name": "mast…: more than one step is called'
        " master; give every step a name of its own",
    ),
    (
        "variable of the program in a step",
        {"migrations.0.environment": {"DB_PASSWORD": "x"}},
        "migrations[0].environment.DB_PASSWORD: is set by the program itself, from the database and app.port; remove"
        " it",
    ),
    ("phase", {"migrations.0.phase": "after"}, "migrations[0].phase = \"after\": must be 'before'"),
    ("time-out", {"migrations.0.timeout": 0}, "migrations[0].timeout = 0: must be at least 1"),
    ("attempts", {"migrations.0.attempts": 11}, "migrations[0].attempts = 11: must be at most 10"),
    # the database
    (
        "MySQL",
        {"database.engine": "mysql"},
        'database.engine = "mysql": only PostgreSQL is supported; write postgres or leave the key out',
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
    ("version without quotes", {"database.version": 17}, "database.version = 17: must be text; put it in quotes"),
    (
        "reserved user",
        {"database.username": "rdsadmin"},
        'database.username = "rdsadmin": is a name that RDS keeps for itself; choose another',
    ),
    (
        "instance class",
        {"database.instanceClass": "t4g.micro"},
        'database.instanceClass = "t4g.micro": must match ^db\\.[a-z0-9-]+\\.[a-z0-9]+$',
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
    ("drain", {"service.drainSeconds": 300}, "service.drainSeconds = 300: must be at most 115"),
    # smoke and network
    ("smoke status", {"smoke.status": 500}, "smoke.status = 500: must be at most 499"),
    ("one zone", {"network.zones": 1}, "network.zones = 1: must be at least 2"),
    (
        "range too small",
        {"network.cidr": "10.0.0.0/28"},
        'network.cidr = "10.0.0.0/28": is too large for a VPC or too small for two subnets in every zone; use /16 to'
        " /22",
    ),
    (
        "no range",
        {"network.cidr": "10.0.0.1/16"},
        'network.cidr = "10.0.0.1/16": is not an IPv4 range (10.0.0.1/16 has host bits set); write one like'
        " 10.0.0.0/16",
    ),
]


class TestWrong:
    """Each wrong setting has one answer: key, value, remedy."""

    @pytest.mark.parametrize(("changes", "message"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG])
    def test_is_answered(self, folder: Path, changes: dict[str, Any], message: str) -> None:
        with pytest.raises(SettingsError) as wrong:
            check("test", changed(right(), changes), folder=folder)
        assert [str(mistake).replace(str(folder), "FOLDER") for mistake in wrong.value.mistakes] == [message]

    def test_all_are_answered_at_once(self, folder: Path) -> None:
        changes: dict[str, Any] = {
            "environment": "qa",
            "app.context": "nowhere",
            "app.cpu": "many",
            "app.port": 0,
            "migrations.0.name": "A",
            "service.deadline": 100,
            "network.zones": 1,
            "smok": {},
        }
        with pytest.raises(SettingsError) as wrong:
            check("test", changed(right(), changes), folder=folder)
        keys = {mistake.key for mistake in wrong.value.mistakes}
        assert keys == {
            "environment",
            "app.context",
            "app.cpu",
            "app.port",
            "migrations[0].name",
            "service.deadline",
            "network.zones",
            "smok",
        }
        head, *lines = str(wrong.value).splitlines()
        assert head == "8 mistakes in the settings of stack test (Pulumi.test.yaml); nothing was created:"
        assert len(lines) == 8

    def test_one_mistake_is_one(self, folder: Path) -> None:
        with pytest.raises(SettingsError, match=r"^1 mistake in the settings of stack prod \(Pulumi\.prod\.yaml\)"):
            check("prod", changed(right(), {"environment": "qa"}), folder=folder)

    def test_nothing_at_all(self, folder: Path) -> None:
        with pytest.raises(SettingsError) as wrong:
            check("test", {}, folder=folder)
        assert [mistake.key for mistake in wrong.value.mistakes] == ["environment", "aws", "app", "migrations"]


class TestRight:
    """What is taken, and the defaults of what is left out."""

    def test_production_defaults(self, folder: Path) -> None:
        settings = check("test", right(), folder=folder)
        health = settings.service.health
        assert (health.start_period, health.interval, health.timeout, health.retries) == (90, 30, 10, 5)
        assert settings.service.min == 2
        assert settings.database.verify_tls is True
        assert settings.database.backup_days == 7
        assert settings.app.live_path == "/live"
        assert settings.protected is False

    def test_only_prod_is_protected(self, folder: Path) -> None:
        assert check("test", changed(right(), {"environment": "prod"}), folder=folder).protected is True

    def test_the_local_stack(self) -> None:
        given = yaml.safe_load((ROOT / "Pulumi.local.yaml").read_text())["config"]
        settings = check("local", given, folder=ROOT)
        assert [step.name for step in settings.migrations] == ["master", "verify"]
        assert settings.app.build_args.keys() == {"BASE", "BUILD_BASE"}
        assert settings.service.min == 2

    def test_pulumi_knows_every_name_and_no_other(self) -> None:
        declared = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())["config"]
        assert set(declared) == {field.alias for field in Settings.model_fields.values()}
        required = {field.alias for field in Settings.model_fields.values() if field.is_required()}
        assert {name for name, declaration in declared.items() if "default" not in declaration} == required
        assert not [name for name, declaration in declared.items() if "type" in declaration]


class TestNumbers:
    """Rules of AWS in numbers."""

    @pytest.mark.parametrize(("tasks", "failures"), [(1, 3), (2, 3), (6, 3), (7, 4), (25, 13), (400, 200), (800, 200)])
    def test_breaker_threshold(self, tasks: int, failures: int) -> None:
        assert breaker_threshold(tasks) == failures

    @pytest.mark.parametrize(
        ("cpu", "least", "most", "sizes"),
        [
            (256, 512, 2048, 3),
            (512, 1024, 4096, 4),
            (1024, 2048, 8192, 7),
            (2048, 4096, 16384, 13),
            (4096, 8192, 30720, 23),
            (8192, 16 * 1024, 60 * 1024, 12),
            (16384, 32 * 1024, 120 * 1024, 12),
        ],
    )
    def test_fargate_sizes(self, cpu: int, least: int, most: int, sizes: int) -> None:
        assert (min(fargate.MEMORY[cpu]), max(fargate.MEMORY[cpu]), len(fargate.MEMORY[cpu])) == (least, most, sizes)

    def test_reserved_names(self) -> None:
        assert {"DB_HOST", "DB_PASSWORD", "PORT"} < RESERVED
