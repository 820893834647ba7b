"""The Pulumi CLI and its Python language host, by the first of three roads that is open.

1. `pulumi` on PATH, when recent and with its language host beside it.
2. The official installer, where it can be reached within seconds.
3. Both built from their Go modules, at the versions and hashes locked beside this file.
"""

from __future__ import annotations

import os
import re
import shutil
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from emulator import record
from local.environment import LANGUAGE_HOST_VERSION, PULUMI_VERSION, Checkout
from local.toolchain.building import building_folder, publish
from local.toolchain.process import SetupFailed, ask
from local.toolchain.steps import StepRunner

OLDEST = (3, 200, 0)
OLDEST_GO = (1, 26)
INSTALLER = "https://get.pulumi.com"
INSTALLER_SECONDS = 4.0
CLI = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
HOST_MODULE = "github.com/pulumi/pulumi/sdk/v3"
HOST = f"{HOST_MODULE}/python/cmd/pulumi-language-python"
VERSION_VARIABLE = f"{HOST_MODULE}/go/common/version.Version"
LOCKS = Path(__file__).parent
NAMES = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")


@dataclass(frozen=True)
class FoundCli:
    """A Pulumi CLI on PATH."""

    folder: Path
    version: tuple[int, ...]
    complete: bool  # the language host is beside it


def usable(found: FoundCli | None) -> bool:
    """Is the CLI on PATH good enough to be used?"""
    return found is not None and found.complete and found.version >= OLDEST


def version(text: str) -> tuple[int, ...]:
    """The first version number in a text, `v3.250.0-dev` as (3, 250, 0); empty when there is none."""
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in match.groups(default="0")) if match else ()


def go_obstacle(answer: str | None) -> str | None:
    """Return why Go cannot build the CLI, or None. `answer` is what `go version` printed; None when there is no Go."""
    wanted = f"the Pulumi CLI is built from Go modules here, which needs Go {OLDEST_GO[0]}.{OLDEST_GO[1]} or newer"
    if answer is None:
        return f"{wanted}; no Go is on PATH"
    return None if version(answer)[:2] >= OLDEST_GO else f"{wanted}; this is {answer}"


def obstacle(place: Checkout) -> None:
    """Raise Failed when none of the three roads is open."""
    if not _here(place) and (lacking := go_obstacle(ask(["go", "version"]))) and _script() is None:
        raise no_road(lacking)


def no_road(lacking: str) -> SetupFailed:
    return SetupFailed(f"{lacking}\n  fix: install Go, or the Pulumi CLI itself ({INSTALLER}), then try again")


def room(place: Checkout) -> dict[str, float]:
    """Gigabytes that the CLI will take: most of it is Go's own cache, where it has to be built."""
    if _here(place):
        return {}
    return {"cache": 4.0 if go_obstacle(ask(["go", "version"])) is None else 0.5}


def _here(place: Checkout) -> bool:
    return usable(on_path(os.environ.get("PATH", ""), place)) or complete(place.built_pulumi)


def done(place: Checkout) -> bool:
    """Is a CLI chosen, and still there? Looks at files only: asking the CLI for its version takes longer."""
    chosen = record.read(place.pulumi_record).get("bin")
    if not isinstance(chosen, str):
        return False
    folder = Path(chosen)
    ours = folder.is_relative_to(place.cache)
    return (not ours or folder == place.built_pulumi) and all((folder / name).is_file() for name in NAMES)


def provide(runner: StepRunner, place: Checkout) -> str:
    """Find, install or build the CLI; record which road was taken and say it."""
    found = on_path(os.environ.get("PATH", ""), place)
    folder, road = place.built_pulumi, ""
    if found is not None and usable(found):
        folder, road = found.folder, f"{'.'.join(map(str, found.version))} from PATH"
    elif complete(folder):
        road = (folder.parent / "road").read_text()
    else:
        road = _official(runner, folder.parent) or _built(runner, folder.parent)
    record.write(place.pulumi_record, {"bin": str(folder), "road": road})
    return road


def complete(folder: Path) -> bool:
    return all((folder / name).is_file() for name in NAMES)


def on_path(path: str, place: Checkout) -> FoundCli | None:
    """The CLI on PATH; one that set-up or `make env` put there earlier does not count."""
    ours = (place.cache, place.local)
    entries = [entry for entry in path.split(os.pathsep) if entry]
    elsewhere = [entry for entry in entries if not any(map(Path(entry).is_relative_to, ours))]
    executable = shutil.which("pulumi", path=os.pathsep.join(elsewhere))
    if executable is None:
        return None
    folder = Path(executable).resolve().parent
    return FoundCli(folder, version(ask([executable, "version"]) or ""), complete(folder))


def _script() -> bytes | None:
    """The official installer; None where it cannot be reached."""
    try:
        with urllib.request.urlopen(INSTALLER, timeout=INSTALLER_SECONDS) as answer:
            return bytes(answer.read())
    except OSError:
        return None


def _official(runner: StepRunner, target: Path) -> str | None:
    """Road 2; None where it is closed."""
    script = _script()
    if script is None:
        return None
    runner.now("installing the Pulumi CLI with its official installer")
    building = _building(target)
    try:
        installer = building / "install.sh"
        installer.write_bytes(script)
        options: list[str | Path] = ["--version", PULUMI_VERSION, "--install-root", building, "--no-edit-path"]
        runner.run(["sh", installer, *options], seconds=300, remedy=f"see {INSTALLER}")
        if not complete(building / "bin"):
            raise SetupFailed(f"the official installer left no complete CLI in {building}")
        installer.unlink()
        return _publish(building, target, f"{PULUMI_VERSION} from the official installer")
    except SetupFailed as failure:
        with runner.log.open("a") as log:
            log.write(f"{failure}\n")
        return None
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _built(runner: StepRunner, target: Path) -> str:
    """Road 3."""
    lacking = go_obstacle(ask(["go", "version"]))
    if lacking is not None:
        raise no_road(lacking)
    building = _building(target)
    try:
        runner.now("building the Pulumi CLI (from Go modules, about 4 min on two cores)")
        stamp = f" -X {VERSION_VARIABLE}=v{PULUMI_VERSION}"
        _go(runner, LOCKS / "pulumi", ["build", f"-ldflags=-s -w{stamp}", "-o", building / "bin" / "pulumi", CLI])
        runner.now("building the Pulumi CLI's Python language host (from Go modules)")
        stamp = f" -X {VERSION_VARIABLE}=v{LANGUAGE_HOST_VERSION}"
        locks = LOCKS / "language_host"
        _go(runner, locks, ["build", f"-ldflags=-s -w{stamp}", "-o", building / "bin" / "pulumi-language-python", HOST])
        source = Path(_go(runner, locks, ["list", "-m", "-f", "{{.Dir}}", HOST_MODULE]).strip().splitlines()[-1])
        program = source / "python" / "cmd" / "pulumi-language-python-exec"
        amended = building / "bin" / "pulumi-language-python-exec"
        amended.write_text(amend(program.read_text()))
        amended.chmod(0o755)
        return _publish(building, target, f"{PULUMI_VERSION} built from Go modules")
    finally:
        shutil.rmtree(building, ignore_errors=True)


def _go(runner: StepRunner, locks: Path, command: list[str | Path]) -> str:
    settings = {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly -trimpath -buildvcs=false", "CGO_ENABLED": "0"}
    return runner.run(
        ["go", *command],
        cwd=locks,
        env=os.environ | settings | {"GOWORK": "off"},
        seconds=1800,
        remedy="check that Go reaches a module proxy (`go env GOPROXY`) and that the disk has 3 GB left",
    )


def amend(program: str) -> str:
    """The language host's Python half with a clean end on SIGINT.

    The engine interrupts the program when an update fails or is cancelled. Version 3.79 answers with a traceback of
    KeyboardInterrupt and lingers for seconds in the joins of its threads; the engine has told people the reason
    already, so the program ends at once and says nothing. Raises SetupFailed when the place is not found.
    """
    anchor = '    except Exception:\n        error_msg = "Program failed with an unhandled exception'
    if program.count(anchor) != 1:
        raise SetupFailed(
            "the Pulumi language host's program is not the expected one\n  fix: report this with its version"
        )
    interrupted = (
        "    except KeyboardInterrupt:\n"
        "        sys.stdout.flush()\n"
        "        sys.stderr.flush()\n"
        "        os._exit(PYTHON_PROCESS_EXITED_AFTER_SHOWING_USER_ACTIONABLE_MESSAGE_CODE)\n"
    )
    return program.replace(anchor, interrupted + anchor)


def _building(target: Path) -> Path:
    building = building_folder(target)
    (building / "bin").mkdir()
    return building


def _publish(building: Path, target: Path, road: str) -> str:
    (building / "road").write_text(road)
    publish(building, target)
    return road
