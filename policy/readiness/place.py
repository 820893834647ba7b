"""Rules on a stack's account, tags and environment."""

from __future__ import annotations

from collections.abc import Iterator

from .production import OTHERS, PRODUCTION, declared
from .rule import PolicyRule, RuleScope, Violation
from .stack import PROVIDER, StackGraph, decoded, tags

DISGUISED = {
    "aws:cloudcontrol:Resource": "a resource of any kind, as text",
    "aws:cloudformation:Stack": "whatever its template says",
    "aws:cloudformation:StackSet": "whatever its template says",
    "command:local:Command": "whatever its command does",
    "command:remote:Command": "whatever its command does",
}
"""Resource types that create other resources, which no rule sees."""

OTHER_PROVIDERS = ("aws-native:", "awscc:")
"""Providers of the same AWS resources under other names and properties."""


def _accounts(stack: StackGraph) -> Iterator[Violation]:
    for one in stack.of(PROVIDER):
        if not decoded(one.get("allowedAccountIds")):
            yield Violation(one.urn, "accepts any account that the credentials belong to")


def _tagged(stack: StackGraph) -> Iterator[Violation]:
    for one in stack.of(PROVIDER):
        if missing := [tag for tag in ("Project", "Stack", "Environment") if not tags(one).get(tag)]:
            yield Violation(one.urn, f"resources do not say who owns them: no default tag {', '.join(missing)}")
    if not stack.of(PROVIDER) and any(one.type.startswith("aws:") for one in stack.resources):
        yield Violation(None, "resources do not say who owns them: no provider of the stack's own")


def _honest(stack: StackGraph) -> Iterator[Violation]:
    environments = {one.urn: str(tags(one).get("Environment", PRODUCTION)) for one in stack.of(PROVIDER)}
    why = declared().why(stack)
    for urn, word in environments.items():
        if word not in (*OTHERS, PRODUCTION):
            yield Violation(urn, f"Environment is {word}: write {', '.join(OTHERS)} or {PRODUCTION}")
        elif why and word != PRODUCTION:
            yield Violation(urn, f"says that it is for {word}, but {why} (policy/production.json)")
    if len(set(environments.values())) > 1:
        yield Violation(
            None, f"its AWS providers disagree about its environment: {', '.join(sorted(set(environments.values())))}"
        )


def _seen(stack: StackGraph) -> Iterator[Violation]:
    for one in stack.resources:
        if one.type in DISGUISED:
            yield Violation(one.urn, f"creates {DISGUISED[one.type]}, which no rule sees")
        elif one.type.startswith(OTHER_PROVIDERS):
            yield Violation(one.urn, f"{one.type} is of a provider whose types these rules do not know")


RULES = [
    PolicyRule(
        "tags",
        "Every resource says who owns it",
        "defaultTags of the provider: Project, Stack, Environment",
        RuleScope.EVERYWHERE,
        whole=_tagged,
    ),
    PolicyRule(
        "environment",
        "A stack's environment fits its name and its account",
        "the setting `environment`: prod where policy/production.json names the stack or its account",
        RuleScope.EVERYWHERE,
        whole=_honest,
    ),
    PolicyRule(
        "known-kinds",
        "Every resource is of a type that these rules can judge",
        "use the provider `aws`; what only a template or a command can create belongs in a project of its own",
        RuleScope.EVERYWHERE,
        whole=_seen,
    ),
    PolicyRule(
        "account",
        "The stack goes to one account, named in its settings",
        "aws.account",
        RuleScope.PRODUCTION,
        whole=_accounts,
    ),
]
