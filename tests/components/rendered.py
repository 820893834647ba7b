"""A stack's graph: the whole program run on Pulumi's mocks with the settings in the stack's own file."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.rehearse.copy import filled, upstream
from tests.components.program import ACCOUNT, ROOT, Deployed, run


def stacks() -> list[str]:
    """The stacks that have settings in this checkout."""
    return sorted(file.name.split(".")[1] for file in ROOT.glob("Pulumi.*.yaml"))


def settings(stack: str) -> dict[str, Any]:
    """A stack's own settings, without the project's namespace; placeholders have made-up values. All stacks are in the
    one account of the mocks."""
    config = filled(ROOT, stack)
    if "account" in config.get("promotion", {}):
        config["promotion"] = {**config["promotion"], "account": ACCOUNT}
    return config


def rendered(stack: str, **changes: Any) -> Deployed:
    """What the program asks the engine for, with a stack's settings, or with some of them changed."""
    config = {**settings(stack), **changes}
    with _at_home():
        return run(config, stack=stack, others=_released(config))


def _released(config: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The outputs of the stack that these settings promote from."""
    source = upstream(config)
    return {f"organization/sluice/{source}": rendered(source).outputs} if source else {}


@contextmanager
def _at_home() -> Iterator[None]:
    """Paths in settings start at the project's folder; another AWS must not come in from outside."""
    before, endpoint = Path.cwd(), os.environ.pop("AWS_ENDPOINT_URL", None)
    os.chdir(ROOT)
    sys.path.insert(0, str(ROOT))
    try:
        yield
    finally:
        sys.path.remove(str(ROOT))
        os.chdir(before)
        if endpoint is not None:
            os.environ["AWS_ENDPOINT_URL"] = endpoint
