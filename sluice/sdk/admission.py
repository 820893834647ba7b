"""Whether an image may be deployed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Admission:
    """The gate's answer: whether an image may be deployed.

    Attributes:
        refusal: why the image must not be deployed; empty when it may.
        image: the image to deploy, by digest.
        replaces: description of the serving release; empty when it has this image, or there is none.
        warnings: texts for the user.
        revision: the commit that the image's label org.opencontainers.image.revision names; empty where it was not
            asked for.
    """

    refusal: str
    image: str
    replaces: str
    warnings: tuple[str, ...]
    revision: str = ""


def admission(
    *,
    image: str,
    rollback: str,
    records: str,
    released: bool = True,
    architecture: str = "",
    trusted: Sequence[str] = (),
    provider: pulumi.ProviderResource,
) -> Admission:
    """Ask AWS at once, in previews too, and changes nothing.

    Args:
        image: ``repository@sha256:…``; ignored with *rollback*.
        rollback: digest of the earlier release to roll back to; empty for none.
        records: SSM path of the stack's records, ``/sluice/PROJECT/STACK``.
        released: the release is known from a stack, or not required; else a tag of the image must prove it.
        architecture: ECS's name of the CPU (``X86_64``); given, the image's label is read, too.
        trusted: ARNs of KMS keys, one of which must have signed the image; empty: no signature is required.

    Raises:
        Exception: AWS could not be asked (the SDK has no narrower one).
    """
    args = {
        "image": image,
        "rollback": rollback,
        "records": records,
        "released": released,
        "architecture": architecture,
        "trusted": list(trusted),
    }
    answer = pulumi.runtime.invoke("gate:index:admission", args, pulumi.InvokeOptions(provider=provider)).value or {}
    warnings = tuple(answer["warnings"])
    return Admission(
        answer["refusal"], answer["image"], answer["replaces"], warnings, str(answer.get("revision") or "")
    )
