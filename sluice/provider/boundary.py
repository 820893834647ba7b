"""The boundary between the engine's calls and the gate: threads, the clock, and error texts."""

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


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a blocking function in a thread; translate the errors of the gate and of AWS into Refused."""
    try:
        return await asyncio.to_thread(function, *args, **kwargs)
    except GateError as error:
        raise Refused(str(error)) from error
    except ClientError as error:
        detail = error.response.get("Error", {})
        denied = re.search("AccessDenied|Unauthorized|NotAuthorized", str(detail.get("Code")))
        remedy = (
            "Fix: allow the deployer this action (docs/access.md lists every grant)"
            if denied
            else "Fix: correct what the message names, then run `pulumi up` again"
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
    """Return AWS's clock, after :meth:`Clients.verify` has measured it; warn when this machine's clock is far off."""
    if clients.wrong_clock:
        call.log(f"warning: {clients.wrong_clock}", "warning")
    return SystemClock(call.cancelled, call.orphaned, clients.skew)


Account = Callable[[], Clients]
"""Returns the configured clients. A function, because Configure is called after the resources are constructed."""
