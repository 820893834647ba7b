"""The rules of the stack's alarms. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.monitoring.alarm import AlarmRule, Metric
from components.network.traffic import errors, of_groups
from infra.settings.settings import Settings
from infra.settings.values.sizes import max_connections

GIB = 1024**3
WRAPAROUND = 1_000_000_000
"""Age in transactions, half of the limit; autovacuum should have run long before ("Avoid transaction ID wraparound",
AWS blog)."""


@dataclass(frozen=True)
class WatchedResources:
    """The resources that the alarms watch.

    Attributes:
        load_balancer, target_groups: last parts of their ARNs; two groups where ECS shifts traffic between them.
        cluster, service: names.
        database: the identifier.
        shared: whether the load balancer may serve other services, too.
    """

    load_balancer: pulumi.Input[str]
    target_groups: Sequence[pulumi.Input[str]]
    cluster: pulumi.Input[str]
    service: pulumi.Input[str]
    database: pulumi.Input[str]
    shared: bool


def rules(stack: Settings, watched: WatchedResources) -> list[AlarmRule]:
    """Return the rules of a stack's alarms, in their order on the dashboard."""
    return [*_traffic(stack, watched), *_service(stack, watched), *_database(stack, watched)]


def _traffic(stack: Settings, watched: WatchedResources) -> list[AlarmRule]:
    alarms, place = stack.alarms, (watched.load_balancer, watched.target_groups)
    return [
        errors("errors", alarms.error_percent, alarms.error_floor, 5, *place, shared=watched.shared),
        AlarmRule(
            "latency",
            f"5 % of the requests have taken longer than {alarms.latency} ms for 5 minutes.",
            minutes=5,
            above=alarms.latency / 1000,
            **of_groups("TargetResponseTime", "p95", "MAX", *place),
        ),
        AlarmRule(
            "unhealthy-targets",
            "A task has failed the load balancer's health check for 5 minutes.",
            minutes=5,
            above=0,
            # The minimum over the load balancer's nodes, so that every node reports it.
            **of_groups("UnHealthyHostCount", "Minimum", "MAX", *place),
        ),
        AlarmRule(
            "no-healthy-target",
            "No task answers the load balancer's health check: nobody is served.",
            minutes=2,
            below=1,
            silence_is_bad=True,
            # Between two deployments, one of the two groups is empty.
            **of_groups("HealthyHostCount", "Minimum", "SUM", *place),
        ),
    ]


def _service(stack: Settings, watched: WatchedResources) -> list[AlarmRule]:
    where = {"ClusterName": watched.cluster, "ServiceName": watched.service}
    limits = {"CPU": ("CPUUtilization", stack.alarms.cpu), "memory": ("MemoryUtilization", stack.alarms.memory)}
    return [
        AlarmRule(
            f"service-{kind.lower()}",
            f"The service's tasks have used more than {most} % of their {kind} for 10 minutes.",
            minutes=10,
            metric=Metric("AWS/ECS", name, "Average", where),
            above=most,
        )
        for kind, (name, most) in limits.items()
    ]


def _database(stack: Settings, watched: WatchedResources) -> list[AlarmRule]:
    alarms, database = stack.alarms, stack.database

    def measured(name: str, statistic: str) -> Metric:
        return Metric("AWS/RDS", name, statistic, {"DBInstanceIdentifier": watched.database})

    found = [
        AlarmRule(
            "database-cpu",
            f"The database has used more than {alarms.database_cpu} % of its CPU for 15 minutes.",
            minutes=15,
            metric=measured("CPUUtilization", "Average"),
            above=alarms.database_cpu,
        ),
        AlarmRule(
            "database-storage",
            f"The database has less than {alarms.database_storage} % of its {database.storage} GiB free.",
            minutes=15,
            metric=measured("FreeStorageSpace", "Minimum"),
            below=database.storage * GIB * alarms.database_storage / 100,
        ),
        AlarmRule(
            "database-transactions",
            "The database's oldest transaction is a billion old: at two billion it refuses to write.",
            minutes=15,
            metric=measured("MaximumUsedTransactionIDs", "Maximum"),
            above=WRAPAROUND,
        ),
    ]
    most = alarms.max_connections or max_connections(database.instance_class)
    if most is not None:
        found.append(
            AlarmRule(
                "database-connections",
                f"More than {alarms.database_connections} % of the database's {most} connections are taken.",
                minutes=5,
                metric=measured("DatabaseConnections", "Maximum"),
                above=most * alarms.database_connections // 100,
            )
        )
    return found
