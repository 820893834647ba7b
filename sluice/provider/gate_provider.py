"""The ``gate`` package: its resources and its one configuration, the AWS account."""

from __future__ import annotations

from sluice import sdk
from sluice.aws.session import Account, Clients
from sluice.protocol.package import Provider
from sluice.protocol.resource import Checked, CheckFailure, Properties
from sluice.provider.admission import admission
from sluice.provider.default_group import DefaultGroupResource
from sluice.provider.generated_secret import GeneratedSecret
from sluice.provider.image_scan import ImageScan
from sluice.provider.image_signature import ImageSignature
from sluice.provider.migration_run import MigrationRun
from sluice.provider.pushed import pushed
from sluice.provider.random_text import RandomText
from sluice.provider.released import released
from sluice.provider.rollout import Rollout
from sluice.sdk.definition import inputs_of

_KEYS = inputs_of(sdk.Provider).all | {"version"}  # the engine adds the plugin's version


class GateProvider(Provider):
    """Serves DefaultGroup, GeneratedSecret, ImageScan, ImageSignature, MigrationRun, RandomText and Rollout."""

    name = "gate"
    version = "0.1.0"

    def __init__(self) -> None:
        self.clients = Clients(Account())
        self.resources = {
            "gate:index:DefaultGroup": DefaultGroupResource(lambda: self.clients),
            "gate:index:GeneratedSecret": GeneratedSecret(lambda: self.clients),
            "gate:index:ImageScan": ImageScan(lambda: self.clients),
            "gate:index:ImageSignature": ImageSignature(lambda: self.clients),
            "gate:index:MigrationRun": MigrationRun(lambda: self.clients),
            "gate:index:RandomText": RandomText(),
            "gate:index:Rollout": Rollout(lambda: self.clients),
        }
        self.functions = {
            "gate:index:admission": admission(lambda: self.clients),
            "gate:index:pushed": pushed(lambda: self.clients),
            "gate:index:released": released(lambda: self.clients),
        }

    async def check_config(self, old: Properties, new: Properties) -> Checked:
        unknown = sorted(new.keys() - _KEYS)
        failures = [
            CheckFailure(key, f"unknown provider setting; it has {', '.join(sorted(_KEYS - {'version'}))}")
            for key in unknown
        ]
        return Checked(new, failures)

    async def configure(self, args: Properties) -> None:
        self.clients = Clients(
            Account(
                region=args.get("region") or "",
                profile=args.get("profile") or "",
                assume_role=args.get("assumeRole") or "",
                endpoint=args.get("endpoint") or "",
                account=str(args.get("account") or ""),
            )
        )
