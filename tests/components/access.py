"""docs/access.md, made from the stacks' graphs and the deployers' grants: `python -m tests.components.access`."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bootstrap.deployers import BOUNDARY, DEPLOY, PREVIEW, RELEASES, Grants
from bootstrap.scope import Scope
from bootstrap.statement import LIMIT, IamStatement, document
from infra.policies import AccountRegion
from tests.components.program import ACCOUNT, ROOT, Deployed, Registered
from tests.components.rendered import rendered, settings

PAGE = ROOT / "docs" / "access.md"
STACKS = ("staging", "prod")
REGION = "eu-central-1"

HEAD = """\
# Access

<!-- Made by `make access`; a test fails when it is stale. -->

Every role of staging and prod with all it may do: first those of the stacks' tasks, read off the program's graph with
the stacks' own settings files, then those of GitHub's jobs, which [`make bootstrap`](bootstrap.md) makes. Names end in
what Pulumi appends. Account and ids are made up.

Tests hold the grants to AWS's own reference of actions, resources and conditions, and to what the program's resources
and the gate's code really call: a new call without a grant fails them, and so does a `*` without a reason."""

WIDEST = """\
## The widest grants

What is granted on more than the stack's own resources, and why. [Security](security.md#what-is-not-protected) says what
that means for others in the same account."""

TASKS = """\
## Roles of {stack}'s tasks

They lie below `/sluice/{stack}/`, and ECS tasks of this account and Region alone may take them. With `access.boundary`
they carry the boundary below."""

DEPLOYER = """\
## Deploy role of {stack}

`/sluice-bootstrap/sluice-{stack}-deploy`, taken by GitHub's jobs of the environment `{stack}` alone, which run on main
and are defined there by `deploy.yml` or `rollback.yml`. It makes roles only with the boundary, passes them to ECS only,
reads no secrets but the stack's own database users', and can change neither itself nor the boundary. Other stacks'
deploy roles are the same with their own names; production's deletes no snapshots. With `snapshotCopies` it also shares
the snapshots of before its migrations (`rds:ModifyDBSnapshotAttribute`) and takes the one role of another account that
[copies them](snapshot-copies.md)."""

PREVIEWER = """\
## Preview role of {stack}

`/sluice-bootstrap/sluice-{stack}-preview`, taken by jobs of the branches that the settings name, and by those of pull
requests where `github.pullRequests` says so. It only reads."""

READER = """\
## Role for those who promote from {stack}

`/sluice-bootstrap/sluice-{stack}-releases`, taken by the deployers that `make bootstrap` made in the accounts of
`releases.readers`: the one thing of {stack} that crosses to another account, besides its images."""


STRATEGY = """\
## Role of ECS with a strategy

With `service.strategy` blueGreen, canary or linear ([strategies](strategies.md)) the stack has one more role, by which
ECS itself changes the weights of two rules and registers tasks in two target groups. AWS's managed policy for it allows
this on every load balancer of the account."""


def shifting(stack: str) -> Deployed:
    """What the program asks for with a strategy."""
    service = {**settings(stack).get("service", {}), "strategy": "blueGreen"}
    return rendered(stack, service={key: one for key, one in service.items() if key != "targetRequests"})


def graphs() -> dict[str, Deployed]:
    """What the program asks for, by stack."""
    return {stack: rendered(stack) for stack in STACKS}


def scope(stack: str) -> Scope:
    """What the deployers of a stack are limited to."""
    bucket = f"sluice-state-{ACCOUNT}-{REGION}"
    return Scope(AccountRegion("aws", REGION, ACCOUNT), "sluice", stack, bucket, "KEY-OF-BUCKET", "KEY-OF-STACK")


def page(stacks: Mapping[str, Deployed]) -> str:
    """The whole page, in Markdown."""
    tasks = [_tasks(stack, deployed) for stack, deployed in stacks.items()]
    role = _infrastructure(shifting("staging"))
    return "\n\n".join([HEAD, _widest(scope("staging")), *tasks, role, *_deployers("staging", scope("staging"))]) + "\n"


def _infrastructure(deployed: Deployed) -> str:
    role = deployed.one("iam/role:Role", "infrastructure")
    return "\n".join(
        [STRATEGY, "", "| role | taken by | may | on |", "|---|---|---|---|", *sorted(_role(deployed, role))]
    )


def _tasks(stack: str, deployed: Deployed) -> str:
    rows = [row for role in deployed.all("iam/role:Role") for row in _role(deployed, role)]
    return "\n".join(
        [TASKS.format(stack=stack), "", "| role | taken by | may | on |", "|---|---|---|---|", *sorted(rows)]
    )


def _role(deployed: Deployed, role: Registered) -> Iterator[str]:
    [trust] = json.loads(role.inputs["assumeRolePolicy"])["Statement"]
    taken = ", ".join(_listed(trust["Principal"].get("Service") or trust["Principal"]["Federated"]))
    own = [one for one in deployed.all("iam/rolePolicy:RolePolicy") if one.inputs["role"] == role.name]
    for policy in own:
        for one in json.loads(policy.inputs["policy"])["Statement"]:
            yield _line(
                f"`{role.name}`", taken, _code(_listed(one["Action"])), _code(map(_short, _listed(one["Resource"])))
            )
    if not own:
        yield _line(f"`{role.name}`", taken, "nothing", "")


def _deployers(stack: str, scope: Scope) -> Iterator[str]:
    yield DEPLOYER.format(stack=stack)
    yield from _grants(DEPLOY, scope)
    yield PREVIEWER.format(stack=stack)
    yield from _grants(PREVIEW, scope)
    yield READER.format(stack=stack)
    yield from _grants(RELEASES, scope)
    yield f"## Boundary of {stack}'s tasks\n\nThe most that the stack's own roles can do, whatever their policies say."
    yield from _grants({"boundary": BOUNDARY}, scope)


def _grants(grants: Grants, scope: Scope) -> Iterator[str]:
    for name, grant in grants.items():
        statements = grant(scope)
        rows = [_statement(one) for one in statements]
        yield "\n".join(
            [
                f"### {name}",
                "",
                f"{len(document(statements))} of the {LIMIT} characters that IAM allows.",
                "",
                "| statement | may | on | only if | why so wide |",
                "|---|---|---|---|---|",
                *rows,
            ]
        )


def _statement(one: IamStatement) -> str:
    only = [
        _condition(operator, key, value) for operator, keys in one.conditions.items() for key, value in keys.items()
    ]
    resources = _code(_short(arn) for arn in sorted(set(one.resources)))
    return _line(one.sid, _code(sorted(set(one.actions))), resources, "; ".join(only), one.why)


def _condition(operator: str, key: str, value: Any) -> str:
    """One condition in words."""
    every, _, plain = operator.rpartition(":")
    if plain == "Null":
        return f"{key} is {'absent' if str(value).lower() == 'true' else 'there'}"
    head = {"ForAllValues": "every ", "ForAnyValue": "one "}.get(every, "")
    return f"{head}{key} {'like' if 'Like' in plain else '='} {_values(value)}"


def _widest(scope: Scope) -> str:
    """The grants that have a reason: they are about more than what the stack's own name or tags tell."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for role, grants in (("deploy", DEPLOY), ("preview", PREVIEW), ("boundary", {"boundary": BOUNDARY})):
        for about, grant in grants.items():
            for one in grant(scope):
                actions = sorted(set(one.actions))
                said = _code(actions[:4]) + (f" and {len(actions) - 4} more" if len(actions) > 4 else "")
                if one.why:
                    found.setdefault((f"{about}: {one.sid}", said, one.why), []).append(role)
    rows = [_line(", ".join(roles), *cells) for cells, roles in found.items()]
    return "\n".join([WIDEST, "", "| role | statement | may | why |", "|---|---|---|---|", *rows])


def _values(value: Any) -> str:
    return " or ".join(_short(part) for part in _listed(value))


def _short(arn: str) -> str:
    """An ARN without what all of them have in common."""
    for head in (f"arn:aws:mock:{REGION}:{ACCOUNT}:", f":{REGION}:{ACCOUNT}:", f"::{ACCOUNT}:"):
        arn = arn.replace(head, "" if head.startswith("arn") else ":")
    return arn.removeprefix("arn:aws:")


def _listed(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [str(part) for part in value]


def _code(parts: Iterable[str]) -> str:
    return ", ".join(f"`{part}`" for part in parts)


def _line(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def main() -> None:
    Path(PAGE).write_text(page(graphs()))
    sys.stdout.write(f"wrote {PAGE.relative_to(ROOT)}\n")


if __name__ == "__main__":
    main()
