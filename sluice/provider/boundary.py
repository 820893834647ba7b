"""Between the engine's calls and the gate: threads, the clock, and errors in people's words."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from sluice.aws.session import Clients
from sluice.clock import SystemClock
from sluice.errors import GateError
from sluice.protocol.resource import Call, Refused

P = ParamSpec("P")
T = TypeVar("T")


async def in_thread(work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run blocking work off the event loop; the gate's and AWS's refusals become the engine's."""
    try:
        return await asyncio.to_thread(work, *args, **kwargs)
    except GateError as error:
        raise Refused(str(error)) from error
    except ClientError as error:
        detail = error.response.get("Error", {})
        denied = re.search("AccessDenied|Unauthorized|NotAuthorized", str(detail.get("Code")))
        remedy = (
            "Give the deployer that permission (the code that makes a call names the IAM actions it needs)"
            if denied
            else "Correct what it names, then run `pulumi up` again"
        )
        raise Refused(
            f"AWS refused {error.operation_name}: {detail.get('Code')}: {detail.get('Message')}. {remedy}"
        ) from error
    except BotoCoreError as error:
        endpoint = os.environ.get("AWS_ENDPOINT_URL")
        if endpoint:
            raise Refused(f"the local cloud at {endpoint} does not answer: run `make up` ({error})") from error
        raise Refused(f"AWS could not be reached: {error}") from error


def clock(call: Call, clients: Clients) -> SystemClock:
    """AWS's time; says so when this machine's is far from it. After :meth:`Clients.verify`, which measures it."""
    if clients.wrong_clock:
        call.log(f"warning: {clients.wrong_clock}", "warning")
    return SystemClock(call.cancelled, call.orphaned, clients.skew)


Account = Callable[[], Clients]
"""Gives the configured clients: Configure comes after the resources are made."""
