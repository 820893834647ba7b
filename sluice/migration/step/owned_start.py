"""Starts a task while this deployer owns the run, and verifies ECS's answer that it started none.

IAM: as for sluice.aws.tasks and sluice.migration.records.ownership.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from botocore.exceptions import ClientError

from sluice.aws.patience import Patience
from sluice.aws.session import expired, transient
from sluice.aws.tasks import EcsTasks, Place
from sluice.clock import Clock
from sluice.diagnosis.verdict import Outcome
from sluice.errors import Superseded
from sluice.migration.records.ownership import Ownership, taken_over
from sluice.migration.records.record import RunRecord

SLOW_CALL_SECONDS = 10.0
"""Seconds of a call after which the deployer checks again that it owns the run."""


class OwnedStart:
    """Starts the tasks of one run.

    Args:
        say: prints a remark.
    """

    def __init__(
        self,
        tasks: EcsTasks,
        owner: Ownership,
        run: RunRecord,
        patience: Patience,
        clock: Clock,
        say: Callable[[str], None],
    ) -> None:
        self._tasks = tasks
        self._owner = owner
        self._run = run
        self._patience = patience
        self._clock = clock
        self._say = say

    def start(self, place: Place, command: Sequence[str], environment: Mapping[str, str], token: str) -> str | Outcome:
        """Return the task's ARN, or the outcome when ECS started none.

        Raises:
            Superseded: another deployer owns the run; a task that was started nevertheless is being stopped.
            Unknown: AWS did not answer.
        """
        asked = self._clock.now()
        started = self._patience.ask(self._ask, place, command, environment, token)
        if self._clock.now() - asked > SLOW_CALL_SECONDS:
            self._give_back(started)
        return started

    def _ask(self, place: Place, command: Sequence[str], environment: Mapping[str, str], token: str) -> str | Outcome:
        """Call RunTask right after checking the ownership, also on a retry.

        A refusal is accepted only when ListTasks shows no task either.
        """
        self._owner.check()
        started = self._tasks.start(place, command, environment, token)
        if isinstance(started, Outcome) and (found := self._found(place, token)):
            return found
        return started

    def _found(self, place: Place, token: str) -> str | None:
        """Return the task that ECS lists under the token; None without one, or without the permission."""
        try:
            return self._tasks.find(token, place.task_definition)
        except ClientError as error:
            if transient(error) or expired(error):
                raise
            self._say(f"warning: cannot check whether a task was started nevertheless: {error}")
            return None

    def _give_back(self, started: str | Outcome) -> None:
        """After a slow call, stop the task if the run was closed meanwhile.

        An adopted run has the same task under the same token.

        Raises:
            Superseded: another deployer owns the run.
        """
        found = self._owner.taken_over()
        if found is None:
            return
        adopted = found.open and not found.idle and found.nonce == self._run.nonce
        if isinstance(started, str) and not adopted:
            self._patience.ask(self._tasks.stop, started, "Sluice: its run was taken over")
        raise Superseded(taken_over(self._run, found))
