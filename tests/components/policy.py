"""docs/policy.md, made from the rules and the stacks' graphs: `make policy`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from policy.readiness.rule import Violation
from policy.readiness.rules import CHAPTERS, RuleVerdict, judge
from policy.readiness.stack import StackGraph, StackResource, token
from tests.components.program import ROOT, SECRET, Deployed
from tests.components.rendered import rendered, stacks

PAGE = ROOT / "docs" / "policy.md"

HEAD = """\
# Policy

<!-- Made by `make policy`; a test fails when it is stale. -->

`policy/` is a Pulumi policy pack: what a stack must keep to everywhere, and what before it may be called production. A
breach of a mandatory rule fails `pulumi preview` and `pulumi up` before the resource is touched; a breach of a rule
that is mandatory on prod only is an advice on every other stack.

Which of both a stack is, its setting `environment` says, unless `policy/production.json` says otherwise: it names the
stacks (patterns of names) and the account numbers that are production whatever their settings say. A word that is none
of local, dev, staging and prod counts as prod. Add your production account's number there, and have changes of
`policy/` reviewed by somebody who does not write the stacks.

    pulumi preview --policy-pack policy

It needs the official Pulumi CLI (the language host that set-up builds where that cannot be downloaded starts no policy
packs) and the pack's own packages, which `make setup` installs into `.venv-policy`.

`make test` judges the whole graph of every stack of this checkout by the same rules, with the stack's own settings file
and no cloud. What AWS makes of a resource, and what somebody changes behind Pulumi's back, no rule of these can see.

An exception is said where the pack is used, by name: `--policy-pack-config FILE`, with
`{"database-multi-az": "advisory"}` in it. An IAM action that supports no resource gets a line with its reason in
`policy/readiness/access.py`, a managed policy of AWS' that may be attached one in `policy/readiness/managed.py`.

The rules judge what a policy really allows: an inline policy of a role like any other; a condition counts only where it
holds on nothing but a named resource; `arn:aws:s3:::*` is every bucket, `0.0.0.0/1` is the internet, and
`aws:alb/listener:Listener` is a listener. What a policy of the account's own contains that the stack only names
(setting `access.policies`) no rule sees: the permissions boundary limits it. Nor does one see the load balancer behind
an existing listener, but its listener is read, and must speak HTTPS.

In a preview some values are not known yet (a new repository's ARN in a policy): Pulumi then says which rule it could
not run, and `pulumi up` runs it before the resource is created."""


def graph(deployed: Deployed) -> StackGraph:
    """What a run of the program asked for, as the rules see it."""
    return StackGraph(
        [
            StackResource(token(one.type), one.name, one.urn, opened(one.inputs), one.needs, one.ignored)
            for one in (*deployed.resources, *deployed.read)
        ]
    )


def opened(value: Any) -> Any:
    """A value with its secrets in plain, as Pulumi's policy library hands it to the rules."""
    if isinstance(value, dict):
        return opened(value["value"]) if SECRET in value.values() else {key: opened(one) for key, one in value.items()}
    return [opened(one) for one in value] if isinstance(value, list) else value


@cache
def verdicts(stack: str) -> list[RuleVerdict]:
    """The rules' verdicts on a stack of this checkout."""
    return judge(graph(rendered(stack)))


def document() -> str:
    """The whole page, in Markdown."""
    return "\n\n".join([HEAD, *_rules(), *map(_stack, stacks())]) + "\n"


def _rules() -> Iterator[str]:
    for chapter, rules in CHAPTERS.items():
        rows = [f"| `{rule.name}` | {rule.says} | {rule.scope.value} | {rule.remedy} |" for rule in rules]
        head = ["| rule | what must be | mandatory | what to write |", "|---|---|---|---|"]
        yield "\n".join([f"## {chapter}", "", *head, *rows])


def _stack(stack: str) -> str:
    judged = verdicts(stack)
    kept = sum(not verdict.findings for verdict in judged)
    lines = [f"## Stack {stack}", "", f"{kept} of {len(judged)} rules are kept."]
    broken = [verdict for verdict in judged if verdict.findings]
    if broken:
        lines += ["", "| rule | level | finding |", "|---|---|---|"]
    for verdict in broken:
        level = "**mandatory**" if verdict.stops else "advice"
        lines += [f"| `{verdict.rule.name}` | {level} | {text} |" for text in _texts(verdict.findings)]
    return "\n".join(lines)


def _texts(findings: Sequence[Violation]) -> list[str]:
    """The findings, each with its resource, in a fixed order."""
    return sorted({f"{one.about.rpartition('::')[2]}: {one.text}" if one.about else one.text for one in findings})


if __name__ == "__main__":
    PAGE.write_text(page := document(), encoding="utf-8")
    sys.stdout.write(page[page.index("## Stack") :])
