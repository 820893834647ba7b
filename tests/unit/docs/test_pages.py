"""The pages: every relative link and every path in them leads somewhere, and what is read from the start is short."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").glob("*/*.md")])
LINK = re.compile(r"(?<!!)\[(?:[^\[\]]|\[[^\[\]]*\])*\]\(([^()\s]+)\)")
FENCE = re.compile(r"^ *(```|~~~).*?^ *\1[^\n]*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
ROOMS = "bench|bootstrap|check|components|docs|emulator|examples|infra|local|pipeline|policy|sluice|tests"
PATH = re.compile(rf"`((?:{ROOMS})/[\w./-]*\w/?)`")
"""A path in code marks: `sluice/rollout`, `tests/e2e/cloud/`."""
PLACEHOLDER = re.compile(r"STACK|NAME|PROJECT|ROOM")

LOOKED_UP = {
    "docs/access.md",
    "docs/admission.md",
    "docs/bench.md",
    "docs/corrections.md",
    "docs/foreign-images.md",
    "docs/local-cloud.md",
    "docs/lost-deploys.md",
    "docs/mutation.md",
    "docs/outcomes.md",
    "docs/output.md",
    "docs/policy.md",
    "docs/settings.md",
    "docs/wrong-inputs.md",
    "docs/wrong-machines.md",
    "CHANGELOG.md",
}
"""Tables for looking up, generated or measured; they may be long."""
WORDS = 1200
LINES = 130


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def anchors(text: str) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    found: set[str] = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", FENCE.sub("", text), re.MULTILINE):
        shown = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "")
        slug = re.sub(r"[^\w\- ]", "", shown.lower()).replace(" ", "-")
        count = 0
        while (numbered := f"{slug}-{count}" if count else slug) in found:
            count += 1
        found.add(numbered)
    return found | set(re.findall(r'<a (?:id|name)="([^"]+)"', text))


def broken(page: Path) -> Iterator[str]:
    """The relative links of a page that lead to no file, or to no heading of a page."""
    for target in LINK.findall(CODE.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))):
        if re.match(r"[a-z][a-z0-9+.-]*:", target):
            continue
        path, _, anchor = target.partition("#")
        led = (page.parent / path).resolve() if path else page
        if not led.exists():
            yield f"{target}: no such file"
        elif anchor and led.suffix == ".md" and anchor not in anchors(led.read_text(encoding="utf-8")):
            yield f"{target}: no such heading"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert not list(broken(page))


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("[a](b.md)", ["b.md: no such file"]),
        ("[a](#none)\n\n## One", ["#none: no such heading"]),
        ("[a](#what-pulumi-up-prints-2)\n\n## What `pulumi up` prints: 2", []),
        ("[a](#one-1)\n\n## One\n\n## One", []),
        ("```\n[a](b.md)\n## Two\n```\n[a](#two)", ["#two: no such heading"]),
        ("[a](https://example.com/b.md) [b [c]](d.md)", ["d.md: no such file"]),
        ("`[a](b.md)` and [`make check`](c.md)", ["c.md: no such file"]),
    ],
)
def test_a_broken_link_is_found(text: str, reasons: list[str], tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    assert list(broken(page)) == reasons


@pytest.mark.parametrize("page", [page for page in PAGES if name(page) != "CHANGELOG.md"], ids=name)
def test_every_path_of_the_repository_that_a_page_names_is_there(page: Path) -> None:
    found = {path for path in PATH.findall(page.read_text(encoding="utf-8")) if not PLACEHOLDER.search(path)}
    assert not sorted(path for path in found if not (ROOT / path).exists())


@pytest.mark.parametrize("page", [page for page in PAGES if name(page) not in LOOKED_UP], ids=name)
def test_a_page_that_is_read_from_the_start_is_short(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").split()) <= WORDS


def test_the_readme_fits_a_shop_window() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= LINES


def test_pages_that_may_be_long_are_pages() -> None:
    assert {name(page) for page in PAGES} >= LOOKED_UP
