"""Where rehearsals happen: one emulated AWS, an account of its own for every stack in it, and one state for all."""

from __future__ import annotations

import dataclasses
import os
from typing import Any

import boto3

from local import environment
from local.cloud import emulator
from local.cloud.emulator import Cloud
from local.cloud.settings import TIME_VARIABLE
from local.environment import Checkout
from local.plugins.install import install
from local.rehearse import copy, secrets
from local.rehearse.copy import Copy
from local.rehearse.place import place
from local.stack import Pulumi, project
from local.toolchain.progress import Progress

TIME = "10"
"""How much faster AWS's own delays pass, unless SLUICE_TIME says otherwise: production's health checks would make a
rehearsal wait for minutes, and it would learn nothing from it."""


class Stage:
    """The rehearsals of one checkout.

    Attributes:
        place: folders of their own, so that the local stack is not touched.
        cloud: running.
    """

    def __init__(self, checkout: Checkout) -> None:
        self.place = place(checkout)
        os.environ.setdefault(TIME_VARIABLE, TIME)
        self.cloud: Cloud = emulator.start(self.place.local, None, environment.account(self.place.local))
        if checkout.pulumi_record.is_file():  # which Pulumi CLI set-up chose
            self.place.pulumi_record.write_text(checkout.pulumi_record.read_text())
        install(self.place.pulumi_home, self.place.root)

    def ready(self, stack: str, progress: Progress) -> tuple[Copy, Pulumi]:
        """The copy of a stack's settings, written, and a Pulumi whose stack exists and speaks of this cloud."""
        made = self._with_secrets(copy.make(self.place.root, stack))
        folder = self.place.local
        # The commands that keep stacks write the settings file beside Pulumi.yaml: the real one must stay as it is.
        (folder / "Pulumi.yaml").write_text(f"name: {project(self.place.root)}\nruntime: python\n")
        pulumi = Pulumi(self.place, self.env(made), stack, made.write(folder))
        pulumi.prepare(progress, self.cloud)
        return made, pulumi

    def _with_secrets(self, made: Copy) -> Copy:
        connect: Any = boto3.client  # its overloads know services by their names alone
        client = connect(
            "secretsmanager",
            endpoint_url=self.cloud.endpoint,
            region_name=made.region,
            aws_access_key_id=made.account,
            aws_secret_access_key="local",  # noqa: S106 - the emulator asks for none
        )
        pointed = tuple(secrets.made_up(made.document["config"], client))
        return dataclasses.replace(made, differences=made.differences + pointed)

    def env(self, made: Copy) -> dict[str, str]:
        """The environment of a process in the stack's account. Nothing of the caller's own state comes through."""
        base = {name: value for name, value in os.environ.items() if name != "SLUICE_BACKEND_URL"}
        ours = environment.applied(base, environment.changes(self.place, base, self.cloud.endpoint))
        region = {"AWS_REGION": made.region, "AWS_DEFAULT_REGION": made.region}
        # The emulator takes a key id of twelve digits for an account.
        return {**ours, "AWS_ACCESS_KEY_ID": made.account, **region}
