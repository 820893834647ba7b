"""The environment of rehearsals: one emulated AWS with an account for each stack, and one state for all."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

import boto3

from emulator.cloud import emulator, key
from emulator.cloud.emulator import Cloud
from emulator.cloud.settings import TIME_VARIABLE
from emulator.plugins.install import install
from local import environment
from local.environment import Checkout
from local.rehearse import copies, copy, secrets, zones
from local.rehearse.copy import Copy
from local.rehearse.place import place
from local.stack import Pulumi
from local.toolchain.progress import SetupProgress

TIME = "10"
"""Factor by which AWS's delays are shortened, unless SLUICE_TIME sets it: production's health checks would only make a
rehearsal wait for minutes."""


class RehearsalStage:
    """The rehearsals of one checkout.

    Attributes:
        place: folders of their own, so that the local stack is not touched.
        cloud: running.
    """

    def __init__(self, checkout: Checkout) -> None:
        self.place = place(checkout)
        os.environ.setdefault(TIME_VARIABLE, TIME)
        account = environment.account(self.place.local)
        self.cloud: Cloud = emulator.start(self.place.local, None, account, authority=checkout.local)
        if checkout.pulumi_record.is_file():  # which Pulumi CLI set-up chose
            self.place.pulumi_record.write_text(checkout.pulumi_record.read_text())
        install(self.place.pulumi_home, self.place.root)
        self._ready: dict[str, tuple[Copy, Pulumi]] = {}

    def ready(self, stack: str, progress: SetupProgress) -> tuple[Copy, Pulumi]:
        """The copy of a stack's settings, written, and a Pulumi whose stack exists and speaks of this cloud.

        Made once: to a cloud that was started afresh, whatever the state holds is of one that is gone.
        """
        if stack not in self._ready:
            self._ready[stack] = self._prepared(stack, progress)
        return self._ready[stack]

    def _prepared(self, stack: str, progress: SetupProgress) -> tuple[Copy, Pulumi]:
        made = self._surrounded(copy.make(self.place.root, stack))
        folder = self.place.local
        # The commands that keep stacks write the settings file beside Pulumi.yaml: the real one must stay as it is.
        (folder / "Pulumi.yaml").write_text(copy.project(self.place.root))
        env = environment.applied(os.environ, changes(self.place, os.environ, made, self.cloud.endpoint))
        pulumi = Pulumi(self.place, env, stack, made.write(folder))
        pulumi.prepare(progress, self.cloud)
        return made, pulumi

    def _surrounded(self, made: Copy) -> Copy:
        """With what the stack takes for granted in its account: secrets, keys, and the zone of its name; and with the
        account that gets copies of its snapshots."""
        config = made.document["config"]
        pointed = [
            *secrets.made_up(config, self._client("secretsmanager", made), made.stack, self.place.root),
            *zones.made_up(config, self._client("route53", made)),
            *copies.made_up(config, made.account, lambda service, account: self._client(service, made, account)),
        ]
        return dataclasses.replace(made, differences=(*made.differences, *pointed))

    def _client(self, service: str, made: Copy, account: str = "") -> Any:
        connect: Any = boto3.client  # its overloads know services by their names alone
        return connect(
            service,
            endpoint_url=self.cloud.endpoint,
            region_name=made.region,
            aws_access_key_id=account or made.account,
            aws_secret_access_key=self.cloud.secret(account or made.account),
        )


def changes(place: Checkout, base: Mapping[str, str], made: Copy, endpoint: str) -> dict[str, str | None]:
    """Return what differs from `base` in the environment of a process in a rehearsed stack's account; None means:
    unset.

    Nothing of the caller's own state comes through, wherever SLUICE_BACKEND_URL puts that of the local stack.
    """
    without = {name: value for name, value in base.items() if name != "SLUICE_BACKEND_URL"}
    return {
        **environment.changes(place, without, endpoint),
        "AWS_ACCESS_KEY_ID": made.account,  # the emulator takes one of twelve digits for an account
        "AWS_SECRET_ACCESS_KEY": key.of(place.local).secret(made.account),
        "AWS_REGION": made.region,
        "AWS_DEFAULT_REGION": made.region,
    }
