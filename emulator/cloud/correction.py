"""The declaration that every correction of MiniStack makes in its own file, as `CORRECTION`."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from emulator.cloud.settings import Settings


@dataclasses.dataclass(frozen=True)
class Correction:
    """One rule that MiniStack breaks, and the function that makes it keep the rule.

    Attributes:
        rule: the rule, in one sentence.
        fault: what plain MiniStack does instead, in one sentence. A probe in tests/e2e/ministack shows it.
        ministack: the version of MiniStack that has the fault and whose private names the correction uses.
        install: replaces the functions at fault, once, before the first request.
    """

    rule: str
    fault: str
    ministack: str
    install: Callable[[Settings], None]
