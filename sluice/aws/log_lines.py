"""Turns the events of a log stream into the lines that a program printed. Pure.

The awslogs driver sends one event per line, and several for a long line, without a mark that they belong together.
It splits at 16 KiB (Docker's copier, `defaultBufSize`; moby issues 34887 and 41794), or at 262,118 bytes, which is
CloudWatch Logs' limit of 256 KiB less 26 for the event (moby, daemon/logger/awslogs, `maximumBytesPerEvent`;
aws/shim-loggers-for-containerd, which Fargate uses, since pull request 22). In non-blocking mode Fargate reads 256 KiB,
so 26 bytes are an event of their own (its issue 239). A split within a character can be up to three bytes earlier, and
the character becomes two times U+FFFD.
"""

from __future__ import annotations

from collections.abc import Iterable

from sluice.diagnosis.redaction.printable import bounded, printable
from sluice.diagnosis.redaction.private_key import LONGEST_PEM, key_line, lines_in_key
from sluice.diagnosis.redaction.redact import MASK, redact

_KIB_16 = 16 * 1024
_EVENT_BYTES = 262_144 - 26
_LEFT_BYTES = 26
_LONGEST_CHARACTER = 4
HEAD = 8 * 1024
TAIL = 64 * 1024
"""Characters of a very long line that are kept: enough to show it, and to find a secret that spans its cut."""
_LONGEST = 2 * (HEAD + TAIL)
_KEY = "-----BEGIN PRIVATE KEY-----\n"


class LogLines:
    """Joins events to lines: without control characters, secrets masked, length bounded.

    Attributes:
        count: number of lines so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._held = ""  # the part of a line that continues in the next event
        self._left_out = 0  # characters dropped from the middle of that line
        self._after_full = False
        self._given = False  # rest() has returned that part already
        self._key_lines = 0  # lines of a private key without its end marker

    def add(self, messages: Iterable[str]) -> list[str]:
        """Return the lines that these events complete."""
        log_lines: list[tuple[str, int]] = []
        for message in messages:
            going_on = self._is_split(message)
            pieces = message.rstrip("\n").split("\n")
            if self._held:
                pieces[0] = _joined(self._held, pieces[0])
                if self._given:
                    self.count -= 1  # the same line, now complete
            for number, piece in enumerate(pieces):
                last = number == len(pieces) - 1
                if last and going_on:
                    self._hold(piece)
                else:
                    log_lines.append((piece, self._left_out if number == 0 else 0))
                if number == 0 and not (last and going_on):
                    self._left_out, self._held = 0, ""
            self._given = False
        return self._shown(log_lines)

    def rest(self) -> list[str]:
        """Return the incomplete line, if any. A later event returns it again, complete."""
        if not self._held or self._given:
            return []
        self._given = True
        return self._shown([(self._held, self._left_out)])

    def _is_split(self, message: str) -> bool:
        """Return whether the driver split the line after this event."""
        cut = len(message) - len(message.strip("\ufffd"))  # each stands for one byte and is three bytes long
        size = len(message.encode("utf-8", "replace")) - 2 * cut
        full = _EVENT_BYTES - _LONGEST_CHARACTER < size <= _EVENT_BYTES
        left = size == _LEFT_BYTES and self._after_full
        small = size == _KIB_16 or (cut > 0 and abs(size - _KIB_16) < _LONGEST_CHARACTER)
        self._after_full = full
        return not message.endswith("\n") and (full or left or small)

    def _hold(self, line: str) -> None:
        kept, left_out = _shortened(line)
        self._held = kept
        self._left_out += left_out

    def _shown(self, log_lines: list[tuple[str, int]]) -> list[str]:
        """Return the presentable lines. They are masked together, because a private key has many lines."""
        if not log_lines:
            return []
        self.count += len(log_lines)
        short = [_shortened(line) for line, _ in log_lines]
        text = "\n".join(printable(line) for line, _ in short)
        in_key = 0 < self._key_lines < LONGEST_PEM
        masked = redact(_KEY + text).split("\n")[1:] if in_key else redact(text).split("\n")
        begun = lines_in_key(text)
        if begun:
            self._key_lines = begun
        elif in_key and lines_in_key(_KEY + text):
            self._key_lines += len(log_lines)
        else:
            self._key_lines = 0
        left_out = [held + cut for (_, held), (_, cut) in zip(log_lines, short, strict=True)]
        return [bounded(line, left_out=count) for line, count in zip(masked, left_out, strict=True)]


def _joined(held: str, piece: str) -> str:
    """Return both parts joined; a character that was cut in two counts once."""
    if held.endswith("\ufffd") and piece.startswith("\ufffd"):
        return held.rstrip("\ufffd") + "\ufffd" + piece.lstrip("\ufffd")
    return held + piece


def _shortened(line: str) -> tuple[str, int]:
    """Return the part of a line that decides what is shown, and the number of characters dropped from its middle."""
    if len(line) <= _LONGEST:
        return line, 0
    frame = line.rfind("\r", 0, len(line.rstrip()))
    if frame >= 0 and printable(line[frame + 1 :]).strip():
        line = line[frame + 1 :]  # text before a carriage return is drawn over: drop a spinner's frames
    if len(line) <= _LONGEST:
        return line, 0
    return line[:HEAD] + line[-TAIL:], len(line) - HEAD - TAIL


def whole_lines(messages: Iterable[str]) -> list[str]:
    """Return the lines of a stream's last events; a private key that begins before them is masked, too."""
    reader = LogLines()
    log_lines = reader.add(messages) + reader.rest()
    for number, line in enumerate(log_lines):
        if "-----BEGIN" in line:
            return log_lines
        if "-----END" in line and "PRIVATE KEY" in line:
            return [MASK if key_line(one) else one for one in log_lines[:number]] + log_lines[number:]
    return log_lines
