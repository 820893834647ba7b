"""``gate:index:DefaultGroup``: the default security group of the stack's VPC, with no rules."""

from __future__ import annotations

from sluice import sdk
from sluice.aws.default_group import SecurityGroup as Group
from sluice.aws.default_group import close, find
from sluice.protocol.resource import (
    Call,
    Checked,
    CheckFailure,
    Created,
    Difference,
    Existing,
    Properties,
    Refused,
    Resource,
    ResourceState,
)
from sluice.protocol.values import UNKNOWN
from sluice.provider.boundary import Account, in_thread
from sluice.sdk.definition import inputs_of

_INPUTS = inputs_of(sdk.DefaultGroup)


class DefaultGroupResource(Resource):
    """Removes the group's rules, and rules that were added later.

    Deleting the resource changes nothing: AWS deletes the group with the VPC.
    """

    def __init__(self, account: Account) -> None:
        self._account = account

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        failures = [CheckFailure("vpc", "is missing")] if new.get("vpc") is None else []
        failures += [CheckFailure(key, "is not an input of DefaultGroup") for key in sorted(new.keys() - _INPUTS.all)]
        return Checked(new, failures)

    async def diff(self, call: Call, id: str, old: ResourceState, new: Properties) -> Difference:
        """Report a replacement for another VPC, and an update for rules that a refresh found."""
        if old.inputs.get("vpc") != new.get("vpc"):
            return Difference(changes=True, diffs=["vpc"], replaces=["vpc"])
        opened = bool(old.outputs.get("rules"))
        return Difference(changes=opened, diffs=["rules"] if opened else [])

    async def create(self, call: Call, new: Properties) -> Created:
        if call.preview:
            return Created("", new | {"group": UNKNOWN, "rules": 0})
        group = await in_thread(self._closed, new["vpc"])
        return Created(group.id, new | {"group": group.id, "rules": 0})

    async def read(self, call: Call, id: str, inputs: Properties, outputs: Properties) -> Existing | None:
        if not inputs:
            raise Refused("a DefaultGroup cannot be imported: `pulumi up` creates it, which only removes rules")
        group = await in_thread(self._found, inputs["vpc"])
        return Existing(group.id, inputs, inputs | {"group": group.id, "rules": group.rules}) if group else None

    async def update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        if call.preview:
            return new | {"group": id, "rules": 0}
        group = await in_thread(self._closed, new["vpc"])
        return new | {"group": group.id, "rules": 0}

    def _found(self, vpc: str) -> Group | None:
        clients = self._account()
        clients.verify()
        return find(clients["ec2"], vpc)

    def _closed(self, vpc: str) -> Group:
        clients = self._account()
        clients.verify()
        return close(clients["ec2"], vpc)
