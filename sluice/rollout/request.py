"""What a rollout is asked to do."""

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
    """What is to be rolled out.

    Attributes:
        task_definition: revision ARN.
        previous: revision that the engine remembers as served before; used when ECS no longer lists it.
        deadline: seconds for the whole rollout.
        target_groups: ARNs whose targets must be healthy.
        shape: the service's network, platform version and load balancers; ECS' going back takes them back too.
        soak: how the version that serves must first prove that it can live with the new schema; None: not at all.
        digest: ``repository@sha256:…``, for the records.
        proof: number of the run that proves the image's migrations; 0: a rollback, or nobody knows.
        by: what moves the service, for the records.
        names: what else the image is called, for the records.
        previous_path: deep health path that *previous* answered, as far as the engine remembers; used when its release
            does not say; None: not known.
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
