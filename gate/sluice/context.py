"""What every verb works with."""

from __future__ import annotations

from dataclasses import dataclass

from gate.clock import Clock
from gate.deployer import Deployer
from gate.records import Records
from gate.service import Service
from gate.session import Clients
from gate.sluice.interrupt import Interrupt
from gate.sluice.stack import Stack
from gate.sluice.terminal import Terminal
from gate.who import identity, who


@dataclass(frozen=True)
class Context:
    """A stack, the AWS account it lives in, and the terminal in front of it."""

    stack: Stack
    clients: Clients
    terminal: Terminal
    clock: Clock
    interrupt: Interrupt

    @property
    def records(self) -> Records:
        return Records(self.clients["ssm"], self.stack.gate["records"])

    @property
    def service(self) -> Service:
        clients = self.clients
        name = self.stack.needed("service")
        return Service(clients["ecs"], clients["elbv2"], clients["logs"], self.stack.gate["cluster"], name)

    def deployer(self) -> Deployer:
        return Deployer(
            self.clients["ecs"],
            self.clients["logs"],
            self.records,
            self.clock,
            self.terminal.log,
            who(),
            owner=identity().owner,
        )
