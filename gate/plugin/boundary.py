"""Between the engine's calls and the gate: threads, the clock, and errors in people's words."""

from __future__ import annotations

import asyncio
import getpass
import os
import socket
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from gate.clock import SystemClock
from gate.errors import GateError
from gate.plugin.resource import Call, Refused
from gate.session import Clients

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Runs blocking work off the event loop; the gate's and AWS's refusals become the engine's."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except GateError as error:
        raise Refused(str(error)) from error
    except ClientError as error:
        detail = error.response.get("Error", {})
        raise Refused(
            f"AWS refused {error.operation_name}: {detail.get('Code')}: {detail.get('Message')}. "
            "Check the deployer's permissions (the code that makes a call names the IAM actions it needs)"
        ) from error
    except BotoCoreError as error:
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        if endpoint:
            raise Refused(f"the local cloud at {endpoint} does not answer: run `make up` ({error})") from error
        raise Refused(f"AWS could not be reached: {error}") from error


def clock(call: Call) -> SystemClock:
    return SystemClock(call.cancelled, call.orphaned)


def who() -> str:
    """User and host, for the record of who ran what."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's uid without a name
        user = "unknown"
    return f"{user}@{socket.gethostname()}"[:100]


Account = Callable[[], Clients]
"""Gives the configured clients: Configure comes after the resources are made."""
