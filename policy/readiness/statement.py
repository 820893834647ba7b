"""Statements of IAM policies, read as IAM evaluates them.

Sources: "IAM JSON policy elements" and "Policy evaluation logic" in the IAM user guide. Actions and condition keys are
not case-sensitive; `…IfExists` and `ForAllValues:…` are also true where the key is missing; several values of one key
are alternatives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from .stack import listed, mappings

WILD = ("*", "?")

LIMITING = (
    "aws:requesttag/*",
    "aws:resourcetag/*",
    "ec2:createaction",
    "ec2:vpc",
    "ecs:cluster",
    "iam:awsservicename",
    "iam:passedtoservice",
    "iam:permissionsboundary",
    "kms:encryptioncontext:*",
    "kms:viaservice",
    "*:requesttag/*",
    "*:resourcetag/*",
)
"""Condition keys that limit the resource or its use. Others say who calls, from where or when
(`aws:SecureTransport`, `aws:RequestedRegion`, `aws:SourceIp`, `aws:ResourceAccount`): every resource stays in
reach."""

MATCHING = ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike")
"""Operators that are true only when the key is present with one of the values."""

UNTYPED = ("codecommit", "s3", "sns", "sqs")
"""Services whose ARNs have no resource type before the name."""

TYPE = re.compile(
    r"/?(?:(?:loadbalancer|listener|listener-rule)/(?:app|net|gwy)/|autoScalingGroup:\*:autoScalingGroupName/"
    r"|[A-Za-z][A-Za-z0-9-]*[:/])"
)
"""The resource type in an ARN, with its separator from the name."""

ITSELF = re.compile(r"\$\{[\w-]*:?(?:resource|request)tag/", re.IGNORECASE)
"""A policy variable for a tag of the request or resource: comparing the tag with it compares the tag with itself
("IAM policy elements: Variables and tags" in the IAM user guide)."""


@dataclass(frozen=True)
class Condition:
    """One test of a statement's `Condition`.

    Attributes:
        operator, key: in lower case.
        values: alternatives.
    """

    operator: str
    key: str
    values: Sequence[str]

    @property
    def required(self) -> bool:
        """Return whether it is true only with the key present and one of its values, none of which is a catch-all."""
        operator = self.operator.removeprefix("foranyvalue:")
        like = operator.endswith(("like", "arnequals"))  # ArnEquals accepts wildcards like ArnLike
        if operator not in MATCHING or not self.values or any(map(ITSELF.search, self.values)):
            return False
        return not (like and any(map(open_ended, self.values)))


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        sid: `without Sid` when it has none.
        allows: whether its effect is Allow.
        principals: all, of any kind.
        inverted: its elements in inverted form, like NotAction.
    """

    sid: str
    allows: bool
    actions: Sequence[str]
    resources: Sequence[str]
    principals: Sequence[str]
    inverted: Sequence[str]
    conditions: Sequence[Condition]

    @property
    def required(self) -> dict[str, list[str]]:
        """Return the condition keys, in lower case, that must be present, with their possible values."""
        found: dict[str, list[str]] = {}
        for one in self.conditions:
            if one.required:
                found.setdefault(one.key, []).extend(one.values)
        return found

    @property
    def limited(self) -> bool:
        """Return whether its conditions exclude some resources."""
        return any(fnmatchcase(key, known) for key in self.required for known in LIMITING)

    def covers(self, action: str) -> bool:
        """Return whether it covers an action, by name or by pattern."""
        return any(fnmatchcase(action.lower(), one.lower()) for one in self.actions)

    @classmethod
    def of(cls, part: Mapping[str, Any]) -> Statement:
        """Return the statement of this JSON."""
        said = {str(key).lower(): value for key, value in part.items()}
        principal = said.get("principal")
        named = principal.values() if isinstance(principal, Mapping) else [principal]
        tests = said.get("condition")
        return cls(
            sid=str(said.get("sid", "without Sid")),
            allows=said.get("effect") == "Allow",
            actions=_texts(said.get("action")),
            resources=_texts(said.get("resource")),
            principals=[name for value in named for name in _texts(value)],
            inverted=[name for name in ("NotAction", "NotResource", "NotPrincipal") if name.lower() in said],
            conditions=[
                Condition(str(operator).lower(), str(key).lower(), _texts(values))
                for operator, keys in (tests.items() if isinstance(tests, Mapping) else ())
                if isinstance(keys, Mapping)
                for key, values in keys.items()
            ],
        )


def statements(policy: Any) -> Iterator[Statement]:
    """Yield a policy's statements, from its JSON."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    if isinstance(document, Mapping):
        for key, parts in document.items():
            if str(key).lower() == "statement":
                yield from map(Statement.of, mappings([parts] if isinstance(parts, Mapping) else parts))


def allowed(policy: Any) -> Iterator[Statement]:
    """Yield the statements that allow something. A Deny elsewhere is not considered."""
    yield from (one for one in statements(policy) if one.allows)


def wild(text: str) -> bool:
    """Return whether a text is a pattern."""
    return any(mark in text for mark in WILD)


def open_ended(text: str) -> bool:
    """Return whether a pattern matches everything, or nearly: it does not say how a name begins."""
    return text.startswith(WILD) or (text.startswith("arn:") and every(text))


def every(arn: str) -> bool:
    """Return whether an ARN in a policy covers every resource of a service, or of a type."""
    if arn.startswith(WILD):
        return True
    parts = arn.split(":", 5)
    if len(parts) < 6 or wild(parts[2]):
        return wild(arn)
    name = parts[5]
    if parts[2] in UNTYPED:
        return name.startswith(WILD)
    if kind := TYPE.match(name):
        # Names of log groups and parameters are paths that begin with a slash.
        return name[kind.end() :].lstrip("/").startswith(WILD)
    return wild(re.split("[:/]", name)[0])  # a wildcard in place of the type, like `secret*`


def _texts(value: Any) -> list[str]:
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in listed(value)]
