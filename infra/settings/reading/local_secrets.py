"""Replaces the references of a local stack's secrets by those of the local cloud, which `make up` creates."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from infra.settings.reading.mistake import ABSENT, Mistake, SettingsError
from infra.settings.settings import Settings
from infra.settings.values.secrets import LOCAL

FOLDER_VARIABLE = "SLUICE_SECRETS"
"""Names the folder with one file per local stack: variable to `{"for": reference in the settings, "is": reference in
the local cloud}`."""


def with_local_secrets(settings: Settings, stack: str, environment: Mapping[str, str]) -> Settings:
    """The settings with the references of the local cloud. Settings of another environment are returned unchanged.

    Args:
        settings: as written.
        stack: name of the stack.
        environment: environment variables of the process, with FOLDER_VARIABLE.

    Raises:
        SettingsError: a secret is `local`, and `make up` has not created it.
    """
    given = settings.app.secrets
    if settings.environment != LOCAL or not given:
        return settings
    created = created_secrets(environment.get(FOLDER_VARIABLE), stack)
    secrets = {
        name: created[name]["is"] if name in created and created[name]["for"] == reference else reference
        for name, reference in given.items()
    }
    if missing := sorted(name for name, reference in secrets.items() if reference == LOCAL):
        remedy = f"has no value on this machine yet; run `make up STACK={stack}`, which gives it one"
        raise SettingsError(stack, [Mistake(f"app.secrets.{name}", ABSENT, remedy) for name in missing])
    return settings.model_copy(update={"app": settings.app.model_copy(update={"secrets": secrets})})


def created_secrets(folder: str | None, stack: str) -> Mapping[str, Mapping[str, str]]:
    """Read what `make up` wrote for a stack; empty if there is no folder, or the file is missing or unreadable."""
    if folder is None:
        return {}
    try:
        found = json.loads((Path(folder) / f"{stack}.json").read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
