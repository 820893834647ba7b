"""The two roles of one kind of task: what ECS may do to start it, and what its code may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import policies
from infra.ordering import after


@dataclass(frozen=True)
class TaskRolesArgs:
    """region: of the stack. repository_arns: the only ones to pull from. log_group_arn: the only one to write to.
    secret_arns: the only ones to read at a task's start."""

    region: str
    repository_arns: Sequence[pulumi.Input[str]]
    log_group_arn: pulumi.Input[str]
    secret_arns: Sequence[pulumi.Input[str]]


class TaskRoles(pulumi.ComponentResource):
    """Execution role and task role of one kind of task. The task role starts empty: the application's code may do
    nothing.

    Outputs: execution_role_arn, known only when the role's policy is attached, so that no task starts before it may
    read its secrets, and no service is deleted after it may not; task_role_arn.
    """

    execution_role_arn: pulumi.Output[str]
    task_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: TaskRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:TaskRoles", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self))
        trust = caller.arn.apply(lambda arn: policies.task_trust(policies.Account.of(arn, args.region)))
        execution = aws.iam.Role(
            f"{name}-execution",
            assume_role_policy=trust,
            description=f"Starts {name} tasks: image, log group, secrets",
            opts=child,
        )
        policy = aws.iam.RolePolicy(
            f"{name}-execution",
            role=execution.name,
            policy=pulumi.Output.all(
                repositories=list(args.repository_arns), log_group=args.log_group_arn, secrets=list(args.secret_arns)
            ).apply(lambda arns: policies.execution(arns["repositories"], arns["log_group"], arns["secrets"])),
            opts=child,
        )
        task = aws.iam.Role(
            f"{name}-task", assume_role_policy=trust, description=f"Used by the code in {name} tasks", opts=child
        )
        self.execution_role_arn = after(execution.arn, policy.id)
        self.task_role_arn = task.arn
        self.register_outputs({"executionRoleArn": self.execution_role_arn, "taskRoleArn": self.task_role_arn})
