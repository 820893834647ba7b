"""The context of every command."""

from __future__ import annotations

from dataclasses import dataclass

from sluice.author import author_name, identity
from sluice.aws.session import Clients
from sluice.cli.interrupt import Interrupt
from sluice.cli.stack import DeployedStack
from sluice.cli.terminal import Terminal
from sluice.clock import Clock
from sluice.migration.records.deployer import Deployer
from sluice.migration.records.records import Records
from sluice.rollout.deployment.service import Service


@dataclass(frozen=True)
class Context:
    """A stack, the clients of its AWS account, and the terminal."""

    stack: DeployedStack
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
        name, cluster = self.stack.needed("service"), self.stack.gate["cluster"]
        return Service(clients["ecs"], clients["elbv2"], clients["logs"], cluster, name, clients["cloudwatch"])

    def deployer(self) -> Deployer:
        return Deployer(
            self.clients["ecs"],
            self.clients["logs"],
            self.records,
            self.clock,
            self.terminal.log,
            author_name(),
            owner=identity().owner,
        )
