"""The isolation of a stack's containers, from its settings."""

from __future__ import annotations

from components.tasks.isolation import Isolation
from infra.settings.app import App


def isolation(app: App) -> Isolation:
    """Return the isolation of the service and of every step. A writable root file system needs no volumes."""
    writable = tuple(app.writable) if app.read_only else ()
    return Isolation(app.read_only, writable, app.user or "", tuple(app.capabilities))
