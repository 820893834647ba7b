"""``gate:index:released``: what another stack has released, asked by a program before it declares anything."""

from __future__ import annotations

from sluice.protocol.package import Function
from sluice.protocol.resource import Call, Properties
from sluice.provider.boundary import Account, in_thread
from sluice.release.promotion import Source
from sluice.release.promotion import released as read


def released(account: Account) -> Function:
    """The function behind the SDK's of this name. Args: ``project``, ``stack``, ``account``, ``region``. Result:
    ``promotable``, without it when that stack has released nothing."""

    async def function(call: Call, args: Properties) -> Properties:
        source = Source(*(str(args.get(key) or "") for key in ("project", "stack", "account", "region")))
        found = await in_thread(read, account(), source)
        return {} if found is None else {"promotable": found}

    return function
