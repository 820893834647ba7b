"""The request to a rollout."""

from __future__ import annotations

from dataclasses import dataclass, field

from sluice.inputs.smoke import Smoke
from sluice.inputs.soak import Soak
from sluice.inputs.strategy import Strategy
from sluice.release.names import Names
from sluice.release.release_record import By
from sluice.rollout.deployment.shape import Shape


@dataclass(frozen=True)
class Wanted:
    """The version to roll out, and how it is proven.

    Attributes:
        task_definition: revision ARN.
        previous: the former revision in the engine's state; used when ECS no longer lists it.
        deadline: seconds for the whole rollout.
        target_groups: ARNs whose targets must be healthy.
        shape: the service's network, platform version and load balancers, which an ECS rollback restores too.
        soak: how the serving version proves first that it works with the new schema; None: it does not.
        digest: ``repository@sha256:…``, for the records.
        proof: number of the run that proves the image's migrations; 0: a rollback, or not known.
        by: the command that moves the service, for the records.
        names: version and git revision of the image, for the records.
        previous_path: deep health path that *previous* answered, in the engine's state; used when its release has
            none; None: not known.
        strategy: how ECS shifts traffic; None: rolling.
        back: to an earlier release, which was proven before.
    """

    task_definition: str
    previous: str
    deadline: int
    target_groups: tuple[str, ...]
    smoke: Smoke | None
    shape: Shape | None = None
    soak: Soak | None = None
    digest: str = ""
    proof: int = 0
    by: By = "up"
    names: Names = field(default_factory=Names)
    previous_path: str | None = None
    strategy: Strategy | None = None
    back: bool = False
