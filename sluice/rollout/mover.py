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
"""After a call that took longer, the deployer checks whether the service is still its own."""


class Mover:
    """Moves *service* for one rollout.

    Args:
        journal: the records of the rollout.
        log: takes a line, and whether it is only progress.
    """

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
        """Start a deployment and return its id.

        After a lost answer the service is read before the call is repeated: with ``forceNewDeployment`` the call would
        start another deployment.

        Args:
            seen: the service as it was before.
            forward: to a new version, whose migrations must still be proven.

        Raises:
            Superseded: the service is another deployer's; a deployment that was started all the same is rolled back.
            Unknown: AWS cannot be reached.
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
        """Have ECS roll back a deployment in progress. Return False when ECS refuses. Raises Superseded."""
        self._journal.check()
        return self._stop(deployment)

    def proceed(self, arn: str, hook: str, forward: bool) -> bool:
        """Continue a service deployment at a pause. Return False when the pause no longer waits.

        Args:
            forward: to a new version, whose migrations must still be proven.

        Raises:
            Superseded: the service is another deployer's.
            GateError: the schema is not proven any more.
            Unknown: AWS cannot be reached.
        """

        def once() -> bool:
            self._journal.check(forward)
            return self._service.shift.answer_pause(arn, hook, "CONTINUE")

        return self._patience.ask(once)

    def roll_back(self, arn: str, hook: str = "") -> bool:
        """Have ECS roll back a service deployment, at the pause *hook* where one waits. Return False when ECS refuses.
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
            self._log(f"ECS did not roll back deployment {deployment}: {error}", True)
            return False
        return True

    def _there(self, known: set[str], task_definition: str) -> str:
        """Return the deployment of a call whose answer was lost; empty when there is none."""
        now = primary(self._service.describe() or {})
        if now is None or str(now.get("id")) in known or now.get("taskDefinition") != task_definition:
            return ""
        return str(now["id"])

    def _take_back(self, deployment: str) -> None:
        """After a slow call, roll its deployment back if another deployer has taken over the service. Raises
        Superseded."""
        found = self._journal.taken_over()
        if found is None:
            return
        taken = "is rolled back by ECS" if self._stop(deployment) else "could not be rolled back"
        lost: Superseded = self._journal.lost(found)
        raise Superseded(f"{lost}\n  Deployment {deployment}, which this one had just started, {taken}.")
