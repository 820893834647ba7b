"""Settings of a small stack, and the whole program run with them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.components.program import ACCOUNT, ROOT, Deployed, run


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Settings of a stack whose application is one Dockerfile, in a folder of its own."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "Dockerfile").write_text("FROM scratch\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(ROOT))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    return {
        "environment": "staging",
        "aws": {"region": "eu-central-1", "account": ACCOUNT},
        "app": {"context": "shop", "environment": {"LOG_LEVEL": "info"}},
        "migrations": [{"name": "master", "command": ["migrate", "master"]}],
    }


@pytest.fixture
def deploy(config: dict[str, Any]) -> Callable[..., Deployed]:
    """Runs the program with these settings, changed as said."""

    def deploy(
        *,
        preview: bool = False,
        builds: bool = True,
        pushes: bool = True,
        stale: Any = None,
        others: Any = None,
        admission: Any = None,
        deployed: Deployed | None = None,
        **changes: Any,
    ) -> Deployed:
        settings = {**config, **changes}
        if settings["environment"] == "prod" and not {"domain", "loadBalancer"} & set(settings):
            settings["domain"] = {"name": "shop.example.com", "zone": "Z0123456789ABC"}
        return run(
            settings,
            preview=preview,
            builds=builds,
            pushes=pushes,
            stale=stale,
            others=others,
            admission=admission,
            deployed=deployed,
        )

    return deploy
