"""Reads the stack's settings from Pulumi's configuration and checks them whole."""

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
from infra.settings.reading.mistake import ABSENT, Mistake, SettingsError
from infra.settings.reading.placeholder import unfilled
from infra.settings.reading.refusal import end
from infra.settings.reading.stand_in import stood_in
from infra.settings.settings import Settings

NO_SECRETS = (
    "holds an encrypted value, but settings become plain parts of task definitions; put the value into AWS Secrets"
    " Manager and remove it here"
)


def load() -> Settings:
    """The settings of the current stack; ends the program with one clean error when any of them is wrong."""
    try:
        stack = pulumi.get_stack()
        return stood_in(check(stack, *configured(), folder=Path.cwd()), stack, os.environ)
    except SettingsError as wrong:
        end(str(wrong))


def configured() -> tuple[dict[str, Any], set[str]]:
    """The project's own configuration, whatever the project is called: the plain keys, decoded, and the encrypted
    keys."""
    config = pulumi.Config()
    prefix = f"{config.name}:"
    keys = sorted(key.removeprefix(prefix) for key in engine_config.CONFIG.get() if key.startswith(prefix))
    encrypted = {key for key in keys if engine_config.is_config_secret(prefix + key)}
    return {key: decoded(config.require(key)) for key in keys if key not in encrypted}, encrypted


def check(stack: str, given: Mapping[str, Any], encrypted: Set[str] = frozenset(), *, folder: Path) -> Settings:
    """The typed settings, from what a stack gives.

    encrypted: keys with encrypted values, which are refused. folder: where relative paths start (that of Pulumi.yaml).
    Raises SettingsError with every mistake that was found.
    """
    mistakes = [Mistake(key, ABSENT, NO_SECRETS) for key in sorted(encrypted)] + unfilled(given)
    said = {mistake.key for mistake in mistakes}
    try:
        settings = Settings.model_validate(dict(given), context={"folder": folder, "stack": stack})
    except ValidationError as error:
        found = [mistake(Settings, details) for details in error.errors(include_url=False)]
        mistakes += [wrong for wrong in found if wrong.key not in said]
    if mistakes:
        raise SettingsError(stack, mistakes)
    return settings


def decoded(text: str) -> Any:
    """A configuration value: the engine hands structured ones over as JSON, scalars as they are."""
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
