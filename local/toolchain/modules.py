"""The Go example's modules, downloaded on the host where it has Go: it knows the way to a module proxy."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from local.toolchain.steps import StepRunner

REMEDY = "check that Go reaches a module proxy (`go env GOPROXY`)"


def context(runner: StepRunner, dockerfile: Path, locks: list[Path], target: Path) -> None:
    """A build context: the Dockerfile, go.mod, go.sum, and `modules`, a folder that Go takes for a module proxy.

    Without Go on the host the folder is empty: then the build downloads them itself.
    """
    for file in (dockerfile, *locks):
        shutil.copy(file, target / file.name)
    modules = target / "modules"
    modules.mkdir()
    if shutil.which("go") is None:
        return
    cache = target / "cache"
    settings = {"GOMODCACHE": str(cache), "GOTOOLCHAIN": "local", "GOWORK": "off", "GOFLAGS": "-modcacherw"}
    runner.run(["go", "mod", "download"], cwd=target, env=os.environ | settings, seconds=300, remedy=REMEDY)
    modules.rmdir()
    (cache / "cache" / "download").rename(modules)
    shutil.rmtree(cache)
