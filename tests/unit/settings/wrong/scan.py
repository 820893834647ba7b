"""Wrong settings and their messages. The scan of the image."""

from __future__ import annotations

from typing import Any

WRONG: list[tuple[str, dict[str, Any], str]] = [
    (
        "severity",
        {"scan.severity": "low"},
        "scan.severity = \"low\": must be 'critical', 'high' or 'off'",
    ),
    (
        "exception without a date",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "not reachable"}]},
        "scan.exceptions[0].until: is required; add it to the stack's settings",
    ),
    (
        "exception for too long",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "not reachable", "until": "9999-12-31"}]},
        'scan.exceptions[0].until = "9999-12-31": is more than one year from today; write an earlier date, on which'
        " somebody reviews it",
    ),
    (
        "exception with an invalid date",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "not reachable", "until": "soon"}]},
        'scan.exceptions[0].until = "soon": is not a date; write one like "2026-12-31", in quotes',
    ),
    (
        "exception with a short reason",
        {"scan.exceptions": [{"id": "CVE-2024-3094", "reason": "todo", "until": "2026-12-31"}]},
        'scan.exceptions[0].reason = "todo": is too short; write in at least 10 characters why it does no harm here',
    ),
    (
        "exception listed twice",
        {
            "scan.exceptions": [
                {"id": one, "reason": "not reachable", "until": "2026-12-31"}
                for one in ("CVE-2024-3094", "cve-2024-3094")
            ]
        },
        "scan.exceptions: CVE-2024-3094 is listed more than once; list every vulnerability once",
    ),
    (
        "exceptions without a scan",
        {
            "scan": {
                "severity": "off",
                "exceptions": [{"id": "CVE-1-1", "reason": "not reachable", "until": "2026-12-31"}],
            }
        },
        "scan.exceptions: have no effect with scan.severity off; remove them, or set severity to critical or high",
    ),
]
