"""`python -m emulator.cloud`: serve the corrected emulator until SIGTERM. Started by emulator/cloud/emulator.py."""

from __future__ import annotations

import argparse
import os
import tempfile
import zlib
from pathlib import Path

from emulator.cloud import key
from emulator.cloud.settings import Settings


def main() -> None:
    """Read the command line, prepare the environment that MiniStack reads at import, serve."""
    parser = argparse.ArgumentParser(prog="python -m emulator.cloud", description="The emulated AWS of one checkout.")
    parser.add_argument("--local-dir", type=Path, required=True)
    parser.add_argument("--host", required=True, help="the Docker bridge address to serve on")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--account", required=True, help="12 digits")
    parser.add_argument("--registry", required=True, help="HOST:PORT of the container registry behind ECR")
    parser.add_argument("--region", required=True)
    parser.add_argument("--authority", type=Path, required=True, help="the folder that keeps who signs certificates")
    arguments = parser.parse_args()
    settings = Settings(
        arguments.account,
        arguments.region,
        arguments.host,
        arguments.port,
        arguments.registry,
        arguments.local_dir,
        arguments.authority,
        key.of(arguments.local_dir),
    )
    prepare(settings)
    # Imported only now: MiniStack's modules read the environment when they are imported.
    from emulator.cloud.server import run

    run(settings)


def prepare(settings: Settings) -> None:
    """Set the environment that MiniStack's modules read when they are imported."""
    scratch = settings.local_dir / "tmp"
    scratch.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(scratch)
    # Two checkouts that start databases at the same moment look for free ports in ranges that rarely meet.
    database_ports = 20000 + zlib.crc32(settings.account.encode()) % 500 * 20
    os.environ.pop("HOSTNAME", None)  # MiniStack would take it for the container it runs in.
    os.environ.update(
        {
            "MINISTACK_HOST": settings.host,
            "GATEWAY_PORT": str(settings.port),
            "BIND_HOST": settings.host,
            "MINISTACK_HOSTNAME": f"sluice-{settings.account}",
            "MINISTACK_ACCOUNT_ID": settings.account,
            "MINISTACK_REGION": settings.region,
            "MINISTACK_RDS_PUBLIC_ENDPOINT": "1",
            "MINISTACK_DOCKER_TIMEOUT": "60",
            "RDS_BASE_PORT": str(database_ports),
            "RDS_TMPFS_SIZE": "1g",
            "SFTP_ENABLED": "0",
            "IOT_MTLS_ENABLED": "0",
            "TMPDIR": str(scratch),
            "LOG_LEVEL": "INFO",
        }
    )


if __name__ == "__main__":
    main()
