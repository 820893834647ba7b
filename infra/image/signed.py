"""Signs the proven image: after migrations, rollout and after-steps, before other stacks may promote it."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.delivery.deployment import Deployment
from components.delivery.migration_gate import MigrationGate
from infra.settings.settings import Settings
from sluice import sdk as gate


def signed(
    name: str,
    stack: Settings,
    gates: Sequence[MigrationGate],
    deployment: Deployment,
    opts: pulumi.ResourceOptions,
) -> pulumi.Output[str] | None:
    """Return the serving image, known once it is signed; None where the stack signs nothing.

    The image is taken from the outputs of the rollout and of every migration phase, so none of them can be skipped.
    """
    if stack.signing.key is None:
        return None
    proven = pulumi.Output.all(deployment.image, *(one.image for one in gates)).apply(lambda images: str(images[0]))
    by = f"{pulumi.get_project()}/{pulumi.get_stack()}"
    return gate.ImageSignature(
        name,
        image=proven,
        key=stack.signing.key,
        by=by,
        opts=pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(parent=deployment)),
    ).image
