"""Holds: releases that must not be deployed again until an operator lifts the hold.

A hold is an SSM parameter of the stack, ``/sluice/PROJECT/STACK/holds/DIGEST-HEX``, and a tag ``held-…`` in ECR, so
that another account that promotes the image sees it, too. The parameter decides; the tag is a notice.

IAM: ssm:GetParameter, ssm:GetParametersByPath, ssm:PutParameter, ssm:DeleteParameter on
``arn:aws:ssm:REGION:ACCOUNT:parameter/sluice/PROJECT/STACK/*``; for the tag as for sluice.image.image_tags.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.patience import Unknown
from sluice.aws.repository import parse
from sluice.errors import GateError
from sluice.image.digest import hexadecimal
from sluice.image.image_tags import ImageTags


@dataclass(frozen=True)
class Hold:
    """An image that must not be deployed.

    Attributes:
        digest: ``sha256:…``.
        author: user and host that rolled it back.
        at: seconds since the epoch.
        reason: the operator's text; may be empty.
    """

    digest: str
    author: str
    at: int
    reason: str = ""

    def __str__(self) -> str:
        when = datetime.fromtimestamp(self.at, UTC).strftime("%Y-%m-%d %H:%M UTC")
        return f"{self.author} rolled it back on {when}" + (f" ({self.reason})" if self.reason else "")


class Holds:
    """The holds of one stack, below *prefix* (``/sluice/PROJECT/STACK/holds``)."""

    def __init__(self, ssm: Any, prefix: str) -> None:
        self._ssm = ssm
        self._prefix = prefix.rstrip("/")

    def held(self, image: str) -> Hold | None:
        """Return the hold on an image (a digest or ``repository@sha256:…``); None when it may be deployed."""
        try:
            answer = self._ssm.get_parameter(Name=self._name(image))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return None
            raise
        return _parse(image.rpartition("@")[2], answer["Parameter"]["Value"])

    def all(self) -> list[Hold]:
        """Return every hold, oldest first."""
        pages = self._ssm.get_paginator("get_parameters_by_path").paginate(Path=self._prefix)
        found = [
            _parse(f"sha256:{one['Name'].rpartition('/')[2]}", one["Value"])
            for page in pages
            for one in page["Parameters"]
        ]
        return sorted(found, key=lambda hold: hold.at)

    def add(self, hold: Hold) -> None:
        value = json.dumps({"author": hold.author, "at": hold.at, "reason": hold.reason[:1000]}, separators=(",", ":"))
        self._ssm.put_parameter(
            Name=self._name(hold.digest), Value=value, Type="String", Tier="Standard", Overwrite=True
        )

    def lift(self, image: str) -> bool:
        """Remove the hold. Return False when there was none."""
        try:
            self._ssm.delete_parameter(Name=self._name(image))
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterNotFound":
                return False
            raise
        return True

    def delete_all(self) -> None:
        """Remove every hold, for a stack that is destroyed."""
        for hold in self.all():
            self.lift(hold.digest)

    def _name(self, image: str) -> str:
        return f"{self._prefix}/{hexadecimal(image)}"


def refuse_held(ssm: Any, prefix: str | None, image: str, undone: str) -> None:
    """Refuse an image that is held.

    Args:
        prefix: SSM path of the holds; empty where there are none.
        undone: a sentence for the error: what was not changed.

    Raises:
        GateError: the image is held.
    """
    if not prefix:
        return
    digest = image.rpartition("@")[2]
    hold = Holds(ssm, prefix).held(digest)
    if hold is not None:
        raise GateError(
            f"the image {digest} is held: {hold}. {undone} Fix: deploy another image, or lift the hold once this one "
            f"is known to be good: `sluice rollback --lift {digest}`"
        )


@contextmanager
def holding(holds: Holds, hold: Hold) -> Iterator[None]:
    """Hold an image while the service is rolled back from it, so that no other deployer deploys it meanwhile.

    When the rollback fails, the image still serves and the hold is lifted: the next `pulumi up` must be able to use it.
    """
    holds.add(hold)
    try:
        yield
    except Unknown:
        raise  # the serving release is unknown, so the hold stays
    except (GateError, BotoCoreError, ClientError):
        holds.lift(hold.digest)
        raise


class HeldTag:
    """The tag of a held image in ECR.

    Args:
        repository: its name or URL.
    """

    def __init__(self, ecr: Any, repository: str) -> None:
        found = parse(repository, elsewhere=True) if "." in repository.partition("/")[0] else None
        self._tags = ImageTags(ecr, found.name if found else repository, found.account if found else "")

    def put(self, digest: str) -> None:
        self._tags.put(digest.rpartition("@")[2], tag(digest))

    def remove(self, digest: str) -> None:
        self._tags.remove(tag(digest))


def tag(image: str) -> str:
    """Return ``held-`` and the digest's first twelve digits."""
    return f"held-{hexadecimal(image)[:12]}"


def _parse(digest: str, value: str) -> Hold:
    raw = json.loads(value)
    return Hold(digest, str(raw.get("author", "unknown")), int(raw.get("at", 0)), str(raw.get("reason", "")))
