"""Reads the settings of a stack from Pulumi's configuration and checks all of them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Set
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import config as engine_config
from pydantic import ValidationError

from infra.settings.reading.explain import mistake
from infra.settings.reading.local_secrets import with_local_secrets
from infra.settings.reading.mistake import ABSENT, Mistake, SettingsError
from infra.settings.reading.placeholder import unfilled
from infra.settings.reading.refusal import end
from infra.settings.settings import Settings

NO_SECRETS = (
    "holds an encrypted value, but settings become plain parts of task definitions; store the value in AWS Secrets"
    " Manager and remove it here"
)


def load() -> Settings:
    """Read the settings of the current stack. Ends the program with one error if any of them is wrong."""
    try:
        stack = pulumi.get_stack()
        return with_local_secrets(check(stack, *configured(), folder=Path.cwd()), stack, os.environ)
    except SettingsError as wrong:
        end(str(wrong))


def configured() -> tuple[dict[str, Any], set[str]]:
    """The configuration of the project, under any project name: decoded plain values by key, and the encrypted keys."""
    config = pulumi.Config()
    prefix = f"{config.name}:"
    keys = sorted(key.removeprefix(prefix) for key in engine_config.CONFIG.get() if key.startswith(prefix))
    encrypted = {key for key in keys if engine_config.is_config_secret(prefix + key)}
    return {key: decoded(config.require(key)) for key in keys if key not in encrypted}, encrypted


def check(stack: str, given: Mapping[str, Any], encrypted: Set[str] = frozenset(), *, folder: Path) -> Settings:
    """Check the settings of a stack and return them typed.

    Args:
        stack: name of the stack.
        given: decoded configuration by key.
        encrypted: keys with encrypted values, which are refused.
        folder: the folder of Pulumi.yaml, where relative paths start.

    Raises:
        SettingsError: with every mistake.
    """
    mistakes = [Mistake(key, ABSENT, NO_SECRETS) for key in sorted(encrypted)] + unfilled(given)
    reported = {mistake.key for mistake in mistakes}
    try:
        settings = Settings.model_validate(dict(given), context={"folder": folder, "stack": stack})
    except ValidationError as error:
        found = [mistake(Settings, details) for details in error.errors(include_url=False)]
        mistakes += [wrong for wrong in found if wrong.key not in reported]
    if mistakes:
        raise SettingsError(stack, mistakes)
    return settings


def decoded(text: str) -> Any:
    """Decode a configuration value: the engine passes mappings and lists as JSON, and other values as they are."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
