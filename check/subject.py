"""The subject of the check: a stack's settings and the application that they name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from check.result import Broken
from check.source import git
from check.source.layouts import Migrations, find
from components.image import build_context
from infra.settings.reading import secret_file
from infra.settings.reading.mistake import SettingsError
from infra.settings.reading.placeholder import is_placeholder
from infra.settings.reading.read import check
from infra.settings.settings import Settings

PLATFORMS = {"X86_64": "linux/amd64", "ARM64": "linux/arm64"}


@dataclass(frozen=True)
class CheckedStack:
    """What is checked: one stack's settings and application.

    Attributes:
        root: the folder of Pulumi.yaml, to which the settings' paths are relative.
        file: the settings file.
        source: the folder of the image build, as written in the settings.
        secrets: values of app.secrets, where `.secrets.STACK.env` has them.
    """

    root: Path
    file: Path
    settings: Settings
    source: str
    secrets: Mapping[str, str] = field(default_factory=dict)

    @property
    def context(self) -> Path:
        """The folder of the image build."""
        return (self.root / self.source).resolve()

    @property
    def platform(self) -> str:
        return PLATFORMS[self.settings.app.architecture]

    def names(self) -> list[str]:
        """Return the application's files, relative to the context: those in git and those that Docker receives."""
        return sorted({*self.sent(), *git.files(self.context)})

    def sent(self) -> set[str]:
        """Return the files that Docker receives."""
        app = self.settings.app
        ignored = build_context.ignored(self.context / app.dockerfile, self.context)
        return {path for path in build_context.sent(self.context, ignored) if (self.context / path).is_file()}

    def migrations(self) -> Migrations:
        return find(self.names(), self.settings.check.migrations)

    def text(self, name: str) -> str:
        return (self.context / name).read_text(encoding="utf-8", errors="replace")


def read(root: Path, stack: str, file: Path | None = None) -> CheckedStack:
    """Read and validate the stack's settings. Raises Broken with every mistake."""
    file = file or root / f"Pulumi.{stack}.yaml"
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        known = ", ".join(sorted(one.name.split(".")[1] for one in root.glob("Pulumi.*.yaml"))) or "none"
        raise Broken(
            f"{file.name} cannot be read: {error.strerror}", f"name a stack that has settings: {known}"
        ) from None
    except yaml.YAMLError as error:
        raise Broken(f"{file.name} is not YAML: {error}".replace("\n", " "), "correct the file") from None
    plain, encrypted = split((document or {}).get("config") or {})
    try:
        settings = check(stack, filled(plain), encrypted, folder=root)
        secrets = secret_file.values(file.parent, stack, settings.app.secrets)
    except SettingsError as wrong:
        raise Broken(str(wrong), "correct the settings; docs/settings.md lists them") from None
    if settings.app.context is None:
        raise Broken(
            f"stack {stack} builds no application: it deploys an existing image",
            "check the stack that builds it (app.context): `make check STACK=…`",
        )
    return CheckedStack(root, file, settings, settings.app.context, secrets)


def split(config: Mapping[str, Any]) -> tuple[dict[str, Any], set[str]]:
    """Return a settings file's plain keys and its encrypted ones.

    A key of the project has no namespace or the project's; keys of providers (`aws:region`) are skipped.
    """
    plain, encrypted = {}, set()
    for key, value in config.items():
        namespace, _, name = str(key).rpartition(":")
        if namespace in PROVIDERS:
            continue
        if isinstance(value, Mapping) and value.keys() == {"secure"}:
            encrypted.add(name)
        else:
            plain[name] = value
    return plain, encrypted


def filled(given: Any) -> Any:
    """Return the settings with a value for each placeholder that no application uses: an account, an address."""
    if isinstance(given, Mapping):
        return {key: filled(value) for key, value in given.items()}
    if isinstance(given, list):
        return [filled(value) for value in given]
    if is_placeholder(given):
        return next((value for word, value in FILLS.items() if str(given).startswith(f"<{word}")), given)
    return given


FILLS = {"account": "999999999999", "address": "nobody@example.org"}
PROVIDERS = frozenset({"aws", "docker", "gate", "pulumi"})
