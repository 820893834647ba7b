"""One deployer, a process: the part of Pulumi's engine that a stack of this suite needs, and the gate's own resources.

It keeps its state as the engine does: one snapshot in a file, written whole after every resource that succeeded; a
failed update keeps the old inputs; ``diff`` decides whether ``update`` is called. Reads its job as JSON from the file
that the first argument names. SIGINT is Ctrl-C. Exit codes: see :class:`Verdict`.
"""

from __future__ import annotations

import asyncio
import enum
import json
import os
import signal
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any

import boto3

from sluice.aws.patience import Unknown
from sluice.aws.session import Account, Clients
from sluice.diagnosis.verdict import StepFailed
from sluice.errors import GateError, Interrupted, NotPrepared
from sluice.protocol.resource import Call, Properties, Refused, Resource, ResourceState
from sluice.provider.migration_run import MigrationRun
from sluice.provider.rollout import Rollout
from sluice.rollout.diagnosis.rollout_failure import RolloutFailed
from sluice.rollout.proof.compatibility import Incompatible
from tests.chaos import allowances, operator


class Verdict(enum.IntEnum):
    """What a deployer says became of its deploy, as its exit code.

    FAILED: the version, or its migration, is not good. REFUSED: something else kept it from going on. UNKNOWN: AWS
    cannot be asked. DEFECT: an error that is nobody's text.
    """

    SUCCESS = 0
    FAILED = 3
    INTERRUPTED = 4
    UNKNOWN = 5
    REFUSED = 6
    DEFECT = 7
    KILLED = -9


class Invalid(Exception):
    """The suite's own inputs are not accepted."""


def verdict(error: BaseException) -> Verdict:
    """What an error of a resource stands for."""
    if not isinstance(error, (Refused, GateError)):
        return Verdict.DEFECT
    cause = error.__cause__ if isinstance(error, Refused) else error
    if isinstance(cause, Unknown):
        return Verdict.UNKNOWN
    if isinstance(cause, Interrupted):
        return Verdict.INTERRUPTED
    if isinstance(cause, (StepFailed, RolloutFailed, Incompatible, NotPrepared)):
        return Verdict.FAILED
    return Verdict.REFUSED


class Engine:
    """One `pulumi up` of the stack whose snapshot is in *state*."""

    def __init__(self, state: Path, cancelled: threading.Event, parent: int) -> None:
        self._state = state
        self._cancelled = cancelled
        self._parent = parent
        self._snapshot: dict[str, Any] = json.loads(state.read_text()) if state.exists() else {}

    def up(self, name: str, resource: Resource, inputs: Properties) -> Properties:
        """Brings one resource to *inputs*; returns its outputs."""
        call = Call(
            f"urn:{name}", name, name, False, None, self._cancelled, lambda: os.getppid() != self._parent, self._log
        )
        return asyncio.run(self._up(call, name, resource, inputs))

    def external(self, name: str) -> Any:
        """What :meth:`keep` kept: of a resource that is not the gate's."""
        return self._snapshot.get(name)

    def keep(self, name: str, content: Any) -> None:
        """Writes the whole snapshot, with *content* for the resource."""
        self._snapshot[name] = content
        beside = self._state.with_suffix(f".{os.getpid()}")
        beside.write_text(json.dumps(self._snapshot))
        beside.replace(self._state)

    async def _up(self, call: Call, name: str, resource: Resource, inputs: Properties) -> Properties:
        known = self._snapshot.get(name)
        checked = await resource.check(call, known["inputs"] if known else {}, inputs)
        if checked.failures:
            raise Invalid(f"{name}: {checked.failures}")
        if self._cancelled.is_set():
            raise Interrupted("cancelled before the resource was begun")
        if known is None:
            print(f"+ {name}", flush=True)
            made = await resource.create(call, checked.inputs)
            self.keep(name, {"id": made.id, "inputs": checked.inputs, "outputs": made.outputs})
            return made.outputs
        old = ResourceState(known["inputs"], known["outputs"])
        difference = await resource.diff(call, known["id"], old, checked.inputs)
        if not difference.changes:
            return old.outputs
        print(f"~ {name}: {', '.join(difference.diffs)}", flush=True)
        outputs = await resource.update(call, known["id"], old, checked.inputs)
        self.keep(name, {"id": known["id"], "inputs": checked.inputs, "outputs": outputs})
        return outputs

    @staticmethod
    def _log(text: str, severity: str, ephemeral: bool) -> None:
        if not ephemeral:
            print(f"{'' if severity == 'info' else severity + ': '}{text}", flush=True)


def deploy(job: dict[str, Any], engine: Engine) -> None:
    """The stack's resources in their order: migrations, the service's shape, the rollout, after-steps."""
    account = Account(region=job["region"], endpoint=job["endpoint"], account=job["account"])
    clients = Clients(account)
    migrations = engine.up("migrations", MigrationRun(lambda: clients), job["migrations"])
    revision = migrations["serviceTaskDefinition"]
    if engine.external("service") is None:
        ecs = boto3.client("ecs", region_name=job["region"], endpoint_url=job["endpoint"])
        ecs.create_service(**job["service"], taskDefinition=revision)
        engine.keep("service", job["service"])
    given = {"taskDefinition": revision, "proof": migrations["run"]}
    engine.up("rollout", Rollout(lambda: clients), job["rollout"] | given)
    if job.get("after"):
        engine.up("after", MigrationRun(lambda: clients), job["after"])


WRONG_CLOCK = "the deployer's clock is wrong by"


def prepare_for_faketime(now: float) -> None:
    """Says by how much this process's clock is wrong, *now* being the right time.

    libfaketime 0.9.10 takes the absolute times of clock_nanosleep for wrong ones and refuses them, so time.sleep would
    raise OSError; a wait does the same without that call.
    """
    if "faketime" in os.environ.get("LD_PRELOAD", ""):
        time.sleep = _wait
        print(f"{WRONG_CLOCK} {time.time() - now:.0f} s", flush=True)


def _wait(seconds: Any) -> None:
    threading.Event().wait(float(seconds))


def main() -> int:
    job = json.loads(Path(sys.argv[1]).read_text())
    prepare_for_faketime(job["now"])
    allowances.shorten()
    cancelled = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: cancelled.set())
    try:
        if job.get("operator"):
            operator.run(job, cancelled)
        else:
            deploy(job, Engine(Path(job["state"]), cancelled, os.getppid()))
    except Exception as error:  # whatever comes out of the gate is its verdict
        found = verdict(error)
        if found is Verdict.DEFECT:
            traceback.print_exc(file=sys.stdout)
        print(f"{found.name}: {error}", flush=True)
        return int(found)
    return int(Verdict.SUCCESS)


if __name__ == "__main__":
    sys.exit(main())
