"""A migration step, as the settings give it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from sluice.errors import GateError
from sluice.inputs.keys import refuse_unknown

Phase = Literal["before", "after"]

SHARDS = 50
"""As many as a step's record in a 4 KB parameter can hold."""

LONGEST_NAME = 31
NAME = rf"^[a-z][a-z0-9-]{{0,{LONGEST_NAME - 1}}}$"
"""Of a step: part of the names of its record, and of its own task definition's family and roles."""


@dataclass(frozen=True)
class Step:
    """One command of the image, run to its end as a one-off task.

    Attributes:
        name: lower-case letters, digits and hyphens; part of the run record's name.
        command: replaces the image's command.
        timeout: seconds until the task is stopped and the step has failed.
        attempts: how often a task that could not be *started* is tried; one that ran and failed is not repeated.
        shards: tasks side by side, told apart by SHARD_INDEX and SHARD_COUNT.
        environment: added to the task's own.
        task_definition: revision to run instead of the run's, because RunTask can override neither image nor secrets.
        container: of that revision, when it is not the run's.
        image: by digest, when the step has an image of its own.
        secrets: name to ``valueFrom`` of that revision, as written.
        entry_point: of the revision that it runs as, where that does not take the image's own.
    """

    name: str
    command: tuple[str, ...]
    phase: Phase = "before"
    timeout: int = 900
    attempts: int = 3
    shards: int = 1
    environment: Mapping[str, str] = field(default_factory=dict)
    task_definition: str = ""
    container: str = ""
    image: str = ""
    secrets: Mapping[str, str] = field(default_factory=dict)
    entry_point: tuple[str, ...] = ()

    @classmethod
    def parse(cls, raw: Mapping[str, Any]) -> Step:
        """Reads a step from plain data. Raises GateError naming the key and the remedy."""
        if not isinstance(raw, Mapping):
            raise GateError(f"a step is {raw!r}; it must be an object with name and command")
        name = str(raw.get("name", ""))
        if not re.match(NAME, name):
            raise GateError(
                f"step name {name!r}: 1 to {LONGEST_NAME} lower-case letters, digits and hyphens, "
                "beginning with a letter"
            )
        refuse_unknown(cls, raw, f"step {name}")
        command = raw.get("command")
        if not isinstance(command, list | tuple) or not command or not all(isinstance(part, str) for part in command):
            raise GateError(f"step {name}: command must be a list of strings, such as [migrate, master]")
        phase = raw.get("phase") or "before"
        if phase not in ("before", "after"):
            raise GateError(f"step {name}: phase is {phase!r}; it can be 'before' or 'after'")
        numbers = {key: raw.get(key, getattr(cls, key)) for key in ("timeout", "attempts", "shards")}
        for key, value in numbers.items():
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise GateError(f"step {name}: {key} is {value!r}; it must be a whole number of at least 1")
        if numbers["shards"] > SHARDS:
            raise GateError(f"step {name}: shards is {numbers['shards']}; at most {SHARDS} run side by side")
        environment = raw.get("environment") or {}
        image = str(raw.get("image") or "")
        if image and "@sha256:" not in image:
            raise GateError(f"step {name}: image {image!r} names no digest; it must be repository@sha256:…")
        return cls(
            name=name,
            command=tuple(command),
            phase=cast(Phase, phase),
            environment={key: str(value) for key, value in sorted(environment.items())},
            task_definition=str(raw.get("taskDefinition") or ""),
            container=str(raw.get("container") or ""),
            image=image,
            secrets=dict(sorted((raw.get("secrets") or {}).items())),
            entry_point=tuple(str(part) for part in raw.get("entryPoint") or ()),
            **numbers,
        )

    def as_plain(self) -> dict[str, Any]:
        """Return the inputs whose change makes the step run again; its timeout and its attempts do not."""
        plain = {
            "name": self.name,
            "command": list(self.command),
            "phase": self.phase,
            "shards": self.shards,
            "environment": dict(self.environment),
            "image": self.image.rpartition("@")[2],
            "secrets": dict(self.secrets),
            "entryPoint": list(self.entry_point),
        }
        # Only what is said: a step that gains a possibility it does not use is the same step.
        return {key: value for key, value in plain.items() if value}
