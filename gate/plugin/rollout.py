"""``gate:index:Rollout``: the one way a revision reaches the service's users."""

from __future__ import annotations

from datetime import UTC, datetime

from gate.errors import GateError
from gate.plugin.boundary import Account, clock, in_thread
from gate.plugin.resource import (
    Call,
    Checked,
    CheckFailure,
    Created,
    Difference,
    Existing,
    Properties,
    Refused,
    Resource,
    State,
)
from gate.plugin.values import UNKNOWN, contains_unknown
from gate.rollout import Done, Wanted, live_revision
from gate.rollout import Rollout as GateRollout
from gate.service import Service
from gate.smoke import Smoke, ask

_REQUIRED = ("cluster", "service", "taskDefinition", "deadline", "imageDigest")
_OPTIONAL = ("targetGroups", "smoke", "shape")


class Rollout(Resource):
    """Deploys a revision by UpdateService, judges that deployment by its id, and proves that it answers."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        failures = [CheckFailure(key, "is missing") for key in _REQUIRED if new.get(key) is None]
        failures += [CheckFailure(key, "is not an input of Rollout") for key in new.keys() - {*_REQUIRED, *_OPTIONAL}]
        deadline = new.get("deadline")
        if deadline is not None and deadline is not UNKNOWN and (not isinstance(deadline, int) or deadline < 1):
            failures.append(CheckFailure("deadline", f"{deadline!r} is not a whole number of seconds of at least 1"))
        if isinstance(new.get("smoke"), dict) and not contains_unknown(new["smoke"]):
            try:
                Smoke.parse(new["smoke"])
            except GateError as error:
                failures.append(CheckFailure("smoke", str(error)))
        return Checked({"targetGroups": []} | new, failures)

    async def diff(self, call: Call, id: str, old: State, new: Properties) -> Difference:
        keys = {key for key in old.inputs.keys() | new.keys() if old.inputs.get(key) != new.get(key)}
        if old.outputs.get("taskDefinition") != new.get("taskDefinition"):
            keys.add("taskDefinition")  # a refresh found another revision live
        if not keys:
            try:
                live = await in_thread(self._live, old.inputs)
            except Exception as error:  # a preview must not fail because AWS cannot be asked
                call.log(f"could not compare with the live service: {error}", "warning")
            else:
                if live and live != new["taskDefinition"]:
                    call.log(f"the service runs {live.rpartition('/')[2]}: something else deployed it", "warning")
                    keys.add("taskDefinition")
        return Difference(changes=bool(keys), diffs=sorted(keys))

    async def create(self, call: Call, new: Properties) -> Created:
        if call.preview:
            return Created("", _preview(new))
        return Created(new["service"], _outputs(new, await in_thread(self._roll_out, call, new, "")))

    async def read(self, call: Call, id: str, inputs: Properties, outputs: Properties) -> Existing | None:
        if not inputs:
            raise Refused("a Rollout cannot be imported: let `pulumi up` create it, which takes up what is deployed")
        await in_thread(self._account().verify)  # the wrong account has no such service, and would lose this one
        live = await in_thread(self._live, inputs)
        return Existing(id, inputs, outputs | {"taskDefinition": live}) if live else None

    async def update(self, call: Call, id: str, old: State, new: Properties) -> Properties:
        if call.preview:
            return _preview(new)
        previous = str(old.inputs.get("taskDefinition") or "")
        return _outputs(new, await in_thread(self._roll_out, call, new, previous))

    def _roll_out(self, call: Call, inputs: Properties, previous: str) -> Done:
        clients = self._account()
        clients.verify()
        wanted = Wanted(
            task_definition=inputs["taskDefinition"],
            previous=previous,
            deadline=inputs["deadline"],
            target_groups=tuple(inputs.get("targetGroups") or ()),
            smoke=Smoke.parse(inputs["smoke"]) if inputs.get("smoke") else None,
        )
        service = Service(clients["ecs"], clients["elbv2"], clients["logs"], inputs["cluster"], inputs["service"])
        rollout = GateRollout(
            service, wanted, clock(call), lambda text, ephemeral: call.log(text, ephemeral=ephemeral), ask
        )
        return rollout.run()

    def _live(self, inputs: Properties) -> str:
        clients = self._account()
        service = Service(clients["ecs"], clients["elbv2"], clients["logs"], inputs["cluster"], inputs["service"])
        return live_revision(service.describe())


def _outputs(inputs: Properties, done: Done) -> Properties:
    return inputs | {
        "deploymentId": done.deployment,
        "previousTaskDefinition": done.previous,
        "completedAt": datetime.fromtimestamp(done.completed_at, UTC).isoformat(),
    }


def _preview(inputs: Properties) -> Properties:
    return inputs | {"deploymentId": UNKNOWN, "previousTaskDefinition": UNKNOWN, "completedAt": UNKNOWN}
