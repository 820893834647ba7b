"""The calls that move a service, each made only while the service is this deployer's to move.

IAM: what sluice.rollout.deployment.service says of UpdateService and StopServiceDeployment, and
sluice.rollout.strategy.lifecycle.shift_calls of ContinueServiceDeployment; ssm:GetParameter on the records.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.errors import GateError, Superseded
from sluice.rollout.deployment.judge import primary
from sluice.rollout.deployment.service import Service
from sluice.rollout.journal import Journal

SLOW_CALL_SECONDS = 10.0
"""A call that moves the service and takes longer is a reason to look whether the service is still this deployer's."""


class Mover:
    """Moves *service* for the rollout whose records *journal* keeps. *log* takes a line, and whether it is only
    progress."""

    def __init__(
        self, service: Service, patience: Patience, clock: Clock, journal: Journal, log: Callable[[str, bool], None]
    ) -> None:
        self._service = service
        self._patience = patience
        self._clock = clock
        self._journal = journal
        self._log = log

    def deploy(
        self,
        seen: Mapping[str, Any] | None,
        task_definition: str,
        force: bool | None,
        changes: Mapping[str, Any],
        forward: bool = False,
    ) -> str:
        """Starts a deployment and returns its id.

        An answer that was lost or cut off says nothing about the call, so the service is looked at before the call is
        made again: with ``forceNewDeployment`` it would start another one.

        Args:
            seen: the service as it was before.
            forward: to a new version, whose migrations must still be proven.

        Raises:
            Superseded: the service is another deployer's; what was started all the same is being taken back.
            Unknown: AWS cannot be asked.
        """
        known = {str(one.get("id")) for one in (seen or {}).get("deployments", ())}
        tried = False

        def once() -> str:
            nonlocal tried
            if tried and (there := self._there(known, task_definition)):
                return there
            self._journal.check(forward)
            tried = True
            return self._service.deploy(task_definition, force, changes)

        asked = self._clock.now()
        deployment = self._patience.ask(once)
        if self._clock.now() - asked > SLOW_CALL_SECONDS:
            self._take_back(deployment)
        return deployment

    def stop(self, deployment: str) -> bool:
        """Has ECS itself roll back a deployment that goes on. False when it does not. Raises Superseded."""
        self._journal.check()
        return self._stop(deployment)

    def proceed(self, arn: str, hook: str, forward: bool) -> bool:
        """Lets a service deployment go on from a pause. Returns False when the pause no longer waits.

        Args:
            forward: to a new version, whose migrations must still be proven.

        Raises:
            Superseded: the service is another deployer's.
            GateError: the schema is not proven any more.
            Unknown: AWS cannot be asked.
        """

        def once() -> bool:
            self._journal.check(forward)
            return self._service.shift.answer_pause(arn, hook, "CONTINUE")

        return self._patience.ask(once)

    def roll_back(self, arn: str, hook: str = "") -> bool:
        """Has ECS roll back a service deployment, at the pause *hook* where one waits. Returns False when ECS refuses.
        Raises Superseded."""
        self._journal.check()
        try:
            if hook and self._patience.ask(self._service.shift.answer_pause, arn, hook, "ROLLBACK"):
                return True
            self._patience.ask(self._service.stop_deployment, arn)
        except (GateError, BotoCoreError, ClientError) as error:
            self._log(f"warning: ECS did not roll back {arn.rpartition('/')[2]}: {error}", False)
            return False
        return True

    def _stop(self, deployment: str) -> bool:
        try:
            record = self._patience.ask(self._service.record, deployment)
            if record is None:
                return False
            self._patience.ask(self._service.stop_deployment, str(record["serviceDeploymentArn"]))
        except (GateError, BotoCoreError, ClientError) as error:
            self._log(f"ECS was asked to roll back deployment {deployment}, in vain: {error}", True)
            return False
        return True

    def _there(self, known: set[str], task_definition: str) -> str:
        """The deployment that a call has started whose answer was lost; empty when none is seen."""
        now = primary(self._service.describe() or {})
        if now is None or str(now.get("id")) in known or now.get("taskDefinition") != task_definition:
            return ""
        return str(now["id"])

    def _take_back(self, deployment: str) -> None:
        """A call that was long on its way: another deployer may have taken the service over meanwhile, and must not
        find an older version on it. Raises Superseded."""
        found = self._journal.taken_over()
        if found is None:
            return
        taken = "was taken back by ECS" if self._stop(deployment) else "could not be taken back"
        lost: Superseded = self._journal.lost(found)
        raise Superseded(f"{lost}\n  Deployment {deployment}, which this one had just started, {taken}.")
