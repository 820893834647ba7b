"""Text of another program, without anything that acts on a terminal, and bounded. Pure.

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
    """The line as a person may see it: the last frame of what was drawn over, without colours, links and movements of
    the cursor; every other control character is shown (ESC as ``␛``), NUL is left out, tabs stay."""
    if not _SUSPECT.search(line):
        return line
    end = len(line.rstrip("\r"))
    frame = ""
    while end > 0:  # from the last frame back to one that shows something
        start = line.rfind("\r", 0, end) + 1
        frame = line[start:end]
        if frame and not frame.isspace():
            frame = _last_frame(frame)
            if frame and not frame.isspace():
                break
        end = start - 1
    return frame.translate(_HARMLESS)


def _last_frame(text: str) -> str:
    """The last part of the text that shows something, without sequences."""
    if _INTRODUCER.search(text):
        for part in reversed(_RESTART.split(text)):
            text = _SEQUENCE.sub("", _STRING.sub("", part))
            if text and not text.isspace():
                break
    return _without_backspaces(text) if "\b" in text else text


def _without_backspaces(text: str) -> str:
    """A backspace takes the letter before it: spinners, and bold letters of manual pages."""
    kept: list[str] = []
    for letter in text:
        if letter != "\b":
            kept.append(letter)
        elif kept:
            kept.pop()
    return "".join(kept)


def bounded(line: str, longest: int = LONGEST_LINE, left_out: int = 0) -> str:
    """The line in at most *longest* characters: its beginning and its end, and how much is not shown.

    Args:
        left_out: characters from the middle of the line that the caller has not kept.
    """
    if len(line) <= longest:
        return line
    room = longest - len(_remark(len(line) + left_out))
    head, tail = room - room // 4, room // 4
    cut = len(line) - head - tail + left_out
    return line[:head] + _remark(cut) + line[len(line) - tail :]


def _remark(count: int) -> str:
    return f" … [{count} characters are not shown; the full text is in the log] … "


def bounded_block(lines: list[str], longest: int) -> list[str]:
    """The newest lines that fit into *longest* characters, each bounded; the first says how many were left out."""
    kept: list[str] = []
    room = longest
    for line in reversed(lines):
        shown = bounded(line)
        room -= len(shown) + 1
        if room < 0:
            break
        kept.append(shown)
    left = len(lines) - len(kept)
    remark = (
        [f"… [{left} earlier line{'' if left == 1 else 's'} not shown; the full text is in the log]"] if left else []
    )
    return remark + kept[::-1]


def bounded_text(text: str, longest: int = LONGEST_TEXT) -> str:
    """The text with its lines bounded, in about *longest* characters: its first lines, how many are not shown, and its
    last ones."""
    lines = [bounded(line) for line in text.split("\n")]
    if sum(len(line) + 1 for line in lines) <= longest:
        return "\n".join(lines)
    head = _fitting(lines, longest * 2 // 3)
    tail = _fitting(lines[len(head) :][::-1], longest - longest * 2 // 3)[::-1]
    left = len(lines) - len(head) - len(tail)
    return "\n".join([*head, f"… [{left} lines are not shown; the full text is in the log] …", *tail])


def _fitting(lines: list[str], room: int) -> list[str]:
    kept = []
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            break
        kept.append(line)
    return kept
