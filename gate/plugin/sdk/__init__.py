"""The gate's resources for Pulumi programs: ``from gate.plugin import sdk as gate``."""

from gate.finding import Finding
from gate.live_path import moved_path
from gate.plugin.sdk.admission import Admission, admission
from gate.plugin.sdk.default_group import DefaultGroup
from gate.plugin.sdk.generated_secret import GeneratedSecret
from gate.plugin.sdk.image_scan import ImageScan
from gate.plugin.sdk.image_signature import ImageSignature
from gate.plugin.sdk.migration_run import MigrationRun
from gate.plugin.sdk.provider import Provider
from gate.plugin.sdk.pushed import pushed
from gate.plugin.sdk.released import released
from gate.plugin.sdk.rollout import Rollout
from gate.release_order import major_change, older_build, unknown_order

__all__ = [
    "Admission",
    "DefaultGroup",
    "Finding",
    "GeneratedSecret",
    "ImageScan",
    "ImageSignature",
    "MigrationRun",
    "Provider",
    "Rollout",
    "admission",
    "major_change",
    "moved_path",
    "older_build",
    "pushed",
    "released",
    "unknown_order",
]
