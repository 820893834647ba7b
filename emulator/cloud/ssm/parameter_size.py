"""A standard parameter holds at most 4 KB.

AWS, "Managing parameter tiers" (Systems Manager user guide): 4 KB in the standard tier, 8 KB in the advanced one; more
is a ValidationException. MiniStack stores any length.
"""

from __future__ import annotations

from typing import Any

from ministack.core.responses import error_response_json
from ministack.services import ssm

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

LIMITS = {"Standard": 4096, "Advanced": 8192, "Intelligent-Tiering": 8192}


def install(settings: Settings) -> None:
    """Measure the value before PutParameter."""
    put = ssm._put_parameter

    def put_parameter(data: dict[str, Any]) -> Any:
        tier = data.get("Tier") or "Standard"
        limit = LIMITS.get(tier, LIMITS["Standard"])
        if len(str(data.get("Value", "")).encode()) > limit:
            return error_response_json(
                "ValidationException",
                f"{tier} tier parameters support a maximum parameter value of {limit} characters.",
                400,
            )
        return put(data)

    replace(ssm, "_put_parameter", put_parameter)


CORRECTION = Correction(
    rule="A standard parameter holds at most 4 KB.",
    fault="A parameter of any length is stored.",
    ministack="1.5.33",
    install=install,
)
