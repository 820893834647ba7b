"""The gate's errors. Their text is for people: what failed, why, and the fix."""

from __future__ import annotations


class GateError(Exception):
    """The version must not be deployed. ``str()`` is the whole explanation."""


class Interrupted(GateError):
    """The run ended on request (Ctrl-C) or because the deployer is dying; the text names what was left running."""


class NotPrepared(GateError):
    """A precondition of the first step, such as the snapshot, failed: no step was started."""


class Superseded(GateError):
    """Another deployer, which the text names, took over: this one starts, moves and records nothing more."""
