"""Entrypoints, a step's command, and what becomes of it.

`python -m tests.unit.sluice.image.entrypoints` puts them into docs/admission.md, where people read them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from sluice.image.entrypoint import handed

PAGE = Path(__file__).parents[4] / "docs" / "admission.md"
BEGIN, END = "<!-- entrypoints: begin -->", "<!-- entrypoints: end -->"

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
    (["sh"], SUB, "warning", "a shell script called 'migrate'"),
    (["sh"], ["/app/migrate.sh", "up"], "passed", ""),
    (["bash"], ["/app/migrate", "up"], "warning", "as a shell script"),
    (["sh", "/entrypoint.sh"], STEP, "warning", "the script /entrypoint.sh"),
    (["bash", "-e", "/usr/local/bin/docker-entrypoint.sh"], STEP, "passed", ""),
    (["/entrypoint.sh"], STEP, "warning", 'ends with `exec "$@"`'),
    (["scripts/entrypoint"], STEP, "warning", "it is unknown"),
    (["docker-entrypoint.sh"], STEP, "passed", ""),
    (["/usr/local/bin/docker-entrypoint.sh"], SUB, "passed", ""),
    (["docker-entrypoint.sh", "sh", "-c", "serve"], STEP, "refused", "ignores its arguments"),
    (["/init"], STEP, "warning", "it is unknown"),
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


def page(text: str) -> str:
    """The page with the table as it is now. Raises ValueError when the marks are missing."""
    head, rest = text.split(BEGIN)
    _, tail = rest.split(END)
    return f"{head}{BEGIN}\n{section()}\n{END}{tail}"


def section() -> str:
    rows = [
        f"| {_code(entrypoint)} | {_code(command)} | {result} | {_said(entrypoint, command)} |"
        for entrypoint, command, result, _ in TABLE
    ]
    return "\n".join(["| entrypoint | step | result | the entrypoint … |", "|---|---|---|---|", *rows])


def _code(words: Sequence[str]) -> str:
    return f"`{json.dumps(list(words))}`".replace("|", "\\|") if words else "none"


def _said(entrypoint: Sequence[str], command: Sequence[str]) -> str:
    found = handed(entrypoint, command)
    return f"{found.what}; {found.why}".replace("|", "\\|") if found.what else "hands the step's words on"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
