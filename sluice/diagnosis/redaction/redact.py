"""Masks credentials that a program printed in Sluice's output. The log itself is not changed. Pure.

The time is linear in the text, also where it is nothing but secrets: every pattern begins with letters that are found
fast, and no part of the text is searched repeatedly.

Sources: RFC 3986 section 3.2.1 (userinfo); RFC 7519 (JWT); PostgreSQL, ALTER ROLE; IAM "Unique
identifiers" (AKIA, ASIA); "Authenticating Requests: Using Query Parameters" (X-Amz-Signature).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sluice.diagnosis.redaction.private_key import private_keys
from sluice.diagnosis.redaction.secret_pair import SECRET_WORDS, Span, options, pairs
from sluice.diagnosis.redaction.secret_value import INNER_QUOTE, unquoted_end, value_end
from sluice.diagnosis.redaction.webhook import webhooks

MASK = "***"

# On the text in lower case.
_SQL = re.compile(
    r"(?:\bpassw(?:or)?d(?:[ \t]{1,8}\(?|\()[ \t]{0,8}|"
    r"\bidentified(?:[ \t]+with[ \t]+\S{1,40})?[ \t]+by[ \t]+(?:password[ \t]+)?)"
    r"(?:e(?='))?(?:(?P<quote>\\*[\"'`]|\$\w{0,20}\$)|(?<=by )(?=\S))"
)
_SLASHES = re.compile(r"(?::|%(?:25)*3a)(?://|\\+/\\+/|%(?:25)*2f%(?:25)*2f)")
_QUERY = re.compile(r"(?:[?&;]|%(?:25)*26|\\u0026)(?:x-amz-signature|x-amz-credential|signature|sig|awsaccesskeyid)=")
_AUTH = re.compile(r"\b(?:bearer|basic)[ \t]+(?=[\w.~+/-]{0,200}?\d|[\w.~+/-]{24})")
_USER = re.compile(r"(?:\s-u|--user)[ \t=]+[\"']?[\w.@-]{1,64}:(?=\S)")
_REGION = re.compile(rf"(?:[^\s\"'`\\]++|{INNER_QUOTE}|\\(?!\\*[\"'`]))++")
_USERINFO = re.compile(r"[^\s:/@?#\"'%\\]*(?:%(?!(?:25)*3a)[^\s:/@?#\"'%\\]*)*(?::|%(?:25)*3a)")
_HOST_PORT = re.compile(r"\d{1,5}(?:[/?#\\\s]|%2f|%3f|$)")

# On the text as it is.
_JWT_HEAD = re.compile(r"\beyJ[\w-]{8,}+")
_JWT_REST = re.compile(r"\.[\w-]{8,}+(?:\.[\w-]*+)?(?:\.[\w-]*+){0,2}")
_KEY_ID = re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b")
_AWS_SECRET = re.compile(r"(?<![\w/+=.:-])(?![0-9a-fA-F]{40}(?![\w/+]))[\w/+]{40}+(?![\w/+=.:-])")
_VENDOR = re.compile(
    r"\b(?:gh[oprsu]_[A-Za-z0-9]{20,}+|github_pat_\w{20,}+|glpat-[\w-]{16,}+|xox[abprs]-[\w-]{10,}+|npm_[A-Za-z0-9]{30,}+|"
    r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,}+|AIza[\w-]{30,}+|SG\.[\w-]{16,}+\.[\w-]{16,}+|dckr_pat_[\w-]{20,}+|"
    r"(?:FwoGZXIvYXdz|IQoJb3JpZ2lu)[\w/+=%-]{20,}+)"
)
_VENDOR_SIGNS = dict.fromkeys(
    ("ghp_", "gho_", "ghr_", "ghs_", "ghu_", "github_pat_", "glpat-", "xox", "npm_", "AIza", "SG.", "dckr_pat_",
     "FwoGZXIvYXdz", "IQoJb3JpZ2lu"), 0
) | {"k_live_": 1, "k_test_": 1}  # fmt: skip
"""The literal by which each is found fast, and the number of its letters before that literal."""


def redact(text: str) -> str:
    """Return the text with ``***`` in place of passwords, tokens, keys and signatures; nothing else changes."""
    spans = secrets(text)
    if not spans:
        return text
    parts = []
    at = 0
    for start, end in spans:
        parts.append(text[at:start])
        at = end
    parts.append(text[at:])
    return MASK.join(parts)


def secrets(text: str) -> list[Span]:
    """Return the spans of secrets (start, end exclusive), in order and without overlaps."""
    lower = _lower(text)
    merged: list[Span] = []
    begun = ended = -1
    for start, end in sorted(_all(text, lower)):
        if start >= end or text[start:end] == MASK:
            continue
        if start <= ended:
            ended = max(ended, end)
            continue
        if begun >= 0:
            merged.append((begun, ended))
        begun, ended = start, end
    return [*merged, (begun, ended)] if begun >= 0 else merged


def _lower(text: str) -> str:
    """Return the text in lower case and of the same length: İ, the only letter that becomes two, stays."""
    return text.lower() if "İ" not in text else "İ".join(part.lower() for part in text.split("İ"))


def _all(text: str, lower: str) -> Iterator[Span]:
    if any(word in lower for word in SECRET_WORDS):
        yield from pairs(text, lower)
        if "-" in lower:
            yield from options(text, lower)
    if "passw" in lower or "identified" in lower:
        yield from _behind(_SQL, ("passw", "identified"), text, lower)
    if "//" in lower or "/\\/" in lower or "%" in lower:
        yield from _urls(lower)
    if "sig" in lower or "x-amz" in lower or "awsaccesskeyid" in lower:
        yield from _after(_QUERY, text, lower)
    if "bearer" in lower or "basic" in lower:
        yield from _behind(_AUTH, ("bearer", "basic"), text, lower)
    if "hook" in lower or "services" in lower or "bot" in lower or "ifttt" in lower or "pagerduty" in lower:
        yield from webhooks(lower)
    if "-u" in lower:
        yield from _behind(_USER, ("-u",), text, lower, before=1)
    if "private key" in lower:
        yield from private_keys(lower)
    if "eyJ" in text:
        yield from _jwts(text)
    if "AKIA" in text or "ASIA" in text:
        yield from _aws(text)
    for sign, before in _VENDOR_SIGNS.items():
        yield from _by_form(_VENDOR, sign, text, before)


def _urls(lower: str) -> Iterator[Span]:
    """Yield the password of ``scheme://user:password@host``: up to the last @, as it may hold ``/``, ``@``, ``:``."""
    starts = list(_SLASHES.finditer(lower))
    for number, one in enumerate(starts):
        begin = one.end()
        limit = starts[number + 1].start() if number + 1 < len(starts) else len(lower)
        if limit < len(lower) and lower.find("@", begin, limit) < 0 and lower.find("%40", begin, limit) < 0:
            continue
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
    """Yield the unquoted values after a sign."""
    at = 0
    while one := sign.search(lower, at):
        at = unquoted_end(text, one.end())
        yield one.end(), at


def _behind(pattern: re.Pattern[str], signs: Sequence[str], text: str, lower: str, before: int = 0) -> Iterator[Span]:
    """Yield the values after a pattern, whose first group is a quote if it has one.

    Args:
        signs: one of them is in every match, *before* letters after its start; found faster than the pattern.
    """
    for sign in signs:
        at = 0
        while (found := lower.find(sign, at)) >= 0:
            one = pattern.match(lower, max(0, found - before))
            if one is None:
                at = found + len(sign)
                continue
            at = value_end(text, lower, one.end(), one[1] or "" if pattern.groups else "")
            yield one.end(), at


def _by_form(pattern: re.Pattern[str], sign: str, text: str, before: int = 0) -> Iterator[Span]:
    """Yield the matches of a pattern that begins *before* letters ahead of a sign."""
    at = 0
    while (found := text.find(sign, at)) >= 0:
        one = pattern.match(text, max(0, found - before))
        at = one.end() if one else found + len(sign)
        if one:
            yield one.span()


def _aws(text: str) -> Iterator[Span]:
    ids = [span for sign in ("AKIA", "ASIA") for span in _by_form(_KEY_ID, sign, text)]
    yield from ids
    if ids:
        yield from (one.span() for one in _AWS_SECRET.finditer(text))


def _jwts(text: str) -> Iterator[Span]:
    """Yield JSON Web Tokens. A first part without a second one is skipped whole, which keeps the time linear."""
    at = 0
    while (found := text.find("eyJ", at)) >= 0:
        head = _JWT_HEAD.match(text, found)
        rest = _JWT_REST.match(text, head.end()) if head else None
        at = rest.end() if rest else head.end() if head else found + 3
        if rest:
            yield found, at
