"""The new version of a rollout that shifts traffic, proven before users reach it and again when all of them do."""

from __future__ import annotations

from collections.abc import Callable

from sluice.aws.patience import Patience
from sluice.clock import Clock
from sluice.inputs.smoke import Smoke
from sluice.inputs.strategy import Strategy
from sluice.rollout.deployment.service import Service
from sluice.rollout.diagnosis.rollout_diagnosis import AGAIN, Diagnosis
from sluice.rollout.diagnosis.rollout_failure import Witness
from sluice.rollout.proof.question import Question
from sluice.rollout.proofs import Proofs
from sluice.rollout.request import Wanted
from sluice.rollout.strategy.fitness import Fitness
from sluice.rollout.strategy.lifecycle.service_deployment import ServiceDeployment
from sluice.rollout.strategy.lifecycle.weights import serving_groups
from sluice.rollout.strategy.on_test_traffic import OnTestTraffic
from sluice.rollout.strategy.shift import Shift
from sluice.rollout.strategy.soak_new import soak_on_test_traffic
from sluice.rollout.watching import short_name


class NewVersion:
    """Of one rollout. Each method returns when its proof is there, and has ECS roll back when it cannot be.

    Args:
        traffic: sends requests on test traffic.
        question: sends requests as users do.
        log: takes a line, and whether it is only progress.
    """

    def __init__(
        self,
        shift: Shift,
        wanted: Wanted,
        strategy: Strategy,
        traffic: OnTestTraffic,
        *,
        service: Service,
        patience: Patience,
        clock: Clock,
        witness: Witness,
        question: Question,
        log: Callable[[str, bool], None],
    ) -> None:
        self._shift = shift
        self._wanted = wanted
        self._strategy = strategy
        self._traffic = traffic
        self._service = service
        self._patience = patience
        self._clock = clock
        self._witness = witness
        self._question = question
        self._log = log
        self._group = ""
        self._waiting: Fitness | None = None
        self._baking: Fitness | None = None
        self.name = short_name(wanted.task_definition)

    def admit(self, seen: ServiceDeployment) -> None:
        """Return when the revision is the one that the gate admitted; called before any task starts."""
        found = self._patience.ask(self._service.shift.revision, seen.revision)
        definition = str(found.get("taskDefinition") or "")
        if definition != self._wanted.task_definition:
            self._shift.fail(
                f"ECS is about to deploy {short_name(definition) or 'an unknown revision'} instead of {self.name}",
                Diagnosis(
                    "foreign revision",
                    "the service was changed outside the gate",
                    f"look in CloudTrail who called UpdateService; {AGAIN}",
                ),
            )

    def prove(self, seen: ServiceDeployment) -> None:
        """Return when it is proven on test traffic: targets, smoke request, soak, and the caller's own command."""
        proofs, smoke = self._proofs(seen, self._traffic.asks), self._wanted.smoke
        proofs.targets()
        if smoke is not None:
            proofs.answers(smoke)
        soak_on_test_traffic(self._wanted.soak, self._traffic.asks, self._shift, self._clock, self._log, smoke)
        self._own_proof()
        self._log(f"{self.name} is proven on test traffic", False)

    def prove_for_users(self) -> None:
        """Return when it is proven by requests as users send them. Until the old tasks stop, a rollback is instant."""
        self._baking = self._fitness("while all users reach it", self._question)
        users = self._proofs(self._shift.seen, self._question)
        users.targets()
        if self._wanted.smoke is not None:
            users.answers(self._wanted.smoke)

    def check_waiting(self) -> None:
        """Return while it stays fit on test traffic; called again and again while a person is waited for."""
        if self._waiting is None:
            self._waiting = self._fitness("while it waits for approval", self._traffic.asks)
        self._waiting.check()

    def check_for_users(self, last: bool = False) -> None:
        """Return while it stays fit for its users, once it is proven for them. *last*: check now."""
        if self._baking is not None:
            self._baking.check(last)

    def path(self) -> str:
        """The deep health path that it answers, for the soak of the next rollout; empty: none."""
        return self._proofs(self._shift.seen, self._question).path(self._wanted.smoke, self._wanted.soak)

    def group(self, seen: ServiceDeployment | None) -> str:
        """ARN of its target group: by ECS's service revision, else by the test rule; empty: not known."""
        if not self._group and seen is not None:
            self._group = self._patience.ask(self._service.shift.group_of, seen.revision)
        if not self._group:
            weights = self._patience.ask(self._service.shift.weights, self._strategy.test_rule)
            serving = [one for one in serving_groups(weights) if one in self._strategy.target_groups]
            self._group = serving[0] if len(serving) == 1 else ""
        return self._group

    def _own_proof(self) -> None:
        proof, smoke, soak = self._traffic.proof, self._wanted.smoke, self._wanted.soak
        if proof is None:
            return
        reply = proof(smoke or Smoke(soak.url if soak else ""), self._heed)
        if not reply.wrong:
            self._log(f"proof: {reply.said}", False)
            return
        self._shift.fail(
            f"proof: {reply.wrong}",
            Diagnosis(
                "proof",
                "service.proof.command did not exit 0 on test traffic",
                f"read the log of its task, and correct the version or the command; {AGAIN}",
            ),
        )

    def _heed(self) -> None:
        """Called now and then while a task runs. Raises when a person, ECS or another deployer ended the rollout."""
        self._shift.heed_interruption()
        self._shift.still_ours()

    def _fitness(self, period: str, question: Question) -> Fitness:
        return Fitness(
            period,
            self._shift,
            self._wanted,
            self.group(self._shift.seen),
            service=self._service,
            patience=self._patience,
            clock=self._clock,
            question=question,
        )

    def _proofs(self, seen: ServiceDeployment | None, question: Question) -> Proofs:
        group = self.group(seen)
        return Proofs(
            self._shift,
            (group,) if group else self._strategy.target_groups,
            service=self._service,
            patience=self._patience,
            clock=self._clock,
            witness=self._witness,
            question=question,
            log=self._log,
        )
