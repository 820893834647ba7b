"""The folders of a checkout's rehearsals, and how they end. Standard library only, as set-up is."""

from __future__ import annotations

import dataclasses
import shutil

from emulator.cloud import emulator
from local import environment
from local.environment import Checkout
from local.toolchain.progress import SetupProgress

FOLDER = "rehearsal"


def place(checkout: Checkout) -> Checkout:
    """Return folders apart from those of the local stack, its state and its cloud."""
    return dataclasses.replace(checkout, local=checkout.local / FOLDER)


def end(rehearsals: Checkout, progress: SetupProgress) -> None:
    """Stop the rehearsals' cloud, and delete all their stacks, including protected ones.

    Raises CloudError when a container cannot be removed.
    """
    progress.start("rehearsals", "ending the rehearsals")
    emulator.stop(rehearsals.local, environment.account(rehearsals.local))
    shutil.rmtree(rehearsals.local)
    progress.finish("rehearsals", "rehearsals: ended and forgotten")
