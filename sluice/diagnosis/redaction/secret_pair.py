"""Finds secrets that follow a name: variables, JSON, YAML, headers and options. Pure, and linear in the text.

Source: RFC 9110 section 11 (Authorization).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Literal

from sluice.diagnosis.redaction.secret_name import RANDOM, is_key, is_no_secret, promises_secret
from sluice.diagnosis.redaction.secret_value import quoted_end, value_end

Span = tuple[int, int]
_Kind = Literal["", "header", "cookie", "token", "pwd", "pass", "secret", "key"]

SECRET_WORDS = ("pass", "pw", "secret", "token", "key", "cred", "authoriz", "cookie")
"""Every name of a secret contains one of these, in lower case."""

_QUOTE = r"\\*[\"'`]|%(?:25)*2[27]"
# On the text in lower case. A name that may promise a secret, up to its value. A quote may be escaped (JSON in JSON)
# or percent-encoded, a sign may be percent-encoded or JSON's \u003d. Most values are short, and a space ends them.
_PAIR = re.compile(
    r"(?:pass|pwd|secret|token|key|cred|authoriz|cookie|pw\b)[\w.-]{0,48}+"
    rf"(?:{_QUOTE})?+\]?+[ \t]{{0,8}}+"
    r"(?P<sign>=>|:=|={1,3}+(?!>)|:(?![:=])|%(?:25)*3[ad]|\\+u003[da])[ \t]{0,8}+(?:[bruef]+(?=[\"']))?"
    rf"(?P<quote>{_QUOTE}|\\+u002[27])?+(?(quote)|(?P<plain>[^\s\"'`,;&\\%{{\[(]{{1,64}}+(?=\s|$))?+)"
)
_OPTION = re.compile(
    r"-(?<![\w-]-)-?(?P<name>(?=[\w-]{0,48}?(?:pass|pwd|secret|token|key|cred))[\w-]{1,96}+)[\"']?,?[ \t]{1,8}+"
    r"(?P<quote>[\"'])?(?![-=:])(?=\S)"
)
_NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_.-"
_LONGEST_BEFORE = 64
"""Letters of a name before the word that stands for a secret."""
_HEADER_END = re.compile(r"[\n\"'\\]")
_AUTH_SCHEME = re.compile(r"(?:bearer|basic|token|digest|negotiate|apikey|aws4-hmac-sha256)[ \t]+")
_LONGEST_COOKIE = 4096
"""Bytes of a cookie, its name included. Source: RFC 6265 section 6.1."""
_SPACES = re.compile(r"\s*")
_DECISIVE = 200
"""Characters of a value that are enough to decide whether it is a secret."""
_LEXER = re.compile(r"(?:unexpected|illegal|invalid|bad|near|next|at|last|end|eof)[ \t]+$")
_MAY_BE_NONE = frozenset("nutfa*")
"""First letters of none, null, nil, undefined, true, false, an ARN and a mask."""


def pairs(text: str, lower: str) -> list[Span]:
    """Return the spans of secret values in ``NAME=value``, ``NAME: value``, ``"name": "value"`` and headers."""
    found: list[Span] = []
    at = line_end = 0
    while one := _PAIR.search(lower, at):
        begin, value = one.span()
        sign_at, at = one.span(1)
        sign, quote, plain = one.groups("")
        value -= len(plain)
        start = begin
        if begin and lower[begin - 1] in _NAME_LETTERS:
            before = lower[max(0, begin - _LONGEST_BEFORE) : begin]
            start -= len(before) - len(before.rstrip(_NAME_LETTERS))
        kind = _kind(text[start:sign_at])
        bare = sign == ":" and not quote
        if not kind or (bare and _is_part(lower, start, value)):
            continue
        if kind in ("header", "cookie"):
            if not quote and line_end < value:
                line_end = _line_end(lower, value)
            end = quoted_end(lower, value, quote) if quote else line_end
            secret = _in_header(lower, value, end, kind)
            if secret < end:
                found.append((secret, end))
                at = max(at, end)
        elif kind == "key":
            if random := RANDOM.match(text, value):
                found.append(random.span())
        elif not quote and sign in (":", "=>") and text[value : value + 1] in ("{", "[", "("):
            continue
        elif plain and kind == "secret" and not bare and plain[0] not in _MAY_BE_NONE:
            at = value + len(plain)
            found.append((value, at))
        elif kind != "token" or not _LEXER.search(lower, max(0, start - 16), start):
            end = value_end(text, lower, value, quote, sign)
            prose = bare and value > one.end(1)
            if end > value and not _is_none(kind, text[value:end], prose):
                found.append((value, end))
            at = max(at, end)
    return found


@lru_cache(maxsize=4096)
def _kind(raw: str) -> _Kind:
    """Return the kind of secret that a name stands for.

    Args:
        raw: the name with the quotes and spaces between it and the sign.
    """
    end = len(raw)
    while end and not (raw[end - 1].isalnum() or raw[end - 1] in "_.-"):
        end -= 1
    if raw.endswith(("%22", "%27"), 0, end):
        end -= 3
    name = raw[:end].strip(".-")
    plain = name.lower()
    if plain.endswith(("authorization", "cookie")):
        return "cookie" if plain.endswith("cookie") else "header"
    if promises_secret(name):
        if plain in ("pwd", "oldpwd"):
            return "pwd"
        return "pass" if plain == "pass" else "token" if plain == "token" else "secret"
    return "key" if is_key(name) else ""


def _is_none(kind: _Kind, value: str, prose: bool) -> bool:
    """Return whether a value cannot be a secret; most are decided by the first letter."""
    if prose or kind in ("pwd", "pass") or value[0].lower() in _MAY_BE_NONE:
        return is_no_secret(kind, value, prose)
    return False


def _is_part(lower: str, start: int, value: int) -> bool:
    """Return whether the name is part of an ARN, a type token or an image name: ``…:secret:shop``, ``db/token:1``."""
    return start > 0 and lower[start - 1] in ":/" and not lower[value - 1].isspace()


def _line_end(lower: str, value: int) -> int:
    """Return where an unquoted header value ends: at the end of the line, or of the quotes around the header."""
    found = _HEADER_END.search(lower, value)
    return found.start() if found else len(lower)


def _in_header(lower: str, value: int, end: int, kind: _Kind) -> int:
    """Return where the secret part of a header's value begins; *end* where there is none."""
    if scheme := _AUTH_SCHEME.match(lower, value, end):
        return scheme.end()
    if kind == "cookie":
        return value if lower.find("=", value, min(end, value + _LONGEST_COOKIE)) >= 0 else end
    begin = _SPACES.match(lower, value, end).end()  # type: ignore[union-attr]
    space = lower.find(" ", begin, end)
    if space >= 0 and _SPACES.match(lower, space, end).end() < end:  # type: ignore[union-attr]
        return end  # a sentence
    held = lower[begin : min(end, begin + _DECISIVE)].strip()
    return end if len(held) < 8 or is_no_secret("authorization", held, prose=True) else value


def options(text: str, lower: str) -> list[Span]:
    """Return the spans of secret values in ``--password value``."""
    found: list[Span] = []
    at = 0
    while one := _OPTION.search(lower, at):
        name = text[one.start(1) : one.end(1)]
        quote, value = one[2] or "", one.end()
        end = value_end(text, lower, value, quote)
        at = max(value, end)
        if end > value and promises_secret(name) and not is_no_secret(name, text[value:end], prose=True):
            found.append((value, end))
    return found
