"""Decides whether an image may be deployed, before anything is changed, and in previews, too. Read only.

IAM: ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the image's repository (in another account: by that
repository's policy, too), and ssm:GetParametersByPath on
``arn:aws:ssm:REGION:ACCOUNT:parameter/sluice/PROJECT/STACK/*``; with trusted keys, as for `sluice.image.image_trust`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from botocore.exceptions import ClientError

from sluice.aws.answer import answered
from sluice.aws.repository import parse
from sluice.aws.session import Clients
from sluice.image.digest import hexadecimal, short
from sluice.image.image_configuration import PLATFORMS, ImageConfiguration
from sluice.image.image_signature import refusal
from sluice.image.image_source import configuration
from sluice.image.image_trust import examine
from sluice.migration.records.records import Records
from sluice.release.hold import Hold, Holds, tag
from sluice.release.release_record import Release, ReleaseRecords
from sluice.rollout.rollback_target import after_steps, digest

RELEASED = "released-"
"""Prefix of the tag that a proven rollout puts on its image."""


@dataclass(frozen=True)
class RegistryImage:
    """An image in ECR.

    Attributes:
        missing: why it cannot be pulled; empty when it can.
        held: whether it has the tag of a hold, from any stack that rolled back from it.
        released: whether it has the tag of a proven rollout.
    """

    missing: str = ""
    held: bool = False
    released: bool = False


@dataclass(frozen=True)
class ImageFacts:
    """The facts that the decision needs.

    Attributes:
        releases: the stack's, in the order in which they were proven.
        holds: the stack's.
        registered: the image in ECR; None where its registry is not ECR.
    """

    releases: Sequence[Release] = ()
    holds: Sequence[Hold] = ()
    registered: RegistryImage | None = field(default_factory=RegistryImage)


@dataclass(frozen=True)
class Admitted:
    """An image that may be deployed.

    Attributes:
        image: by digest.
        replaces: the serving release; None when it has this image, or without one.
        warnings: texts for the user.
        revision: the commit in the image's label; empty without one, or where it was not read.
    """

    image: str
    replaces: Release | None
    warnings: tuple[str, ...] = ()
    revision: str = ""


class NotAdmitted(Exception):
    """The image must not be deployed; the text names cause and fix."""


def admit(
    clients: Clients,
    image: str,
    rollback: str,
    path: str,
    released: bool = True,
    architecture: str = "",
    trusted: Sequence[str] = (),
) -> Admitted:
    """Decide whether an image may be deployed.

    Args:
        clients: of the stack's account.
        image: ``repository@sha256:…``; ignored with *rollback*.
        rollback: digest of the earlier release to roll back to; empty for none.
        path: SSM path of the stack's records, ``/sluice/PROJECT/STACK``.
        released: the release is known from a stack, or not required; else a tag of the image must prove it.
        architecture: ECS's name of the CPU; given, the commit in the image's label is read.
        trusted: ARNs of KMS keys, one of which must have signed the image; empty: no signature is required. A rollback
            needs none: the release may be older than the signatures.

    Raises:
        NotAdmitted: the image must not be deployed.
    """
    clients.verify()
    ssm = clients["ssm"]
    releases, holds = ReleaseRecords(ssm, path).all(), Holds(ssm, f"{path}/holds").all()
    if not rollback:
        admitted = decide(image, ImageFacts(releases, holds, look_up(clients, image)), released)
        if trusted and not (found := examine(clients, image, trusted)).signer:
            raise NotAdmitted(refusal(image, found))
        platform = PLATFORMS.get(architecture, "")
        return replace(admitted, revision=_revision(clients, image, platform)) if platform else admitted
    target = rollback_target(rollback, releases)
    admitted = decide_rollback(target, ImageFacts(releases, holds, look_up(clients, target.digest)))
    runs = after_steps(Records(ssm, f"{path}/runs").all(), target.at) if admitted.replaces else []
    warnings = [
        f"after-steps {', '.join(run.steps)} ran since then (run {run.number}, {run.state}): the earlier release may "
        "need what they removed"
        for run in runs
    ]
    return Admitted(admitted.image, admitted.replaces, (*admitted.warnings, *warnings))


def decide(image: str, facts: ImageFacts, released: bool = True) -> Admitted:
    """Decide for an image that is deployed with its migrations; *released* as for :func:`admit`. Pure.

    Raises:
        NotAdmitted: the image must not be deployed.
    """
    wanted = image.rpartition("@")[2]
    _refuse_unfit(wanted, facts)
    here = any(digest(release) == wanted for release in facts.releases)
    if not (released or here or (facts.registered is not None and facts.registered.released)):
        raise NotAdmitted(
            f"no stack is known to have released {wanted}: "
            + ("it has no tag" if facts.registered else "its registry is not ECR, where it would have the tag")
            + f" {RELEASED}{hexadecimal(wanted)[:12]}, which a proven rollout puts. Fix: deploy it to another "
            "environment first, and promote it from there (`promoteFrom`)"
        )
    if not facts.releases:
        return Admitted(image, None, _unknown(facts))
    first: dict[str, Release] = {}
    for release in facts.releases:
        first.setdefault(digest(release), release)
    newest = max(first.values(), key=lambda one: one.number)
    if wanted in first and first[wanted] != newest:
        raise NotAdmitted(
            f"{short(wanted)} is release {first[wanted].number} of this stack, which has released "
            f"{short(newest.digest)} since then: its migrations are older than the schema. Fix: to roll back without "
            f"migrations, set `rollback: {wanted}`"
        )
    current = facts.releases[-1]
    return Admitted(image, None if digest(current) == wanted else current, _unknown(facts))


def rollback_target(rollback: str, releases: Sequence[Release]) -> Release:
    """Return the release to roll back to. Pure. Raises NotAdmitted."""
    found = [release for release in releases if digest(release) == rollback]
    if not found:
        known = dict.fromkeys(short(release.digest) for release in reversed(releases))
        raise NotAdmitted(
            f"this stack has never released {short(rollback)}, so it is not a known rollback target; released: "
            f"{', '.join(list(known)[:10]) or 'nothing'}"
        )
    return found[-1]


def decide_rollback(target: Release, facts: ImageFacts) -> Admitted:
    """Decide for a rollback, which runs no migrations. Pure. Raises NotAdmitted."""
    _refuse_unfit(digest(target), facts)
    current = facts.releases[-1]
    replaces = None if digest(current) == digest(target) else current
    return Admitted(target.digest, replaces, _unknown(facts))


def _revision(clients: Clients, image: str, platform: str) -> str:
    """Return the commit in an image's label; empty when it has none, or cannot be read."""
    found = answered(configuration, clients, image, platform)
    return found.revision if isinstance(found, ImageConfiguration) else ""


def look_up(clients: Clients, image: str) -> RegistryImage | None:
    """Return an image's state in ECR; None for another registry. Source: ECR BatchGetImage and its *failures*."""
    repository = parse(image, clients.elsewhere)
    if repository is None:
        return None
    wanted = image.rpartition("@")[2]
    mark = f"{RELEASED}{hexadecimal(wanted)[:12]}"
    ids = [{"imageDigest": wanted}, {"imageTag": tag(wanted)}, {"imageTag": mark}]
    try:
        answer = clients.in_region("ecr", repository.region).batch_get_image(**repository.where, imageIds=ids)
    except ClientError as error:
        code, home = error.response["Error"]["Code"], repository.account
        if code == "RepositoryNotFoundException":
            return RegistryImage(f"its repository {repository.name} does not exist")
        if code == "AccessDeniedException":
            return RegistryImage(
                f"this account may not read the repository {repository.name}"
                + (
                    f" of account {home}: name this account in `registry.pullers` of the stack that builds"
                    if home
                    else ""
                )
                + f" ({error.response['Error'].get('Message')})"
            )
        raise
    failed = [failure.get("imageId", {}) for failure in answer.get("failures", [])]
    gone = any(one.get("imageDigest") == wanted and not one.get("imageTag") for one in failed)
    return RegistryImage(
        f"the repository {repository.name} no longer has it" if gone else "",
        held=not any(one.get("imageTag") == tag(wanted) for one in failed),
        released=not any(one.get("imageTag") == mark for one in failed),
    )


def _refuse_unfit(wanted: str, facts: ImageFacts) -> None:
    if facts.registered is not None and facts.registered.missing:
        raise NotAdmitted(f"the image {wanted} cannot be pulled: {facts.registered.missing}")
    own = next((hold for hold in facts.holds if hold.digest == wanted), None)
    if own is not None:
        raise NotAdmitted(
            f"the image {wanted} is held: {own}. Fix: deploy another one, stay on an earlier release by "
            "`rollback: sha256:…` or, once this one is known to be good, lift the hold: "
            f"`sluice rollback --lift {wanted}`"
        )
    if facts.registered is not None and facts.registered.held:
        raise NotAdmitted(
            f"the image {wanted} is held by another stack: it has the tag {tag(wanted)}. Fix: deploy another one, stay "
            "on an earlier release by `rollback: sha256:…`, or lift the hold in that stack: "
            f"`sluice --stack … rollback --lift {wanted}`"
        )


def _unknown(facts: ImageFacts) -> tuple[str, ...]:
    if facts.registered is not None:
        return ()
    return ("the image is not in ECR: whether it exists, and whether another stack holds it, cannot be checked",)


def when(at: int) -> str:
    """Return a time (seconds since the epoch) as text."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
