"""The gate's resources for Pulumi programs: ``from sluice import sdk as gate``."""

from sluice.admission.release_order import major_change, older_build, unknown_order
from sluice.finding import Finding
from sluice.inputs.smoke import Smoke
from sluice.inputs.snapshot import LONGEST_KEPT as MOST_SNAPSHOTS
from sluice.inputs.snapshot import PENDING as PENDING_STEP
from sluice.inputs.snapshot import SnapshotRequest
from sluice.inputs.step import NAME as STEP_NAME
from sluice.inputs.step import SHARDS as STEP_SHARDS
from sluice.inputs.step import Phase, Step
from sluice.rollout.proof.live_path import moved_path
from sluice.sdk.admission import Admission, admission
from sluice.sdk.default_group import DefaultGroup
from sluice.sdk.generated_secret import GeneratedSecret
from sluice.sdk.image_scan import ImageScan
from sluice.sdk.image_signature import ImageSignature
from sluice.sdk.migration_run import MigrationRun
from sluice.sdk.provider import Provider
from sluice.sdk.pushed import pushed
from sluice.sdk.random_text import RandomText
from sluice.sdk.released import released
from sluice.sdk.rollout import Rollout

__all__ = [
    "MOST_SNAPSHOTS",
    "PENDING_STEP",
    "STEP_NAME",
    "STEP_SHARDS",
    "Admission",
    "DefaultGroup",
    "Finding",
    "GeneratedSecret",
    "ImageScan",
    "ImageSignature",
    "MigrationRun",
    "Phase",
    "Provider",
    "RandomText",
    "Rollout",
    "Smoke",
    "SnapshotRequest",
    "Step",
    "admission",
    "major_change",
    "moved_path",
    "older_build",
    "pushed",
    "released",
    "unknown_order",
]
