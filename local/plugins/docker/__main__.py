"""The plugin's process: ``pulumi-resource-docker`` execs this."""

from __future__ import annotations

from gate.plugin.serve import run
from local.plugins.docker.provider import DockerProvider

if __name__ == "__main__":
    run(DockerProvider())
