"""docs/corrections.md, from the corrections' own declarations and the table of probes.

`python -m tests.e2e.ministack.page` writes it.
"""

from __future__ import annotations

from tests.e2e.ministack.account import ROOT
from tests.e2e.ministack.declarations import Declaration, declaration, installed, private_names
from tests.e2e.ministack.table import PROBES

PAGE = ROOT / "docs/corrections.md"

HEAD = """# The corrections of MiniStack

The local AWS is MiniStack with corrections ([decision 5](decisions/0005-a-corrected-emulator.md)). This page lists each
correction: the rule that it keeps, its file below `emulator/cloud/`, what MiniStack does without it, the version of
MiniStack that it is for, and the probes that show the fault.

A probe runs against MiniStack as it is and against the corrected emulator (`tests/e2e/ministack`): MiniStack must have
the fault, the corrected emulator must not. A probe that finds no fault in MiniStack fails, and says which correction
to delete.

    .venv/bin/python -m pytest tests/e2e/ministack    # needs Docker

`python -m tests.e2e.ministack.page` makes this page.

"""

TABLE = """| rule | file | without it | version | probes |
|---|---|---|---|---|
"""


def page() -> str:
    """The page."""
    declarations = [found for file in installed() if (found := declaration(file)) is not None]
    return HEAD + counts() + TABLE + "".join(row(one) for one in declarations)


def counts() -> str:
    """How large the corrections are, counted today."""
    names = private_names()
    modules = len({module for module, _ in names})
    return (
        f"| | today |\n|---|--:|\n| corrections | {len(installed())} |\n"
        f"| probes | {len(PROBES)} |\n"
        f"| private names of MiniStack that they use or replace | {len(names)} |\n"
        f"| modules of MiniStack that have these names | {modules} |\n\n"
    )


def row(one: Declaration) -> str:
    """A correction's row."""
    probes = ", ".join(f"`{probe.faulty.__name__}`" for probe in PROBES if probe.correction == one.file)
    cells = (one.rule, f"`{one.file}.py`", one.fault, one.ministack, probes)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


if __name__ == "__main__":
    PAGE.write_text(page())
