"""Whether the serving version works with the schema that the next version's migrations have made.

Between migration and rollout the old version runs on the new schema, and while the rollout goes on both do. So before
anything is replaced, the old one is watched for a while: its deep health answer through the load balancer, its targets,
and its tasks. It is asked at the path that it answered when it was proven: a path that it never answered says nothing.

One bad answer may be a hiccup of the network, and must not stop a deployment; a fault that is there stays. But behind a
load balancer it may show in only one of several tasks, between good answers: so it need not be consecutive. The rule:
two bad answers in the whole soak, targets that stay unhealthy, or one task that was replaced. A soak never ends on a
bad sample.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sluice.aws.observation import Confirmation
from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.diagnosis.exit_code import Advice
from sluice.duration import short_time
from sluice.errors import GateError, Interrupted
from sluice.inputs.smoke import Smoke
from sluice.inputs.soak import Soak
from sluice.rollout.deployment.judge import TargetState
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.smoke_diagnosis import task_advice
from sluice.rollout.proof.question import Question
from sluice.rollout.proof.replaced_tasks import ReplacedTasks

GOOD = 200
"""Status of a good answer at a deep health path."""
PAUSE_SECONDS = 1.0
BAD_LOOKS = 2
"""So many bad answers make the old version unfit."""


@dataclass(frozen=True)
class Sample:
    """One check of the serving version.

    Attributes:
        answer: what is wrong with its answer, empty when nothing is.
        targets: of all groups.
        replaced: why tasks of it stopped since the soak began.
        at: when, in seconds.
    """

    answer: str
    targets: Sequence[TargetState]
    replaced: Sequence[str] = ()
    at: float = 0.0


class Incompatible(GateError):
    """The serving version does not work with the new schema; the service was not changed."""


class OldVersion:
    """The version that serves, as *deployment* of the service; its tasks that have stopped before do not count.

    Attributes:
        name: ``FAMILY:REVISION``.
        replaced: its tasks that had to be replaced since.
    """

    def __init__(
        self, service: Service, patience: Patience, target_groups: Sequence[str], deployment: Mapping[str, Any]
    ) -> None:
        self._service = service
        self._patience = patience
        self._target_groups = target_groups
        self.name = str(deployment["taskDefinition"]).rpartition("/")[2]
        self.replaced = ReplacedTasks(service, patience, deployment)

    def targets(self) -> list[TargetState]:
        return [self._patience.ask(self._service.targets, group) for group in self._target_groups]


def bad(sample: Sample) -> str:
    """What is wrong in this sample; empty when nothing is."""
    return sample.answer or _unhealthy(sample)


def _unhealthy(sample: Sample) -> str:
    return next((f"targets: {state}" for state in sample.targets if state.states.get("unhealthy")), "")


def unfit(samples: Sequence[Sample]) -> str:
    """Why the samples so far stop the rollout; empty while they do not.

    The version's own answers are the fact itself; what AWS says of its targets may be from the past, and must last.
    """
    doubt = Confirmation()
    for sample in samples:
        if sample.replaced:
            return f"a task of it had to be replaced: {sample.replaced[0]}"
        if (unhealthy := _unhealthy(sample)) and doubt.confirmed("unhealthy", sample.at):
            return unhealthy
        if not unhealthy:
            doubt.confirmed("", sample.at)
    wrong = [sample.answer for sample in samples if sample.answer]
    return f"{len(wrong)} of {len(samples)} checks were bad: {wrong[-1]}" if len(wrong) >= BAD_LOOKS else ""


def over(samples: Sequence[Sample], passed: float, seconds: int) -> bool:
    """True when the old version has been watched long enough; a last bad sample needs another one."""
    return passed >= seconds and bool(samples) and not bad(samples[-1])


def soak(
    wanted: Soak,
    old: OldVersion,
    clock: Clock,
    log: Callable[[str, bool], None],
    question: Question,
    image: str = "",
) -> None:
    """Returns when the version that serves has stayed healthy; changes nothing. Raises Incompatible or Interrupted.

    *image* is that of the migrations, by its digest's beginning.
    """
    if not wanted.seconds:
        return
    name = old.name
    log(f"{name} must stay healthy on the new schema for {short_time(wanted.seconds)} before it is replaced", False)
    if old.replaced.unlisted:
        _warn(name, wanted, old, log)

    def heed() -> None:
        if clock.halted():
            raise Interrupted(f"cancelled before the rollout began: {name} keeps serving, on the new schema")

    smoke, begun, samples = Smoke(wanted.url, timeout=wanted.timeout), clock.now(), list[Sample]()
    unanswered = False
    while True:
        heed()
        wrong = ""
        if wanted.url:
            reply = question(smoke, heed)
            wrong, unanswered = reply.wrong, unanswered or reply.answered.unreachable
            if reply.answered.unasked and reply.answered.task is not None:
                raise GateError(_not_asked(name, wrong, task_advice(wanted.url, reply.answered.task)[1]))
        samples.append(Sample(wrong, old.targets(), old.replaced.reasons(), clock.now()))
        if why := unfit(samples):
            raise Incompatible(_explain(name, why, image, unanswered))
        passed = clock.now() - begun
        if over(samples, passed, wanted.seconds):
            log(f"{name} was healthy on the new schema in {len(samples)} checks", False)
            return
        log(f"soaking {name} on the new schema: {short_time(passed)} of {short_time(wanted.seconds)}", True)
        clock.wait(PAUSE_SECONDS)


def _warn(version: str, wanted: Soak, old: OldVersion, log: Callable[[str, bool], None]) -> None:
    """Says what is not noticed without the permission to list tasks. Raises GateError when nothing would be."""
    if not wanted.url and not old.targets():
        raise GateError(
            f"{version}, which serves, cannot be watched on the new schema: it has neither a health path nor targets, "
            "and its tasks cannot be listed\n"
            "  The migrations have run. No task of the service was replaced, and the new version was not started.\n"
            f"  cause: {old.replaced.unlisted}\n"
            "  fix:   give the deployer ecs:ListTasks and ecs:DescribeTasks (condition ecs:cluster), as `make "
            "bootstrap` does, or set soak.path; then run `pulumi up` again"
        )
    log(
        f"warning: the tasks of {version} cannot be listed ({old.replaced.unlisted}): its answers, targets and events "
        "are watched, and a task that ends by itself is not noticed",
        False,
    )


def _not_asked(version: str, why: str, advice: Advice) -> str:
    fix = advice.remedy if "`pulumi up" in advice.remedy else f"{advice.remedy}; then run `pulumi up` again"
    return "\n".join(
        (
            f"{version}, which serves, could not be asked whether it lives with the new schema: {why}",
            "  The migrations have run. No task of the service was replaced, and the new version was not started.",
            f"  cause: {advice.cause}",
            f"  fix:   {fix}",
        )
    )


def _explain(version: str, why: str, image: str, unanswered: bool) -> str:
    cause = "the migrations took away or renamed something that the version which serves still reads"
    if unanswered:
        cause += ";\n         or the load balancer lets this deployer in no more: see smoke.from in docs/settings.md"
    return "\n".join(
        (
            f"{version}, which serves, cannot live with the new schema: {why}",
            "  The migrations have run, and its users may be failing now. No task of the service was replaced, and the",
            "  new version was not started.",
            f"  cause: {cause}",
            f"  fix:   undo them first: `sluice run --image {image or 'DIGEST'} -- COMMAND`, with the command by which",
            "         your tool goes back. Then make the schema fit both versions: add first, roll out, and take away",
            "         in an after-step once no version reads it any more; and run `pulumi up` again.",
            f"         If {version} was unhealthy before the migrations, set soak.seconds to 0 for one update.",
        )
    )
