"""Addresses that are secrets themselves: whoever has the address of an incoming webhook can post there. Pure.

The time is linear in the text: every pattern begins at a word that is found fast, and is bounded.

Sources: Slack, "Sending messages using incoming webhooks" (``/services/T…/B…/…``); Discord, "Webhook resource"
(``/webhooks/ID/TOKEN``); Microsoft Teams, "Create an Incoming Webhook" (``/webhookb2/ID@TENANT/IncomingWebhook/…``; the
addresses of workflows have a parameter ``sig``); Telegram, "Bot API" (``/botID:TOKEN``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sluice.diagnosis.redaction.secret_pair import Span

_SLASH = r"(?:/|\\{1,8}/|%(?:25){0,3}2f)"
"""A slash as it is, in JSON of PHP, or percent-encoded."""
_AT = r"(?:@|%(?:25){0,3}40)"
_SEGMENT = r"[\w.~@+-]{1,80}"
_GUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# On the text in lower case. Each begins with its sign; its group is the secret.
_FORMS: Mapping[str, re.Pattern[str]] = {
    sign: re.compile(form.replace("/", _SLASH))
    for sign, form in {
        "services": r"services/t\w{5,20}/b\w{5,20}/(\w{8,}+)",
        "hooks.slack": rf"hooks\.slack(?:-gov)?\.com/(?:workflows/{_SEGMENT}|triggers)(?:/{_SEGMENT}){{2}}/(\w{{16,}})",
        "webhooks": r"webhooks/\d{15,22}/([\w-]{16,}+)",
        "webhook": rf"webhook(?:b2)?/{_GUID}{_AT}{_GUID}/\w{{1,40}}/(\w{{16,}}+(?:/[\w-]{{8,80}}+){{0,2}})",
        "hooks.zapier": r"hooks\.zapier\.com/hooks/\w{1,20}/\d{1,20}/(\w{4,}+)",
        "maker.ifttt": rf"maker\.ifttt\.com(?:/{_SEGMENT}){{1,4}}/key/([\w-]{{8,}}+)",
        "events.pagerduty": r"events\.pagerduty\.com/integration/(\w{16,}+)",
        "bot": r"(?<![a-z0-9])bot\d{6,14}(?::|%(?:25){0,3}3a)([\w-]{24,}+)",
    }.items()
}

_HOOK = re.compile(
    rf"(?<=[/\\f.-])(?:web-?)?hooks?{_SLASH}(?:[a-z]{{1,20}}{_SLASH})?(?!\d++{_SLASH})"
    rf"([a-z0-9]{{16,}}+(?:{_SLASH}\w{{16,}}+)?)(?![\w.-])"
)
"""On any host: ``/hooks/KEY`` of Mattermost, ``/hooks/ID/TOKEN`` of Rocket.Chat."""
_HOST = re.compile(rf"(?:http|ws)s?(?::|%(?:25){{0,3}}3a){_SLASH}{{2}}[^\s\"'<>]{{1,200}}\Z")
_BEFORE = 220
"""Characters before the word hook in which an address begins."""
_DIGITS = 3
"""Digits that a generated key has at least; a name in a path has fewer."""


def webhooks(lower: str) -> Iterator[Span]:
    """The secret parts of webhooks' addresses.

    Args:
        lower: a text in lower case.
    """
    for sign, form in _FORMS.items():
        at = 0
        while (found := lower.find(sign, at)) >= 0:
            one = form.match(lower, found)
            at = one.end() if one else found + len(sign)
            if one:
                yield one.span(1)
    yield from _any_host(lower)


def _any_host(lower: str) -> Iterator[Span]:
    """A generated key behind ``/hook/``, ``/hooks/`` or ``/webhooks/`` in an address."""
    at = 0
    while (found := lower.find("hook", at)) >= 0:
        at = found + 4
        begin = next((found - len(one) for one in ("web-", "web") if lower.endswith(one, 0, found)), found)
        one = _HOOK.match(lower, begin)
        if one and _is_generated(one[1]) and _HOST.search(lower, max(0, begin - _BEFORE), begin):
            at = one.end()
            yield one.span(1)


def _is_generated(segment: str) -> bool:
    """Whether it is a key, not a number, a hash or a name."""
    digits = sum(letter.isdigit() for letter in segment)
    return digits >= _DIGITS and any("g" <= letter <= "z" for letter in segment)
