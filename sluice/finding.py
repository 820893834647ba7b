"""The findings of a check before a run: each with its reason and its remedy. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Result = Literal["passed", "warning", "unread", "refused"]


@dataclass(frozen=True)
class Finding:
    """The result of one check.

    Attributes:
        subject: what was checked, such as ``secret db-AbCdEf``.
        result: ``refused`` stops the run; ``unread`` could not be checked and never counts as passed.
        what: what is wrong, or what was found.
        why: the consequence, or the evidence.
        fix: an imperative; empty where the check passed.
        rule: it breaks a rule of Sluice, but would run on AWS.
    """

    subject: str
    result: Result
    what: str = ""
    why: str = ""
    fix: str = ""
    rule: bool = False

    def __str__(self) -> str:
        """Return what, why and the fix in one paragraph."""
        text = f"{self.subject}: {self.what}" if self.what else self.subject
        if self.why:
            text += f"; {self.why}"
        return f"{text}. Fix: {self.fix}" if self.fix else text


def passed(subject: str, what: str = "") -> Finding:
    return Finding(subject, "passed", what)


def refused(subject: str, what: str, why: str, fix: str, *, rule: bool = False) -> Finding:
    return Finding(subject, "refused", what, why, fix, rule)


def lenient(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings for a release that has served before: a broken rule of Sluice is only a warning."""
    return [replace(one, result="warning") if one.rule and one.result == "refused" else one for one in findings]


def warning(subject: str, what: str, why: str = "", fix: str = "") -> Finding:
    return Finding(subject, "warning", what, why, fix)


def unread(subject: str, reason: str, fix: str = "") -> Finding:
    """Return the finding that *subject* could not be checked, with the reason."""
    return Finding(subject, "unread", "not checked", reason, fix)


def refusals(findings: Iterable[Finding]) -> Sequence[Finding]:
    return [one for one in findings if one.result == "refused"]


def warnings(findings: Iterable[Finding]) -> Sequence[Finding]:
    """Return the warnings, and the findings of what could not be checked."""
    return [one for one in findings if one.result in ("warning", "unread")]
