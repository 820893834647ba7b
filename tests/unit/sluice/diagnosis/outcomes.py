"""Every way a migration task can end, in the API's shapes: the table behind the tests and docs/outcomes.md.

``python -m tests.unit.sluice.diagnosis.outcomes`` writes the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sluice.diagnosis.explain import account
from sluice.diagnosis.signature import SIGNATURES
from sluice.diagnosis.step_timeout import server, timed_out
from sluice.diagnosis.verdict import Kind, Outcome, forgotten, not_run, refused, retryable, verdict
from sluice.inputs.step import Step
from tests.unit.sluice.diagnosis.known_lines import KNOWN_LINES
from tests.unit.sluice.rollout import rollout_outcomes
from tests.unit.sluice.rollout.strategy import strategy_outcomes

PAGE = Path(__file__).resolve().parents[4] / "docs/outcomes.md"
APP = frozenset({"app"})
BOTH = frozenset({"app", "agent"})
PORTS = frozenset({8080})
"""Where the service listens."""
EXITED, FAILED_TO_START = "EssentialContainerExited", "TaskFailedToStart"
PULL = "CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref "
SECRET = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
    "unable to retrieve secret from asm: "
)

SSM = SECRET.replace("secret from asm", "secrets from ssm")
AUTH = SECRET.replace("unable to retrieve secret from asm", "unable to retrieve ecr registry auth")


@dataclass(frozen=True)
class Case:
    """What ECS and the log say, and what it must be taken for.

    Attributes:
        says: parts of title, cause and remedy.
        failures: what RunTask answered instead of a task.
        refusal: the message of RunTask's exception.
        lines: the last lines of the step's log.
        gone: DescribeTasks does not know the task.
        lasting: not started, yet starting it again would change nothing.
        emulated: tests/e2e/gate/test_outcomes.py makes it happen, and reads the same.
        late: the task was stopped because its time was over; in words.
        step: that the task ran.
    """

    name: str
    kind: Kind
    says: Sequence[str]
    task: dict[str, Any] = field(default_factory=dict)
    failures: Sequence[dict[str, str]] | None = None
    refusal: str = ""
    lines: Sequence[str] = ()
    essential: frozenset[str] = APP
    gone: bool = False
    lasting: bool = False
    emulated: bool = False
    late: str = ""
    step: Step = field(default_factory=lambda: Step("master", ("migrate", "master")))

    def outcome(self) -> Outcome:
        if self.gone:
            return forgotten("arn:aws:ecs:eu-west-1:123456789012:task/notes/abc")
        if self.failures is not None:
            return not_run(self.failures)
        if self.refusal:
            outcome = refused(self.refusal)
            assert outcome is not None
            return outcome
        outcome = verdict(self.task, self.essential, "app")
        if self.late:
            return account(timed_out(outcome, self.late), self.lines, server(self.step, self.lines, PORTS))
        return account(outcome, self.lines)


def stopped(code: str, reason: str, **containers: int | str | tuple[int, str] | None) -> dict[str, Any]:
    """A stopped task. A container is its exit code, its reason without one, both, or None for neither."""
    views = []
    for name, end in containers.items():
        view: dict[str, Any] = {"name": name, "lastStatus": "STOPPED"}
        exit_code, detail = end if isinstance(end, tuple) else (end, "") if isinstance(end, int) else (None, end)
        if exit_code is not None:
            view["exitCode"] = exit_code
        if detail:
            view["reason"] = detail
        views.append(view)
    return {"lastStatus": "STOPPED", "stopCode": code, "stoppedReason": reason, "containers": views}


def exited(code: int, detail: str = "") -> dict[str, Any]:
    return stopped(EXITED, "Essential container in task exited", app=(code, detail))


def unstarted(reason: str, detail: str = "") -> dict[str, Any]:
    return stopped(FAILED_TO_START, reason, app=detail or None)


LATE = "timed out after 5 min 00 s"
OVERDUE = stopped("UserInitiated", f"Sluice: {LATE}", app=143)
F, N, I = Kind.FAILED, Kind.NOT_STARTED, Kind.INTERRUPTED  # noqa: E741

CASES: Sequence[Case] = (
    Case("exit 0", Kind.SUCCEEDED, ["exit code 0"], exited(0), emulated=True),
    Case(
        "exit 1, nothing known in its log",
        F,
        ["exit code 1", "reported a failure"],
        exited(1),
        lines=["oops"],
        emulated=True,
    ),
    Case(
        "exit 1, a known line in its log",
        F,
        ["exit code 1", "not in the image", ".dockerignore"],
        exited(1),
        lines=["Traceback (most recent call last):", "ModuleNotFoundError: No module named 'alembic'"],
        emulated=True,
    ),
    Case(
        "exit 1, it wrote into the image",
        F,
        ["exit code 1", "the container's file system is read-only", "app.writable"],
        exited(1),
        lines=["Traceback (most recent call last):", "OSError: [Errno 30] Read-only file system: '/alembic.log'"],
        emulated=True,
    ),
    Case("exit 2", F, ["exit code 2", "wrong arguments"], exited(2), emulated=True),
    Case("exit 3, or any other", F, ["exit code 3", "reported a failure"], exited(3)),
    Case("exit 126", F, ["126", "could not be executed"], exited(126), emulated=True),
    Case("exit 127", F, ["127", "the command is not in the image", "final stage"], exited(127)),
    Case(
        "exit 127, the init process names the program",
        F,
        ["127", "the program is not in the image, or what it needs to run is not", "CRLF", "the program's path"],
        exited(127),
        lines=["[FATAL tini (7)] exec /entrypoint.sh failed: No such file or directory"],
    ),
    Case(
        "exit 127, the shell names the program",
        F,
        ["127", "not in the image", "final stage"],
        exited(127),
        lines=["sh: 1: prisma: not found"],
        emulated=True,
    ),
    Case("exit 134", F, ["134", "SIGABRT"], exited(134), emulated=True),
    Case(
        "exit 137, memory",
        F,
        ["OutOfMemoryError", "memory limit", "raise"],
        exited(137, "OutOfMemoryError: Container killed due to memory usage"),
        emulated=True,
    ),
    Case("exit 137, killed", F, ["137", "SIGKILL", "ECS gives no reason"], exited(137), emulated=True),
    Case("exit 139", F, ["139", "SIGSEGV"], exited(139), emulated=True),
    Case("exit 143", F, ["143", "SIGTERM", "without a request to ECS"], exited(143), emulated=True),
    Case("exit 135, another signal", F, ["135", "SIGBUS"], exited(135)),
    Case("exit 255", F, ["255", "architecture"], exited(255)),
    Case(
        "wrong architecture",
        F,
        ["another processor architecture", "app.architecture"],
        exited(1),
        lines=["exec /usr/bin/python: exec format error"],
    ),
    Case(
        "a script saved with CRLF, or a missing interpreter",
        F,
        ["CRLF", "interpreter that the image lacks", "eol=lf"],
        exited(255),
        lines=["exec /app/migrate.sh: no such file or directory"],
    ),
    Case(
        "exit 0 after an interruption",
        I,
        ["by Ann", "exit code 0", "StopTask"],
        stopped("UserInitiated", "by Ann", app=0),
        emulated=True,
    ),
    Case(
        "stopped by a person or program",
        I,
        ["by Ann", "143", "CloudTrail"],
        stopped("UserInitiated", "by Ann", app=143),
        emulated=True,
    ),
    Case(
        "stopped by a person or program, and not ended in its stopTimeout",
        I,
        ["by Ann", "137", "stopTimeout"],
        stopped("UserInitiated", "by Ann", app=137),
        emulated=True,
    ),
    Case("stopped before it ran", I, ["by Ann", "no exit code"], stopped("UserInitiated", "by Ann", app=None)),
    Case(
        "Spot took the machine",
        I,
        ["SpotInterruption", "never on FARGATE_SPOT"],
        stopped("SpotInterruption", "Your Spot Task was interrupted.", app=143),
    ),
    Case("Fargate retired the machine", I, ["TerminationNotice"], stopped("TerminationNotice", "maintenance", app=143)),
    Case("a stop code AWS adds later", I, ["NewCode", "incomplete"], stopped("NewCode", "", app=0)),
    Case(
        "exit code absent",
        F,
        ["no exit code", "state of the migration is unknown"],
        stopped(EXITED, "Essential container in task exited", app=None),
    ),
    Case(
        "program absent from the image",
        N,
        ["not in the image", "final stage"],
        unstarted(
            "Task failed to start", 'CannotStartContainerError: exec: "prisma": executable file not found in $PATH'
        ),
        lasting=True,
        emulated=True,
    ),
    Case(
        "program absent, said by its container only",
        N,
        ["not in the image", "final stage"],
        stopped(
            EXITED,
            "Essential container in task exited",
            app='ContainerRuntimeError: exec: "prisma": executable file not found in $PATH',
        ),
        lasting=True,
    ),
    Case(
        "program not executable",
        N,
        ["could not be executed", "interpreter line"],
        unstarted('CannotStartContainerError: failed to create shim task: exec: "/migrate": permission denied'),
        lasting=True,
        emulated=True,
    ),
    Case(
        "image not found",
        N,
        ["not in the repository", "lifecycle policy"],
        unstarted(PULL + "r.example/app@sha256:1: not found"),
        emulated=True,
    ),
    Case("registry refused", N, ["refuses", "ecr:BatchGetImage"], unstarted(PULL + "r.example/app: 403 Forbidden")),
    Case("registry unreachable", N, ["no route to the registry", "NAT"], unstarted(PULL + "dial tcp: i/o timeout")),
    Case("registry unreachable, before the pull", N, ["NAT"], unstarted(AUTH + "RequestError: send request failed")),
    Case(
        "registry limits pulls", N, ["copy the image to ECR"], unstarted(PULL + "httpReadSeeker: 429 Too Many Requests")
    ),
    Case("image cannot be pulled otherwise", N, ["cannot be pulled", "ECR permissions"], unstarted(PULL + "teapot")),
    Case(
        "image too large",
        N,
        ["ephemeral storage"],
        unstarted("CannotPullContainerError: write /x: no space left on device"),
        lasting=True,
    ),
    Case(
        "image for another architecture",
        N,
        ["another architecture than the task's", "app.architecture"],
        unstarted(
            "CannotPullContainerError: image Manifest does not contain descriptor matching platform 'linux/amd64'"
        ),
        lasting=True,
    ),
    Case(
        "secret missing",
        N,
        ["does not exist", "ARN"],
        unstarted(
            SECRET + "ResourceNotFoundException: Secrets Manager can't find the specified secret value for staging "
            "label: AWSCURRENT"
        ),
        emulated=True,
    ),
    Case("parameter missing", N, ["does not exist"], unstarted(SSM + "invalid ssm parameters: /notes/key")),
    Case(
        "secret refused", N, ["not allowed to read", "GetSecretValue"], unstarted(SECRET + "AccessDeniedException: no")
    ),
    Case(
        "secret unreachable",
        N,
        ["no route to Secrets Manager"],
        unstarted(SECRET + "RequestCanceled: context canceled"),
    ),
    Case(
        "key missing in a secret",
        N,
        ["JSON key", "ARN:key::"],
        unstarted(SECRET + "retrieved secret from Secrets Manager did not contain json key password"),
        lasting=True,
        emulated=True,
    ),
    Case(
        "log group missing",
        N,
        ["log group does not exist", "--refresh"],
        unstarted(
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
            "failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist."
        ),
        emulated=True,
    ),
    Case(
        "log not writable",
        N,
        ["logs:CreateLogStream"],
        unstarted("ResourceInitializationError: failed to validate logger args: AccessDeniedException"),
    ),
    Case(
        "role not assumable, after the start", N, ["trust policy"], unstarted("ECS was unable to assume the role 'a'")
    ),
    Case(
        "role not assumable (a new one is not known everywhere yet)",
        N,
        ["assume", "trust policy"],
        refusal="ECS was unable to assume the role 'arn:aws:iam::111122223333:role/notes' that was provided",
    ),
    Case(
        "no free address",
        N,
        ["free address", "subnets"],
        unstarted("Timeout waiting for network interface provisioning to complete"),
    ),
    Case(
        "network interface refused", N, ["free address"], unstarted("Unexpected EC2 error while attempting to Create")
    ),
    Case("throttled at the start", N, ["throttles"], unstarted("ResourceInitializationError: Rate exceeded")),
    Case("Fargate could not start it", N, ["try again later"], unstarted("CannotCreateVolumeError: unable to copy")),
    Case("a reason AWS adds later", N, ["does not know"], unstarted("NewError: something")),
    Case(
        "no Fargate capacity, as RunTask's failure",
        N,
        ["no Fargate capacity", "other zones"],
        failures=[
            {
                "reason": "Capacity is unavailable at this time. Please try again later or in a different availability "
                "zone"
            }
        ],
    ),
    Case(
        "no Fargate capacity, as a placement reason",
        N,
        ["no Fargate capacity"],
        failures=[{"reason": "RESOURCE:FARGATE"}],
    ),
    Case("no Fargate capacity, as RunTask's exception", N, ["no Fargate capacity"], refusal="Capacity is unavailable"),
    Case("no Fargate capacity, after the start", N, ["no Fargate capacity"], unstarted("Capacity is unavailable")),
    Case(
        "account quota of tasks or vCPUs",
        N,
        ["account limit", "quota"],
        failures=[{"reason": "You've reached the limit on the number of vCPUs you can run concurrently"}],
        lasting=True,
    ),
    Case(
        "account quota, as RunTask's exception",
        N,
        ["account limit", "quota"],
        refusal="The requested CPU configuration is above your limit",
        lasting=True,
    ),
    Case("not on Fargate", N, ["EC2 instances"], failures=[{"reason": "RESOURCE:MEMORY"}], lasting=True),
    Case("missing, with HTTP 200", N, ["MISSING", "does not exist"], failures=[{"reason": "MISSING"}], lasting=True),
    Case("another failure with HTTP 200", N, ["no task", "does not know"], failures=[{"reason": "NEW", "detail": "d"}]),
    Case("HTTP 200 with neither task nor failure", N, ["no task and no reason"], failures=[]),
    Case(
        "essential side-car died first",
        I,
        ["side-car agent ended first (exit code 1)", "essential: false"],
        stopped(EXITED, "Essential container in task exited", app=143, agent=1),
        essential=BOTH,
        emulated=True,
    ),
    Case(
        "essential side-car ended first, with 0",
        I,
        ["side-car agent ended first (exit code 0)", "essential: false"],
        stopped(EXITED, "Essential container in task exited", app=137, agent=0),
        essential=BOTH,
    ),
    Case(
        "essential side-car failed beside a migration that exited 0",
        F,
        ["container agent ended with exit code 1", "essential: false"],
        stopped(EXITED, "Essential container in task exited", app=0, agent=1),
        lines=["ERROR: deadlock detected"],
        essential=BOTH,
    ),
    Case(
        "essential side-car stopped with a migration that exited 0",
        F,
        ["side-car agent was ended by a signal", "essential: false"],
        stopped(EXITED, "Essential container in task exited", app=0, agent=143),
        essential=BOTH,
        emulated=True,
    ),
    Case(
        "the migration failed beside an essential side-car",
        F,
        ["container app ended with exit code 1"],
        stopped(EXITED, "Essential container in task exited", agent=143, app=1),
        essential=BOTH,
    ),
    Case(
        "several essential containers, all 0",
        Kind.SUCCEEDED,
        ["exit code 0"],
        stopped(EXITED, "Essential container in task exited", app=0, agent=0),
        essential=BOTH,
    ),
    Case(
        "a side-car that is not essential does not matter",
        Kind.SUCCEEDED,
        ["exit code 0"],
        stopped(EXITED, "Essential container in task exited", app=0, agent=137),
    ),
    Case(
        "the migration without an exit code, the side-car 0",
        F,
        ["container app has no exit code"],
        stopped(EXITED, "Essential container in task exited", app=None, agent=0),
        essential=BOTH,
    ),
    Case(
        "something ran although the task failed to start",
        F,
        ["failed to start", "agent: image missing"],
        stopped(FAILED_TO_START, "agent: image missing", app=0, agent=None),
    ),
    Case("no container to judge", F, ["none of the expected containers"], stopped(EXITED, "gone")),
    Case("task forgotten by ECS", Kind.FORGOTTEN, ["no longer knows", "migration state"], gone=True),
    Case(
        "killed, and the log shows a lock",
        F,
        ["SIGKILL", "holds a lock"],
        exited(137),
        lines=["ERROR: deadlock detected"],
    ),
    Case(
        "timed out",
        F,
        ["timed out after 5 min 00 s", "waits for a lock", "`pulumi up`"],
        OVERDUE,
        lines=["applying 0002"],
        late=LATE,
    ),
    Case(
        "timed out, a known line in its log", F, [LATE, "holds a lock"], OVERDUE, lines=["deadlock detected"], late=LATE
    ),
    Case(
        "timed out, its log is a web server's on the service's port",
        F,
        [
            LATE,
            "started the web server on port 8080",
            "entrypoint ignores its arguments",
            'exec "$@"',
            "stepEntryPoint",
        ],
        OVERDUE,
        lines=["connection refused, trying again", "serving on 8080"],
        late=LATE,
    ),
    Case(
        "timed out, its log is a web server's",
        F,
        [LATE, "probably started the web server instead", "entrypoint ignores its arguments"],
        OVERDUE,
        lines=["serving"],
        late=LATE,
    ),
    Case(
        "timed out, its log is a web server's, and its entrypoint is the step's own",
        F,
        [LATE, "its entrypoint [sh, -c] starts the service", "app.stepEntryPoint"],
        OVERDUE,
        lines=["Listening on http://0.0.0.0:8080"],
        late=LATE,
        step=Step("master", ("serve",), entry_point=("sh", "-c")),
    ),
    Case("still running", Kind.RUNNING, ["RUNNING"], {"lastStatus": "RUNNING"}),
    Case("on its way out is not out", Kind.RUNNING, ["DEPROVISIONING"], {"lastStatus": "DEPROVISIONING"}),
)


def page() -> str:
    """docs/outcomes.md."""
    lines = [HEAD, "", "| case | what happened | cause | fix | again | tested |", "|---|---|---|---|---|---|"]
    for case in CASES:
        outcome = case.outcome()
        again = "yes" if retryable(outcome) else "no"
        tested = "shape, emulator" if case.emulated else "shape"
        cells = (case.name, f"{outcome.title} ({outcome.kind.value})", outcome.cause, outcome.remedy, again, tested)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += ["", KNOWN, "", "| signature | a line that has it | cause | fix |", "|---|---|---|---|"]
    for signature in SIGNATURES:
        seen = "<br>".join(f"`{line.replace('`', chr(39))}`" for name, line in KNOWN_LINES if name == signature.name)
        lines.append(f"| {signature.name} | {seen} | {signature.cause} | {signature.remedy} |".replace("||", "\\|\\|"))
    return "\n".join(lines) + "\n\n" + rollout_outcomes.section() + "\n" + strategy_outcomes.section()


HEAD = """# How a migration or a rollout can end

Made by `python -m tests.unit.sluice.diagnosis.outcomes` from the tests' own table: every line is a test.

- **what happened, cause, fix**: the words that a failed step shows; the word in brackets is what the gate takes it for.
  Only *succeeded* lets an image through.
- **again**: whether the gate starts the task again by itself, up to the step's `attempts`, with growing pauses. Only
  what never ran is, and only where the answer may change; a migration that ran is never repeated by itself.
- **tested**: *shape*: on the answers' shape in the ECS API (sluice/diagnosis/verdict.py is one pure function of it);
  *emulator*:
  made to happen in a real container by `tests/e2e/gate/test_outcomes.py`, and read the same.

An exception of RunTask that is about the call (throttling, an unreachable AWS, expired credentials) is no end of a
task: the call is made again under the same token, and after two minutes the outcome is *unknown*, never *failed*.

Which of several essential containers ended first, ECS does not tell: a side-car that ends with 0 and a migration that
answers SIGTERM with 0 look like a success. Let the migration's container be the only essential one, as Sluice's own
migration task does.

## What ECS says"""
KNOWN = """## What the log says

Exit code 1 is no explanation: the last known line of a failed step's log gives the cause and the remedy instead
(sluice/diagnosis/signature.py). Exit codes of a signal, and stops from outside, keep their own; the log's is added."""


if __name__ == "__main__":
    PAGE.write_text(page())
