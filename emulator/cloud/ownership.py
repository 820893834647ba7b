"""Every container of this emulator carries this checkout's account, and only those are ever removed.

Not an AWS rule but the ground of all others: in AWS two accounts never meet, so two checkouts on one Docker daemon must
not. MiniStack removes containers without an owner at its start; those of a stranger are none of ours.
"""

from __future__ import annotations

from typing import Any

from ministack import app
from ministack.core import container_reaper

from emulator.cloud.containers import ACCOUNT_LABEL
from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings


def install(settings: Settings) -> None:
    """Label what is started, and sweep by that label."""
    labels = container_reaper.own_labels

    def own_labels(service: str, **extra: Any) -> dict[str, str]:
        return {**labels(service, **extra), ACCOUNT_LABEL: settings.account, "sluice.role": service}

    def stop_containers(include_unlabelled: bool = False) -> None:
        client = app._reaper_docker_client()
        if client is not None:
            container_reaper.reap_all(client, include_unlabelled=False)

    replace(container_reaper, "own_labels", own_labels)
    replace(app, "_stop_docker_containers", stop_containers)


CORRECTION = Correction(
    rule="A container carries the account of its checkout, and only containers of this emulator are removed.",
    fault="Containers carry no account, and the sweep at the start takes containers that name no instance.",
    ministack="1.5.33",
    install=install,
)
