"""Apply every correction to MiniStack's modules, once, before the first request.

A correction replaces a function of a module, or its entry in the module's table of operations. `replace` refuses a name
that the module does not have, so that another MiniStack version fails at the start instead of running uncorrected.
"""

from __future__ import annotations

from typing import Any

from local.cloud.settings import Settings

MINISTACK_VERSION = "1.5.33"


def install(settings: Settings) -> None:
    """Apply them all, in the order in which they build on each other."""
    from importlib.metadata import version

    from local.cloud import closed_connection, outward, ownership
    from local.cloud.acm import validation
    from local.cloud.cloudwatch import alarms
    from local.cloud.ec2 import endpoints, flow_logs, nat, prefix_lists
    from local.cloud.ecr import images as ecr_images
    from local.cloud.ecr import layers, scan, sharing, uploads
    from local.cloud.ecs import (
        group,
        life,
        listing,
        references,
        registering,
        scheduler,
        service_history,
        services,
        stop_task,
        tokens,
    )
    from local.cloud.elb import associations, listeners, targets
    from local.cloud.gateway import services as served
    from local.cloud.iam import github_claims, simulation
    from local.cloud.kms import sharing as kms_sharing
    from local.cloud.rds import copies, database, major_version, master_secret, options, snapshots
    from local.cloud.scaling import targets as scaling_targets
    from local.cloud.ssm import parameter_size

    found = version("ministack")
    if found != MINISTACK_VERSION:
        raise SystemExit(
            f"the corrections in local/cloud were written against MiniStack {MINISTACK_VERSION}, not {found}: "
            "install local/cloud/requirements.txt"
        )
    for correction in (
        closed_connection,
        served,
        ownership,
        outward,
        prefix_lists,
        endpoints,
        flow_logs,
        nat,
        validation,
        listeners,
        targets,
        associations,
        life,
        scheduler,
        services,
        stop_task,
        tokens,
        references,
        registering,
        listing,
        service_history,
        database,
        master_secret,
        options,
        major_version,
        snapshots,
        copies,
        ecr_images,
        layers,
        uploads,
        scan,
        sharing,
        kms_sharing,
        simulation,
        github_claims,
        parameter_size,
        alarms,
        group,
        scaling_targets,
    ):
        correction.install(settings)


def replace(module: Any, name: str, function: Any) -> Any:
    """Put `function` in the place of the module's `name`. Returns what was there.

    Raises:
        AttributeError: the module has no such name, so this is not the version the corrections were written for.
    """
    before = getattr(module, name)
    setattr(module, name, function)
    return before


def replace_operation(module: Any, operation: str, handler: Any) -> Any:
    """Put `handler` in the place of an AWS operation in the module's `_ACTION_MAP`. Returns what was there.

    Raises:
        KeyError: the module does not know the operation.
    """
    before = module._ACTION_MAP[operation]
    module._ACTION_MAP[operation] = handler
    return before


def add_operation(module: Any, operation: str, handler: Any) -> None:
    """Give the module an AWS operation that it does not have.

    Raises:
        KeyError: it has it, so this is not the version the corrections were written for.
    """
    if operation in module._ACTION_MAP:
        raise KeyError(f"{module.__name__} knows {operation} already")
    module._ACTION_MAP[operation] = handler
