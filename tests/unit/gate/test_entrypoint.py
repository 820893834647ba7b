"""What entrypoints do with a step's words: a table, and the shell's own answer for the rows that a shell can run."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gate.entrypoint import handed

STEP = ["python", "/app/migrate.py", "up"]
SUB = ["migrate", "up"]
ONE = ["migrate"]

TABLE: list[tuple[list[str], list[str], str, str]] = [
    # entrypoint, command, verdict, part of what is said
    ([], STEP, "passed", ""),
    (["sh", "-c"], STEP, "refused", "keeps only the first word"),  # C1
    (["/bin/sh", "-c"], STEP, "refused", "takes 'python' as its script"),
    (["/bin/bash", "-o", "pipefail", "-c"], STEP, "refused", "keeps only the first word"),
    (["bash", "-lc"], STEP, "refused", "keeps only the first word"),
    (["/bin/bash", "-euxo", "pipefail", "-c"], STEP, "refused", "keeps only the first word"),
    (["sh", "-c"], ONE, "passed", ""),
    (["sh", "-c"], ["python /app/migrate.py up"], "passed", ""),
    (["sh", "-c"], ['exec "$@"', "--", "python"], "passed", ""),
    (["busybox", "sh", "-c"], STEP, "refused", "keeps only the first word"),
    (["sh", "-c", "exec python app.py"], STEP, "refused", "always runs `exec python app.py`"),  # C2
    (["/bin/sh", "-c", "python -m shop"], STEP, "refused", "ignores its arguments"),  # shell form of ENTRYPOINT
    (["/bin/sh", "-c", "python -m shop"], ONE, "refused", "ignores its arguments"),
    (["/bin/sh", "-c", 'exec python app.py "$@"'], STEP, "refused", "loses the first word"),  # shell form with "$@"
    (["sh", "-c", 'exec "$@"'], STEP, "refused", "loses the first word"),
    (["sh", "-c", 'exec "$@"'], ONE, "refused", "loses the first word"),
    (["sh", "-c", 'exec "$@"', "--"], STEP, "passed", ""),
    (["sh", "-c", 'exec "$@"', "sh"], STEP, "passed", ""),
    (["sh", "-ec", 'set -u; exec "${@}"', "_"], STEP, "passed", ""),
    (["sh", "-c", 'exec "$0" "$@"'], STEP, "passed", ""),
    (["sh", "-c", "exec $@", "--"], STEP, "passed", ""),
    (["sh", "-c", "exec $@", "--"], ["psql", "-c", "select 1"], "warning", "without quotes"),
    (["sh", "-c", 'exec "$1"', "--"], STEP, "warning", "picks single arguments"),
    (["sh", "-s"], STEP, "refused", "read its commands from the standard input"),
    (["sh"], STEP, "refused", "a shell script called 'python'"),
    (["sh"], ["/app/migrate.sh", "up"], "passed", ""),
    (["bash"], ["/app/migrate", "up"], "warning", "as a shell script"),
    (["sh", "/entrypoint.sh"], STEP, "warning", "the script /entrypoint.sh"),
    (["bash", "-e", "/usr/local/bin/docker-entrypoint.sh"], STEP, "passed", ""),
    (["/entrypoint.sh"], STEP, "warning", 'ends with `exec "$@"`'),
    (["scripts/entrypoint"], STEP, "warning", "cannot see"),
    (["docker-entrypoint.sh"], STEP, "passed", ""),
    (["/usr/local/bin/docker-entrypoint.sh"], SUB, "passed", ""),
    (["docker-entrypoint.sh", "sh", "-c", "serve"], STEP, "refused", "ignores its arguments"),
    (["/init"], STEP, "warning", "cannot see"),
    (["tini", "--"], STEP, "passed", ""),
    (["/sbin/tini", "-g", "-p", "SIGTERM", "--"], STEP, "passed", ""),
    (["/usr/bin/tini", "--", "/entrypoint.sh"], STEP, "warning", "/entrypoint.sh"),
    (["tini", "--", "sh", "-c", "exec python app.py"], STEP, "refused", "ignores its arguments"),
    (["dumb-init"], STEP, "passed", ""),
    (["/usr/bin/dumb-init", "--rewrite", "15:3", "--"], STEP, "passed", ""),
    (["dumb-init", "sh", "-c"], STEP, "refused", "keeps only the first word"),
    (["/usr/bin/env"], STEP, "passed", ""),
    (["env", "-u", "HOME", "A=1", "sh", "-c", "serve"], STEP, "refused", "ignores its arguments"),
    (["gosu", "app"], STEP, "passed", ""),
    (["su-exec", "app:app", "sh", "-c"], STEP, "refused", "keeps only"),
    (["timeout", "-k", "5", "600"], STEP, "passed", ""),
    (["doppler", "run", "--"], STEP, "passed", ""),
    (["chamber", "exec", "shop", "--"], STEP, "passed", ""),
    (["uv", "run", "--frozen"], STEP, "passed", ""),
    (["bundle", "exec", "puma"], ["rails", "db:migrate"], "passed", ""),
    (["ddtrace-run", "python", "app.py"], STEP, "warning", "with 'python' as an argument"),
    (["/cnb/process/web"], STEP, "refused", "process type 'web'"),
    (["/cnb/lifecycle/launcher"], STEP, "passed", ""),
    (["python"], ["/app/migrate.py", "up"], "passed", ""),
    (["python3.12"], STEP, "refused", "look for a file called 'python'"),
    (["python", "manage.py"], SUB, "passed", ""),
    (["python", "app.py"], STEP, "warning", "with 'python' as an argument"),
    (["python", "-m", "shop"], ["sh", "-c", "migrate"], "warning", "with 'sh' as an argument"),
    (["python", "/entrypoint.py"], STEP, "warning", "/entrypoint.py"),
    (["java", "-jar", "/app.jar"], ["--spring.profiles.active=migrate"], "passed", ""),
    (["java", "-jar", "/app.jar"], ["java", "-cp", "/app.jar", "Migrate"], "warning", "with 'java'"),
    (["/app/server"], SUB, "passed", ""),
    (["/app/server"], ["/app/migrate", "up"], "warning", "`/app/server` with '/app/migrate'"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("entrypoint", "command", "result", "said"), TABLE, ids=[f"{one[0]} {one[1]}" for one in TABLE]
)
def test_what_an_entrypoint_does_with_a_step(entrypoint: list[str], command: list[str], result: str, said: str) -> None:
    found = handed(entrypoint, command)
    assert found.result == result, found
    assert said in found.what
    assert bool(found.what) == (result != "passed") == bool(found.why)


SHELLS = [
    one for one in TABLE if one[0] and one[0][0] in ("sh", "bash", "/bin/sh", "/bin/bash") and one[2] != "warning"
]


@pytest.mark.parametrize(
    ("entrypoint", "command", "result", "said"), SHELLS, ids=[f"{one[0]} {one[1]}" for one in SHELLS]
)
def test_the_shell_itself_agrees(
    tmp_path: Path, entrypoint: list[str], command: list[str], result: str, said: str
) -> None:
    """Programs that write down how they were called stand in for the image's: all words arrive where it passes."""
    log = tmp_path / "log"
    for name in ("python", "migrate", "serve", "docker-entrypoint.sh", "migrate.sh"):
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho {name} "$@" >> {log}\n')
        program.chmod(0o755)
    here = [word.replace("/usr/local/bin", str(tmp_path)).replace("/app/migrate.sh", str(tmp_path / "migrate.sh"))
            for word in [*entrypoint, *command]]  # fmt: skip
    subprocess.run(
        here, cwd="/", env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, stdin=subprocess.DEVNULL, timeout=10, check=False,
        capture_output=True,
    )  # fmt: skip
    ran = log.read_text().split() if log.exists() else []
    wanted = " ".join(command).replace("/app/migrate.sh", "migrate.sh").split()
    arrived = ran[-len(wanted) :] == wanted or (ran[:1] == ["docker-entrypoint.sh"] and ran[1:] == wanted)
    if command[0].startswith("exec"):
        arrived = ran == ["python"]
    assert arrived == (result == "passed"), ran
