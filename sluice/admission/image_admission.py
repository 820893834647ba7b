"""Whether an image may be deployed at all: asked before anything is changed, and in previews too. It changes nothing.

IAM: ecr:BatchGetImage and ecr:GetDownloadUrlForLayer on the image's repository (in another account: by that
repository's policy too), and ssm:GetParametersByPath on
``arn:aws:ssm:REGION:ACCOUNT:parameter/sluice/PROJECT/STACK/*``; where keys are trusted, what
`sluice.image.image_trust` says.
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
"""What the tag begins with that a proven rollout puts on its image."""


@dataclass(frozen=True)
class Registered:
    """What ECR says of an image. *missing*: why it cannot be had, empty when it can; *held*: whether it bears the tag
    of a hold, put there by whichever stack went back from it; *released*: whether it bears that of a proven rollout."""

    missing: str = ""
    held: bool = False
    released: bool = False


@dataclass(frozen=True)
class Facts:
    """What a stack knows. *releases* in the order in which they were proven; *registered* None where the image's
    registry is not ECR and cannot be asked."""

    releases: Sequence[Release] = ()
    holds: Sequence[Hold] = ()
    registered: Registered | None = field(default_factory=Registered)


@dataclass(frozen=True)
class Admitted:
    """*image* is to be deployed; *replaces*: the release that serves, None when it is this image or there is none.
    *warnings* are for people. *revision*: the commit that the image's label names; empty where it names none, or was
    not asked."""

    image: str
    replaces: Release | None
    warnings: tuple[str, ...] = ()
    revision: str = ""


class NotAdmitted(Exception):
    """The image must not be deployed; the text says why and what to do."""


def admit(
    clients: Clients,
    image: str,
    rollback: str,
    path: str,
    released: bool = True,
    architecture: str = "",
    trusted: Sequence[str] = (),
) -> Admitted:
    """Return whether an image may be deployed to the stack whose records are below *path* (``/sluice/PROJECT/STACK``).

    Args:
        image: ``repository@sha256:…``; with *rollback* it is not looked at.
        rollback: digest of the earlier release that is to serve again; empty for none.
        released: a stack says that it has released the image, or nobody needs to; else its tags must say so.
        architecture: ECS's name of the CPU that runs it; with it the image's own label is asked for its commit.
        trusted: ARNs of KMS keys, one of which must have signed the image; none: nobody needs to. Going back is never
            asked for a signature: the release served before, perhaps before anything was signed.

    Raises:
        NotAdmitted: it may not.
    """
    clients.verify()
    ssm = clients["ssm"]
    releases, holds = ReleaseRecords(ssm, path).all(), Holds(ssm, f"{path}/holds").all()
    if not rollback:
        admitted = decide(image, Facts(releases, holds, look_up(clients, image)), released)
        if trusted and not (found := examine(clients, image, trusted)).signer:
            raise NotAdmitted(refusal(image, found))
        platform = PLATFORMS.get(architecture, "")
        return replace(admitted, revision=_revision(clients, image, platform)) if platform else admitted
    target = earlier(rollback, releases)
    admitted = decide_rollback(target, Facts(releases, holds, look_up(clients, target.digest)))
    runs = after_steps(Records(ssm, f"{path}/runs").all(), target.at) if admitted.replaces else []
    warnings = [
        f"after-steps {', '.join(run.steps)} ran since then (run {run.number}, {run.state}): the older release may "
        "miss what they took away"
        for run in runs
    ]
    return Admitted(admitted.image, admitted.replaces, (*admitted.warnings, *warnings))


def decide(image: str, facts: Facts, released: bool = True) -> Admitted:
    """Pure. For an image that is deployed with its migrations; *released* as for :func:`admit`. Raises NotAdmitted."""
    wanted = image.rpartition("@")[2]
    _refuse_unfit(wanted, facts)
    here = any(digest(release) == wanted for release in facts.releases)
    if not (released or here or (facts.registered is not None and facts.registered.released)):
        raise NotAdmitted(
            f"nothing says that any stack has ever released {wanted}: "
            + ("it has no tag" if facts.registered else "its registry is not ECR, where it would have the tag")
            + f" {RELEASED}{hexadecimal(wanted)[:12]}, which a proven rollout leaves. Deploy it to another environment "
            "first, and take it from there (`promoteFrom`)"
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
            f"{short(newest.digest)} since then: its migrations do not know the schema of today. To have it serve "
            f"without them, set `rollback: {wanted}`"
        )
    current = facts.releases[-1]
    return Admitted(image, None if digest(current) == wanted else current, _unknown(facts))


def earlier(rollback: str, releases: Sequence[Release]) -> Release:
    """Pure. The release to go back to. Raises NotAdmitted."""
    found = [release for release in releases if digest(release) == rollback]
    if not found:
        known = dict.fromkeys(short(release.digest) for release in reversed(releases))
        raise NotAdmitted(
            f"this stack has never released {short(rollback)}, so nobody knows that it can be gone back to; released: "
            f"{', '.join(list(known)[:10]) or 'nothing'}"
        )
    return found[-1]


def decide_rollback(target: Release, facts: Facts) -> Admitted:
    """Pure. For a release that serves again, without migrations. Raises NotAdmitted."""
    _refuse_unfit(digest(target), facts)
    current = facts.releases[-1]
    replaces = None if digest(current) == digest(target) else current
    return Admitted(target.digest, replaces, _unknown(facts))


def _revision(clients: Clients, image: str, platform: str) -> str:
    """The commit that an image was built from, by its label; empty when it has none, or cannot be read."""
    found = answered(configuration, clients, image, platform)
    return found.revision if isinstance(found, ImageConfiguration) else ""


def look_up(clients: Clients, image: str) -> Registered | None:
    """Return what ECR says of an image; None when its registry is not ECR. Source: ECR BatchGetImage, whose *failures*
    name what it did not find."""
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
            return Registered(f"its repository {repository.name} does not exist any more")
        if code == "AccessDeniedException":
            return Registered(
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
    return Registered(
        f"the repository {repository.name} has no such image any more" if gone else "",
        held=not any(one.get("imageTag") == tag(wanted) for one in failed),
        released=not any(one.get("imageTag") == mark for one in failed),
    )


def _refuse_unfit(wanted: str, facts: Facts) -> None:
    if facts.registered is not None and facts.registered.missing:
        raise NotAdmitted(f"the image {wanted} cannot be had: {facts.registered.missing}")
    own = next((hold for hold in facts.holds if hold.digest == wanted), None)
    if own is not None:
        raise NotAdmitted(
            f"the image {wanted} is held: {own}. Deploy another one, stay on an earlier release by "
            "`rollback: sha256:…` or, once this one is known to be good, lift the hold: "
            f"`sluice rollback --lift {wanted}`"
        )
    if facts.registered is not None and facts.registered.held:
        raise NotAdmitted(
            f"the image {wanted} is held by another stack: it bears the tag {tag(wanted)}. Deploy another one, stay on "
            "an earlier release by `rollback: sha256:…`, or lift the hold where it was put: "
            f"`sluice --stack … rollback --lift {wanted}`"
        )


def _unknown(facts: Facts) -> tuple[str, ...]:
    if facts.registered is not None:
        return ()
    return ("the image is not in ECR: whether it still exists, and is not on hold elsewhere, cannot be asked",)


def when(at: int) -> str:
    """A moment (seconds since the epoch), for people."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M UTC")
