"""The image that a repository has under a tag."""

from __future__ import annotations

import pulumi


def pushed(*, repository: str, tag: str, provider: pulumi.ProviderResource) -> str:
    """Return the image's digest (``sha256:…``); empty without such a tag. Asks AWS immediately, in previews, too.

    Args:
        repository: ``HOST/NAME``.

    Raises:
        Exception: AWS could not be asked (the SDK has no narrower one).
    """
    args = {"repository": repository, "tag": tag}
    answer = pulumi.runtime.invoke("gate:index:pushed", args, pulumi.InvokeOptions(provider=provider)).value or {}
    return str(answer["digest"])
