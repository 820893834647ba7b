"""Creates the secrets of a stack's settings in its emulated account, because a task cannot start without them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.settings.reading import secret_file
from infra.settings.reading.mistake import SettingsError
from local.rehearse.changes import SettingChange
from local.secrets import provide
from local.toolchain.process import SetupFailed


def made_up(config: dict[str, Any], client: Any, stack: str, root: Path) -> Iterator[SettingChange]:
    """Points `app.secrets` at secrets of the emulated account, which are made when they are missing.

    Args:
        config: is changed.
        client: Secrets Manager's, of the emulated account.
        root: the folder with Pulumi.yaml, and perhaps with the values: `.secrets.STACK.env`.

    Raises:
        Failed: that file has mistakes.
    """
    given: dict[str, str] = (config.get("app") or {}).get("secrets") or {}
    try:
        values = secret_file.values(root, stack, given)
    except SettingsError as wrong:
        raise SetupFailed(str(wrong)) from None
    for one in provide(dict(given), values, client, f"rehearsal-{stack}", secret_file.name(stack)):
        given[one.variable] = one.now
        yield SettingChange(f"app.secrets.{one.variable}", one.was, one.now, one.how)
