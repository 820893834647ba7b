"""Why a container's secret cannot be had, in AWS's words.

AWS, "Stopped tasks error messages" (ECS developer guide): ResourceInitializationError, then which store was asked
(`asm`: Secrets Manager, `ssm`: Parameter Store) and that store's own answer; a missing JSON key is named. MiniStack has
one text of its own for all of them.
"""

from __future__ import annotations

import re

_RETRIEVAL = (
    "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: "
    "unable to retrieve {what}: service call has been retried 1 time(s): {why}"
)
_REFERENCE = re.compile(r"secret (\S+) for environment")
_KEY = re.compile(r"json key '([^']*)'")


def reason(text: str) -> str:
    """The stoppedReason for MiniStack's text."""
    found = _REFERENCE.search(text)
    reference = found.group(1) if found else text
    if "secretsmanager" not in reference:
        return _RETRIEVAL.format(what="secrets from ssm", why=f"invalid ssm parameters: {reference.rpartition(':')[2]}")
    key = _KEY.search(text)
    if key:
        why = f"retrieved secret from Secrets Manager did not contain json key {key.group(1)}"
    else:
        why = (
            f"failed to fetch secret {':'.join(reference.split(':')[:7])} from secrets manager: "
            "ResourceNotFoundException: Secrets Manager can't find the specified secret."
        )
    return _RETRIEVAL.format(what="secret from asm", why=why)
