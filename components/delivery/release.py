"""The name of what serves, and what the next stack may take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.delivery.deployment import Deployment
from components.delivery.migration_gate import MigrationGate
from components.image.origin import Origin


def release(origin: Origin, deployment: Deployment) -> pulumi.Output[dict[str, Any]]:
    """Digest, time (ISO 8601, when the rollout was proven), and where the image is known: tag, version, revision."""
    return pulumi.Output.all(
        image=origin.reference, names=origin.names, serving=deployment.image, time=deployment.completed_at
    ).apply(lambda known: record(**known))


def record(*, image: str, names: Mapping[str, str], serving: str, time: str) -> dict[str, Any]:
    """A release, from what the image's origin and the deployment say.

    After an update of some resources only (`--target`) they may speak of two different images; then no more is said
    than what is known for certain.

    Args:
        image: by digest.
        names: of that image.
        serving: the image that serves, by digest.
    """
    certain = {"digest": serving.partition("@")[2], "time": time}
    return {**certain, **names} if image == serving else certain


def promotable(
    origin: Origin,
    gates: Sequence[MigrationGate],
    deployment: Deployment,
    architecture: str,
    signed: pulumi.Input[str] | None = None,
) -> pulumi.Output[dict[str, Any] | None]:
    """Return what the next stack takes: known only when migrations, rollout and after-steps have passed, as it is made
    of what they say. An update that fails leaves the stack's outputs, so the one before stays promotable.

    Args:
        signed: the image, once it is signed; None: this stack signs nothing.
    """
    repository = origin.repository
    return pulumi.Output.all(
        release=release(origin, deployment),
        serving=deployment.image,
        gated=[*(gate.image for gate in gates), *([] if signed is None else [signed])],
        migrations=[gate.results for gate in gates],
        repository={
            "repository": repository.name,
            "repositoryArn": repository.arn,
            "registryId": repository.account,
            "region": repository.region,
        },
    ).apply(lambda known: passed(**known, architecture=architecture))


def passed(
    *,
    release: Mapping[str, Any],
    serving: str,
    gated: Sequence[str],
    migrations: Sequence[Sequence[Mapping[str, Any]]],
    repository: Mapping[str, str],
    architecture: str,
) -> dict[str, Any] | None:
    """An image that got through all of it; None when the phases speak of different images, as after an update of some
    resources only.

    Args:
        serving: the image that serves.
        gated: those whose steps passed, per phase, and that which is signed.
        migrations: what steps did, per phase.
    """
    if {*gated} != {serving}:
        return None
    steps = [{"name": step["name"], "seconds": step.get("seconds")} for phase in migrations for step in phase or ()]
    return {
        "image": serving,
        "release": dict(release),
        **repository,
        "architecture": architecture,
        "migrations": steps,
    }
