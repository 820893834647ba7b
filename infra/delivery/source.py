"""Decides where a stack's image comes from: built here, named in the settings, promoted, or a rollback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pulumi

from components.image import base_image
from components.image.image import Image, ImageArgs
from components.image.origin import Origin
from components.image.registry import Registry, RegistryArgs
from components.image.repository import Repository
from infra.delivery import live, promotion
from infra.image.revision import revision
from infra.policies import repository as repository_arn
from infra.settings.reading.refusal import end, told
from infra.settings.settings import Settings
from infra.settings.values.environment import KEEPING
from sluice import sdk as gate
from sluice.sdk import Admission


@dataclass(frozen=True)
class ImageSource:
    """Decides which image a stack deploys.

    Attributes:
        name: of the stack's resources.
        path: SSM path of its records.
        opts: carry the providers, of which `gate` is asked.
        live: the stack's outputs of its last update.
    """

    name: str
    stack: Settings
    path: str
    gate: pulumi.ProviderResource
    opts: pulumi.ResourceOptions
    live: Mapping[str, Any]

    def origin(self) -> Origin:
        """Return the image to deploy. Ends the program when it must not be deployed, before anything is created or
        changed."""
        stack = self.stack
        if stack.rollback is not None:
            back = self._admitted("rollback", "", f"going back to {stack.rollback[:19]}")
            return self._again(back.image)
        if stack.promote_from is not None:
            promotable = promotion.taken(stack.promote_from, stack, self.gate)
            answer = self._admitted(
                "promoteFrom", promotable["image"], promotion.in_words(stack.promote_from, promotable)
            )
            if answer.replaces:
                live.order(stack, self.live, str(promotable["release"].get("revision") or ""), "promoteFrom")
            return promoted(promotable)
        if stack.image is not None:
            answer = self._admitted("image", stack.image, f"deploying {stack.image}")
            if answer.replaces:
                live.order(stack, self.live, answer.revision, "image")
            return named(answer.image, stack, answer.revision)
        return self._built()

    def _admitted(self, key: str, image: str, what: str) -> Admission:
        """Return the gate's answer for an image that may be deployed; end the program otherwise.

        Args:
            key: the setting that names the image.
            what: the change, for the log.
        """
        rollback = self.stack.rollback or ""
        try:
            answer = gate.admission(
                image=image,
                rollback=rollback,
                records=self.path,
                # In production, a tag of the image must prove that another stack has released it.
                released=not self.stack.protected,
                architecture=self.stack.app.architecture if key == "image" else "",
                trusted=self.stack.signing.trusted,
                provider=self.gate,
            )
        except Exception as error:  # the SDK has no narrower one
            end(f"{key}: AWS could not be asked whether the image may be deployed: {told(error)}. Nothing was changed")
        if answer.refusal:
            end(f"{key}: {answer.refusal}. Nothing was changed")
        for warning in answer.warnings:
            pulumi.log.warn(f"{key}: {warning}")
        if answer.replaces:
            pulumi.log.info(f"{what}; it replaces {answer.replaces}")
        return answer

    def _again(self, back: str) -> Origin:
        """Return an earlier release. A stack that builds keeps its repository, which has the earlier image."""
        if self.stack.app.context is None:
            return named(back, self.stack)
        built = self._built()
        names = pulumi.Output.all(built.reference, built.names).apply(lambda both: both[1] if both[0] == back else {})
        return replace(built, reference=pulumi.Output.from_input(back), names=names)

    def _built(self) -> Origin:
        """Built from the application's sources, into a repository of the stack's own."""
        stack, app, context = self.stack, self.stack.app, str(self.stack.app.context)
        registry = stack.registry
        kept = RegistryArgs(
            region=stack.aws.region,
            protected=stack.protected,
            keep_releases=registry.keep_releases,
            keep_days=registry.keep_days,
            kept=stack.images_kept,
            pullers=registry.pullers,
        )
        repository = Registry(self.name, kept, self.opts).repository
        self._warn_of_tags(context)
        build = ImageArgs(context, app.dockerfile, app.build_args, app.architecture, repository.url, repository.account)
        found = self._pushed(build.tag)
        image = Image(self.name, replace(build, pushed=found), self.opts)
        # The revision is no part of the image: another commit with the same content must not be another image.
        names = {"tag": image.tag, "version": image.version, "revision": revision(context)}
        return Origin(
            image.reference,
            # After a partial update, the sources may be newer than the image.
            image.name.apply(lambda pushed: names if pushed.rpartition(":")[2] == image.tag else {}),
            repository,
            "" if found else build.tag,
        )

    def _warn_of_tags(self, context: str) -> None:
        """Warn of base images without a digest, in stacks whose images other stacks run."""
        app = self.stack.app
        if self.stack.environment not in KEEPING:
            return
        found = base_image.bases((Path(context) / app.dockerfile).read_text(encoding="utf-8"), app.build_args)
        if loose := base_image.by_tag(found):
            pulumi.log.warn(
                f"app.dockerfile: {', '.join(loose)} can be another image at the next build, without any change here."
                " Fix: name it by digest (docs/base-images.md)"
            )

    def _pushed(self, tag: str) -> str:
        """Return the digest of an existing image with this tag, which an interrupted update or another builder pushed.

        Empty without one, or if it is in the stack's state.
        """
        repository = str(self.live.get("repository") or "")
        if not repository or self.live.get("builtTag") == tag:
            return ""
        try:
            found = gate.pushed(repository=repository, tag=tag, provider=self.gate)
        except Exception as error:  # the SDK has no narrower one
            pulumi.log.warn(f"whether {repository} has an image {tag} already could not be found out: {told(error)}")
            return ""
        if found:
            pulumi.log.info(f"{repository} has an image of this build already, {found[:19]}: it is not built again")
        return found


def named(image: str, stack: Settings, revision: str = "") -> Origin:
    """Return the origin of an image that the settings name.

    Args:
        revision: the commit in its label, if any.
    """
    arn = repository_arn(image) or ""
    region, account = arn.split(":")[3:5] if arn else (stack.aws.region, "")
    name = image.partition("@")[0].partition("/")[2]
    names = {"revision": revision} if revision else {}
    return _existing(image, names, {"repository": name, "repositoryArn": arn, "registryId": account, "region": region})


def promoted(promotable: Mapping[str, Any]) -> Origin:
    """Return the origin of another stack's release."""
    release = promotable["release"]
    names = {key: release[key] for key in ("tag", "version", "revision") if key in release}
    return _existing(promotable["image"], names, promotable)


def _existing(image: str, names: Mapping[str, str], at: Mapping[str, Any]) -> Origin:
    known = pulumi.Output.from_input
    url = known(image.partition("@")[0])
    account, arn = known(at["registryId"]), known(at["repositoryArn"])
    return Origin(known(image), known(names), Repository(url, known(at["repository"]), arn, account, at["region"]))
