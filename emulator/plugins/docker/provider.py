"""The ``docker`` provider: one resource type, no configuration of its own."""

from __future__ import annotations

from emulator.plugins.docker.image import Image
from sluice.protocol.package import Provider
from sluice.protocol.resource import Checked, CheckFailure, Properties

IMAGE = "docker:index/image:Image"
_TAKEN = frozenset({"version", "pluginDownloadURL"})


class DockerProvider(Provider):
    """Answer as the version of the official plugin whose SDK the program uses."""

    name = "docker"
    version = "5.2.0"

    def __init__(self) -> None:
        self.resources = {IMAGE: Image()}
        self.functions = {}

    async def check_config(self, old: Properties, new: Properties) -> Checked:
        reason = "provider option {} is not supported by the local docker provider; DOCKER_HOST chooses a daemon"
        unknown = sorted(key for key, value in new.items() if value is not None and key not in _TAKEN)
        return Checked(new, [CheckFailure(key, reason.format(key)) for key in unknown])

    def secret_outputs(self, token: str) -> frozenset[str]:
        """The registry's password is never in plain text in the state, whatever the program made of it."""
        return frozenset({"registry"})
