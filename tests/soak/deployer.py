"""The process that is killed: a deployment's migrations or an operator's command, on real boto3 clients.

Reads its job as JSON from the first argument. Exit codes: see :data:`EXITS`.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from typing import Any

import sluice.aws.patience
import sluice.migration.previous_runs
import sluice.migration.records.plan
from sluice.aws.patience import Unknown
from sluice.aws.session import Account, Clients
from sluice.aws.tasks import Place
from sluice.clock import SystemClock
from sluice.diagnosis.verdict import StepFailed
from sluice.errors import GateError, Interrupted
from sluice.inputs.step import Step
from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.operator_run import Order, operate
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.records import Records
from sluice.migration.run import migrate

EXITS: dict[type[GateError], int] = {StepFailed: 3, Interrupted: 4, Unknown: 5, GateError: 6}
NAMES = {0: "succeeded", 3: "step failed", 4: "interrupted", 5: "unknown", 6: "refused", -9: "killed"}


def subject(job: dict[str, Any]) -> MigrationSubject:
    return MigrationSubject(job["image"], tuple(Step.parse(step) for step in job["steps"]), {}, {}, "db-1")


def deploy(job: dict[str, Any], cancelled: threading.Event) -> None:
    # The emulator lists a task as soon as it exists, and its troubles are over within seconds: AWS's allowances would
    # only make a soak long.
    sluice.migration.previous_runs.SETTLE_SECONDS = 4.0
    sluice.aws.patience.UNREACHABLE_SECONDS = 6.0
    sluice.migration.records.plan.FOREIGN_RUN_SECONDS = job["foreign"]
    clients = Clients(Account(region=job["region"], endpoint=job["endpoint"]))
    deployer = Deployer(
        ecs=clients["ecs"],
        logs=clients["logs"],
        records=Records(clients["ssm"], job["records"]),
        clock=SystemClock(cancelled),
        log=lambda text, ephemeral: None if ephemeral else print(text, flush=True),
        author=job["author"],
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
