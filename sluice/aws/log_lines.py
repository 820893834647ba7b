"""Events of a log stream as the lines of a program. Pure.

The awslogs driver makes an event of every line, and several of a long one, without a mark that they belong together.
Where it splits: at 16 KiB (Docker's copier, `defaultBufSize`; moby issues 34887 and 41794), or at 262,118 bytes, which
is CloudWatch Logs' limit of 256 KiB less 26 for the event (moby, daemon/logger/awslogs, `maximumBytesPerEvent`;
aws/shim-loggers-for-containerd, which Fargate uses, since pull request 22). In non-blocking mode Fargate reads 256 KiB,
so 26 bytes come as an event of their own (its issue 239). A split at a character may take up to three bytes less, and
a character that was cut is two times U+FFFD.
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
"""Characters of a very long line that are kept: what is shown of it, and where a secret at its end may have begun."""
_LONGEST = 2 * (HEAD + TAIL)
_KEY = "-----BEGIN PRIVATE KEY-----\n"


class LogLines:
    """Puts events together to lines: without control characters, with secrets masked, bounded.

    Attributes:
        count: lines so far.
    """

    def __init__(self) -> None:
        self.count = 0
        self._held = ""  # of a line that goes on in the next event
        self._left_out = 0  # characters from the middle of that line
        self._after_full = False
        self._given = False  # it was shown already, as far as it was known
        self._key_lines = 0  # of a private key that has not ended

    def add(self, messages: Iterable[str]) -> list[str]:
        """The lines that are complete with these events."""
        lines: list[tuple[str, int]] = []
        for message in messages:
            going_on = self._is_split(message)
            pieces = message.rstrip("\n").split("\n")
            if self._held:
                pieces[0] = _joined(self._held, pieces[0])
                if self._given:
                    self.count -= 1  # the same line again, now with its end
            for number, piece in enumerate(pieces):
                last = number == len(pieces) - 1
                if last and going_on:
                    self._hold(piece)
                else:
                    lines.append((piece, self._left_out if number == 0 else 0))
                if number == 0 and not (last and going_on):
                    self._left_out, self._held = 0, ""
            self._given = False
        return self._shown(lines)

    def rest(self) -> list[str]:
        """The line that was held back, when no event came after it; it is shown whole when one comes yet."""
        if not self._held or self._given:
            return []
        self._given = True
        return self._shown([(self._held, self._left_out)])

    def _is_split(self, message: str) -> bool:
        """Return whether the driver split the line behind this event."""
        cut = len(message) - len(message.strip("\ufffd"))  # each for one byte, and three bytes long
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

    def _shown(self, lines: list[tuple[str, int]]) -> list[str]:
        """As they may be seen: masked together, because a private key has many lines."""
        if not lines:
            return []
        self.count += len(lines)
        short = [_shortened(line) for line, _ in lines]
        text = "\n".join(printable(line) for line, _ in short)
        in_key = 0 < self._key_lines < LONGEST_PEM
        masked = redact(_KEY + text).split("\n")[1:] if in_key else redact(text).split("\n")
        begun = lines_in_key(text)
        if begun:
            self._key_lines = begun
        elif in_key and lines_in_key(_KEY + text):
            self._key_lines += len(lines)
        else:
            self._key_lines = 0
        left_out = [held + cut for (_, held), (_, cut) in zip(lines, short, strict=True)]
        return [bounded(line, left_out=count) for line, count in zip(masked, left_out, strict=True)]


def _joined(held: str, piece: str) -> str:
    """Both parts; a character that was cut in two counts once."""
    if held.endswith("\ufffd") and piece.startswith("\ufffd"):
        return held.rstrip("\ufffd") + "\ufffd" + piece.lstrip("\ufffd")
    return held + piece


def _shortened(line: str) -> tuple[str, int]:
    """The part of a line that what is shown of it depends on, and how many characters of its middle are left out."""
    if len(line) <= _LONGEST:
        return line, 0
    frame = line.rfind("\r", 0, len(line.rstrip()))
    if frame >= 0 and printable(line[frame + 1 :]).strip():
        line = line[frame + 1 :]  # what is drawn over is not shown: a spinner need not be kept
    if len(line) <= _LONGEST:
        return line, 0
    return line[:HEAD] + line[-TAIL:], len(line) - HEAD - TAIL


def whole_lines(messages: Iterable[str]) -> list[str]:
    """The lines of the last events of a stream; a private key that began before them is masked, too."""
    reader = LogLines()
    lines = reader.add(messages) + reader.rest()
    for number, line in enumerate(lines):
        if "-----BEGIN" in line:
            return lines
        if "-----END" in line and "PRIVATE KEY" in line:
            return [MASK if key_line(one) else one for one in lines[:number]] + lines[number:]
    return lines
