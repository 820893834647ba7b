"""What docs/foreign-images.md shows of a `pulumi up`, and that it has every image."""

from __future__ import annotations

import pytest

from tests.soak.foreign import page
from tests.soak.foreign.images import IMAGES
from tests.soak.foreign.page import Row, verdict, written

STEP = """Diagnostics:
  gate:index:MigrationRun (sluice-local-migration):
    master: exit code 1 after 1 s
    error: migration step 'master' failed: exit code 1
      command:     migrate master
      cause:       another session holds a lock
      seen:        Migration table is already locked
      fix:         end it;   then run `pulumi up` again
      last lines of task 1:
        | cause: not this one

  pulumi:pulumi:Stack (sluice-local):
    error: update failed
"""
ADMISSION = """ ~  gate:index:MigrationRun sluice-local-migration updating (0s); error: not admitted: image a
Diagnostics:
  pulumi:pulumi:Stack (sluice-local):
    error: update failed

  gate:index:MigrationRun (sluice-local-migration):
    error: not admitted: image a: runs as root (and 1 more). No migration was run.
      image a: runs as root
        cause: an attacker who takes over the program controls the whole container
        fix: add a USER
      image a: another finding
        cause: another cause

"""
PROGRAM = """Diagnostics:
  pulumi:pulumi:Stack (sluice-local):
    error: commit a is older than the live release's, b

"""
WARNING = """Diagnostics:
  gate:index:MigrationRun (sluice-local-migration):
    warning: image a: runs as root (the service), as the task definition requests

"""


@pytest.mark.parametrize(
    ("output", "shown"),
    [
        (
            STEP,
            [
                "migration step 'master' failed: exit code 1",
                "cause: another session holds a lock",
                "seen: Migration table is already locked",
                "fix: end it; then run `pulumi up` again",
            ],
        ),
        (
            ADMISSION,
            [
                "not admitted: image a: runs as root (and 1 more). No migration was run.",
                "cause: an attacker who takes over the program controls the whole container",
                "fix: add a USER",
            ],
        ),
        (PROGRAM, ["commit a is older than the live release's, b"]),
        (WARNING, ["warning: image a: runs as root (the service), as the task definition requests"]),
        ("Resources:\n    75 unchanged\n", []),
    ],
)
def test_the_first_lines_of_what_people_read(output: str, shown: list[str]) -> None:
    assert verdict(output) == shown


def test_rows_that_were_not_played_again_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    file = tmp_path_factory.mktemp("page") / "page.md"
    monkeypatch.setattr(page, "PAGE", file)
    order = ["one", "two | three", "four"]
    one, four = (Row(name, "x", ["a < b"], 1.4, "untouched", "this", "0 of 9", "abc") for name in ("one", "four"))
    file.write_text(written({"one": one, "four": four}, order))
    again = written({"four": Row("four", "y", ["c" * 500], 2.6, "migrated", "that", "0 of 8", "def")}, order)
    assert again.splitlines()[-4:] == [
        "| one | x | a &lt; b | 1 | untouched | this | 0 of 9 | abc |",
        f"| four | y | {'c' * 419}… | 3 | migrated | that | 0 of 8 | def |",
        "",
        "Not played yet: two | three.",
    ]


def test_the_page_has_rows_of_known_images_only() -> None:
    """Each as it is played today; a row that was never played is missing, and the page says which."""
    rows = [line.split(" | ") for line in page.PAGE.read_text().splitlines() if line.startswith("| ")][1:]
    known = {(image.name, image.what) for image in IMAGES}
    found = [(row[0].removeprefix("| "), row[1]) for row in rows]
    assert found, "run: python -m tests.soak.foreign"
    assert set(found) <= known, "run: python -m tests.soak.foreign"
