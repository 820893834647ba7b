"""An operator's one-off command, as `sluice run` starts it, in the records of a stack of this suite."""

from __future__ import annotations

import threading
from typing import Any

from sluice.aws.session import Account, Clients
from sluice.aws.tasks import Place
from sluice.clock import SystemClock
from sluice.inputs.step import Step
from sluice.migration.operator_run import Order, operate
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.records import Records


def run(job: dict[str, Any], cancelled: threading.Event) -> None:
    """Runs the job's command to its end. Raises what :func:`sluice.migration.operator_run.operate` raises."""
    clients = Clients(Account(region=job["region"], endpoint=job["endpoint"], account=job["account"]))
    clients.verify()
    inputs = job["migrations"]
    network = inputs["network"]
    deployer = Deployer(
        ecs=clients["ecs"],
        logs=clients["logs"],
        records=Records(clients["ssm"], inputs["records"]),
        clock=SystemClock(cancelled),
        log=lambda text, ephemeral: None if ephemeral else print(text, flush=True),
        author="operator",
    )
    place = Place(
        inputs["cluster"],
        inputs["taskDefinition"],
        inputs["container"],
        tuple(network["subnets"]),
        tuple(network["securityGroups"]),
        bool(network["assignPublicIp"]),
    )
    step = Step.parse({"name": "operator", "command": job["operator"], "attempts": 1, "timeout": 30})
    operate(deployer, Order(step, inputs["imageDigest"]), place)
