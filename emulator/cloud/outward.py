"""The emulator connects to no address that a caller names, unless it is a target that AWS takes.

Not an AWS rule but the ground of others: AWS delivers from its own network, and this process is on the developer's
machine, where `http://127.0.0.1:…` is a service of the developer's own. A task's credentials could subscribe such an
address to a topic or write it into a listener's action; and a rehearsal must not send to a real endpoint either.
Subscriptions, rules and actions stay as they were asked for; SQS and logs are delivered to. Targets: elb/address.py.
"""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlsplit

from ministack.services import alb, eventbridge, sns

from emulator.cloud.correction import Correction
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings

log = logging.getLogger("sluice.outward")


class NotConnectedError(OSError):
    """The local cloud connects to nobody by HTTP; MiniStack takes it for a failed delivery."""


def install(settings: Settings) -> None:
    """Replace the functions that open connections."""
    replace(sns, "_http_post_sync", lambda endpoint, *more: _refuse(str(endpoint)))
    replace(eventbridge, "_http_open", lambda request, *more, **named: _refuse(str(request.full_url)))
    for name in ("_oidc_post_form", "_oidc_get_userinfo"):
        replace(alb, name, lambda url, *more, **named: _refuse(str(url)))


CORRECTION = Correction(
    rule="No HTTP connection is made to an address that a caller names, except to a target.",
    fault="A subscription, an event rule or a listener's action reaches any address, 127.0.0.1 too.",
    ministack="1.5.33",
    install=install,
)


def _refuse(address: str) -> Any:
    log.warning("no connection is made to %s", urlsplit(address).hostname)
    raise NotConnectedError("the local cloud connects to nobody by HTTP")
