"""Names, tags and retention of the snapshots that a stack takes before a run. Pure.

A name has the number of its run: ``sluice-PROJECT-STACK-run-N-NONCE``. The tags decide whether a snapshot is the
stack's, because a name can be cut, and a manual snapshot can have any name.

Sources: RDS CreateDBSnapshot (a letter first; letters, digits and hyphens; no hyphen at the end, no two in a row; 1 to
255 characters), "Tagging Amazon RDS resources" (values: letters, digits, spaces and ``_.:/=+@-``, at most 256).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sluice.migration.records.record import RunRecord

LONGEST = 255
RECORDS, RUN, IMAGE = "sluice:records", "sluice:run", "sluice:image"
"""Keys of the tags: the path of the stack's run records, the run, and the image whose steps were about to run."""


@dataclass(frozen=True)
class Taken:
    """A snapshot as RDS lists it.

    Attributes:
        created: seconds since the epoch; 0 while RDS does not show it.
    """

    name: str
    status: str
    created: float
    tags: Mapping[str, str]


def snapshot_name(records: str, run: RunRecord) -> str:
    """Return the name of the snapshot before this run.

    Args:
        records: SSM path of the stack's runs.
    """
    stack = records.strip("/").removesuffix("/runs").removeprefix("sluice/")
    tail = _plain(f"run-{run.number}-{run.nonce}")
    head = _plain(f"sluice-{stack}")[: LONGEST - len(tail) - 1].rstrip("-")
    return f"{head}-{tail}"


def snapshot_tags(records: str, run: RunRecord) -> dict[str, str]:
    """Return the tags by which the stack's snapshots are recognised."""
    return {RECORDS: _tag(records), RUN: str(run.number), IMAGE: _tag(run.image)}


def surplus(found: Sequence[Taken], records: str, newest: str, keep: int) -> list[str]:
    """Return the snapshots that may be deleted: the stack's own, beyond the newest *keep*.

    Never *newest*, which was just taken, nor the first one of the image that is about to migrate: the data before the
    first attempt are kept, however often the migration is retried.
    """
    own = [one for one in found if one.tags.get(RECORDS) == _tag(records)]
    ready = sorted((one for one in own if one.status == "available"), key=lambda one: (one.created, one.name))
    image = next((one.tags.get(IMAGE) for one in own if one.name == newest), None)
    first = next((one.name for one in ready if image and one.tags.get(IMAGE) == image), newest)
    old = [one.name for one in ready[: max(0, len(ready) - keep)]]
    failed = [one.name for one in own if one.status == "failed"]
    return [name for name in old + failed if name not in (newest, first)]


def _plain(text: str) -> str:
    return re.sub(r"-{2,}", "-", re.sub(r"[^a-zA-Z0-9]", "-", text)).strip("-").lower()


def _tag(text: str) -> str:
    return re.sub(r"[^\w .:/=+@-]", "-", text)[:256]
