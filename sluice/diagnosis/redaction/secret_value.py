"""Finds where a value ends that follows a name, a sign or a quote. Pure, and linear in the text."""

from __future__ import annotations

import re

INNER_QUOTE = r"[\"'`](?![\s,;:)\]}>&]|$)"
"""A quote that does not end the value, as it is not followed by what follows a value."""
_PLAIN = (
    rf"[^\s\"'`,;&\\%]++|{INNER_QUOTE}|[,;&](?![ \t]*+[\"']?[\w.$-]++[\"']?[ \t]*+[=:]|\s|$)|"
    r"\\(?!\\*[\"'`]|u00(?:22|26|27)|[nrt]\b)"
)
_UNQUOTED = re.compile(rf"(?:{_PLAIN}|%)++")
_ENCODED = re.compile(rf"(?:{_PLAIN}|%(?!(?:25)*2[267]))++")
"""For a percent-encoded sign: the quote or & after the value is percent-encoded, too."""


def unquoted_end(text: str, start: int, sign: str = "") -> int:
    """Return where an unquoted value ends.

    Args:
        sign: what is between the name and the value.
    """
    found = (_ENCODED if sign.startswith("%") else _UNQUOTED).match(text, start)
    return found.end() if found else start


def quoted_end(lower: str, start: int, quote: str) -> int:
    """Return where a quoted value ends: at the same quote, or at the end of the line without one.

    An escaped or doubled quote does not end it. The quote may itself be escaped, as in JSON in JSON: an inner quote
    then has more backslashes.
    """
    encoded = quote[0] in "$%"
    sign, level = (quote, 0) if encoded else (quote[-1], len(quote) - 1)
    at = start
    while (found := _in_line(lower, sign, at)) >= 0:
        if encoded:
            return found
        slashes = 0
        while found - slashes > start and lower[found - slashes - 1] == "\\":
            slashes += 1
        if slashes < level:
            return found - slashes
        if slashes % (2 * level + 2) != level:
            at = found + 1
        elif sign == "'" and level == 0 and lower.startswith("''", found):
            at = found + 2
        else:
            return found - level
    line = lower.find("\n", at)
    return line if line >= 0 else len(lower)


def _in_line(lower: str, sign: str, start: int) -> int:
    """Return the index of *sign* before the end of the line; -1 without one. Search no further than either."""
    window = 128
    while True:
        found = lower.find(sign, start, start + window)
        end = found if found >= 0 else start + window
        if lower.find("\n", start, end) >= 0:
            return -1
        if found >= 0 or end >= len(lower):
            return found
        window *= 4


def value_end(text: str, lower: str, start: int, quote: str, sign: str = "") -> int:
    """Return where a value ends.

    Args:
        lower: the text in lower case.
        quote: the quote before the value; empty for none.
    """
    return quoted_end(lower, start, quote) if quote else unquoted_end(text, start, sign)
