"""An instance shows what it was created with and changed to: log exports, backup window, Performance Insights, CA.

AWS, CreateDBInstance, ModifyDBInstance and DeleteDBInstance (RDS API reference): EnableCloudwatchLogsExports and
CloudwatchLogsExportConfiguration decide which logs are exported; DBInstance says them again as
EnabledCloudwatchLogsExports; a final snapshot whose name is taken is DBSnapshotAlreadyExists, and the instance stays.
MiniStack forgets the exports and the window, changes no Performance Insights, and overwrites the snapshot. No log line
of the real PostgreSQL is exported here.
"""

from __future__ import annotations

from typing import Any

from ministack.services import rds

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace, replace_operation
from emulator.cloud.settings import Settings

_EXPORTS = "EnabledCloudwatchLogsExports"
_EMPTY = f"<{_EXPORTS}/>"
_SWITCHES = {"EnablePerformanceInsights": "PerformanceInsightsEnabled"}
_TEXTS = {
    "PreferredBackupWindow": "PreferredBackupWindow",
    "CACertificateIdentifier": "CACertificateIdentifier",
}
_NUMBERS = {"PerformanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod"}


def install(settings: Settings) -> None:
    """Replace the creation, change, deletion and description of instances."""
    create, modify = rds._ACTION_MAP["CreateDBInstance"], rds._ACTION_MAP["ModifyDBInstance"]
    delete, describe = rds._ACTION_MAP["DeleteDBInstance"], rds._instance_xml

    def create_instance(params: dict[str, Any]) -> Any:
        answer = create(params)
        if answer[0] == 200:
            instance = rds._instances[rds._p(params, "DBInstanceIdentifier")]
            _take(params, instance)
            instance[_EXPORTS] = _members(params, "EnableCloudwatchLogsExports")
        return answer

    def modify_instance(params: dict[str, Any]) -> Any:
        answer = modify(params)
        instance = rds._resolve_instance(rds._p(params, "DBInstanceIdentifier"))
        if answer[0] == 200 and instance is not None:
            _take(params, instance)
            more = _members(params, "CloudwatchLogsExportConfiguration.EnableLogTypes")
            less = _members(params, "CloudwatchLogsExportConfiguration.DisableLogTypes")
            instance[_EXPORTS] = sorted({*(instance.get(_EXPORTS) or ()), *more} - {*less})
        return answer

    def delete_instance(params: dict[str, Any]) -> Any:
        final = rds._p(params, "FinalDBSnapshotIdentifier")
        if final in rds._snapshots and rds._p(params, "SkipFinalSnapshot") != "true":
            return rds._error(
                "DBSnapshotAlreadyExists", f"Cannot create the snapshot because {final} already exists.", 400
            )
        return delete(params)

    def instance_xml(instance: dict[str, Any]) -> str:
        members = "".join(f"<member>{name}</member>" for name in instance.get(_EXPORTS) or ())
        return str(describe(instance)).replace(_EMPTY, f"<{_EXPORTS}>{members}</{_EXPORTS}>")

    replace_operation(rds, "CreateDBInstance", create_instance)
    replace_operation(rds, "ModifyDBInstance", modify_instance)
    replace_operation(rds, "DeleteDBInstance", delete_instance)
    replace(rds, "_instance_xml", instance_xml)


CORRECTION = Correction(
    rule="An instance shows its log exports, backup window, Performance Insights and CA.",
    fault="Log exports, backup window and certificate authority of an instance are forgotten.",
    ministack="1.5.33",
    install=install,
)


def _take(params: dict[str, Any], instance: dict[str, Any]) -> None:
    for parameter, name in (_TEXTS | _NUMBERS | _SWITCHES).items():
        value = rds._p(params, parameter)
        if value:
            number, switch = parameter in _NUMBERS, parameter in _SWITCHES
            instance[name] = int(value) if number else value == "true" if switch else value


def _members(params: dict[str, Any], name: str) -> list[str]:
    """A list of the query protocol: ``NAME.member.1``, ``NAME.member.2``, …"""
    found = [key for key in params if key.startswith(f"{name}.")]
    return [rds._p(params, key) for key in sorted(found, key=lambda key: int(key.rpartition(".")[2]))]
