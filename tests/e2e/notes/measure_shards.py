"""Two hundred tenants by one task and by four shards. Not part of `make test`; run it by name, it prints its medians:

.venv/bin/python -m pytest -s tests/e2e/notes/measure_shards.py
"""

from __future__ import annotations

import statistics
import time

from tests.e2e.notes.stage import Stage, finish

TENANTS = 200
ROUNDS = 5
SHARDS = 4


def test_two_hundred_tenants(bootstrapped: Stage) -> None:
    stage = bootstrapped
    original = stage.of("org_a")
    tenants = [f"t{number:03d}" for number in range(TENANTS - 3)]
    for tenant in tenants:
        stage.sql(f'CREATE DATABASE "{stage.of(tenant)}" TEMPLATE "{original}"', database="postgres", login=stage.owner)
    with stage.connect(login=stage.owner) as connection:
        rows = [(tenant, stage.of(tenant)) for tenant in tenants]
        connection.cursor().executemany("INSERT INTO tenants (id, database) VALUES (%s, %s)", rows)
    everyone = ["org_a", "org_b", "org_c", *tenants]
    taken: dict[int, list[float]] = {1: [], SHARDS: []}
    number = 1
    for _ in range(ROUNDS):
        for count, seconds in taken.items():
            number += 1
            stage.revision("tenant", f"{number:04d}", f"{number - 1:04d}", "op.execute('select pg_sleep(0.1)')")
            begun = time.monotonic()
            running = [
                stage.start(
                    "notes.migrate", "tenants", login=stage.owner, SHARD_INDEX=str(index), SHARD_COUNT=str(count)
                )
                for index in range(count)
            ]
            codes = [finish(process).code for process in running]
            seconds.append(time.monotonic() - begun)
            assert codes == [0] * count
            assert set(stage.revisions(*everyone)) == {f"{number:04d}"}
    medians = {count: statistics.median(seconds) for count, seconds in taken.items()}
    for count, median in medians.items():
        print(f"\n{TENANTS} tenants, {count} shard(s): median of {ROUNDS} {median:.2f} s")
    assert medians[SHARDS] < medians[1]
