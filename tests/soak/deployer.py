"""The process that is killed: a deployment's migrations or an operator's command, on real boto3 clients.

Reads its job as JSON from the first argument. Exit codes: see :data:`EXITS`.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from typing import Any

import gate.earlier
import gate.patience
import gate.plan
from gate.clock import SystemClock
from gate.deployer import Deployer
from gate.errors import GateError, Interrupted
from gate.fingerprint import Subject
from gate.operate import Order, operate
from gate.patience import Unknown
from gate.records import Records
from gate.run import migrate
from gate.session import Account, Clients
from gate.step import Step
from gate.tasks import Place
from gate.verdict import StepFailed

EXITS: dict[type[GateError], int] = {StepFailed: 3, Interrupted: 4, Unknown: 5, GateError: 6}
NAMES = {0: "succeeded", 3: "step failed", 4: "interrupted", 5: "unknown", 6: "refused", -9: "killed"}


def subject(job: dict[str, Any]) -> Subject:
    return Subject(job["image"], tuple(Step.parse(step) for step in job["steps"]), {}, {}, "db-1")


def deploy(job: dict[str, Any], cancelled: threading.Event) -> None:
    # The emulator lists a task as soon as it exists, and its troubles are over within seconds: AWS's allowances would
    # only make a soak long.
    gate.earlier.SETTLE_SECONDS = 4.0
    gate.patience.UNREACHABLE_SECONDS = 6.0
    gate.plan.FOREIGN_RUN_SECONDS = job["foreign"]
    clients = Clients(Account(region=job["region"], endpoint=job["endpoint"]))
    deployer = Deployer(
        ecs=clients["ecs"],
        logs=clients["logs"],
        records=Records(clients["ssm"], job["records"]),
        clock=SystemClock(cancelled),
        log=lambda text, ephemeral: None if ephemeral else print(text, flush=True),
        who=job["who"],
    )
    place = Place(job["cluster"], job["taskDefinition"], "app", ("subnet-1",), ("sg-1",), True)
    if job["operator"]:
        operate(deployer, Order(subject(job).steps[0], job["image"]), place)
    else:
        migrate(deployer, subject(job), "before", place)


def main() -> int:
    cancelled = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: cancelled.set())
    try:
        deploy(json.loads(sys.argv[1]), cancelled)
    except GateError as error:
        print(error, flush=True)
        return next(code for kind, code in EXITS.items() if isinstance(error, kind))
    return 0


if __name__ == "__main__":
    sys.exit(main())
