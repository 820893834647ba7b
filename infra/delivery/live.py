"""Compares the settings with the live stack's outputs, and refuses unsafe changes before any resource is declared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pulumi

from infra.delivery import promotion
from infra.delivery.strategy_change import strategy_change
from infra.image.revision import is_ancestor, revision
from infra.settings.reading.refusal import end, told
from infra.settings.settings import Settings
from sluice.sdk import Finding, major_change, moved_path, older_build, unknown_order


def check(stack: Settings) -> Mapping[str, Any]:
    """Return the stack's outputs of its last update.

    Ends the program when its settings lead backwards: to an older build, or to another major version of the database
    that nobody asked for. And when the load balancer would ask the version that serves at a path that it does not
    answer, or a live service's strategy changes by one step where AWS asks for two.

    A preview of an older build is only warned of: previews are made of branches, too, that are behind.
    """
    live = outputs()
    if (found := _database(stack, live)) is not None:
        end(f"{found}. Nothing was changed")
    if (found := _build(stack, live)) is not None:
        _refuse(found)
    gate = live.get("gate")
    moved = moved_path(gate, stack.app.live_path) if isinstance(gate, Mapping) else None
    if moved is not None and moved.result == "refused":
        _refuse(moved)
    elif moved is not None:
        pulumi.log.warn(str(moved))
    if (found := strategy_change(gate, stack.service)) is not None:
        _refuse(found)
    return live


def order(stack: Settings, live: Mapping[str, Any], built_from: str, setting: str) -> None:
    """End the program when an image was built from an older commit than the live release, so it may lack migrations.

    An unknown order is logged.

    Args:
        live: the stack's outputs of its last update.
        built_from: the image's commit; empty where unknown.
        setting: `promoteFrom` or `image`.
    """
    wanted, serving = _commit(built_from), _serving(live)
    if wanted and wanted == serving:
        return
    ancestor = is_ancestor(".", wanted, serving) if wanted and serving else None
    if ancestor is None:
        why = unknown_order(wanted, serving, setting)
        pulumi.log.info(f"{setting}: it is unknown whether the image has the live release's migrations: {why}")
    elif (found := older_build(wanted, serving, ancestor, stack.app.allow_older or "", setting)) is not None:
        _refuse(found)


def _refuse(found: Finding) -> None:
    """End the program; in a preview only warn, because it may be one of a branch that is behind."""
    if not pulumi.runtime.is_dry_run():
        end(f"{found}. Nothing was changed")
    pulumi.log.warn(f"{found}. `pulumi up` refuses it")


def outputs() -> Mapping[str, Any]:
    """Return the stack's outputs of its last update; empty before the first one, or when unreadable, with a warning."""
    own = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    try:
        answer = pulumi.runtime.invoke(promotion.READ, {"name": own}).value or {}
    except Exception as error:  # the SDK has no narrower one
        pulumi.log.warn(
            "the stack's own outputs cannot be read, so the order of this build and the live release, and the "
            f"database's major version, are not checked: {told(error)}"
        )
        return {}
    found = answer.get("outputs")
    return found if isinstance(found, Mapping) else {}


def _database(stack: Settings, live: Mapping[str, Any]) -> Finding | None:
    if stack.database.existing is not None:
        return None
    known = live.get("database")
    version = str(known.get("version") or "") if isinstance(known, Mapping) else ""
    return major_change(stack.database.major, version, stack.database.upgrade or "")


def _build(stack: Settings, live: Mapping[str, Any]) -> Finding | None:
    if stack.app.context is None or stack.rollback is not None:
        return None
    serving = _serving(live)
    if not serving:
        return None
    wanted = _commit(revision(stack.app.context))
    if not wanted or wanted == serving:
        return None
    return older_build(wanted, serving, is_ancestor(stack.app.context, wanted, serving), stack.app.allow_older or "")


def _serving(live: Mapping[str, Any]) -> str:
    """Return the commit of the live release; empty where unknown."""
    release = live.get("release")
    return _commit(str(release.get("revision") or "")) if isinstance(release, Mapping) else ""


def _commit(revision: str) -> str:
    """Return the commit of a revision, without `-dirty`; empty for anything else, such as a branch in a label."""
    commit = revision.partition("-")[0].lower()
    return commit if re.fullmatch(r"[0-9a-f]{7,64}", commit) else ""
