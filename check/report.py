"""The results as people read them, one line a check, and as programs do."""

from __future__ import annotations

import json
from collections.abc import Sequence

from check.result import Result
from sluice.diagnosis.redaction.presentable import presentable_line
from sluice.diagnosis.redaction.repeated import fold

MARKS = {"passed": "✓", "warned": "!", "failed": "✗", "skipped": "–"}
LAST_LINES = 12
"""Lines of a failed command that are shown, repeated ones counted once."""


def text(result: Result, width: int) -> str:
    """A check;

    Args:
        width: of the longest name. One that failed or warned says below itself what to do.
    """
    first, *more = (result.what or "").splitlines() or [""]
    indent = " " * 4
    lines = [f"{MARKS[result.result]} {result.name:<{width}} {result.seconds:6.1f} s  {first}".rstrip()]
    lines += [f"{indent}{line}" for line in more]
    lines += [f"{indent}| {line}" for line in shown(result)]
    if result.remedy:
        lines += [f"{indent}fix: {result.remedy}"]
    return "\n".join(lines)


def shown(result: Result) -> list[str]:
    """The last lines that show it: harmless on a terminal, each repeated one once with its count."""
    return fold([presentable_line(line) for line in result.lines])[-LAST_LINES:]


def summary(results: Sequence[Result]) -> str:
    """The last line: `9 passed, 1 failed, 1 skipped in 31 s`."""
    counts = {kind: sum(one.result == kind for one in results) for kind in MARKS}
    words = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    return f"{words} in {sum(one.seconds for one in results):.1f} s"


def document(stack: str, results: Sequence[Result]) -> str:
    """Everything as JSON."""
    checks = [
        {
            "name": one.name,
            "result": one.result,
            "seconds": round(one.seconds, 2),
            "what": one.what,
            **({"fix": one.remedy, "lines": shown(one)} if one.remedy else {}),
        }
        for one in results
    ]
    seconds = round(sum(one.seconds for one in results), 2)
    ok = all(one.result != "failed" for one in results)
    return json.dumps({"ok": ok, "stack": stack, "seconds": seconds, "checks": checks}, indent=2, ensure_ascii=False)
