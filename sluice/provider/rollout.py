"""``gate:index:Rollout``: the one way a revision reaches the service's users."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from sluice import sdk
from sluice.author import author_name, identity
from sluice.aws.patience import Patience, Unknown
from sluice.aws.session import Clients
from sluice.errors import GateError, Interrupted, Superseded
from sluice.image.digest import short
from sluice.image.image_tags import ecr_of
from sluice.inputs.keep import Keep
from sluice.inputs.smoke import Smoke
from sluice.inputs.soak import Soak
from sluice.inputs.strategy import Strategy
from sluice.migration.records.records import Records
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
from sluice.protocol.values import UNKNOWN, contains_unknown
from sluice.provider import failure_notice
from sluice.provider.boundary import Account, clock, in_thread
from sluice.provider.checked import wrong_names, wrong_network
from sluice.provider.rollout_request import wanted_of
from sluice.provider.smoke_origin import who_asks
from sluice.provider.strategy_plan import strategy_plan
from sluice.release.approval import Approvals
from sluice.release.hold import HeldTag, Hold, Holds, holding, refuse_held
from sluice.release.in_use import InUse
from sluice.release.release_record import ReleaseRecords, mover
from sluice.rollout.deployment.http_answer import asking
from sluice.rollout.deployment.judge import live_revision
from sluice.rollout.deployment.service import Service
from sluice.rollout.proof.task_question import inside
from sluice.rollout.rollout import Done
from sluice.rollout.rollout import Rollout as GateRollout
from sluice.rollout.strategy.on_test_traffic import on_test_traffic
from sluice.sdk.definition import inputs_of

_INPUTS = inputs_of(sdk.Rollout)
_SAID = ("names",)
"""The inputs that change nothing by themselves: the same image may come from another commit."""


class Rollout(Resource):
    """Deploys a revision by UpdateService, judges that deployment by its id, and proves that it answers."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def check(self, call: Call, old: Properties, new: Properties) -> Checked:
        failures = [CheckFailure(key, "is missing") for key in _INPUTS.required if new.get(key) is None]
        failures += [CheckFailure(key, "is not an input of Rollout") for key in new.keys() - _INPUTS.all]
        deadline = new.get("deadline")
        if deadline is not None and deadline is not UNKNOWN and (not isinstance(deadline, int) or deadline < 1):
            failures.append(CheckFailure("deadline", f"{deadline!r} is not a whole number of seconds of at least 1"))
        proof = new.get("proof")
        if proof is not None and proof is not UNKNOWN and (not isinstance(proof, int) or proof < 0):
            failures.append(
                CheckFailure("proof", f"{proof!r} is not the number of a run, as MigrationRun's output `run`")
            )
        failures += [*wrong_names(new.get("names")), *wrong_network(new.get("network"))]
        parsers: dict[str, Callable[[Properties], object]] = {
            "smoke": Smoke.parse,
            "soak": Soak.parse,
            "strategy": Strategy.parse,
        }
        for key, parse in parsers.items():
            if isinstance(new.get(key), dict) and not contains_unknown(new[key]):
                try:
                    parse(new[key])
                except GateError as error:
                    failures.append(CheckFailure(key, str(error)))
        return Checked({"targetGroups": []} | new, failures)

    async def diff(self, call: Call, id: str, old: ResourceState, new: Properties) -> Difference:
        given = (old.inputs.keys() | new.keys()) - {*_SAID}
        keys = {key for key in given if old.inputs.get(key) != new.get(key)}
        if old.outputs.get("taskDefinition") != new.get("taskDefinition"):
            keys.add("taskDefinition")  # a refresh found another revision live
        if not keys:
            try:
                moved = await in_thread(self._moved, old.inputs, new["taskDefinition"])
            except Exception as error:  # a preview must not fail because AWS cannot be asked
                call.log(f"could not compare with the live service: {error}", "warning")
            else:
                if moved:
                    call.log(moved, "warning")
                    keys.add("taskDefinition")
        # A new revision is what matters: `pulumi up` prints these names before the progress, and hides it when there
        # are many. The update sees every changed input.
        diffs = ["taskDefinition"] if "taskDefinition" in keys else sorted(keys)
        return Difference(changes=bool(keys), diffs=diffs)

    async def create(self, call: Call, new: Properties) -> Created:
        if call.preview:
            _announce(call, new)
            return Created("", _preview(new))
        return Created(new["service"], _outputs(new, await in_thread(self._roll_out, call, new, {})))

    async def read(self, call: Call, id: str, inputs: Properties, outputs: Properties) -> Existing | None:
        if not inputs:
            raise Refused("a Rollout cannot be imported: let `pulumi up` create it, which takes up what is deployed")
        await in_thread(self._account().verify)  # the wrong account has no such service, and would lose this one
        live = await in_thread(self._live, inputs)
        return Existing(id, inputs, outputs | {"taskDefinition": live}) if live else None

    async def update(self, call: Call, id: str, old: ResourceState, new: Properties) -> Properties:
        if call.preview:
            _announce(call, new)
            return _preview(new)
        wanted = _unsoaked(call, new) if _other_database(old.inputs, new) else new
        return _outputs(new, await in_thread(self._roll_out, call, wanted, old.inputs))

    async def delete(self, call: Call, id: str, old: ResourceState) -> None:
        await in_thread(self._forget, old.inputs)

    def _forget(self, inputs: Properties) -> None:
        """The records go with a stack that keeps nothing; the service itself is another resource's."""
        if inputs.get("retain", True) or not inputs.get("records"):
            return
        clients = self._account()
        clients.verify()
        ReleaseRecords(clients["ssm"], inputs["records"]).delete_all()
        if inputs.get("strategy"):
            Approvals(clients["ssm"], inputs["records"]).delete()
        if inputs.get("holds"):
            Holds(clients["ssm"], inputs["holds"]).delete_all()

    def _roll_out(self, call: Call, inputs: Properties, before: Properties) -> Done:
        """*before*: the inputs of the rollout before; empty on the first one."""
        clients = self._account()
        patience = Patience(clock(call, clients), "beginning the rollout")
        patience.ask(clients.verify)
        kept = "It was not rolled out: what serves keeps serving."
        patience.ask(refuse_held, clients["ssm"], inputs.get("holds"), str(inputs["imageDigest"]), kept)
        try:
            left = patience.ask(self._left, clients, inputs)
            if not left:
                return self._prove(call, inputs, before, clients)
            hold = Hold(
                left.rpartition("@")[2], author_name(), round(clock(call, clients).now()), "rolled back by settings"
            )
            with holding(Holds(clients["ssm"], inputs["holds"]), hold):
                done = self._prove(call, inputs, before, clients)
            self._tell_others(call, clients, left)
            return done
        except (Interrupted, Superseded, Unknown):
            raise  # nothing has failed
        except GateError as failure:
            failure_notice.failure(
                call, clients, str(inputs.get("topic") or ""), "rollout", inputs["imageDigest"], failure
            )
            raise

    def _prove(self, call: Call, inputs: Properties, before: Properties, clients: Clients) -> Done:
        wanted, now = wanted_of(inputs, before), clock(call, clients)
        records = ReleaseRecords(clients["ssm"], inputs["records"]) if inputs.get("records") else None
        runs = Records(clients["ssm"], f"{inputs['records']}/runs") if inputs.get("records") else None
        keep = inputs.get("keep")

        def log(text: str, ephemeral: bool) -> None:
            call.log(text, ephemeral=ephemeral)

        service, traffic = self._service(clients, inputs), None
        if wanted.strategy is not None:
            ecs, logs = clients["ecs"], clients["logs"]
            traffic = on_test_traffic(wanted.strategy, wanted.smoke, ecs, logs, inputs["cluster"], now, log)
        rollout = GateRollout(
            service,
            wanted,
            now,
            log,
            asking(wanted.smoke),
            records,
            InUse(ecr_of(clients, wanted.digest), Keep.parse(keep), log) if keep else None,
            runs,
            identity(clients.skew),
            inside(wanted.smoke, clients["ecs"], clients["logs"], inputs["cluster"], now, log),
            traffic,
            Approvals(clients["ssm"], inputs["records"]) if inputs.get("records") else None,
        )
        return rollout.run()

    @staticmethod
    def _left(clients: Clients, inputs: Properties) -> str:
        """The image that a rollback by settings leaves; empty when nothing is gone back from."""
        if not inputs.get("rollback") or not inputs.get("records") or not inputs.get("holds"):
            return ""
        releases = ReleaseRecords(clients["ssm"], inputs["records"]).all()
        left = releases[-1].digest if releases else ""
        same = left.rpartition("@")[2] == str(inputs["imageDigest"]).rpartition("@")[2]
        return "" if same else left

    @staticmethod
    def _tell_others(call: Call, clients: Clients, left: str) -> None:
        """The tag in ECR, which stacks of other accounts see; without it the hold itself is as good here."""
        try:
            HeldTag(ecr_of(clients, left), left.partition("@")[0]).put(left)
        except (GateError, BotoCoreError, ClientError) as error:
            call.log(f"{short(left)} is held here, but the tag that tells other stacks is missing: {error}", "warning")

    @staticmethod
    def _service(clients: Clients, inputs: Properties) -> Service:
        return Service(
            clients["ecs"],
            clients["elbv2"],
            clients["logs"],
            inputs["cluster"],
            inputs["service"],
            clients["cloudwatch"],
        )

    def _live(self, inputs: Properties) -> str:
        clients = self._account()
        return live_revision(self._service(clients, inputs).describe())

    def _moved(self, inputs: Properties, wanted: str) -> str:
        """What moved the service away from the revision *wanted*, in words; empty while it is there."""
        live = self._live(inputs)
        if not live or live == wanted:
            return ""
        records = ReleaseRecords(self._account()["ssm"], inputs["records"]) if inputs.get("records") else None
        return mover(live, records.all() if records else (), records.rollout() if records else None)


def _announce(call: Call, inputs: Properties) -> None:
    """Says in a preview how the version will be proven."""
    call.log(who_asks(inputs))
    if plan := strategy_plan(inputs):
        call.log(plan)


def _other_database(old: Properties, new: Properties) -> bool:
    return old.get("database") not in (None, new.get("database"))


def _unsoaked(call: Call, inputs: Properties) -> Properties:
    """What serves knows the former database, by its address: it says nothing of the schema of the new one."""
    if inputs.get("soak"):
        call.log("the database is another one than before: what serves is not soaked on it")
    return inputs | {"soak": None}


def _outputs(inputs: Properties, done: Done) -> Properties:
    return inputs | {
        "deploymentId": done.deployment,
        "previousTaskDefinition": done.previous,
        "completedAt": datetime.fromtimestamp(done.completed_at, UTC).isoformat(),
    }


def _preview(inputs: Properties) -> Properties:
    return inputs | {"deploymentId": UNKNOWN, "previousTaskDefinition": UNKNOWN, "completedAt": UNKNOWN}
