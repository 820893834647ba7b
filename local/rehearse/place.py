"""Where the rehearsals of a checkout are kept, and how they end. Standard library only, as set-up is."""

from __future__ import annotations

import dataclasses
import shutil

from emulator.cloud import emulator
from local import environment
from local.environment import Checkout
from local.toolchain.progress import Progress

FOLDER = "rehearsal"


def place(checkout: Checkout) -> Checkout:
    """Folders of their own, so that the local stack, its state and its cloud are not touched."""
    return dataclasses.replace(checkout, local=checkout.local / FOLDER)


def end(rehearsals: Checkout, progress: Progress) -> None:
    """Stop the rehearsals' cloud, and forget all their stacks, protected ones too: nothing of them is real.

    Raises CloudError when a container cannot be removed.
    """
    progress.start("rehearsals", "ending the rehearsals")
    emulator.stop(rehearsals.local, environment.account(rehearsals.local))
    shutil.rmtree(rehearsals.local)
    progress.finish("rehearsals", "rehearsals: ended and forgotten")
