"""Reads the release of another stack, and refuses one that must not be promoted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from infra.policies import repository
from infra.settings.reading.refusal import end, told
from infra.settings.settings import Settings
from sluice import sdk as gate

READ = "pulumi:pulumi:readStackOutputs"
"""The function behind StackReference. The program calls it for its own stack, because it needs the answer before it
declares any resource."""

NEEDED = ("image", "release", "repository", "repositoryArn", "registryId", "region", "architecture")


def taken(stack_name: str, stack: Settings, provider: pulumi.ProviderResource) -> dict[str, Any]:
    """Return the latest release of another stack. Ends the program when this stack must not promote it.

    It is read from that stack's own record (sluice/release/promotion.py) immediately, so a refusal comes before the
    first change, and in previews, too.

    Args:
        provider: the gate's.
    """
    source = full_name(stack_name)
    _, project, name = source.split("/")
    account, region = stack.promotion.account or "", stack.promotion.region or ""
    try:
        promotable = gate.released(project=project, stack=name, account=account, region=region, provider=provider)
    except Exception as error:  # the SDK has no narrower one
        end(f"promoteFrom: the release of {source} cannot be read: {told(error)}. Nothing was changed")
    if why := complaint(source, promotable, stack.app.architecture) or stranger(source, promotable, account):
        end(f"promoteFrom: {why}. Nothing was changed")
    return dict(promotable or {})


def in_words(stack_name: str, promotable: Mapping[str, Any]) -> str:
    """Return the text for the preview: image, names and source."""
    release = promotable["release"]
    revision, _, dirty = str(release.get("revision") or "").partition("-")
    named = [f"version {release['version']}"] if release.get("version") else []
    named += [f"revision {revision[:12]}{dirty and '-' + dirty}"] if revision else []
    # Numbers of another stack's output are floats.
    steps = ", ".join(f"{step['name']} {step['seconds'] or 0:.0f} s" for step in promotable.get("migrations") or ())
    return (
        f"promoting {release['digest'][:19]} from {full_name(stack_name)}"
        + (f" ({', '.join(named)}, proven there {release['time'][:16].replace('T', ' ')} UTC)" if named else "")
        + (f", where its steps took {steps}" if steps else "")
    )


def full_name(stack_name: str) -> str:
    """Return `org/project/stack`; a bare stack name is of the same project."""
    if "/" in stack_name:
        return stack_name
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack_name}"


def complaint(source: str, promotable: Any, architecture: str) -> str:
    """Return why this release cannot be promoted; empty when it can."""
    if promotable is None:
        return (
            f"{source} has released nothing: the parameter that says so is written once an image has passed its"
            " migrations, its rollout and its after-steps; run `pulumi up` there first"
        )
    missing = [key for key in NEEDED if not isinstance(promotable, dict) or key not in promotable]
    if missing:
        return (
            f"what {source} says that it has released has no {missing[0]}; run `pulumi up` there with this version of"
            " the program"
        )
    if promotable["architecture"] != architecture:
        return (
            f"{source} released an image for {promotable['architecture']}, and app.architecture says {architecture};"
            " write the same in both"
        )
    return ""


def stranger(source: str, promotable: Any, account: str) -> str:
    """Return why this image is not the source's own; empty when it is.

    Without this check, a writer of the record could run any image here.

    Args:
        account: the account that must hold the image; empty: any.
    """
    image, release = str(promotable["image"]), promotable["release"]
    digest, arn = image.rpartition("@")[2], repository(image)
    if account and promotable["registryId"] != account:
        return f"{source} released an image in account {promotable['registryId']}, and promotion.account is {account}"
    if arn is not None and arn != promotable["repositoryArn"]:
        return f"{source} released {image}, which is not in its repository {promotable['repositoryArn']}"
    if release.get("digest") != digest:
        return f"{source} released {digest[:19]} under the name of {str(release.get('digest'))[:19]}"
    return ""
