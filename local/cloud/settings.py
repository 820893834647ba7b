"""What one emulator process was started with."""

from __future__ import annotations

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Settings:
    """The server's settings.

    Attributes:
        account: the 12-digit account of this checkout; calls signed with another 12-digit key id see another account.
        region: the region assumed where a call names none.
        host: the Docker bridge address that everything is bound to.
        port: the port of the AWS endpoint.
        registry: `127.0.0.1:PORT` of the container registry behind ECR.
        local_dir: the checkout's local folder.
    """

    account: str
    region: str
    host: str
    port: int
    registry: str
    local_dir: Path
