"""``gate:index:released``: another stack's latest release; a program calls it before it declares any resource."""

from __future__ import annotations

from sluice.protocol.package import Function
from sluice.protocol.resource import Call, Properties
from sluice.provider.boundary import Account, in_thread
from sluice.release.promotion import PromotionSource
from sluice.release.promotion import released as read


def released(account: Account) -> Function:
    """Return the function that the SDK calls.

    Arguments of the call: ``project``, ``stack``, ``account``, ``region``. Result: ``promotable``, absent without a
    release.
    """

    async def function(call: Call, args: Properties) -> Properties:
        source = PromotionSource(*(str(args.get(key) or "") for key in ("project", "stack", "account", "region")))
        found = await in_thread(read, account(), source)
        return {} if found is None else {"promotable": found}

    return function
