"""What stands for the application's secrets in a stack of this machine: the local cloud's own, made by `make up`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from infra.settings.reading.mistake import ABSENT, Mistake, SettingsError
from infra.settings.settings import Settings
from infra.settings.values.secrets import LOCAL

FOLDER_VARIABLE = "SLUICE_SECRETS"
"""Names the folder with a file for each local stack: variable to `{"for": reference, "is": reference}`."""


def stood_in(settings: Settings, stack: str, environment: Mapping[str, str]) -> Settings:
    """The settings with the references that are true on this machine; others than a local stack's stay as they are.

    Args:
        environment: the process', with FOLDER_VARIABLE.

    Raises:
        SettingsError: nothing stands for a secret that the settings leave to this machine.
    """
    given = settings.app.secrets
    if settings.environment != LOCAL or not given:
        return settings
    made = _made(Path(environment[FOLDER_VARIABLE]) / f"{stack}.json") if FOLDER_VARIABLE in environment else {}
    secrets = {
        name: made[name]["is"] if name in made and made[name]["for"] == reference else reference
        for name, reference in given.items()
    }
    if missing := sorted(name for name, reference in secrets.items() if reference == LOCAL):
        remedy = f"has no value on this machine yet; run `make up STACK={stack}`, which gives it one"
        raise SettingsError(stack, [Mistake(f"app.secrets.{name}", ABSENT, remedy) for name in missing])
    return settings.model_copy(update={"app": settings.app.model_copy(update={"secrets": secrets})})


def _made(file: Path) -> Mapping[str, Mapping[str, str]]:
    """What `make up` wrote down; nothing where it never did."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
