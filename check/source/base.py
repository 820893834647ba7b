"""Checks the base images."""

from __future__ import annotations

from check.result import Skipped, Warned
from check.subject import CheckedStack
from components.image import base_image


def pinned(subject: CheckedStack) -> str:
    """Check that every base image is named by digest.

    Raises:
        Warned: a tag can be another image at the next build, so the released image may not be the tested one.
    """
    app = subject.settings.app
    file = subject.context / app.dockerfile
    if not file.is_file():
        raise Skipped(f"there is no {app.dockerfile}")
    found = base_image.bases(file.read_text(encoding="utf-8"), app.build_args)
    if loose := base_image.by_tag(found):
        raise Warned(
            f"{app.dockerfile} is built on {', '.join(loose)}: a tag, which can be another image tomorrow",
            f"add the digest that `docker buildx imagetools inspect {loose[0]}` shows"
            f" ({loose[0]}@sha256:…); Dependabot keeps it current in a FROM line (docs/base-images.md)",
        )
    own = sum(image.startswith(base_image.LOCAL) for image in found)
    return f"{len(found)} of {len(found)} named" + (f", {own} of them made on this machine" if own else "")
