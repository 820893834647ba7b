"""Starts a task for as long as the run is this deployer's, and knows when ECS only says that it started none.

IAM: what sluice.aws.tasks and sluice.migration.records.ownership say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from botocore.exceptions import ClientError

from sluice.aws.patience import Patience
from sluice.aws.session import expired, transient
from sluice.aws.tasks import Place, Tasks
from sluice.clock import Clock
from sluice.diagnosis.verdict import Outcome
from sluice.errors import Superseded
from sluice.migration.records.ownership import Ownership, taken_over
from sluice.migration.records.record import RunRecord

SLOW_CALL_SECONDS = 10.0
"""A call that starts a task and takes longer is a reason to look whether the run is still this deployer's."""


class OwnedStart:
    """Starts the tasks of one run.

    Args:
        say: takes a remark for people.
    """

    def __init__(
        self,
        tasks: Tasks,
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
        """The task's ARN, or why ECS started none.

        Raises:
            Superseded: the run is somebody else's; what was started all the same is being stopped.
            Unknown: AWS cannot be asked.
        """
        asked = self._clock.now()
        started = self._patience.ask(self._ask, place, command, environment, token)
        if self._clock.now() - asked > SLOW_CALL_SECONDS:
            self._give_back(started)
        return started

    def _ask(self, place: Place, command: Sequence[str], environment: Mapping[str, str], token: str) -> str | Outcome:
        """One call of RunTask, right after making sure of the run, also when it is made again. That nothing was started
        is believed when ListTasks knows of nothing either."""
        self._owner.check()
        started = self._tasks.start(place, command, environment, token)
        if isinstance(started, Outcome) and (found := self._found(place, token)):
            return found
        return started

    def _found(self, place: Place, token: str) -> str | None:
        """The task that ECS lists under the token; None also when it may not be asked."""
        try:
            return self._tasks.find(token, place.task_definition)
        except ClientError as error:
            if transient(error) or expired(error):
                raise
            self._say(f"warning: whether a task was started all the same could not be asked: {error}")
            return None

    def _give_back(self, started: str | Outcome) -> None:
        """After a call that was long on its way: a run that was closed meanwhile must not leave a task behind. One that
        was adopted has the same task under the same token. Raises Superseded."""
        found = self._owner.taken_over()
        if found is None:
            return
        adopted = found.open and not found.idle and found.nonce == self._run.nonce
        if isinstance(started, str) and not adopted:
            self._patience.ask(self._tasks.stop, started, "Sluice: its run was taken over")
        raise Superseded(taken_over(self._run, found))
