"""Tags the images that a stack uses, so that the ECR repository's lifecycle policy does not delete them.

``serving-STACK-DIGITS`` is on every image that the stack's tasks may start from: it is put before ECS starts any task,
and removed when another release is proven. ``released-DIGITS`` is on every image that was ever proven.
(Lifecycle policies consider tags and push times only: "Lifecycle policies" in the Amazon ECR user guide.)

IAM: as for sluice.image.image_tags.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from botocore.exceptions import ClientError

from sluice.errors import GateError
from sluice.image.image_tags import ImageTags, NoImage
from sluice.inputs.keep import Keep

SERVING, RELEASED = "serving-", "released-"
DIGITS = 12
_NOT_OURS = ("AccessDeniedException", "RepositoryNotFoundException")


class InUse:
    """The tags of one stack's images.

    Args:
        log: prints a line; the second argument is true for progress only.
    """

    def __init__(self, ecr: Any, keep: Keep, log: Callable[[str, bool], None]) -> None:
        self._tags = ImageTags(ecr, keep.repository, keep.registry)
        self._keep = keep
        self._log = log

    def begin(self, image: str) -> None:
        """Tag an image before tasks start from it. Raises GateError when the repository no longer has it."""
        try:
            for digest in self._digests(image):
                self._tags.put(digest, self._serving(digest))
        except NoImage as gone:
            raise GateError(_gone(str(gone), image)) from gone
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_OURS:
                raise
            self._log(
                f"note: this account may not tag images of {self._keep.repository} in registry {self._keep.registry}: "
                "what runs here stays only as long as that repository's lifecycle policy keeps releases",
                False,
            )

    def proven(self, image: str) -> None:
        """Tag the image of a proven release, and untag the previous one."""
        try:
            now = self._digests(image)
            self._tags.put(now[0], f"{RELEASED}{_digits(now[0])}")
            wanted = {self._serving(digest) for digest in now}
            self._tags.remove(*sorted(self._own() - wanted))
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_OURS:
                raise

    def _digests(self, image: str) -> Sequence[str]:
        """Return the digests of the release and of the stack's other images in the same repository."""
        own = [one for one in self._keep.images if one.partition("@")[0] == image.partition("@")[0]]
        return [one.rpartition("@")[2] for one in dict.fromkeys([image, *own])]

    def _own(self) -> set[str]:
        """Return this stack's tags, without those of a stack whose name begins with this one's."""
        start = f"{SERVING}{self._keep.stack}-"
        form = re.compile(re.escape(start) + rf"[0-9a-f]{{{DIGITS}}}")
        return {tag for tag, _ in self._tags.beginning(start) if form.fullmatch(tag)}

    def _serving(self, digest: str) -> str:
        return f"{SERVING}{self._keep.stack}-{_digits(digest)}"


def _gone(what: str, image: str) -> str:
    return "\n".join(
        (
            f"{what}. No task was started from it; the service was not changed.",
            f"  cause: {image} was deleted after it had been pushed: by hand, or by the repository's lifecycle policy",
            "  fix:   deploy another version, or push this image there again; then run `pulumi up` again",
        )
    )


def _digits(digest: str) -> str:
    return digest.removeprefix("sha256:")[:DIGITS]
