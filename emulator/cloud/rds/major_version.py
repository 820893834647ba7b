"""A change of an instance's major version must be asked for by name.

AWS, ModifyDBInstance (RDS API reference): a major version upgrade needs `AllowMajorVersionUpgrade`, else it is
InvalidParameterCombination; an older version than the instance has is refused too ("Upgrading the PostgreSQL DB engine"
in the RDS user guide: there is no way down). MiniStack writes the new number down and leaves the database as it is.

An upgrade that is allowed is refused here too, in words of our own: no data directory is converted on this machine.
"""

from __future__ import annotations

from typing import Any

from ministack.services import rds

from emulator.cloud.correction import Correction
from emulator.cloud.rds.version import refusal
from emulator.cloud.replace import replace_operation
from emulator.cloud.settings import Settings


def install(settings: Settings) -> None:
    """Look at the version before anything of the change is taken."""
    modify = rds._ACTION_MAP["ModifyDBInstance"]

    def modify_instance(params: dict[str, Any]) -> Any:
        wanted = rds._p(params, "EngineVersion")
        instance = rds._resolve_instance(rds._p(params, "DBInstanceIdentifier"))
        if wanted and instance is not None and instance.get("Engine") == "postgres":
            allowed = rds._p(params, "AllowMajorVersionUpgrade") == "true"
            complaint = refusal(str(instance.get("EngineVersion")), wanted, allowed=allowed)
            if complaint:
                return rds._error("InvalidParameterCombination", complaint, 400)
        return modify(params)

    replace_operation(rds, "ModifyDBInstance", modify_instance)


CORRECTION = Correction(
    rule="A major version upgrade needs AllowMajorVersionUpgrade, and there is no way down.",
    fault="ModifyDBInstance takes any engine version without AllowMajorVersionUpgrade.",
    ministack="1.5.33",
    install=install,
)
