"""The virtual environments, installed from hash-checked locks by uv (which comes from the package index too)."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from local.toolchain.building import building_folder, publish, remove
from local.toolchain.process import ask
from local.toolchain.steps import StepRunner

STAMP = "sluice-lock"
INDEX_REMEDY = (
    "let pip reach a package index: behind a proxy set HTTPS_PROXY; for an index of your own "
    "`pip config set global.index-url URL`, for its certificate `pip config set global.cert FILE`"
)


def stamp(lock: Path) -> str:
    """Return the mark of an environment that was made from this lock by this Python."""
    return f"{hashlib.sha256(lock.read_bytes()).hexdigest()} {sys.version_info[0]}.{sys.version_info[1]}"


def current(venv: Path, lock: Path) -> bool:
    """Return whether this environment was made from this lock, and its Python still exists."""
    mark = venv / STAMP
    return mark.is_file() and mark.read_text() == stamp(lock) and (venv / "bin" / "python").exists()


def make(runner: StepRunner, venv: Path, lock: Path, installer: Path) -> str:
    """Make the environment, with pip in it (the Pulumi language host asks pip for the installed packages)."""
    (venv / STAMP).unlink(missing_ok=True)
    python = with_pip(runner, venv)
    runner.run(
        [installer, "pip", "sync", "--require-hashes", "--python", python, lock],
        seconds=900,
        remedy=INDEX_REMEDY,
        env=os.environ
        | {"UV_NO_PROGRESS": "1"}
        | index_settings(os.environ, ask([python, "-m", "pip", "config", "list"]) or ""),
    )
    (venv / STAMP).write_text(stamp(lock))
    return f"from {lock.name}"


def with_pip(runner: StepRunner, venv: Path) -> Path:
    """Return the Python of the environment, which is created again unless it has a working pip."""
    python = venv / "bin" / "python"
    if ask([python, "-c", "import pip"]) is None:
        shutil.rmtree(venv, ignore_errors=True)
        remedy = "on Debian: apt-get install python3-venv"
        runner.run([base_python(), "-m", "venv", venv], seconds=120, remedy=remedy)
    return python


def uv(cache: Path, lock: Path) -> Path:
    """Return the path of this lock's uv."""
    return cache / f"uv-{hashlib.sha256(lock.read_bytes()).hexdigest()[:16]}" / "bin" / "uv"


def fetch_uv(runner: StepRunner, venv: Path, lock: Path, cache: Path) -> Path:
    """uv, by pip and with checked hashes, once for all checkouts; returns the executable."""
    executable = uv(cache, lock)
    target = executable.parents[1]
    if not executable.is_file():
        building = building_folder(target)
        options: list[str | Path] = ["--quiet", "--require-hashes", "--only-binary", ":all:", "--target", building]
        try:
            python = with_pip(runner, venv)
            runner.run([python, "-m", "pip", "install", *options, "-r", lock], seconds=300, remedy=INDEX_REMEDY)
            publish(building, target)
        finally:
            remove(building)
    return executable


def base_python() -> str:
    """Return the Python outside of any virtual environment, because an environment must not depend on another one."""
    return str(Path(sys.base_prefix) / "bin" / f"python{sys.version_info[0]}.{sys.version_info[1]}")


def index_settings(base: Mapping[str, str], pip_config: str) -> dict[str, str]:
    """Return this machine's pip settings as uv's variables, because uv does not read pip's configuration.

    Args:
        pip_config: output of `pip config list`.
    """
    settings: dict[str, str] = {}
    for line in pip_config.splitlines():
        name, _, value = line.partition("=")
        settings[name.rsplit(".", 1)[-1]] = value.strip().strip("'\"")
    variables = {
        "UV_DEFAULT_INDEX": settings.get("index-url"),
        "UV_INDEX": settings.get("extra-index-url"),
        "UV_FIND_LINKS": ",".join(settings.get("find-links", "").split()),
        "SSL_CERT_FILE": settings.get("cert"),
    }
    return {name: value for name, value in variables.items() if value and not base.get(name)}
