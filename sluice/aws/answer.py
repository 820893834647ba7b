"""AWS's answer about a resource that may not exist, or that the caller may not read."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.found import Absent, Unread
from sluice.aws.session import expired

P = ParamSpec("P")
T = TypeVar("T")

_DENIED = ("AccessDenied", "UnauthorizedOperation", "NotAuthorized", "Unauthorized")
_ABSENT = (
    "ResourceNotFoundException", "NoSuchEntity", "RepositoryNotFoundException", "NotFoundException",
    "InvalidGroup.NotFound", "InvalidGroupId.Malformed", "InvalidSubnetID.NotFound", "TargetGroupNotFound",
    "LayersNotFoundException", "LayerInaccessibleException",
)  # fmt: skip


def answered(call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | Absent | Unread:
    """Return the result of *call*, or Absent or Unread for its error.

    Raises:
        ClientError, BotoCoreError: the credentials have expired, so the answer is unknown.
    """
    try:
        return call(*args, **kwargs)
    except ClientError as error:
        if expired(error):
            raise
        code = str(error.response.get("Error", {}).get("Code"))
        if denied(error):
            return Unread(f"access denied: {error.operation_name}")
        if any(one in code for one in _ABSENT):
            return Absent(message(error))
        return Unread(f"{error.operation_name} answered {code}: {message(error)}")
    except BotoCoreError as error:
        if expired(error):
            raise
        return Unread(str(error))


def denied(error: ClientError) -> bool:
    """Return whether the caller lacks the permission."""
    code = str(error.response.get("Error", {}).get("Code"))
    return any(one in code for one in _DENIED) or "not authorized" in message(error)


def message(error: ClientError) -> str:
    """Return AWS's own error message."""
    return str(error.response.get("Error", {}).get("Message") or error.response.get("Error", {}).get("Code"))
