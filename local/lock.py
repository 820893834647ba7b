"""`make lock`: compiles every requirements*.in into a hash-checked lock, for all platforms, without index addresses."""

from __future__ import annotations

import os
from pathlib import Path

from local.environment import Checkout
from local.terminal import attached
from local.toolchain import environments, plan
from local.toolchain.process import ask
from local.toolchain.progress import SetupProgress

OPTIONS = ("--universal", "--generate-hashes", "--no-emit-index-url", "--no-header", "--quiet")


def sources(root: Path) -> list[tuple[Path, str]]:
    """Return the files to lock, each with its oldest Python; requirements.in first, because the others use its lock."""
    ours = [root / name for name in ("requirements.in", "requirements-dev.in")]
    ours += [root / "emulator" / "cloud" / "requirements.in", root / "local" / "toolchain" / "uv.in"]
    ours += [root / "bench" / "requirements.in", root / "policy" / "requirements.in"]
    ours.append(root / "pipeline" / "requirements-audit.in")
    ours.append(root / "tests" / "e2e" / "check" / "requirements.in")
    examples = sorted(root.glob("examples/*/requirements.in"))
    return [(path, "3.11") for path in ours] + [(path, "3.13") for path in examples]


def compile_all(place: Checkout, progress: SetupProgress) -> int:
    """Compile all locks; a lock's versions stay unless its .in file says otherwise (delete a lock to renew it)."""
    uv = environments.uv(place.cache, plan.uv_lock(place))
    pip_config = ask([place.venv / "bin" / "pip", "config", "list"]) or ""
    env = os.environ | environments.index_settings(os.environ, pip_config)
    for source, python in sources(place.root):
        target = source.with_suffix(".txt")
        progress.say(f"· {target.relative_to(place.root)}")
        command: list[str | Path] = [
            uv,
            "pip",
            "compile",
            *OPTIONS,
            "--python-version",
            python,
            source.name,
            "-o",
            target.name,
        ]
        code = attached(command, cwd=source.parent, env=env)
        if code != 0:
            return code
    return 0
