"""Prints the results as text, one line per check, or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence

from check.result import Result
from sluice.diagnosis.redaction.presentable import presentable_line
from sluice.diagnosis.redaction.repeated import fold

MARKS = {"passed": "✓", "warned": "!", "failed": "✗", "skipped": "–"}
LAST_LINES = 12
"""Lines of a failed command's output that are shown; repeated ones count once."""


def text(result: Result, width: int) -> str:
    """Return the text of a result; a failure or warning has its fix below.

    Args:
        width: of the longest name.
    """
    first, *more = (result.what or "").splitlines() or [""]
    indent = " " * 4
    report = [f"{MARKS[result.result]} {result.name:<{width}} {result.seconds:6.1f} s  {first}".rstrip()]
    report += [f"{indent}{line}" for line in more]
    report += [f"{indent}| {line}" for line in shown(result)]
    if result.remedy:
        report += [f"{indent}fix: {result.remedy}"]
    return "\n".join(report)


def shown(result: Result) -> list[str]:
    """Return the last output lines, presentable, each repeated one once with its count."""
    return fold([presentable_line(line) for line in result.output])[-LAST_LINES:]


def summary(results: Sequence[Result]) -> str:
    """Return the last line: `9 passed, 1 failed, 1 skipped in 31 s`."""
    counts = {kind: sum(one.result == kind for one in results) for kind in MARKS}
    text = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    return f"{text} in {sum(one.seconds for one in results):.1f} s"


def document(stack: str, results: Sequence[Result]) -> str:
    """Return all results as JSON."""
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
