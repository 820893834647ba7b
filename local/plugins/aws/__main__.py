"""The plugin's process: ``pulumi-resource-aws`` execs this."""

from __future__ import annotations

from gate.plugin.serve import run
from local.plugins.aws.provider import AwsProvider

if __name__ == "__main__":
    run(AwsProvider())
