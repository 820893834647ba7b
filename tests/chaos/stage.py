"""An emulated AWS of the suite's own, and what every stack on it needs: images, the ledger, a folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from emulator.cloud import emulator
from emulator.cloud.settings import TIME_VARIABLE
from tests.chaos.ledger import Ledger, Scene
from tests.chaos.scenario import VERSIONS
from tests.chaos.stack import APP, Stack
from tests.e2e.cloud.conftest import cloud_python, new_account
from tests.e2e.cloud.stage import Stage as Cloud

TIME_FACTOR = 10


class Stage:
    """One account with an image for each version, and the ledger that their tasks call."""

    def __init__(self, cloud: emulator.Cloud, folder: Path, versions: int) -> None:
        self.cloud = Cloud(cloud)
        self.folder = folder
        self.ledger = Ledger(cloud.host)
        self.images = {version: self.cloud.push(str(version), APP) for version in range(1, versions + 1)}

    def stack(self, scene: Scene, **more: Any) -> Stack:
        """A stack that has not been deployed yet."""
        return Stack(self.cloud, self.ledger, self.images, self.folder, scene, **more)


@contextmanager
def stage(folder: Path, versions: int = VERSIONS) -> Iterator[Stage]:
    """A stage on an emulator of its own, which is stopped in the end."""
    with patch.dict(os.environ, {TIME_VARIABLE: str(TIME_FACTOR)}):
        made = emulator.start(folder, None, new_account(), python=cloud_python())
    try:
        yield Stage(made, folder, versions)
    finally:
        emulator.stop(folder)
