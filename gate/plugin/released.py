"""``gate:index:released``: what another stack has released, asked by a program before it declares anything."""

from __future__ import annotations

from gate.plugin.boundary import Account, in_thread
from gate.plugin.provider import Function
from gate.plugin.resource import Call, Properties
from gate.promotion import Source
from gate.promotion import released as read


def released(account: Account) -> Function:
    """The function behind the SDK's of this name. Args: ``project``, ``stack``, ``account``, ``region``. Result:
    ``promotable``, without it when that stack has released nothing."""

    async def function(call: Call, args: Properties) -> Properties:
        source = Source(*(str(args.get(key) or "") for key in ("project", "stack", "account", "region")))
        found = await in_thread(read, account(), source)
        return {} if found is None else {"promotable": found}

    return function
