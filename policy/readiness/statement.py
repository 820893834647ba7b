"""Statements of IAM policies, read as IAM reads them: what they really allow.

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
"""Condition keys that say which resource, or what it is used for. Others say who asks, from where or when
(`aws:SecureTransport`, `aws:RequestedRegion`, `aws:SourceIp`, `aws:ResourceAccount`): every resource stays within
reach."""

MATCHING = ("stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike")
"""Operators that are true only where the key is there and has one of the values."""

UNTYPED = ("codecommit", "s3", "sns", "sqs")
"""Services whose ARNs have no type before the name."""

TYPE = re.compile(
    r"/?(?:(?:loadbalancer|listener|listener-rule)/(?:app|net|gwy)/|autoScalingGroup:\*:autoScalingGroupName/"
    r"|[A-Za-z][A-Za-z0-9-]*[:/])"
)
"""The type of a resource in its ARN, with what separates it from the name."""

ITSELF = re.compile(r"\$\{[\w-]*:?(?:resource|request)tag/", re.IGNORECASE)
"""A policy variable that stands for a tag of the request or of the resource: whoever compares the tag with it compares
it with itself ("IAM policy elements: Variables and tags" in the IAM user guide)."""


@dataclass(frozen=True)
class Condition:
    """One test of a statement's `Condition`.

    Attributes:
        operator, key: in lower case.
        values: any of them will do.
    """

    operator: str
    key: str
    values: Sequence[str]

    @property
    def required(self) -> bool:
        """Return whether it holds only where the key is there with one of the values, none of which fits everything."""
        operator = self.operator.removeprefix("foranyvalue:")
        like = operator.endswith(("like", "arnequals"))  # ArnEquals takes wildcards as ArnLike does
        if operator not in MATCHING or not self.values or any(map(ITSELF.search, self.values)):
            return False
        return not (like and any(map(open_ended, self.values)))


@dataclass(frozen=True)
class Statement:
    """One statement.

    Attributes:
        sid: `without Sid` where there is none.
        allows: whether its effect is Allow.
        principals: all that are named, whatever their kind.
        inverted: the elements that it has in their inverted form, like NotAction.
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
        """The keys, in lower case, that must be there for it to hold, with the values that they may have."""
        found: dict[str, list[str]] = {}
        for one in self.conditions:
            if one.required:
                found.setdefault(one.key, []).extend(one.values)
        return found

    @property
    def limited(self) -> bool:
        """Return whether its conditions leave some resources out."""
        return any(fnmatchcase(key, known) for key in self.required for known in LIMITING)

    def covers(self, action: str) -> bool:
        """Return whether it is about an action, by name or by pattern."""
        return any(fnmatchcase(action.lower(), one.lower()) for one in self.actions)

    @classmethod
    def of(cls, part: Mapping[str, Any]) -> Statement:
        """From its JSON."""
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
    """A policy's statements, from its JSON."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    if isinstance(document, Mapping):
        for key, parts in document.items():
            if str(key).lower() == "statement":
                yield from map(Statement.of, mappings([parts] if isinstance(parts, Mapping) else parts))


def allowed(policy: Any) -> Iterator[Statement]:
    """Those that allow something. A Deny elsewhere may take it back; that is not counted on."""
    yield from (one for one in statements(policy) if one.allows)


def wild(text: str) -> bool:
    """Return whether a text is a pattern."""
    return any(mark in text for mark in WILD)


def open_ended(text: str) -> bool:
    """Return whether a pattern fits whatever it is compared with, or nearly so: it does not say how a name begins."""
    return text.startswith(WILD) or (text.startswith("arn:") and every(text))


def every(arn: str) -> bool:
    """Return whether an ARN in a policy is about every resource of a service, or of a type."""
    if arn.startswith(WILD):
        return True
    parts = arn.split(":", 5)
    if len(parts) < 6 or wild(parts[2]):
        return wild(arn)
    name = parts[5]
    if parts[2] in UNTYPED:
        return name.startswith(WILD)
    if kind := TYPE.match(name):
        # The names of log groups and parameters are paths, and all of them begin with a slash.
        return name[kind.end() :].lstrip("/").startswith(WILD)
    return wild(re.split("[:/]", name)[0])  # a wildcard where the type should be said, like `secret*`


def _texts(value: Any) -> list[str]:
    return [str(one).lower() if isinstance(one, bool) else str(one) for one in listed(value)]
