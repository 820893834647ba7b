"""Settings need the folder of an application."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of Pulumi.yaml with the application `shop`."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "Dockerfile").write_text("FROM scratch\n")
    return tmp_path
