"""The plugin's process: ``pulumi-resource-aws`` execs this."""

from __future__ import annotations

from emulator.plugins.aws.provider import AwsProvider
from sluice.protocol.serve import run

if __name__ == "__main__":
    run(AwsProvider())
