"""The gate's resources for Pulumi programs: ``from gate.plugin import sdk as gate``."""

from gate.plugin.sdk.admission import Admission, admission
from gate.plugin.sdk.generated_secret import GeneratedSecret
from gate.plugin.sdk.migration_run import MigrationRun
from gate.plugin.sdk.provider import Provider
from gate.plugin.sdk.rollout import Rollout

__all__ = ["Admission", "GeneratedSecret", "MigrationRun", "Provider", "Rollout", "admission"]
