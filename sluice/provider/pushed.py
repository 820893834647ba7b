"""``gate:index:pushed``: which image a repository has under a tag, asked by a program before it declares a build."""

from __future__ import annotations

from sluice.image.pushed import pushed as look_up
from sluice.protocol.package import Function
from sluice.protocol.resource import Call, Properties
from sluice.provider.boundary import Account, in_thread


def pushed(account: Account) -> Function:
    """The function behind the SDK's of this name. Args: ``repository`` (``HOST/NAME``), ``tag``. Result: ``digest``,
    empty when the repository has no such tag."""

    async def function(call: Call, args: Properties) -> Properties:
        repository, tag = str(args.get("repository") or ""), str(args.get("tag") or "")
        return {"digest": await in_thread(look_up, account(), repository, tag)}

    return function
