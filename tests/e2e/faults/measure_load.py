"""Ten deploys in a row under load: no request fails. Not part of `make test`; `make soak` runs it, or by name:

.venv/bin/python -m pytest -s tests/e2e/faults/measure_load.py

At least 10,000 requests, 100 a second, through the load balancer, while five a second take two seconds each, so that
some are in flight at any moment of every deploy. Bounded: at most DEPLOYS deploys and SECONDS seconds.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

from tests.e2e.faults.callers import Answer, Callers, percentile
from tests.e2e.faults.conftest import SHORT
from tests.e2e.stage import Stage, until

DEPLOYS = 10
REQUESTS = 10_000
RATE = 100.0
SLOW_RATE = 5.0
SLOW_SECONDS = 2
SECONDS = 900.0
HEALTH = "health: {startPeriod: 60, interval: 10, timeout: 5, retries: 5}"
"""Patient ones: a machine that is busy with all of this must not have its slow starts taken for bad versions."""

PAGE = "src/notes/page.html"
SLOW = f"""    @app.get("/slow")
    async def slow() -> dict[str, str]:
        await asyncio.sleep({SLOW_SECONDS})
        return {{"status": "slept"}}

    @app.get("/live")
"""


def with_slow_requests(stage: Stage, release: str) -> None:
    """The application with a path that takes its time, as another version each time."""
    stage.restore_app()
    stage.edit("src/notes/app.py", '    @app.get("/live")\n', SLOW)
    stage.edit("src/notes/app.py", "import logging\n", "import asyncio\nimport logging\n")
    stage.edit(PAGE, "</body>", f"<!-- {release} --></body>")


def test_ten_deploys_under_load(stage: Stage) -> None:
    stage.settings.write_text(
        stage.settings.read_text().replace(SHORT, HEALTH).replace("deadline: 240", "deadline: 600")
    )
    with_slow_requests(stage, "release 0")
    stage.up()
    url = str(stage.outputs()["url"])
    fast, slow = Callers(f"{url}/", RATE, clients=150), Callers(f"{url}/slow", SLOW_RATE, clients=20)
    fast.start()
    slow.start()
    begun, deploys, used = time.monotonic(), [], cpu_seconds(stage.cloud.pid)
    try:
        for number in range(1, DEPLOYS + 1):
            with_slow_requests(stage, f"release {number}")
            deploys.append(stage.up().seconds)
            assert time.monotonic() - begun < SECONDS, f"only {number} deploys within {SECONDS:.0f} s"
        until(lambda: fast.sent >= REQUESTS, REQUESTS / RATE, f"{REQUESTS} requests")
    finally:
        taken = time.monotonic() - begun
        answers, slow_answers = fast.stop(), slow.stop()
        print(f"\n{len(deploys)} deploys in {taken:.0f} s, of {', '.join(f'{one:.0f}' for one in deploys)} s")
        print(figures("requests", answers, taken))
        print(figures(f"slow ones of {SLOW_SECONDS} s", slow_answers, taken))
        used = cpu_seconds(stage.cloud.pid) - used
        print(f"the local cloud, its load balancer included, used {100 * used / taken:.0f} % of a core")
        print("\n".join(f"  {one}" for one in (*answers, *slow_answers) if one.failed))
    assert len(answers) >= REQUESTS
    assert [one for one in answers if one.failed] == []
    assert [one for one in slow_answers if one.failed] == []
    assert all(one.seconds >= SLOW_SECONDS for one in slow_answers)
    assert len(answers) / taken >= RATE * 0.95, "the rate was not kept, so this was not the load that is meant"


def cpu_seconds(pid: int) -> float:
    """CPU time of a process and its ended children, so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(fields[index]) for index in (11, 12, 13, 14)) / os.sysconf("SC_CLK_TCK")


def figures(what: str, answers: list[Answer], taken: float) -> str:
    """One line: how many, how many failed and were reset, and how long they took."""
    times = [one.seconds * 1000 for one in answers]
    p50, p95, p99, worst = (percentile(times, share) for share in (0.5, 0.95, 0.99, 1.0))
    reset = sum(one.reset for one in answers)
    failed = sum(one.failed for one in answers)
    late = percentile([one.late for one in answers], 0.99) * 1000
    return (
        f"{what}: {len(answers)} ({len(answers) / taken:.0f}/s), {failed} failed, {reset} reset,"
        f" p50 {p50:.0f} ms, p95 {p95:.0f} ms, p99 {p99:.0f} ms, longest {worst:.0f} ms;"
        f" sent at most {late:.0f} ms late (p99)"
    )
