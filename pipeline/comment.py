"""One comment on a pull request, rewritten by every run: `python3 -m pipeline.comment`.

Standard library only, and nothing else of this folder but its errors: it runs on the machine's own Python, in a job
that holds a token that may write (GITHUB_TOKEN, `pull-requests: write`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.failed import Failed

MARK = "<!-- sluice: preview -->"
"""Identifies this comment."""

LIMIT = 65_000
"""Characters; GitHub takes 65,536 ("body is too long")."""

SECONDS = 30.0
PAGE = 100


@dataclass(frozen=True)
class Conversation:
    """A pull request's conversation. api: `https://api.github.com`. repository: OWNER/NAME."""

    api: str
    repository: str
    number: int
    token: str

    def say(self, body: str) -> None:
        """Write the comment, replacing that of an earlier run. Raises Failed."""
        here = f"/repos/{self.repository}/issues"
        existing = [one for one in self._comments() if str(one.get("body", "")).startswith(MARK)]
        if existing:
            self._ask("PATCH", f"{here}/comments/{existing[0]['id']}", {"body": body})
        else:
            self._ask("POST", f"{here}/{self.number}/comments", {"body": body})

    def _comments(self) -> Iterator[Mapping[str, Any]]:
        page = 1
        while True:
            path = f"/repos/{self.repository}/issues/{self.number}/comments?per_page={PAGE}&page={page}"
            found = self._ask("GET", path)
            yield from found
            if len(found) < PAGE:
                return
            page += 1

    def _ask(self, method: str, path: str, given: Mapping[str, Any] | None = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 - the address is GitHub's own variable
            self.api + path,
            method=method,
            data=json.dumps(given).encode() if given else None,
            headers={"Authorization": f"Bearer {self.token}", "Accept": "application/vnd.github+json"},
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as response:  # noqa: S310
                return json.load(response)
        except urllib.error.HTTPError as error:
            raise Failed(f"{method} {path} answered {error.code}: {error.read(300).decode(errors='replace')}") from None
        except OSError as error:
            raise Failed(f"{method} {path} was not answered: {error}") from None


def body(sections: list[str], commit: str) -> str:
    """Return the whole comment: one section per stack, in order."""
    head = f"{MARK}\n## What this would change\n\nOf {commit[:12]}; previewed by the same steps that deploy `main`."
    whole = "\n\n".join([head, *sections]) + "\n"
    return whole if len(whole) <= LIMIT else whole[:LIMIT] + "\n\n… the jobs' logs have the rest\n"


def gathered(folder: Path, stacks: list[str]) -> list[str]:
    """Return the sections of these stacks; a stack without one gets a note."""
    found = {file.stem: file.read_text(encoding="utf-8").strip() for file in sorted(folder.rglob("*.md"))}
    return [found.get(stack, f"### {stack}: no preview; see the job's log") for stack in stacks]


def conversation(environment: Mapping[str, str], number: int) -> Conversation:
    """Return the conversation that GitHub's variables name. Raises Failed outside of a workflow."""
    missing = [name for name in ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN") if not environment.get(name)]
    if missing:
        raise Failed(f"{', '.join(missing)}: not set; this is for a GitHub workflow")
    return Conversation(
        environment["GITHUB_API_URL"], environment["GITHUB_REPOSITORY"], number, environment["GITHUB_TOKEN"]
    )


def main(arguments: Sequence[str]) -> int:
    """Write the comment and return the exit code."""
    parser = argparse.ArgumentParser(prog="python3 -m pipeline.comment", description=__doc__)
    parser.add_argument("--plans", type=Path, required=True, help="folder with the previews that `make plan` wrote")
    parser.add_argument("--number", type=int, required=True, help="of the pull request")
    parser.add_argument("--commit", default="", help="that was previewed")
    parser.add_argument("stacks", nargs="+", help="in the order of the comment")
    given = parser.parse_args(arguments)
    try:
        conversation(os.environ, given.number).say(body(gathered(given.plans, given.stacks), given.commit))
    except Failed as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
