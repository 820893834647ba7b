"""Control characters, frames, and lengths."""

from __future__ import annotations

import pytest

from sluice.diagnosis.redaction.presentable import command_line, presentable, presentable_line
from sluice.diagnosis.redaction.printable import LONGEST_LINE, bounded, bounded_block, bounded_text, printable

SPINNER = "\x1b[2K\x1b[1G\x1b[36m⠋\x1b[39m migrating tenants…"


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain", "plain"),
        ("tab\tstays", "tab\tstays"),
        ("trailing  ", "trailing  "),
        ("windows\r", "windows"),
        ("10 %\r50 %\r100 %", "100 %"),
        ("10 %\r50 %\r100 %\r", "100 %"),
        ("done\r   ", "done"),
        ("done\r\x1b[2K\r\x1b[K", "done"),
        (f"{SPINNER}\r" * 3, "⠋ migrating tenants…"),
        (SPINNER * 3, "⠋ migrating tenants…"),
        ("\x1b[31mred\x1b[0m \x1b[1;38;5;9mbold\x1b[m", "red bold"),
        ("\x9b31mred\x9b0m", "red"),
        ("one\x1b[Gtwo", "two"),
        ("one\x1b[5;1Htwo", "two"),
        ("one\x1b[2Jtwo", "two"),
        ("one\x1bctwo", "two"),
        ("up\x1b[3A\x1b[2Bdown", "updown"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x9d0;title\x9ctext", "text"),
        ("\x1bP1$r0m\x1b\\text", "text"),
        ("\x1b_app\x1b\\\x1b^pm\x1b\\\x1bXsos\x1b\\text", "text"),
        ("\x1b(Btext\x1b7\x1b8", "text"),
        ("cut \x1b[3", "cut ␛[3"),
        ("cut \x1b]8;;https://x", "cut ␛]8;;https://x"),
        ("cut \x1b", "cut ␛"),
        ("bell\x07", "bell␇"),
        ("nul\x00\x00s", "nuls"),
        ("vt\x0bff\x0c", "vt␋ff␌"),
        ("del\x7f", "del␡"),
        ("c1\x85\x84", "c1\\x85\\x84"),
        ("-\b\\\b|\b/", "/"),
        ("N\bNA\bA", "NA"),
        ("admin\u202etxt.exe\u202c", "admin\\u202etxt.exe\\u202c"),
        ("a\u2066b\u2069", "a\\u2066b\\u2069"),
        ("a\u2028b", "a b"),
        ("lone \ud83d", "lone \ufffd"),
        ("שלום\u200f مرحبا 日本 😀", "שלום\u200f مرحبا 日本 😀"),
    ],
)
def test_what_a_terminal_would_obey_is_not_there(line: str, shown: str) -> None:
    assert printable(line) == shown
    assert printable(shown) == shown


def test_a_long_line_keeps_its_beginning_and_its_end_and_says_what_is_cut() -> None:
    line = "first " + "x" * 350_000 + " last"
    shown = bounded(line)
    assert shown.startswith("first ")
    assert shown.endswith(" last")
    assert len(shown) <= LONGEST_LINE
    kept = len(shown.replace(" … [", "§").split("§")[0]) + len(shown.rpartition("] … ")[2])
    assert f"[{len(line) - kept} characters are not shown; the full text is in the log]" in shown
    assert bounded(shown) == shown


def test_a_block_keeps_the_newest_lines() -> None:
    shown = bounded_block([f"{number} " + "x" * 3000 for number in range(30)], 8000)
    assert shown[0] == "… [27 earlier lines not shown; the full text is in the log]"
    assert [line.partition(" ")[0] for line in shown[1:]] == ["27", "28", "29"]
    assert sum(map(len, shown)) <= 8100
    assert bounded_block(["a", "b"], 100) == ["a", "b"]


def test_a_text_keeps_its_first_and_its_last_lines() -> None:
    shown = bounded_text("\n".join(f"line {number}" for number in range(10_000)), 3000).split("\n")
    assert shown[0] == "line 0"
    assert shown[-1] == "line 9999"
    assert sum(len(line) + 1 for line in shown) < 3100
    left = next(line for line in shown if "not shown" in line)
    assert left == f"… [{10_000 - len(shown) + 1} lines are not shown; the full text is in the log] …"


def test_a_text_is_harmless_line_by_line_and_masked() -> None:
    text = "a\rb\n\x1b[31mpass\x1b[0mword=hunter2\n" + "x" * 5000
    shown = presentable(text).split("\n")
    assert shown[:2] == ["b", "password=***"]
    assert len(shown[2]) <= LONGEST_LINE
    assert presentable("\n".join(shown)) == "\n".join(shown)
    assert presentable_line("a\nb\x00\ntoken=abc") == "a b token=***"


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (("migrate", "up"), "migrate up"),
        (("migrate", "--password", "hunter two", "up"), "migrate --password *** up"),
        (("migrate", "--db-password=hunter two", "-v"), "migrate --db-password=*** -v"),
        (("migrate", "--password", "--verbose"), "migrate --password --verbose"),
        (("sh", "-c", "PGPASSWORD=hunter2 psql"), "sh -c PGPASSWORD=*** psql"),
        (("psql", "postgresql://app:hunter2@db/notes"), "psql postgresql://app:***@db/notes"),
        (("echo", "\x1b[31m"), "echo "),
    ],
)
def test_a_command_is_masked_word_by_word(words: tuple[str, ...], shown: str) -> None:
    assert command_line(words) == shown
