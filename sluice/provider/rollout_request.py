"""What a Rollout's inputs ask the core for. Pure."""

from __future__ import annotations

from sluice.inputs.network import Network
from sluice.inputs.smoke import Smoke, path_of
from sluice.inputs.soak import Soak
from sluice.inputs.strategy import Strategy
from sluice.protocol.resource import Properties
from sluice.release.names import Names
from sluice.rollout.deployment.shape import Shape
from sluice.rollout.proof.compatibility import GOOD
from sluice.rollout.request import Wanted


def wanted_of(inputs: Properties, before: Properties) -> Wanted:
    """Return what a Rollout's inputs ask for.

    Args:
        before: the inputs of the rollout before; empty on the first one.
    """
    strategy = Strategy.parse(inputs["strategy"]) if inputs.get("strategy") else None
    groups = strategy.target_groups if strategy else inputs.get("targetGroups") or ()
    return Wanted(
        task_definition=inputs["taskDefinition"],
        previous=str(before.get("taskDefinition") or ""),
        previous_path=_answered(before.get("smoke")),
        deadline=inputs["deadline"],
        target_groups=tuple(groups),
        smoke=Smoke.parse(inputs["smoke"]) if inputs.get("smoke") else None,
        shape=shape_of(inputs),
        # No soak before a rollback: the serving version may be broken, and the schema is its own.
        soak=Soak.parse(inputs["soak"]) if inputs.get("soak") and not inputs.get("rollback") else None,
        digest=inputs["imageDigest"],
        # An older release runs no migrations, so a later run does not speak against it.
        proof=0 if inputs.get("rollback") else inputs.get("proof") or 0,
        names=Names.parse(inputs.get("names")),
        strategy=strategy,
        back=bool(inputs.get("rollback")),
    )


def _answered(smoke: Properties | None) -> str | None:
    """The deep path that a version answered which this request has proven; None when it proves none."""
    if not smoke or smoke.get("status", GOOD) != GOOD:
        return None
    return path_of(str(smoke["url"]))


def shape_of(inputs: Properties) -> Shape:
    """The service's network, platform version and load balancers, in ECS' own words."""
    awsvpc = None
    if inputs.get("network"):
        network = Network.parse(inputs["network"])
        awsvpc = {
            "subnets": list(network.subnets),
            "securityGroups": list(network.security_groups),
            "assignPublicIp": "ENABLED" if network.assign_public_ip else "DISABLED",
        }
    return Shape(awsvpc, inputs.get("platformVersion") or "", tuple(inputs.get("loadBalancers") or ()))
