"""What an update would change, as a section of a comment or of a job's summary.

IAM: what the stack's providers and its backend read; the preview role has it.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path

from pipeline.engine.engine import Engine
from pipeline.preview import changes

LONGEST = 30_000
"""Characters of a section: GitHub takes 65,536 for a comment, and two stacks go into one."""

NEW = "### {stack}: does not exist yet\n\nIts first deployment makes it, and everything in it."

FENCE = re.compile(r"`{3,}")


def plan(engine: Engine, into: Path | None) -> tuple[int, str]:
    """Previews a stack; returns the preview's exit code, and what identifies its changes (pipeline/preview/changes.py;
    empty where it failed).

    Args:
        into: folder for STACK.md, the section of the stack.

    Raises:
        Failed.
    """
    if engine.exists():
        with tempfile.TemporaryDirectory() as folder:  # the plan holds what the state holds: it goes nowhere
            file = Path(folder) / "plan.json"
            code, said = engine.plan(file)
            found = changes.digest(json.loads(file.read_text(encoding="utf-8"))) if code == 0 else ""
        text = section(engine.stack, code, said)
    else:  # a preview role cannot make it, and should not
        code, found, text = 0, changes.FIRST, NEW.format(stack=engine.stack)
        print(text)
    if found:
        text += f"\n\nAn approval is of this plan alone: `{found[:12]}`."
    if into is not None:
        into.mkdir(parents=True, exist_ok=True)
        (into / f"{engine.stack}.md").write_text(text, encoding="utf-8")
    return code, found


def section(stack: str, code: int, said: str) -> str:
    """Return the Markdown of one stack's preview."""
    head = f"### {stack}: {headline(code, said)}"
    text = shortened(said.strip())
    fence = "`" * (max((len(found) for found in FENCE.findall(text)), default=2) + 1)
    return "\n".join(
        [head, "", "<details><summary>preview</summary>", "", f"{fence}text", text, fence, "", "</details>"]
    )


def headline(code: int, said: str) -> str:
    """Return the result of a preview in one line."""
    if code != 0:
        broken = sorted(set(re.findall(r"\[mandatory\]\s+(\S+)", said)))
        return f"**the preview failed**{': ' + ', '.join(broken) if broken else ''}"
    found = re.search(r"^Resources:\n((?:[ \t]+\S.*\n?)+)", said, re.MULTILINE)
    counts = [line.strip().lstrip("+-~ ") for line in found.group(1).splitlines()] if found else []
    changes = [line for line in counts if not line.endswith("unchanged")]
    return ", ".join(changes) if changes else "no changes"


def shortened(text: str) -> str:
    """Return a text that fits: its beginning and its end, which says the most."""
    if len(text) <= LONGEST:
        return text
    begin = text[: LONGEST // 3].rpartition("\n")[0]
    end = text[-(LONGEST * 2 // 3) :].partition("\n")[2]
    return f"{begin}\n\n… {len(text) - len(begin) - len(end):,} characters left out; the job's log has them …\n\n{end}"
