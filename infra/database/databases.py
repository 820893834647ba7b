"""The stack's database: its own, or an existing one."""

from __future__ import annotations

import pulumi

from components.database.database import Database, DatabaseArgs
from components.database.existing_database import ExistingDatabase, ExistingDatabaseArgs
from infra.network.existing_network import ExistingNetwork
from infra.network.network import Network
from infra.settings.settings import Settings


def database_of(
    name: str, stack: Settings, network: Network | ExistingNetwork, opts: pulumi.ResourceOptions
) -> Database | ExistingDatabase:
    """Return the database of a stack, reachable from its tasks. An existing one keeps its other clients."""
    chosen, firewall = stack.database, network.firewall
    if chosen.existing is not None:
        clients = {"service": firewall.service, "migration": firewall.migration}
        return ExistingDatabase(name, ExistingDatabaseArgs(chosen.existing, chosen.name, chosen.secret, clients), opts)
    return Database(
        name,
        DatabaseArgs(
            version=chosen.version,
            major=chosen.major,
            upgrade=chosen.upgrade is not None,
            database=chosen.name,
            username=chosen.username,
            instance_class=chosen.instance_class,
            storage=chosen.storage,
            max_storage=chosen.largest,
            multi_az=stack.multi_az,
            backup_days=chosen.backup_days,
            backup_window=chosen.backup_window,
            maintenance_window=chosen.maintenance_window,
            performance_insights=chosen.performance_insights,
            log_days=stack.logs.retention_days if chosen.export_logs else 0,
            protected=stack.protected,
            subnet_ids=network.database_subnet_ids,
            security_group_id=firewall.database,
            kms_key=chosen.kms_key,
        ),
        opts,
    )
