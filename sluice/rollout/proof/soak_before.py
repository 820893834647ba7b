"""The soak before a rollout: the serving version must stay healthy on the new schema before it is replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.image.digest import short
from sluice.inputs.smoke import path_of
from sluice.rollout.deployment.judge import Version, primary
from sluice.rollout.deployment.service import Service
from sluice.rollout.journal import Journal
from sluice.rollout.proof.compatibility import OldVersion, soak
from sluice.rollout.proof.question import Question
from sluice.rollout.request import Wanted


class SoakBefore:
    """Soaks the serving version on the new schema, before one rollout.

    Args:
        question: sends a request to the service.
        log: takes a line, and whether it is only progress.
    """

    def __init__(
        self,
        wanted: Wanted,
        journal: Journal,
        service: Service,
        patience: Patience,
        clock: Clock,
        question: Question,
        log: Callable[[str, bool], None],
    ) -> None:
        self._wanted = wanted
        self._journal = journal
        self._service = service
        self._patience = patience
        self._clock = clock
        self._question = question
        self._log = log

    def run(self, seen: Mapping[str, Any] | None, previous: Version) -> None:
        """Return when *previous* has stayed healthy. It is not soaked when it is the wanted version, or when another
        deployment is in progress or has failed: then a mixture serves.

        Args:
            seen: the service, as DescribeServices shows it.

        Raises:
            Incompatible: it cannot work with the new schema.
            Interrupted: Ctrl-C.
        """
        wanted = self._wanted
        if not wanted.soak or not previous or previous.task_definition == wanted.task_definition:
            return
        now = primary(seen or {}) or {}
        if now.get("taskDefinition") != previous.task_definition:
            return
        old = OldVersion(self._service, self._patience, wanted.target_groups, now)
        own = wanted.soak.at(self._path_of(previous))
        if own.url != wanted.soak.url:
            asked = f"so it is asked there and not at {path_of(wanted.soak.url)}" if own.url else "so it is not asked"
            proven = f"answered {path_of(own.url)} when it was proven" if own.url else "never answered a deep path"
            self._log(f"{old.name} {proven}, {asked}", False)
        soak(own, old, self._clock, self._log, self._question, short(wanted.digest))

    def _path_of(self, previous: Version) -> str | None:
        """The deep health path that *previous* answered when it was proven; None: not known."""
        path = self._journal.path_of(previous.task_definition)
        if path is None and previous.task_definition == self._wanted.previous:
            return self._wanted.previous_path
        return path
