"""The plugin's process: ``pulumi-resource-docker`` execs this."""

from __future__ import annotations

from emulator.plugins.docker.provider import DockerProvider
from sluice.protocol.serve import run

if __name__ == "__main__":
    run(DockerProvider())
