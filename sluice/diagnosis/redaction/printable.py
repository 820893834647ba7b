"""Removes from another program's text what acts on a terminal, and bounds its length. Pure.

Sources: ECMA-48 (control functions: C0, C1, CSI, OSC, DCS, SOS, PM, APC); xterm "Control Sequences" (BEL ends an OSC);
Unicode Standard Annex 9 (bidirectional controls); Unicode "Control Pictures".
"""

from __future__ import annotations

import re

LONGEST_LINE = 2_000
"""Characters of a line on the screen, in an error, a record and a notice."""
LONGEST_TEXT = 30_000
"""Characters of a whole text."""

# Possessive quantifiers, and no part can match what begins another sequence: the time is linear in the text.
_INTRODUCER = re.compile(r"[\x1b\x80-\x9f]")
_STRING = re.compile(  # OSC, DCS, SOS, PM, APC
    r"(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x90\x98\x9b-\x9f\n]*+(?:\x07|\x1b\\|\x9c)"
)
_RESTART = re.compile(
    r"(?:\x1b\[|\x9b)(?:[01]?G|[12]K|[0-9]*[EF]|(?:[0-9]*;?[01]?)?[Hf]|[23]J)|\x1bc"  # to the line's begin, or erased
)
_SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]|\x1b[ -/]*+[0-OQ-WYZ\\`-~]")
_SUSPECT = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_HARMLESS: dict[int, str | None] = {code: chr(0x2400 + code) for code in range(0x20) if code != 0x09}
_HARMLESS |= {code: f"\\x{code:02x}" for code in range(0x80, 0xA0)}
_HARMLESS |= {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))}
_HARMLESS |= dict.fromkeys(range(0xD800, 0xE000), "\ufffd")
_HARMLESS |= {0x00: None, 0x7F: "\u2421", 0x2028: " ", 0x2029: " "}


def printable(line: str) -> str:
    """Return the line as a terminal would show it at last: no colours, links or cursor movements.

    Every other control character is shown (ESC as ``␛``), NUL is left out, tabs stay.
    """
    if not _SUSPECT.search(line):
        return line
    end = len(line.rstrip("\r"))
    frame = ""
    while end > 0:  # the last frame can be empty
        start = line.rfind("\r", 0, end) + 1
        frame = line[start:end]
        if frame and not frame.isspace():
            frame = _last_frame(frame)
            if frame and not frame.isspace():
                break
        end = start - 1
    return frame.translate(_HARMLESS)


def _last_frame(text: str) -> str:
    """Return the last visible part of the text, without escape sequences."""
    if _INTRODUCER.search(text):
        for part in reversed(_RESTART.split(text)):
            text = _SEQUENCE.sub("", _STRING.sub("", part))
            if text and not text.isspace():
                break
    return _without_backspaces(text) if "\b" in text else text


def _without_backspaces(text: str) -> str:
    """Apply backspaces, each of which deletes the letter before it: spinners, and bold text of manual pages."""
    kept: list[str] = []
    for letter in text:
        if letter != "\b":
            kept.append(letter)
        elif kept:
            kept.pop()
    return "".join(kept)


def bounded(line: str, longest: int = LONGEST_LINE, left_out: int = 0) -> str:
    """Return the line in at most *longest* characters: its beginning, its end, and the number of characters between.

    Args:
        left_out: characters from the middle of the line that the caller has dropped already.
    """
    if len(line) <= longest:
        return line
    room = longest - len(_remark(len(line) + left_out))
    head, tail = room - room // 4, room // 4
    cut = len(line) - head - tail + left_out
    return line[:head] + _remark(cut) + line[len(line) - tail :]


def _remark(count: int) -> str:
    return f" … [{count} characters are not shown; the full text is in the log] … "


def bounded_block(log_lines: list[str], longest: int) -> list[str]:
    """Return the newest lines that fit into *longest* characters, each bounded; the first one counts the others."""
    kept: list[str] = []
    room = longest
    for line in reversed(log_lines):
        shown = bounded(line)
        room -= len(shown) + 1
        if room < 0:
            break
        kept.append(shown)
    left = len(log_lines) - len(kept)
    remark = (
        [f"… [{left} earlier line{'' if left == 1 else 's'} not shown; the full text is in the log]"] if left else []
    )
    return remark + kept[::-1]


def bounded_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """Return the text in about *longest* characters: first lines, the number of lines between, last lines."""
    log_lines = [bounded(line) for line in text.split("\n")]
    if sum(len(line) + 1 for line in log_lines) <= longest:
        return "\n".join(log_lines)
    head = _fitting(log_lines, longest * 2 // 3)
    tail = _fitting(log_lines[len(head) :][::-1], longest - longest * 2 // 3)[::-1]
    left = len(log_lines) - len(head) - len(tail)
    return "\n".join([*head, f"… [{left} lines are not shown; the full text is in the log] …", *tail])


def _fitting(log_lines: list[str], room: int) -> list[str]:
    kept = []
    for line in log_lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept
