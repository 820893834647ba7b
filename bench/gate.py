"""Our gate as a process of its own, so that it pays for its start as the others do: `python -m bench.gate task …`."""

from __future__ import annotations

import json
import os
import sys
import threading
import uuid

from bench.stage import CONTAINER, SECURITY_GROUP, SUBNET
from sluice.aws.session import Account, Clients
from sluice.aws.tasks import Place
from sluice.clock import SystemClock
from sluice.errors import GateError
from sluice.inputs.step import Step
from sluice.migration.fingerprint import MigrationSubject
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.records import Records
from sluice.migration.run import migrate
from sluice.rollout.deployment.http_answer import ask
from sluice.rollout.deployment.service import Service
from sluice.rollout.request import Wanted
from sluice.rollout.rollout import Rollout


def _log(text: str, ephemeral: bool) -> None:
    if not ephemeral:
        print(text, flush=True)


def task(clients: Clients, cluster: str, definition: str, command: str) -> None:
    """Runs one migration step; its record is new, as after a new image."""
    records = Records(clients["ssm"], f"/sluice/bench/{uuid.uuid4().hex[:12]}/runs")
    to = Deployer(clients["ecs"], clients["logs"], records, SystemClock(threading.Event()), _log, "bench")
    # One attempt: the others try once too.
    step = Step("master", tuple(json.loads(command)), attempts=1, timeout=300)
    subject = MigrationSubject(f"app@sha256:{'0' * 64}", (step,), {}, {}, "db-1")
    migrate(to, subject, "before", Place(cluster, definition, CONTAINER, (SUBNET,), (SECURITY_GROUP,), True))


def rollout(clients: Clients, cluster: str, service: str, definition: str, group: str) -> None:
    """Rolls a revision out and proves it."""
    wanted = Wanted(definition, "", 300, (group,), None)
    there = Service(clients["ecs"], clients["elbv2"], clients["logs"], cluster, service)
    Rollout(there, wanted, SystemClock(threading.Event()), _log, ask).run()


def main(words: list[str]) -> int:
    clients = Clients(Account(region=os.environ["AWS_REGION"]))
    clients.verify()
    try:
        (task if words[0] == "task" else rollout)(clients, os.environ["CLUSTER_ARN"], *words[1:])
    except GateError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
