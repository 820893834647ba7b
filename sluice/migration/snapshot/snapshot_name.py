"""Names, tags and the keeping of the snapshots that a stack takes of its database before a run. Pure.

A name says which run it came before: ``sluice-PROJECT-STACK-run-N-NONCE``. Its tags decide whose a snapshot
is: a name may be cut, and a hand-made snapshot may be called anything.

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
"""Keys of the tags: the stack by the path of its run records, the run, and the image that was about to migrate."""


@dataclass(frozen=True)
class Taken:
    """A snapshot as RDS lists it.

    Attributes:
        created: seconds since the epoch; 0 while RDS has not said.
    """

    name: str
    status: str
    created: float
    tags: Mapping[str, str]


def snapshot_name(records: str, run: RunRecord) -> str:
    """The name of the snapshot before this run. *records*: SSM path of the stack's runs."""
    stack = records.strip("/").removesuffix("/runs").removeprefix("sluice/")
    tail = _plain(f"run-{run.number}-{run.nonce}")
    head = _plain(f"sluice-{stack}")[: LONGEST - len(tail) - 1].rstrip("-")
    return f"{head}-{tail}"


def snapshot_tags(records: str, run: RunRecord) -> dict[str, str]:
    """Return what tells our snapshots from everybody else's."""
    return {RECORDS: _tag(records), RUN: str(run.number), IMAGE: _tag(run.image)}


def surplus(found: Sequence[Taken], records: str, newest: str, keep: int) -> list[str]:
    """Return which of *found* may be deleted: what this stack took itself, beyond the newest *keep*.

    Never *newest*, the one that was just taken; nor the first one of the image that is about to migrate: however often
    its migration fails and is tried again, the data as they were before the first attempt stay.
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
