"""Apply every correction to MiniStack's modules, once, before the first request.

A correction replaces a function of a module, or its entry in the module's table of operations. `replace` refuses a name
that the module does not have. Each correction declares the version of MiniStack that it corrects (`correction.py`). The
emulator does not start with another version, so every correction is reviewed before it runs on a new one.
"""

from __future__ import annotations

from collections.abc import Iterable

from emulator.cloud.correction import Correction
from emulator.cloud.settings import Settings


def install(settings: Settings) -> None:
    """Apply every correction, in the order in which they build on each other.

    Raises:
        SystemExit: a correction is for another version of MiniStack than the installed one.
    """
    from importlib.metadata import version

    corrections = declared()
    refuse_other_version(corrections, version("ministack"))
    for correction in corrections:
        correction.install(settings)


def refuse_other_version(corrections: Iterable[Correction], installed: str) -> None:
    """Raise SystemExit when a correction is for another version of MiniStack than the installed one."""
    others = sorted({one.ministack for one in corrections} - {installed})
    if others:
        raise SystemExit(
            f"MiniStack {installed} is installed; corrections in emulator/cloud are for {', '.join(others)}\n"
            "  fix: install emulator/cloud/requirements.txt; for an upgrade run tests/e2e/ministack and review each"
            " correction"
        )


def declared() -> tuple[Correction, ...]:
    """Every correction, in the order in which they are installed.

    MiniStack's modules read the environment when they are imported, so the corrections are imported only here.
    """
    from emulator.cloud import closed_connection, outward, ownership
    from emulator.cloud.acm import validation
    from emulator.cloud.cloudwatch import alarms
    from emulator.cloud.ec2 import endpoints, flow_logs, nat, prefix_lists
    from emulator.cloud.ecr import images as ecr_images
    from emulator.cloud.ecr import layers, scan, sharing, uploads
    from emulator.cloud.ecs import references, tokens
    from emulator.cloud.ecs.service import scheduler, service_history, services
    from emulator.cloud.ecs.strategies import continuing
    from emulator.cloud.ecs.tasks import group, listing, registering, running_tasks, stop_task
    from emulator.cloud.elb import associations, listeners, metrics, targets, weights
    from emulator.cloud.gateway import services as served
    from emulator.cloud.iam import github_claims, simulation
    from emulator.cloud.kms import sharing as kms_sharing
    from emulator.cloud.rds import copies, database, major_version, master_secret, options, snapshots
    from emulator.cloud.scaling import targets as scaling_targets
    from emulator.cloud.ssm import parameter_size

    return (
        closed_connection.CORRECTION,
        served.CORRECTION,
        ownership.CORRECTION,
        outward.CORRECTION,
        prefix_lists.CORRECTION,
        endpoints.CORRECTION,
        flow_logs.CORRECTION,
        nat.CORRECTION,
        validation.CORRECTION,
        weights.CORRECTION,
        listeners.CORRECTION,
        metrics.CORRECTION,
        targets.CORRECTION,
        associations.CORRECTION,
        running_tasks.CORRECTION,
        scheduler.CORRECTION,
        services.CORRECTION,
        stop_task.CORRECTION,
        tokens.CORRECTION,
        references.CORRECTION,
        registering.CORRECTION,
        listing.CORRECTION,
        service_history.CORRECTION,
        continuing.CORRECTION,
        database.CORRECTION,
        master_secret.CORRECTION,
        options.CORRECTION,
        major_version.CORRECTION,
        snapshots.CORRECTION,
        copies.CORRECTION,
        ecr_images.CORRECTION,
        layers.CORRECTION,
        uploads.CORRECTION,
        scan.CORRECTION,
        sharing.CORRECTION,
        kms_sharing.CORRECTION,
        simulation.CORRECTION,
        github_claims.CORRECTION,
        parameter_size.CORRECTION,
        alarms.CORRECTION,
        group.CORRECTION,
        scaling_targets.CORRECTION,
    )
