"""Apply every correction to MiniStack's modules, once, before the first request.

A correction replaces a function of a module, or its entry in the module's table of operations. `replace` refuses a name
that the module does not have, so that another MiniStack version fails at the start instead of running uncorrected.
"""

from __future__ import annotations

from emulator.cloud.settings import Settings

MINISTACK_VERSION = "1.5.33"


def install(settings: Settings) -> None:
    """Apply them all, in the order in which they build on each other."""
    from importlib.metadata import version

    from emulator.cloud import closed_connection, outward, ownership
    from emulator.cloud.acm import validation
    from emulator.cloud.cloudwatch import alarms
    from emulator.cloud.ec2 import endpoints, flow_logs, nat, prefix_lists
    from emulator.cloud.ecr import images as ecr_images
    from emulator.cloud.ecr import layers, scan, sharing, uploads
    from emulator.cloud.ecs import (
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
    from emulator.cloud.elb import associations, listeners, targets
    from emulator.cloud.gateway import services as served
    from emulator.cloud.iam import github_claims, simulation
    from emulator.cloud.kms import sharing as kms_sharing
    from emulator.cloud.rds import copies, database, major_version, master_secret, options, snapshots
    from emulator.cloud.scaling import targets as scaling_targets
    from emulator.cloud.ssm import parameter_size

    found = version("ministack")
    if found != MINISTACK_VERSION:
        raise SystemExit(
            f"the corrections in emulator/cloud were written against MiniStack {MINISTACK_VERSION}, not {found}: "
            "install emulator/cloud/requirements.txt"
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
