"""``gate:index:pushed``: the image that a repository has under a tag; a program calls it before it declares a build."""

from __future__ import annotations

from sluice.image.pushed import pushed as look_up
from sluice.protocol.package import Function
from sluice.protocol.resource import Call, Properties
from sluice.provider.boundary import Account, in_thread


def pushed(account: Account) -> Function:
    """Return the function that the SDK calls.

    Arguments of the call: ``repository`` (``HOST/NAME``), ``tag``. Result: ``digest``, empty without such a tag.
    """

    async def function(call: Call, args: Properties) -> Properties:
        repository, tag = str(args.get("repository") or ""), str(args.get("tag") or "")
        return {"digest": await in_thread(look_up, account(), repository, tag)}

    return function
