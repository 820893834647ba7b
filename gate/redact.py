"""Keeps credentials that a program printed out of our output. The log itself is not changed. Pure.

The time is linear in the text: every pattern begins with letters that are found fast, and none looks at a place twice.

Sources: RFC 3986 section 3.2.1 (userinfo); RFC 7519 (JWT); PostgreSQL, ALTER ROLE; IAM "Unique
identifiers" (AKIA, ASIA); "Authenticating Requests: Using Query Parameters" (X-Amz-Signature); RFC 9110 section 11.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from gate.private_key import private_keys
from gate.secret_name import RANDOM, is_key, is_no_secret, promises_secret

MASK = "***"
Span = tuple[int, int]

_WORDS = ("pass", "pw", "secret", "token", "key", "cred", "authoriz", "cookie")

# On the text in lower case. A name that may promise a secret, up to its value. A quote may be escaped (JSON in JSON)
# or percent-encoded, a sign may be percent-encoded or JSON's \u003d.
_PAIR = re.compile(
    r"(?:pass|pwd|secret|token|key|cred|authoriz|cookie|pw\b)[\w.-]{0,48}+"
    r"(?:\\*[\"'`]|%(?:25)*2[27])?+\]?+[ \t]{0,8}+"
    r"(?P<sign>=>|:=|={1,3}+(?!>)|:(?![:=])|%(?:25)*3[ad]|\\+u003[da])[ \t]{0,8}+(?:[bruef]+(?=[\"']))?"
    r"(?P<quote>\\*[\"'`]|%(?:25)*2[27]|\\+u002[27])?+"
)
_OPTION = re.compile(
    r"-(?<![\w-]-)-?(?P<name>(?=[\w-]{0,48}?(?:pass|pwd|secret|token|key|cred))[\w-]{1,96}+)[\"']?,?[ \t]{1,8}+"
    r"(?P<quote>[\"'])?(?![-=:])(?=\S)"
)
_SQL = re.compile(
    r"(?:\bpassw(?:or)?d(?:[ \t]{1,8}\(?|\()[ \t]{0,8}|"
    r"\bidentified(?:[ \t]+with[ \t]+\S{1,40})?[ \t]+by[ \t]+(?:password[ \t]+)?)"
    r"(?:e(?='))?(?:(?P<quote>\\*[\"'`]|\$\w{0,20}\$)|(?<=by )(?=\S))"
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}(?P<colon>:|%(?:25)*3a)(?://|\\+/\\+/|%(?:25)*2f%(?:25)*2f)")
_SLASHES = re.compile(r"(?P<colon>:|%(?:25)*3a)(?://|\\+/\\+/|%(?:25)*2f%(?:25)*2f)")
_QUERY = re.compile(r"(?:[?&;]|%(?:25)*26|\\u0026)(?:x-amz-signature|x-amz-credential|signature|sig|awsaccesskeyid)=")
_AUTH = re.compile(r"\b(?:bearer|basic)[ \t]+(?=[\w.~+/-]{0,200}?\d|[\w.~+/-]{24})")
_USER = re.compile(r"(?:\s-u|--user)[ \t=]+[\"']?[\w.@-]{1,64}:(?=\S)")

# On the text as it is.
_JWT = re.compile(r"\beyJ[\w-]{8,}+\.[\w-]{8,}+(?:\.[\w-]*+)?(?:\.[\w-]*+){0,2}")
_KEY_ID = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
_AWS_SECRET = re.compile(r"(?<![\w/+=.:-])(?![0-9a-fA-F]{40}(?![\w/+]))[\w/+]{40}+(?![\w/+=.:-])")
_VENDOR = re.compile(
    r"\b(?:gh[oprsu]_[A-Za-z0-9]{20,}+|github_pat_\w{20,}+|glpat-[\w-]{16,}+|xox[abprs]-[\w-]{10,}+|npm_[A-Za-z0-9]{30,}+|"
    r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,}+|AIza[\w-]{30,}+|SG\.[\w-]{16,}+\.[\w-]{16,}+|dckr_pat_[\w-]{20,}+|"
    r"(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[\w/+=%-]{20,}+)"
)
_VENDOR_SIGNS = ("ghp_", "gho_", "ghr_", "ghs_", "ghu_", "github_pat_", "glpat-", "xox", "npm_", "k_live_", "k_test_",
                 "AIza", "SG.", "dckr_pat_", "FwoGZXIvYXdz", "IQoJb3JpZ2lu")  # fmt: skip

_NAME_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789_.-"
_CLOSED = r"(?=[\s,;:)\]}>&]|$)"
"""What follows a quote that ends a value."""
_PLAIN = (
    rf"[^\s\"'`,;&\\%]|[\"'`](?!{_CLOSED})|[,;&](?![ \t]*+[\"']?[\w.$-]++[\"']?[ \t]*+[=:]|\s|$)|"
    r"\\(?!\\*[\"'`]|u00(?:22|26|27)|[nrt]\b)|%"
)
_UNQUOTED = re.compile(rf"(?:{_PLAIN})++")
_ENCODED = re.compile(rf"(?:{_PLAIN}(?!(?:25)*2[267]))++")
"""Where the sign before it is percent-encoded, so is the quote or the & behind it."""
_REGION = re.compile(rf"(?:[^\s\"'`<>\\]|[\"'`](?!{_CLOSED})|[<>]|\\(?!\\*[\"'`]))++")
_USERINFO = re.compile(r"[^\s:/@?#\"'%\\]*(?:%(?!(?:25)*3a)[^\s:/@?#\"'%\\]*)*(?P<colon>:|%(?:25)*3a)")
_HOST_PORT = re.compile(r"\d{1,5}(?:[/?#\\\s]|%2f|%3f|$)")
_HEADER_END = re.compile(r"[\n\"'\\]")
_AUTH_SCHEME = re.compile(r"(?:bearer|basic|token|digest|negotiate|apikey|aws4-hmac-sha256)[ \t]+")
_LEXER = re.compile(r"(?:unexpected|illegal|invalid|bad|near|next|at|last|end|eof)[ \t]+$")


def redact(text: str) -> str:
    """The text with ``***`` in place of passwords, tokens, keys and signatures; nothing else is changed."""
    spans = secrets(text)
    if not spans:
        return text
    parts = []
    at = 0
    for start, end in spans:
        parts += [text[at:start], MASK]
        at = end
    return "".join([*parts, text[at:]])


def secrets(text: str) -> list[Span]:
    """Where secrets are, in order and without overlaps; each from its first character to behind its last."""
    lower = _lower(text)
    found = [one for one in _all(text, lower) if one[0] < one[1] and text[one[0] : one[1]] != MASK]
    merged: list[Span] = []
    for start, end in sorted(found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _lower(text: str) -> str:
    """In lower case, letter for letter: a few letters become two."""
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(small if len(small := letter.lower()) == 1 else letter for letter in text)


def _all(text: str, lower: str) -> Iterator[Span]:
    if any(word in lower for word in _WORDS):
        yield from _pairs(text, lower)
        if "-" in lower:
            yield from _options(text, lower)
    if "passw" in lower or "identified" in lower:
        yield from _sql(text, lower)
    if "//" in lower or "/\\/" in lower or "%" in lower:
        yield from _urls(lower)
    if "sig" in lower or "x-amz" in lower or "awsaccesskeyid" in lower:
        yield from _after(_QUERY, text, lower)
    if "bearer" in lower or "basic" in lower:
        yield from _after(_AUTH, text, lower)
    if "-u" in lower:
        yield from _after(_USER, text, lower)
    if "private key" in lower:
        yield from private_keys(lower)
    if "eyJ" in text:
        yield from (one.span() for one in _JWT.finditer(text))
    if "AKIA" in text or "ASIA" in text:
        yield from _aws(text)
    if any(sign in text for sign in _VENDOR_SIGNS):
        yield from (one.span() for one in _VENDOR.finditer(text))


def _pairs(text: str, lower: str) -> Iterator[Span]:
    """``NAME=value``, ``NAME: value``, ``"name": "value"``, headers."""
    at = 0
    while one := _PAIR.search(lower, at):
        begin, value = one.span()
        at = one.end("sign")
        before = lower[max(0, begin - 64) : begin]
        start = begin - len(before) + len(before.rstrip(_NAME_LETTERS))
        name = text[start : _name_end(lower, begin, one.start("sign"))].strip(".-")
        sign, quote = one["sign"], one["quote"] or ""
        if sign == ":" and not quote and _is_part(lower, start, value):
            continue
        if name.lower().endswith(("authorization", "cookie")):
            header = _header(lower, value, quote, name)
            if header[0] < header[1]:
                yield header
                at = max(at, header[1])
        elif promises_secret(name):
            if not quote and sign in (":", "=>") and text[value : value + 1] in ("{", "[", "("):
                continue
            if name.lower() == "token" and _LEXER.search(lower, max(0, start - 16), start):
                continue
            end = _quoted_end(lower, value, quote) if quote else _end(text, value, sign)
            prose = sign == ":" and not quote and value > one.end("sign")
            if not is_no_secret(name, text[value:end], prose):
                yield value, end
            at = max(at, end)
        elif is_key(name):
            found = RANDOM.match(text, value)
            if found:
                yield found.span()


def _name_end(lower: str, begin: int, end: int) -> int:
    """Behind the name: between it and the sign are quotes and spaces."""
    while end > begin and not (lower[end - 1].isalnum() or lower[end - 1] in "_.-"):
        end -= 1
    for quote in ("%22", "%27"):
        if lower.endswith(quote, begin, end):
            return end - 3
    return end


def _is_part(lower: str, start: int, value: int) -> bool:
    """Whether the name is inside an ARN, a type's token or an image's name: ``…:secret:shop``, ``db/token:1``."""
    return lower[start - 1 : start] in (":", "/") and start > 0 and not lower[value - 1 : value].isspace()


def _header(lower: str, value: int, quote: str, name: str) -> Span:
    """The secret part of a header's value, which reaches to the end of the line or of the quotes around it; empty
    where there is none."""
    if quote:
        end = _quoted_end(lower, value, quote)
    else:
        found = _HEADER_END.search(lower, value)
        end = found.start() if found else len(lower)
    scheme = _AUTH_SCHEME.match(lower, value, end)
    if scheme:
        return scheme.end(), end
    held = lower[value:end].strip()
    if name.lower().endswith("cookie"):
        return (value, end) if "=" in held else (value, value)
    secret = len(held) >= 8 and " " not in held and not is_no_secret(name, held, prose=True)
    return (value, end) if secret else (value, value)


def _options(text: str, lower: str) -> Iterator[Span]:
    """``--password value``."""
    at = 0
    while one := _OPTION.search(lower, at):
        name = text[one.start("name") : one.end("name")]
        quote, value = one["quote"] or "", one.end()
        end = _quoted_end(lower, value, quote) if quote else _end(text, value)
        at = max(value, end)
        if promises_secret(name) and not is_no_secret(name, text[value:end], prose=True):
            yield value, end


def _sql(text: str, lower: str) -> Iterator[Span]:
    """``PASSWORD '…'``, ``IDENTIFIED BY …``."""
    at = 0
    while one := _SQL.search(lower, at):
        quote = one["quote"]
        at = _quoted_end(lower, one.end(), quote) if quote else _end(text, one.end())
        yield one.end(), at
        at = max(at, one.end())


def _urls(lower: str) -> Iterator[Span]:
    """The password of ``scheme://user:password@host``: up to the last @, for it may hold ``/``, ``@`` and ``:``."""
    starts = list(_SLASHES.finditer(lower))
    for number, one in enumerate(starts):
        begin = one.end()
        limit = starts[number + 1].start() if number + 1 < len(starts) else len(lower)
        region = _REGION.match(lower, begin, limit)
        user = _USERINFO.match(lower, begin, limit)
        if region is None or user is None or user.end() > region.end():
            continue
        if lower.startswith("[", begin):  # an IPv6 address has colons of its own
            continue
        end = max(lower.rfind("@", user.end(), region.end()), lower.rfind("%40", user.end(), region.end()))
        web = lower.endswith(("http", "https", "ws", "wss"), max(0, one.start() - 6), one.start())
        if end > user.end():
            if not (web and _HOST_PORT.match(lower, user.end())):
                yield user.end(), end
        elif region.end() == len(lower) and not _HOST_PORT.match(lower, user.end(), region.end()):
            yield user.end(), region.end()  # cut off


def _after(sign: re.Pattern[str], text: str, lower: str) -> Iterator[Span]:
    """The unquoted values behind a sign."""
    at = 0
    while one := sign.search(lower, at):
        at = max(one.end(), _end(text, one.end()))
        yield one.end(), at


def _aws(text: str) -> Iterator[Span]:
    ids = [one.span() for one in _KEY_ID.finditer(text)]
    yield from ids
    if ids:
        yield from (one.span() for one in _AWS_SECRET.finditer(text))


def _end(text: str, start: int, sign: str = "") -> int:
    """Where an unquoted value ends."""
    found = (_ENCODED if sign.startswith("%") else _UNQUOTED).match(text, start)
    return found.end() if found else start


def _quoted_end(lower: str, start: int, quote: str) -> int:
    """Where a quoted value ends: at the same quote, which counts not when it is escaped or doubled; without one at the
    end of the line. A quote may be escaped itself, as in JSON in JSON: then an inner one has more backslashes."""
    sign, level = (quote, 0) if quote[0] in "$%" else (quote[-1], len(quote) - 1)
    at = start
    while (found := lower.find(sign, at)) >= 0 and lower.find("\n", at, found) < 0:
        if quote[0] in "$%":
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
