"""What another stack has released, and why it may not be taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from infra.refusal import end, told
from infra.settings.settings import Settings

READ = "pulumi:pulumi:readStackOutputs"
"""What a StackReference reads. Asked by the program itself, because the answer must be known before anything is
declared: a refusal comes before the first change, and in previews too."""

NEEDED = ("image", "release", "repository", "repositoryArn", "registryId", "region", "architecture")


def taken(stack_name: str, stack: Settings) -> dict[str, Any]:
    """The output `promotable` of another stack. Ends the program when there is none that this one can take."""
    source = full_name(stack_name)
    try:
        answer = pulumi.runtime.invoke(READ, {"name": source}).value or {}
    except Exception as error:  # the SDK has no narrower one
        end(
            f"promoteFrom: {source} cannot be read: {told(error)}. `pulumi stack ls --all` shows those of this backend."
            " Nothing was changed"
        )
    promotable = (answer.get("outputs") or {}).get("promotable")
    if why := complaint(source, promotable, stack.app.architecture):
        end(f"promoteFrom: {why}. Nothing was changed")
    return dict(promotable or {})


def in_words(stack_name: str, promotable: Mapping[str, Any]) -> str:
    """What is promoted, for whoever reads the preview."""
    release = promotable["release"]
    revision, _, dirty = str(release.get("revision") or "").partition("-")
    named = [f"version {release['version']}"] if release.get("version") else []
    named += [f"revision {revision[:12]}{dirty and '-' + dirty}"] if revision else []
    # Numbers come from another stack as floating-point ones.
    steps = ", ".join(f"{step['name']} {step['seconds'] or 0:.0f} s" for step in promotable.get("migrations") or ())
    return (
        f"promoting {release['digest'][:19]} from {full_name(stack_name)}"
        + (f" ({', '.join(named)}, proven there {release['time'][:16].replace('T', ' ')} UTC)" if named else "")
        + (f", where its steps took {steps}" if steps else "")
    )


def full_name(stack_name: str) -> str:
    """`org/project/stack`, of the same project where only the stack is named."""
    if "/" in stack_name:
        return stack_name
    return f"{pulumi.get_organization()}/{pulumi.get_project()}/{stack_name}"


def complaint(source: str, promotable: Any, architecture: str) -> str:
    """Why this output cannot be taken; empty when it can."""
    if promotable is None:
        return (
            f"{source} has released nothing: it has no output `promotable`, which is written once an image has passed"
            " its migrations, its rollout and its after-steps; run `pulumi up` there first"
        )
    missing = [key for key in NEEDED if not isinstance(promotable, dict) or key not in promotable]
    if missing:
        return (
            f"the output `promotable` of {source} has no {missing[0]}; run `pulumi up` there with this version of the"
            " program"
        )
    if promotable["architecture"] != architecture:
        return (
            f"{source} released an image for {promotable['architecture']}, and app.architecture says {architecture};"
            " write the same in both"
        )
    return ""
