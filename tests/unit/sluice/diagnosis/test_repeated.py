"""Lines that come again and again."""

from __future__ import annotations

import pytest

from sluice.diagnosis.redaction.repeated import fold


@pytest.mark.parametrize(
    ("lines", "folded"),
    [
        ([], []),
        (["a line"], ["a line"]),
        (["same line"] * 30, ["same line (× 30)"]),
        (["one", "two", "one", "two", "one"], ["one (× 3)", "two (× 2)"]),
        (["batch 1 done", "batch 2 done"], ["batch 1 done", "batch 2 done"]),
        (
            [f'INFO: 10.0.1.{number}:{40000 + number} - "GET /live HTTP/1.1" 400' for number in range(9)],
            ['INFO: 10.0.1.8:40008 - "GET /live HTTP/1.1" 400 (× 9)'],
        ),
        (
            ["2026-11-27T10:00:01.5Z GET /live 400", "2026-11-27T10:00:11.7Z GET /live 400"],
            ["2026-11-27T10:00:11.7Z GET /live 400 (× 2)"],
        ),
        (
            ["[27/Nov/2026:10:00:01 +0000] refused in 12 ms", "[27/Nov/2026:10:00:11 +0000] refused in 7 ms"],
            ["[27/Nov/2026:10:00:11 +0000] refused in 7 ms (× 2)"],
        ),
        (
            [
                '{"at": 1764237601.25, "request": "5c6a3c1e-8f0b-4f6e-9a70-111111111111"}',
                '{"at": 1764237611.75, "request": "0f0b3c1e-8f0b-4f6e-9a70-222222222222"}',
            ],
            ['{"at": 1764237611.75, "request": "0f0b3c1e-8f0b-4f6e-9a70-222222222222"} (× 2)'],
        ),
        (
            ['{"path": "/live", "status": 301, "ms": 1.5}', '{"path": "/live", "status": 301, "ms": 0.7}'],
            ['{"path": "/live", "status": 301, "ms": 0.7} (× 2)'],
        ),
        (
            ["GET /live request_id=aX9_k duration=0.7", "GET /live request_id=Zq1-b duration=12.25"],
            ["GET /live request_id=Zq1-b duration=12.25 (× 2)"],
        ),
        (
            [
                "{'path': '/live', 'traceId': 'p7', 'response_time': 3, 'elapsedMs': 1}",
                "{'path': '/live', 'traceId': 'x', 'response_time': 4, 'elapsedMs': 2}",
            ],
            ["{'path': '/live', 'traceId': 'x', 'response_time': 4, 'elapsedMs': 2} (× 2)"],
        ),
        (
            ["GET /live 200 - - 0.512 ms time_seconds=1.5e-05", "GET /live 200 - - 1.1 ms time_seconds=2e-05"],
            ["GET /live 200 - - 1.1 ms time_seconds=2e-05 (× 2)"],
        ),
        (['{"status": 301}', '{"status": 400}'], ['{"status": 301}', '{"status": 400}']),
        (
            ['{"user_id": 1, "rows": 5}', '{"user_id": 2, "rows": 6}'],
            ['{"user_id": 1, "rows": 5}', '{"user_id": 2, "rows": 6}'],
        ),
        (["items=3 lapsed=4", "items=4 lapsed=5"], ["items=3 lapsed=4", "items=4 lapsed=5"]),
        (["{", "}", "{", "}"], ["{", "}", "{", "}"]),
        (
            ["Traceback:", "  File a, line 1", "Boom", "Traceback:", "  File a, line 1", "Boom"],
            ["Traceback: (× 2)", "  File a, line 1 (× 2)", "Boom (× 2)"],
        ),
        (["decade", "facade"], ["decade", "facade"]),
    ],
)
def test_each_line_is_shown_once_with_its_count(lines: list[str], folded: list[str]) -> None:
    assert fold(lines) == folded
