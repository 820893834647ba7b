"""The figures as tables, for the terminal and for docs/bench.md. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from bench import admission, simulated
from bench.measure import Ran
from bench.rollouts import Rolled
from bench.tasks import Measured

OURS = "Sluice"
TASK_HEAD = ["task", "tool", "runs", "in all", "× Sluice", "after its end", "API calls", "exit", "verdict", "shows why"]
ROLLOUT_HEAD = ["rollout", "tool", "runs", "in all", "× Sluice", "API calls", "exit", "verdict", "shows why"]


def ratio(value: float, ours: float) -> str:
    """How many times ours; a dash when ours is not positive."""
    return f"{value / ours:.1f}" if ours > 0 else "-"


def _keys(pairs: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys(pairs))


def _seconds(runs: Sequence[Ran]) -> float:
    return median(ran.seconds for ran in runs)


def _codes(runs: Sequence[Ran]) -> str:
    return ", ".join(str(code) for code in sorted({ran.code for ran in runs}))


def task_rows(measured: Sequence[Measured]) -> list[list[str]]:
    rows = []
    for case, tool in _keys((one.case, one.tool) for one in measured):
        runs = [one for one in measured if (one.case, one.tool) == (case, tool)]
        ours = _seconds([one.ran for one in measured if (one.case, one.tool) == (case, OURS)])
        seconds = _seconds([one.ran for one in runs])
        delays = [one.delay for one in runs if one.delay is not None]
        rows.append(
            [
                case,
                tool,
                str(len(runs)),
                f"{seconds:.1f} s",
                ratio(seconds, ours) if delays else "-",
                f"{median(delays):.2f} s" if delays else "does not wait",
                f"{median(one.ran.calls.total() for one in runs):.0f}",
                _codes([one.ran for one in runs]),
                _verdict(all(one.true for one in runs), bool(delays)),
                "yes" if all(one.shown for one in runs) else "no",
            ]
        )
    return rows


def _verdict(true: bool, waited: bool) -> str:
    if not true:
        return "wrong"
    return "right" if waited else "unknown to it"


def rollout_rows(rolled: Sequence[Rolled]) -> list[list[str]]:
    rows = []
    for case, tool in _keys((one.case, one.tool) for one in sorted(rolled, key=lambda one: one.case != "good")):
        runs = [one for one in rolled if (one.case, one.tool) == (case, tool)]
        ours = _seconds([one.ran for one in rolled if (one.case, one.tool) == (case, OURS)])
        seconds = _seconds([one.ran for one in runs])
        wrong = sum(not one.true and one.ran.code == 0 for one in runs)
        rows.append(
            [
                case,
                tool,
                str(len(runs)),
                f"{seconds:.1f} s",
                ratio(seconds, ours),
                f"{median(one.ran.calls.total() for one in runs):.0f}",
                _codes([one.ran for one in runs]),
                verdict_of(case, [one.ran.code for one in runs]) if not wrong else "wrong: calls it a success",
                "" if case == "good" else ("yes" if all(one.reason for one in runs) else "no"),
            ]
        )
    return rows


def verdict_of(case: str, codes: Sequence[int]) -> str:
    """Whether the exit codes say what happened: 0 for a good version, something else for a rolled-back one."""
    return "right" if all((code == 0) == (case == "good") for code in codes) else "wrong"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The same for a terminal: columns as wide as their longest cell."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def operations(measured: Sequence[Measured], case: str) -> list[list[str]]:
    """Each tool's calls by operation, of its last run of the case."""
    last = {one.tool: one.ran.calls for one in measured if one.case == case}
    return [[tool, ", ".join(f"{count} {name}" for name, count in calls.most_common())] for tool, calls in last.items()]


def document(
    about: Mapping[str, str],
    measured: Sequence[Measured],
    rolled: Sequence[Rolled],
    costs: Sequence[admission.Cost],
    outputs: Mapping[str, str],
) -> str:
    """docs/bench.md."""
    facts = "\n".join(f"- {name}: {text}" for name, text in about.items())
    said = "\n\n".join(f"{tool}:\n\n```text\n{text.strip()}\n```" for tool, text in outputs.items())
    first = measured[0].case
    return f"""# The bench

Written by `make bench`, which repeats it (about six minutes, Docker on this machine, no AWS account).
Every tool works on the same emulated AWS, in turn, round by round; times are medians. Each run has a counting proxy of
its own in front of AWS. "After its end" is the time from the container's end by Docker's clock to the end of the
tool's process, its own start and that of every further process included; for the missing image it is counted from ECS's
`stoppedAt`, which is a whole second. "× Sluice" is the tool's time in all, divided by ours.

{facts}

## One-off tasks

{markdown(TASK_HEAD, task_rows(measured))}

The AWS CLI script is run-task, `wait tasks-stopped`, the exit code by describe-tasks, and the log. `ecs run` of
ecs-deploy starts a task and ends; the fourth tool adds the AWS CLI's waiter to it. Sluice's calls include its
run records (the lock, the adoption and the history) and the log while it is written. After a failure it waits for late
lines before it ends.

Calls by operation, {first}:

{markdown(["tool", "calls"], operations(measured, first))}

## Rollouts

One task behind a load balancer with ECS's circuit breaker and its rollback; the crash loop prints a line and exits
with 4.

{markdown(ROLLOUT_HEAD, rollout_rows(rolled))}

What each printed at the end of the crash loop, which ECS rolled back:

{said}

## Admission

What it costs to look, before the first step, at everything that the steps and the service's new revision need: three
task definitions with roles and secrets of their own, one image, the JSON key of the service's secret, the listener.
The run reads its steps' task definitions in any case: these two calls are not counted. The image's configuration is one
GET more, of a few kilobytes. At most {admission.CALLS} calls and {admission.SECONDS} s are allowed; a `pulumi up`
that changes nothing looks at nothing. "CPU" is this process's own: on a busy machine the seconds are the machine's.

{markdown(admission.HEAD, admission.rows(costs))}

## Long migrations, on a simulated clock

Counted, not measured: one task, no more than a page of log at a time. "Latest seen" is the
longest delay for any end up to a tenth later. Not counted: what is made once however long the migration takes, RunTask
and the run records for Sluice (about twelve calls: 100 in all on ten minutes), RunTask, exit code and log for the
script around the waiter (three: 103).

{markdown(simulated.HEAD, simulated.rows())}

The AWS CLI's waiter gives up in the tenth minute, and ecs-deploy waits for services only: its fixed second is shown for
comparison.
"""
