"""What a look before a run found: one line of a verdict, with its reason and its remedy. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Result = Literal["passed", "warning", "unread", "refused"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        subject: what was looked at, such as ``secret db-AbCdEf``.
        result: ``refused`` stops the run; ``unread`` could not be looked at and is never taken for a pass.
        what: what is wrong with it, or what was seen.
        why: what would happen, or where the conclusion comes from.
        fix: an imperative; empty for what passed.
        rule: it breaks a rule of ours, and would run all the same.
    """

    subject: str
    result: Result
    what: str = ""
    why: str = ""
    fix: str = ""
    rule: bool = False

    def __str__(self) -> str:
        """The finding for people: what, why and the remedy, in one paragraph."""
        text = f"{self.subject}: {self.what}" if self.what else self.subject
        if self.why:
            text += f"; {self.why}"
        return f"{text}. Fix: {self.fix}" if self.fix else text


def passed(subject: str, what: str = "") -> Finding:
    return Finding(subject, "passed", what)


def refused(subject: str, what: str, why: str, fix: str, *, rule: bool = False) -> Finding:
    return Finding(subject, "refused", what, why, fix, rule)


def lenient(findings: Iterable[Finding]) -> list[Finding]:
    """The findings of what served before: what only breaks a rule of ours is a warning."""
    return [replace(one, result="warning") if one.rule and one.result == "refused" else one for one in findings]


def warning(subject: str, what: str, why: str = "", fix: str = "") -> Finding:
    return Finding(subject, "warning", what, why, fix)


def unread(subject: str, reason: str, fix: str = "") -> Finding:
    """What could not be looked at, with the reason."""
    return Finding(subject, "unread", "not checked", reason, fix)


def refusals(findings: Iterable[Finding]) -> Sequence[Finding]:
    return [one for one in findings if one.result == "refused"]


def warnings(findings: Iterable[Finding]) -> Sequence[Finding]:
    """Warnings, and what could not be looked at."""
    return [one for one in findings if one.result in ("warning", "unread")]
