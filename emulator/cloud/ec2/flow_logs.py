"""Flow logs bear the tags that they are created with.

AWS, CreateFlowLogs (EC2 API reference): the type of the resource in its tag specifications is `vpc-flow-log`. MiniStack
looks for `flow-log`, and drops the tags. Nothing is written to any log here: there are no packets to see.
"""

from __future__ import annotations

from typing import Any

from ministack.services import ec2

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings


def install(settings: Settings) -> None:
    """Read the tags under the name that AWS gives them."""
    parse = ec2._parse_tag_specs

    def parse_tag_specs(params: dict[str, Any], kind: str, identifier: str) -> Any:
        return parse(params, "vpc-flow-log" if kind == "flow-log" else kind, identifier)

    replace(ec2, "_parse_tag_specs", parse_tag_specs)


CORRECTION = Correction(
    rule="Flow logs bear the tags that they are created with.",
    fault="Tags are read under `flow-log` instead of `vpc-flow-log`, and dropped.",
    ministack="1.5.33",
    install=install,
)
