"""How the gate says no. The text is for people: what broke, what is known, what to do."""

from __future__ import annotations


class GateError(Exception):
    """The version must not go on. ``str()`` is the whole explanation."""


class Interrupted(GateError):
    """Ended on request (Ctrl-C) or because the deployer is dying; says what was stopped and what was left."""


class NotPrepared(GateError):
    """What must come before the first step (a snapshot) did not come to be: no step was started."""


class Superseded(GateError):
    """Another deployer took over what this one was doing: it starts, moves and records nothing more. Says who."""
