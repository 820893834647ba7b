"""Looks for known weaknesses in the locked dependencies, and for secrets in the history: `make audit`.

Every audit runs, also after one that found something. It needs the internet (the package index, Go's module proxy
and vuln.go.dev) and no credentials; only the standard library is used here, so that it runs before anything is set up.
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENT = ".venv-audit"
LOCK = "pipeline/requirements-audit.txt"

GOVULNCHECK = "golang.org/x/vuln/cmd/govulncheck@v1.1.4"
GITLEAKS = "github.com/zricethezav/gitleaks/v8@v8.28.0"
"""Built from source, verified by Go's checksum database (sum.golang.org)."""

SECONDS = 900.0
"""For one audit."""


@dataclass(frozen=True)
class AcceptedWeakness:
    """A weakness of a dependency that is accepted for a while.

    Attributes:
        reason: why.
        until: the last day.
    """

    reason: str
    until: date


ACCEPTED: Mapping[str, AcceptedWeakness] = {}
"""By the id that pip-audit says, like GHSA-xxxx-xxxx-xxxx. A weakness that cannot be fixed yet gets a line here."""


@dataclass(frozen=True)
class Audit:
    """One command.

    Attributes:
        what: what it looks for.
        command: program and arguments.
        at: its folder, relative to the project's.
    """

    what: str
    command: tuple[str, ...]
    at: str = "."


def ignored(accepted: Mapping[str, AcceptedWeakness], today: date) -> list[str]:
    """Return pip-audit's options for the weaknesses accepted today."""
    return [word for id_, one in sorted(accepted.items()) if one.until >= today for word in ("--ignore-vuln", id_)]


def expired(accepted: Mapping[str, AcceptedWeakness], today: date) -> list[str]:
    """Return the accepted weaknesses whose time has passed."""
    return [
        f"ACCEPTED: {id_} ended on {one.until} ({one.reason})" for id_, one in accepted.items() if one.until < today
    ]


def audits(files: Sequence[str], today: date, accepted: Mapping[str, AcceptedWeakness] = ACCEPTED) -> list[Audit]:
    """All audits. Of Go's modules only those of the examples: the local toolchain's build Pulumi's own engine, which is
    never deployed.

    Args:
        files: those of the project, as git lists them.
    """
    locks = sorted(name.removesuffix(".in") + ".txt" for name in files if name.endswith(".in"))
    modules = sorted(
        str(Path(name).parent) for name in files if name.startswith("examples/") and name.endswith("/go.mod")
    )
    options = ("--disable-pip", "--require-hashes", "--progress-spinner", "off", *ignored(accepted, today))
    audit = str(Path(ENVIRONMENT) / "bin" / "pip-audit")
    return [
        *(Audit(f"known weaknesses in {lock}", (audit, *options, "--requirement", lock)) for lock in locks),
        *(Audit(f"known weaknesses in {at}", ("go", "run", GOVULNCHECK, "./..."), at) for at in modules),
        Audit("secrets in the history", ("go", "run", GITLEAKS, "git", "--no-banner", "--redact", ".")),
    ]


def run(audits_: Sequence[Audit], root: Path, say: Callable[[str], None]) -> list[str]:
    """Run every audit; return those that found something, or could not be run."""
    bad = []
    for one in audits_:
        say(f"== {one.what}")
        try:
            code = subprocess.run(one.command, cwd=root / one.at, timeout=SECONDS, check=False).returncode
        except (OSError, subprocess.TimeoutExpired) as error:
            say(f"{one.command[0]}: {error}")
            code = -1
        if code != 0:
            bad.append(one.what)
    return bad


def prepared(root: Path) -> None:
    """Installs pip-audit from its lock. Raises CalledProcessError or TimeoutExpired."""
    folder = root / ENVIRONMENT
    if not (folder / "bin" / "python").exists():
        venv.create(folder, with_pip=True)
    install = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "--require-hashes", "-r", str(root / LOCK)], timeout=SECONDS, check=True)


def main(root: Path = ROOT) -> int:
    """Run all audits; return 1 when anything was found."""
    listed = subprocess.run(
        ["git", "ls-files"], cwd=root, capture_output=True, text=True, timeout=SECONDS, check=True
    ).stdout.splitlines()
    today = datetime.now(UTC).date()
    old = expired(ACCEPTED, today)
    try:
        prepared(root)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        print(f"error: pip-audit cannot be installed: {error}\nfix: is the package index reachable?", file=sys.stderr)
        return 1
    bad = run(audits(listed, today), root, lambda text: print(text, flush=True))
    for what in [*old, *bad]:
        print(f"error: {what}", file=sys.stderr)
    if bad or old:
        print(
            "fix: raise the version in the .in file and `make lock`, or in go.mod; a weakness that cannot be fixed yet"
            " gets a line in ACCEPTED (pipeline/audit.py); a secret is revoked first, then removed",
            file=sys.stderr,
        )
    return 1 if bad or old else 0


if __name__ == "__main__":
    sys.exit(main())
