"""Every way a rollout can fail, in the API's shapes: the table behind the tests and docs/outcomes.md.

``python -m tests.unit.sluice.diagnosis.outcomes`` writes the page.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sluice.diagnosis.printed import Printed
from sluice.diagnosis.redaction.repeated import fold
from sluice.diagnosis.verdict import Kind, Outcome
from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment.http_answer import Answer
from sluice.rollout.deployment.judge import Judgement, State
from sluice.rollout.diagnosis.evidence import failed, stop_reasons
from sluice.rollout.diagnosis.revision_setup import Setup
from sluice.rollout.diagnosis.rollout_diagnosis import Diagnosis, Seen, diagnose
from sluice.rollout.diagnosis.smoke_diagnosis import Answered, TaskEnd
from sluice.rollout.proof.task_question import endless

BEGUN = datetime(2026, 11, 27, 12, tzinfo=UTC)
ROLLED_BACK = Judgement(State.ROLLED_BACK, "ECS deployment circuit breaker: rolling back to deploymentId ecs-svc/1.")
DEADLINE = Judgement(State.FAILED, "not completed within the deadline of 5 min 00 s")
SMOKE = Judgement(State.FAILED, "smoke request")
SETUP = Setup("app", 8080, 8080, "/live", "200", interval=10, timeout=5, grace=30, memory=512)
URL = "https://notes.example.com/health"
TARGETS = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/notes/0123456789abcdef"
NOT_ANSWERED, TIMED_OUT = "Health checks failed", "Request timed out"
SECRET = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
    "unable to retrieve secret from asm: "
)


@dataclass(frozen=True)
class Case:
    """What ECS, the load balancer and the log say, and what it must be taken for.

    Attributes:
        name: the row.
        kind: the class of the diagnosis.
        says: parts of cause and fix.
        emulated: tests/e2e/rollouts makes it happen, and reads the same class.
    """

    name: str
    kind: str
    says: Sequence[str]
    seen: Seen
    emulated: bool = False

    def diagnosis(self) -> Diagnosis:
        return diagnose(self.seen)

    def shown(self) -> str:
        """The facts of the row, in few words."""
        seen = self.seen
        asked = seen.answered and f"GET {seen.answered.smoke.url}: {seen.answered.answer.status or ''}"
        inside = seen.answered.task.lines if seen.answered and seen.answered.task else ()
        answer = seen.answered and (seen.answered.answer.headers.get("location") or seen.answered.answer.text)
        events = [event.partition("(reason ")[2].rstrip(").") or event for event in seen.events]
        lines = [f"`{line}`" for line in fold([line.text for line in seen.first] or seen.lines or inside)]
        parts = [*stop_reasons(failed(seen.tasks)), *fold(events), *seen.targets, asked, answer, *seen.record, *lines]
        return "; ".join(part for part in parts if part) or f"{seen.why.state.value}, and nothing else"


def task(reason: str, code: str, exit_code: int | None, detail: str = "", seconds: float = 35) -> dict[str, Any]:
    container: dict[str, Any] = {"name": "app"} | ({"reason": detail} if detail else {})
    container |= {"exitCode": exit_code} if exit_code is not None else {}
    times = {"startedAt": BEGUN, "stoppingAt": BEGUN + timedelta(seconds=seconds)}
    return {"stoppedReason": reason, "stopCode": code, "containers": [container]} | times


def exited(code: int | None, *lines: str, detail: str = "", seconds: float = 2, setup: Setup = SETUP) -> Seen:
    """Tasks whose program ended by itself."""
    one = task("Essential container in task exited", "EssentialContainerExited", code, detail, seconds)
    return Seen(ROLLED_BACK, [one] * 3, setup=setup, lines=lines)


def unstarted(reason: str) -> Seen:
    """Tasks that never ran."""
    return Seen(ROLLED_BACK, [task(reason, "TaskFailedToStart", None)] * 3, setup=SETUP)


def unhealthy(
    said: str, *lines: str, seconds: float = 35, setup: Setup = SETUP, printed_after: float = 1, code: int = 143
) -> Seen:
    """Tasks that ECS replaced because the load balancer's checks failed; their lines came *printed_after* seconds."""
    one = task(f"Task failed ELB health checks in (target-group {TARGETS})", "ServiceSchedulerInitiated", code)
    one["stoppingAt"] = BEGUN + timedelta(seconds=seconds)
    event = f"(port {setup.port}) is unhealthy in (target-group notes) due to (reason {said})."
    first = [Printed(BEGUN.timestamp() + printed_after, line) for line in lines]
    return Seen(
        ROLLED_BACK,
        [one] * 3,
        events=[event] * 3,
        setup=setup,
        lines=lines,
        first=first,
        started=BEGUN.timestamp(),
    )


def answered(code: int) -> str:
    return f"Health checks failed with these codes: [{code}]"


def sick(*lines: str, setup: Setup = SETUP) -> Seen:
    """Tasks that ECS replaced because the check inside the container failed."""
    one = task("Task failed container health checks", "ServiceSchedulerInitiated", 143)
    return Seen(ROLLED_BACK, [one] * 3, setup=setup, lines=lines)


def smoke(status: int, text: str = "", *lines: str, headers: dict[str, str] | None = None) -> Seen:
    """A version that completed, and answers the smoke request otherwise than asked for."""
    return Seen(SMOKE, setup=SETUP, lines=lines, answered=Answered(Smoke(URL), Answer(status, text, headers or {})))


def asked_inside(outcome: Outcome, *lines: str) -> Seen:
    """The same, asked by a task in the network."""
    text = f"the task that asked {URL} ended with {outcome.title}"
    end = TaskEnd(outcome, "1a2b3c", lines)
    return Seen(SMOKE, setup=SETUP, answered=Answered(Smoke(URL), Answer(0, text), end))


def targets(*reasons: str, events: Sequence[str] = ()) -> Seen:
    """A rollout that its deadline ended while no task had stopped."""
    return Seen(DEADLINE, targets=reasons, events=events, setup=SETUP)


CASES: Sequence[Case] = (
    # It answers wrongly
    Case(
        "Host refused",
        "Host refused",
        [
            "refuses the Host header",
            "task's own address and port as Host",
            "/live (app.livePath)",
            "the tasks' own addresses to the allowed",
        ],
        unhealthy(answered(400), "Invalid HTTP_HOST header: '10.0.1.7:8080'. You may need to add '10.0.1.7'."),
        emulated=True,
    ),
    Case("400, and the log says nothing", "Host refused", ["probably refuses the Host"], unhealthy(answered(400))),
    Case(
        "Host refused with 403",
        "Host refused",
        ["refuses the Host header", "gets 403"],
        unhealthy(answered(403), "[ActionDispatch::HostAuthorization::DefaultResponseApp] Blocked hosts: 10.0.1.7"),
    ),
    Case(
        "Host refused to the smoke request",
        "Host refused",
        ["notes.example.com as Host", "smoke.path or app.healthPath"],
        smoke(400, "DisallowedHost at /health"),
    ),
    Case(
        "redirect to HTTPS",
        "redirect to HTTPS",
        ["probably redirects plain HTTP to HTTPS (answer 301 at /live)", "X-Forwarded-Proto"],
        unhealthy(answered(301)),
        emulated=True,
    ),
    Case("redirect, 302", "redirect to HTTPS", ["answer 302"], unhealthy(answered(302))),
    Case("redirect, 307", "redirect to HTTPS", ["answer 307"], unhealthy(answered(307))),
    Case("redirect, 308", "redirect to HTTPS", ["answer 308"], unhealthy(answered(308))),
    Case(
        "smoke request redirected to HTTPS",
        "redirect to HTTPS",
        ["redirects plain HTTP to HTTPS (answer 301 at /health)"],
        smoke(301, headers={"location": "https://notes.example.com/health"}),
        emulated=True,
    ),
    Case(
        "smoke request redirected elsewhere",
        "redirect",
        ["redirects /health to /login", "is not followed"],
        smoke(302, headers={"location": "/login"}),
    ),
    Case(
        "authentication asked",
        "authentication asked",
        ["log in at /live (answer 401)", "without authentication"],
        unhealthy(answered(401)),
        emulated=True,
    ),
    Case("access refused", "authentication asked", ["answer 403"], unhealthy(answered(403))),
    Case(
        "path not found",
        "path not found",
        ["does not know /live", "set app.livePath"],
        unhealthy(answered(404)),
        emulated=True,
    ),
    Case("smoke path not found", "path not found", ["/health", "smoke.path"], smoke(404, "not found"), emulated=True),
    Case(
        "server error",
        "server error",
        ["answers 500 at /live", "correct what its log says"],
        unhealthy(answered(500)),
    ),
    Case(
        "server error, and a known line in the log",
        "server error",
        ["answers 503 at /live", "cannot reach the database", "security group"],
        unhealthy(answered(503), 'connection to server at "db", port 5432 failed: Connection refused'),
        emulated=True,
    ),
    Case(
        "smoke request answered 503, and the answer says why",
        "server error",
        ["answers 503 at /health", "may not do what it asks", "in a migration"],
        smoke(503, '{"database": "permission denied for schema billing"}'),
    ),
    Case("another status", "wrong status", ["answers 405 at /live", "200 is asked"], unhealthy(answered(405))),
    Case(
        "several statuses, the most frequent counts",
        "path not found",
        ["404"],
        replace(
            unhealthy(answered(404)),
            events=[f"is unhealthy in (target-group n) due to (reason {answered(one)})." for one in (500, 404, 404)],
        ),
    ),
    Case(
        "the smoke request's answer lacks what is asked for",
        "another answer",
        ["not what the smoke request asks for", "`smoke` in the settings"],
        smoke(200, '{"status": "degraded"}'),
    ),
    Case(
        "the load balancer answers in place of a target",
        "no target answers",
        ["load balancer itself answers 502", "keep-alive"],
        smoke(502, "<html>", headers={"server": "awselb/2.0"}),
    ),
    Case(
        "the deployer cannot reach the load balancer",
        "no answer",
        ["no answer from https://notes.example.com/health", "admit the deployer", "smoke.from: task"],
        smoke(0, "timed out"),
    ),
    Case(
        "a task asked, and its command says no",
        "smoke command failed",
        ["ended with exit code 1", 'it says "status 503"', "exit code 0 says that the answer is right"],
        asked_inside(Outcome(Kind.FAILED, "exit code 1", exit_code=1), "status 503"),
    ),
    Case(
        "a task asked by curl, and got a status",
        "smoke command failed",
        ["curl got a status of 400 or more"],
        asked_inside(
            Outcome(Kind.FAILED, "exit code 22", exit_code=22), "curl: (22) The requested URL returned error: 503"
        ),
    ),
    Case(
        "a task asked by curl, and the load balancer does not let it in",
        "smoke command failed",
        ["curl got no answer in time", "security group must admit the tasks' group"],
        asked_inside(
            Outcome(Kind.FAILED, "exit code 28", exit_code=28), "curl: (28) Connection timed out after 10002 ms"
        ),
    ),
    Case(
        "the image that asks has no such command",
        "smoke command not in the image",
        ["exit code 127", "smoke.image"],
        asked_inside(Outcome(Kind.FAILED, "exit code 127", exit_code=127), "sh: curl: not found"),
    ),
    Case(
        "the task that asks does not end",
        "smoke command without end",
        ["does not end by itself", "SLUICE_TIMEOUT", "smoke.image"],
        asked_inside(endless({"lastStatus": "RUNNING"}, "arn:task/notes/1")),
    ),
    Case(
        "the task that asks does not get to run",
        "smoke task not started",
        ["still PENDING after 5 min", "ECS did not get the task to run"],
        asked_inside(endless({"lastStatus": "PENDING"}, "arn:task/notes/1")),
    ),
    Case(
        "the task that asks was stopped by hand",
        "smoke task not started",
        ["came to no answer: the task was stopped from outside", "look at the task in ECS"],
        asked_inside(
            Outcome(
                Kind.INTERRUPTED, "the task was stopped from outside (UserInitiated: by ann), exit code 143", "x", "y"
            )
        ),
    ),
    Case("name unknown", "name unknown", ["cannot resolve notes.example.com"], smoke(0, "Name or service not known")),
    Case(
        "certificate not trusted",
        "certificate",
        ["certificate that notes.example.com shows", "domain.name"],
        smoke(0, "[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate"),
    ),
    # It does not answer
    Case(
        "wrong port",
        "wrong port",
        ['says "Server listening on port 3000"', "asks at port 8080", "app.port"],
        unhealthy(NOT_ANSWERED, "Server listening on port 3000"),
        emulated=True,
    ),
    Case(
        "wrong port, beside a line without one",
        "wrong port",
        ['says "Uvicorn running on http://10.0.1.7:8081"', "asks at port 8080"],
        unhealthy(
            NOT_ANSWERED,
            '{"level": "INFO", "message": "Application startup complete."}',
            '{"level": "INFO", "message": "Uvicorn running on http://10.0.1.7:8081"}',
        ),
    ),
    Case(
        "loopback only",
        "loopback only",
        ["probably listens on 127.0.0.1 only", "0.0.0.0 (all addresses), port 8080"],
        unhealthy(NOT_ANSWERED, "INFO:     Uvicorn running on http://127.0.0.1:8080 (Press CTRL+C to quit)"),
        emulated=True,
    ),
    Case(
        "loopback only, by name",
        "loopback only",
        ["probably listens on localhost only"],
        unhealthy(TIMED_OUT, "Now listening on: http://localhost:8080"),
    ),
    Case(
        "on loopback and elsewhere",
        "nothing listens",
        ["nothing listened at port 8080", 'though the application says "'],
        unhealthy(NOT_ANSWERED, " * Running on http://127.0.0.1:8080", " * Running on http://10.0.1.7:8080"),
    ),
    Case(
        "nothing listens, though it says that it is up",
        "nothing listens",
        ["nothing listened at port 8080 in the 35 s", 'says "version 1 serves"', "app.port"],
        unhealthy(NOT_ANSWERED, "version 1 serves"),
    ),
    Case(
        "nothing listens, and it does not say that it is up",
        "nothing listens",
        ["listens elsewhere, or starts more slowly", "service.health.startPeriod (30 s) to more than 55"],
        unhealthy(NOT_ANSWERED, "loading models"),
        emulated=True,
    ),
    Case(
        "slow start: it printed nothing",
        "slow start",
        ["neither listened nor printed anything in the 18 s", "startPeriod (10 s)", "to more than 40"],
        unhealthy(NOT_ANSWERED, seconds=18, setup=replace(SETUP, grace=10)),
        emulated=True,
    ),
    Case(
        "slow start: it listened just before its task was replaced",
        "slow start",
        ["needs 62 s until it listens", "startPeriod (10 s)", "startPeriod to 85 or more"],
        unhealthy(NOT_ANSWERED, "listening on :8080", printed_after=62, seconds=70, setup=replace(SETUP, grace=10)),
    ),
    Case(
        "slow start, longer than the setting can be",
        "slow start",
        ["needs 400 s", "at most 300 s", "service.health.retries"],
        unhealthy(NOT_ANSWERED, "listening on :8080", printed_after=400, seconds=410),
    ),
    Case(
        "no answer in time",
        "timeout",
        ["no answer at port 8080, /live within 5 s", "security group", "startPeriod (30 s)"],
        unhealthy(TIMED_OUT, "listening on 0.0.0.0:8080"),
        emulated=True,
    ),
    Case(
        "no answer in time, and it does not say that it is up",
        "timeout",
        ["does not answer yet", "security group"],
        unhealthy(TIMED_OUT, "loading models"),
    ),
    Case(
        "failed checks, and ECS does not say what they got",
        "failed check",
        ["/live at port 8080 failed", "ECS does not say", "app.livePath", "answer 200"],
        replace(unhealthy("", "listening on :8080"), events=[]),
    ),
    Case(
        "failed checks, and ECS only says that the targets leave",
        "failed check",
        ["ECS does not say"],
        unhealthy("Target deregistration is in progress", "listening on :8080"),
    ),
    Case(
        "the check inside the container fails",
        "container check",
        [
            "`curl -f localhost:8080/live` did not exit 0",
            "service.health.command",
            "startPeriod (30 s) to more than 55",
        ],
        sick(setup=replace(SETUP, command="curl -f localhost:8080/live")),
        emulated=True,
    ),
    # It ends
    Case(
        "crash with a known line in its log",
        "module not found",
        ["library or a file of the application is not in the image", ".dockerignore"],
        exited(1, "Traceback (most recent call last):", "ModuleNotFoundError: No module named 'flask'"),
        emulated=True,
    ),
    Case(
        "crash: a variable is missing",
        "setting missing",
        ["variable that the program needs", "app.environment or app.secrets"],
        exited(1, "KeyError: 'SECRET_KEY'"),
    ),
    Case(
        "crash: the database refuses the login",
        "authentication",
        ["refuses the user or the password of the service"],
        exited(1, 'FATAL:  password authentication failed for user "notes_app"'),
    ),
    Case(
        "crash, nothing known in its log",
        "exit code 1",
        ["exit code 1, 2 s after the start", "reported a failure", "last lines"],
        exited(1, "oops"),
    ),
    Case("two programs want one port", "port in use", ["same port"], exited(1, "OSError: Address already in use")),
    Case(
        "the port needs another user",
        "port refused",
        ["may not listen", "above 1023"],
        exited(1, "Error: listen EACCES: permission denied 0.0.0.0:80"),
    ),
    Case(
        "not a server",
        "not a server",
        ["exit code 0, 2 s after the start", "not a server", "foreground", "sh -c"],
        exited(0, "No migrations to apply."),
        emulated=True,
    ),
    Case(
        "not a server, whatever its log says",
        "not a server",
        ["exit code 0"],
        exited(0, 'ERROR:  relation "notes" already exists'),
    ),
    Case(
        "wrong architecture",
        "wrong architecture",
        ["another processor architecture", "app.architecture"],
        exited(255, "exec /usr/bin/python: exec format error"),
        emulated=True,
    ),
    Case(
        "CRLF or missing interpreter",
        "missing interpreter",
        ["CRLF", "interpreter that the image lacks", "*.sh text eol=lf"],
        exited(255, "exec /app/entry.sh: no such file or directory"),
        emulated=True,
    ),
    Case(
        "CRLF, said by env",
        "missing interpreter",
        ["CRLF"],
        exited(127, "/usr/bin/env: 'bash\\r': No such file or directory"),
    ),
    Case(
        "missing interpreter, said by ECS",
        "missing interpreter",
        ["CRLF"],
        unstarted("CannotStartContainerError: exec /app/entry.sh: no such file or directory"),
    ),
    Case(
        "program not in the image, said by its shell",
        "exit code 127",
        ["command that the entrypoint calls is not in the image"],
        exited(127),
    ),
    Case(
        "program not in the image",
        "the command is not in the image",
        ["ENTRYPOINT or CMD names is not in the image", "correct ENTRYPOINT and CMD"],
        unstarted('CannotStartContainerError: exec: "gunicorn": executable file not found in $PATH'),
        emulated=True,
    ),
    Case(
        "program not executable",
        "the command cannot be executed",
        ["could not be executed", "executable"],
        unstarted('CannotStartContainerError: failed to create shim task: exec: "/serve": permission denied'),
    ),
    Case(
        "out of memory",
        "out of memory",
        ["more memory than it may", "app.memory (512 MiB now)"],
        exited(137, detail="OutOfMemoryError: Container killed due to memory usage"),
        emulated=True,
    ),
    Case(
        "out of memory, by its runtime", "out of memory", ["app.memory"], exited(134, "JavaScript heap out of memory")
    ),
    Case("killed", "exit code 137", ["SIGKILL", "app.memory"], exited(137)),
    Case("aborted", "exit code 134", ["SIGABRT", "app.memory"], exited(134)),
    Case("crashed", "exit code 139", ["SIGSEGV", "native library"], exited(139)),
    Case("ended by SIGTERM from inside", "exit code 143", ["SIGTERM", "ECS did not"], exited(143)),
    Case("not executable, said by its shell", "exit code 126", ["could not be executed"], exited(126)),
    Case("another signal", "exit code 135", ["SIGBUS", "what sent the signal"], exited(135)),
    Case("exit code absent", "exit code absent", ["ECS has no exit code"], exited(None)),
    # It does not start
    Case(
        "secret missing",
        "a secret does not exist",
        ["no such secret", "whole ARN"],
        unstarted(SECRET + "ResourceNotFoundException: Secrets Manager can't find the specified secret value"),
        emulated=True,
    ),
    Case(
        "secret not readable",
        "access to a secret is denied",
        ["execution role is not allowed to read the secret", "secretsmanager:GetSecretValue"],
        unstarted(SECRET + "AccessDeniedException: not authorized"),
    ),
    Case(
        "key missing in a secret",
        "a secret lacks the JSON key",
        ["no such key", "ARN:key::"],
        unstarted(SECRET + "retrieved secret from Secrets Manager did not contain json key password"),
    ),
    Case(
        "image missing",
        "the image is not in the registry",
        ["digest is not in the repository", "lifecycle policy"],
        unstarted("CannotPullContainerError: pull image manifest has been retried 5 time(s): app@sha256:1: not found"),
        emulated=True,
    ),
    Case(
        "image not pullable",
        "the registry refuses the image",
        ["execution role is not allowed to pull it", "ecr:BatchGetImage"],
        unstarted("CannotPullContainerError: pull image manifest has been retried 5 time(s): app: 403 Forbidden"),
    ),
    Case(
        "image for another architecture",
        "the image is for another architecture",
        ["another architecture than the task's", "app.architecture"],
        unstarted("CannotPullContainerError: image Manifest does not contain descriptor matching platform linux/amd64"),
    ),
    Case(
        "log group missing",
        "the log group does not exist",
        ["log group was deleted", "--refresh"],
        unstarted(
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
            "ResourceNotFoundException: The specified log group does not exist."
        ),
        emulated=True,
    ),
    Case(
        "no network interface",
        "the task gets no network interface",
        ["free address", "larger subnets"],
        unstarted("Timeout waiting for network interface provisioning to complete"),
    ),
    Case(
        "no capacity, and no task",
        "no Fargate capacity",
        ["no capacity", "other zones"],
        targets(events=["was unable to place a task. Reason: Capacity is unavailable at this time."]),
    ),
    Case(
        "account limit, and no task",
        "an account limit is reached",
        ["quota"],
        targets(
            events=["was unable to place a task. Reason: You've reached the limit on the number of tasks you can run."]
        ),
    ),
    Case(
        "a reason AWS adds later", "cannot start", ["not known", "the reason below"], unstarted("NewError: something")
    ),
    # Something else ended it
    Case(
        "an alarm",
        "alarm",
        ["alarm notes-5xx went off", "CloudWatch"],
        Seen(ROLLED_BACK, record=["alarm notes-5xx ended it"]),
    ),
    Case(
        "an alarm, and a known line in the log",
        "alarm",
        ["alarm notes-5xx", "may not do what it asks"],
        Seen(ROLLED_BACK, record=["alarm notes-5xx ended it"], lines=["ERROR:  permission denied for table notes"]),
    ),
    Case(
        "tasks stopped by hand",
        "stopped by hand",
        ["StopTask (by Ann)", "CloudTrail"],
        Seen(ROLLED_BACK, [task("by Ann", "UserInitiated", 143)], setup=SETUP),
    ),
    Case(
        "tasks stopped by AWS",
        "stopped by AWS",
        ["TerminationNotice"],
        Seen(ROLLED_BACK, [task("maintenance", "TerminationNotice", 143)], setup=SETUP),
    ),
    Case(
        "superseded",
        "superseded",
        ["another deployment", "end first"],
        Seen(Judgement(State.SUPERSEDED, "deployment ecs-svc/9 took its place")),
    ),
    Case("service gone", "service gone", ["deleted", "--refresh"], Seen(Judgement(State.GONE, "the service is gone"))),
    # The deadline
    Case(
        "deadline: targets answer wrongly",
        "path not found",
        ["does not know /live"],
        targets(f"Target.ResponseCodeMismatch: {answered(404)}"),
    ),
    Case(
        "deadline: nobody answers the checks",
        "timeout",
        ["no answer at port 8080"],
        targets("Target.Timeout: Request timed out"),
    ),
    Case(
        "deadline: the first checks had not ended",
        "checks not ended",
        ["service.deadline", "service.health.interval"],
        targets("Elb.InitialHealthChecking: Initial health checks in progress"),
    ),
    Case(
        "deadline: no listener forwards to the targets",
        "no listener",
        ["no listener or rule", "--refresh"],
        targets("Target.NotInUse: Target group is not configured to receive traffic from the load balancer"),
    ),
    Case("deadline, and nothing else", "not known", ["neither ECS nor the log names one"], targets()),
    # Several ends at once
    Case(
        "one crash, then failed checks: the most frequent end counts",
        "authentication asked",
        ["answer 401"],
        replace(unhealthy(answered(401)), tasks=[*unhealthy("").tasks, *exited(1).tasks[:1]]),
    ),
    Case(
        "tasks that were only scaled in say nothing",
        "not known",
        ["neither ECS nor the log"],
        Seen(DEADLINE, [task("Scaling activity initiated by (deployment ecs-svc/2)", "ServiceSchedulerInitiated", 0)]),
    ),
    Case(
        "a side-car ended with the application, which crashed",
        "module not found",
        ["not in the image"],
        replace(
            exited(1, "Error: Cannot find module 'express'"),
            tasks=[
                task("Essential container in task exited", "EssentialContainerExited", 1)
                | {"containers": [{"name": "agent", "exitCode": 143}, {"name": "app", "exitCode": 1}]}
            ],
        ),
    ),
)

HEAD = """## How a rollout can fail

A rollout that fails says `cause:` and `fix:`, then the facts that they rest on. The decision is one pure function
(sluice/rollout/diagnosis/rollout_diagnosis.py) of the stopped tasks, the targets, the service's new events, the log of
one task, and how
the revision and its target group are set up. Of several ends the most frequent counts. Every line is a test;
*emulator*: `tests/e2e/rollouts` makes it happen with a real container behind the local load balancer, and reads the
same class.

| case | what is seen | class | cause | fix | tested |
|---|---|---|---|---|---|"""


def section() -> str:
    """The part of docs/outcomes.md about rollouts."""
    lines = [HEAD]
    for case in CASES:
        found = case.diagnosis()
        tested = "shape, emulator" if case.emulated else "shape"
        cells = (case.name, case.shown(), found.name, found.cause, found.fix, tested)
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
