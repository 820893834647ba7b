"""The serving release, and the release that other stacks may promote."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from components.delivery.deployment import Deployment
from components.delivery.migration_gate import MigrationGate
from components.image.origin import Origin


def release(origin: Origin, deployment: Deployment) -> pulumi.Output[dict[str, Any]]:
    """Return digest, time (ISO 8601, when the rollout was proven), and, if known, the image's tag, version,
    revision."""
    return pulumi.Output.all(
        image=origin.reference, names=origin.names, serving=deployment.image, time=deployment.completed_at
    ).apply(lambda known: record(**known))


def record(*, image: str, names: Mapping[str, str], serving: str, time: str) -> dict[str, Any]:
    """Return a release from the image's origin and the deployment.

    After a partial update (`--target`) these can have two different images; the release then has only what is certain.

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
    """Return the promotable release, which is known only once migrations, rollout and after-steps have passed.

    A failed update keeps the stack's outputs, so the previous release stays promotable.

    Args:
        signed: the image, once it is signed; None where this stack signs nothing.
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
    """Return the release if all phases have the same image; None otherwise, as after a partial update.

    Args:
        serving: the image that serves.
        gated: the images whose steps passed, per phase, and the signed one.
        migrations: results of the steps, per phase.
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
