"""What mutation runs found, as data and as docs/mutation.md. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "mutation.md"
ROOMS = ("diagnosis", "migration", "release", "rollout")

HEAD = """# Mutation runs

`make mutation ROOM=diagnosis` changes the code of a room in one small way at a time (a mutant: `<` becomes `<=`, a text
or a number becomes another one, an argument becomes `None`) and runs the room's own unit tests on each change
(`tests/unit/sluice/ROOM`). A mutant that no test notices survives: nothing proves that decision. ROOM is `migration`,
`rollout`, `diagnosis` or `release`, or a part of one, like `rollout/deployment/judge.py`. `MINUTES=10` bounds the run
(default: 30).

The tool is mutmut, in a copy of the working tree (`.local/mutation`). It changes neither code outside of functions
(constants, patterns, tables) nor functions with a decorator other than `staticmethod` and `classmethod`, so properties
are not tried. Only the room's own tests run: tests of another room or end-to-end tests may notice a survivor. A mutant
that runs into its time limit is not a survivor. Minutes are a module's share of its run.

"""
TITLES = ("module", "mutants", "killed", "timed out", "survived", "explained", "not tried", "minutes", "when, commit")


@dataclass(frozen=True, order=True)
class Mutant:
    """A change that no test noticed.

    Attributes:
        function: where it is.
        old, new: the lines without and with it.
    """

    function: str
    old: str
    new: str

    @property
    def change(self) -> str:
        return f"{self.function}: {self.old} → {self.new}"


@dataclass(frozen=True)
class Module:
    """One module's figures.

    Attributes:
        path: from the repository's root.
        untried: mutants for which there was no time.
        odd: mutants whose tests ended in no known way.
        minutes: of its run.
        made: date and commit.
    """

    path: str
    mutants: int
    killed: int
    timeout: int
    untried: int
    odd: int
    minutes: float
    made: str
    survivors: tuple[Mutant, ...] = ()

    @property
    def survived(self) -> int:
        return self.mutants - self.killed - self.timeout - self.untried - self.odd

    @property
    def summary(self) -> str:
        return (
            f"{self.path}: {self.mutants} mutants, {self.killed} killed, {self.timeout} timed out, "
            f"{self.survived} survived, {self.untried} not tried"
        )

    def unexplained(self, explained: Mapping[str, Mapping[str, str]]) -> list[Mutant]:
        """The survivors of which nobody has written why they may."""
        return [one for one in self.survivors if one.change not in explained.get(self.path, {})]


@dataclass(frozen=True)
class Figures:
    """All modules that were ever run, by path."""

    modules: tuple[Module, ...] = ()

    def replaced(self, newer: Figures) -> Figures:
        """With *newer* in place of what was known of the same modules."""
        known = {one.path: one for one in self.modules} | {one.path: one for one in newer.modules}
        return Figures(tuple(known[path] for path in sorted(known)))

    def only(self, paths: set[str]) -> Figures:
        """Without modules that are not there any more."""
        return Figures(tuple(one for one in self.modules if one.path in paths))

    def write(self) -> str:
        return json.dumps([asdict(one) for one in self.modules], indent=1, ensure_ascii=False) + "\n"

    @classmethod
    def read(cls, text: str) -> Figures:
        return cls(
            tuple(
                Module(**{**one, "survivors": tuple(Mutant(**mutant) for mutant in one["survivors"])})
                for one in json.loads(text)
            )
        )


def page(figures: Figures, explained: Mapping[str, Mapping[str, str]], root: Path) -> str:
    """docs/mutation.md.

    Args:
        explained: by path, then by :attr:`Mutant.change`: why this survivor may survive.
        root: of the repository, for the modules that were not run.
    """
    counts = [_counts(one, explained) for one in figures.modules]
    rows = [
        _line((f"`{one.path}`", *count, f"{one.minutes:.1f}", one.made))
        for one, count in zip(figures.modules, counts, strict=True)
    ]
    minutes = f"{sum(one.minutes for one in figures.modules):.1f}"
    total = _line(("all", *(sum(column) for column in zip(*counts, strict=True)), minutes, ""))
    table = [_line(TITLES), "|---|" + "--:|" * 7 + "---|", *rows, total]
    return HEAD + "\n".join(table) + "\n\n" + _missing(figures, root) + _survivors(figures, explained)


def _counts(one: Module, explained: Mapping[str, Mapping[str, str]]) -> tuple[int, ...]:
    """The columns after the module's name. A mutant whose tests ended in no known way is counted as a survivor."""
    known = len(one.survivors) - len(one.unexplained(explained))
    return (one.mutants, one.killed, one.timeout, one.survived + one.odd, known, one.untried)


def _line(cells: tuple[object, ...]) -> str:
    return "| " + " | ".join(map(str, cells)) + " |"


def _missing(figures: Figures, root: Path) -> str:
    run = {one.path for one in figures.modules}
    there = sorted(
        file.relative_to(root).as_posix()
        for room in ROOMS
        for file in (root / "sluice" / room).rglob("*.py")
        if file.name != "__init__.py"
    )
    left = [f"`{path.removeprefix('sluice/')}`" for path in there if path not in run]
    text = ", ".join(left) or "none"
    count = f"{len(left)} of the {len(there)} modules of these rooms (some have no function that can be changed)"
    return f"## Not run\n\n{count}: {text}.\n\n"


def _survivors(figures: Figures, explained: Mapping[str, Mapping[str, str]]) -> str:
    parts = ["## Survivors\n"]
    for one in figures.modules:
        if not one.survivors:
            continue
        parts.append(f"### `{one.path}`\n")
        why = explained.get(one.path, {})
        for mutant in one.survivors:
            parts.append(f"- {mutant.function}: {_code(mutant.old)} → {_code(mutant.new)}  ")
            parts.append(f"  {why.get(mutant.change, 'not explained')}")
        parts.append("")
    return "\n".join(parts).rstrip() + "\n"


def _code(text: str) -> str:
    return f"`` {text} ``" if text else "nothing"
