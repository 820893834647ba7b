"""How a stack's containers are kept to themselves, as its settings say."""

from __future__ import annotations

from components.tasks.isolation import Isolation
from infra.settings.app import App


def isolation(app: App) -> Isolation:
    """Of the service and of every step. A root file system that can be written to needs no volumes."""
    writable = tuple(app.writable) if app.read_only else ()
    return Isolation(app.read_only, writable, app.user or "", tuple(app.capabilities))
