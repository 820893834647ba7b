"""Says in ECR which images a stack runs, so that the repository's lifecycle policy, which knows of no task, keeps them.

``serving-STACK-DIGITS`` is on every image that the stack's tasks may be started from: put on before ECS is told to
start any, taken away when another release is proven. ``released-DIGITS`` is on everything that was ever proven.
(Lifecycle policies look at tags and push times alone: "Lifecycle policies" in the Amazon ECR user guide.)

IAM: what sluice.image.image_tags says.
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
        log: takes a line, and whether it is only progress.
    """

    def __init__(self, ecr: Any, keep: Keep, log: Callable[[str, bool], None]) -> None:
        self._tags = ImageTags(ecr, keep.repository, keep.registry)
        self._keep = keep
        self._log = log

    def begin(self, image: str) -> None:
        """Before tasks are started from *image*. Raises GateError when the repository no longer has it."""
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
        """The image serves, and nothing else does."""
        try:
            now = self._digests(image)
            self._tags.put(now[0], f"{RELEASED}{_digits(now[0])}")
            wanted = {self._serving(digest) for digest in now}
            self._tags.remove(*sorted(self._own() - wanted))
        except ClientError as error:
            if error.response["Error"]["Code"] not in _NOT_OURS:
                raise

    def _digests(self, image: str) -> Sequence[str]:
        """Of the release and of the other images; those of other repositories are other people's to keep."""
        own = [one for one in self._keep.images if one.partition("@")[0] == image.partition("@")[0]]
        return [one.rpartition("@")[2] for one in dict.fromkeys([image, *own])]

    def _own(self) -> set[str]:
        """This stack's tags; those of a stack whose name begins with this one's are not among them."""
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
