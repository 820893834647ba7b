"""The roles of a stack, all below one path; and the two of one kind of task: what ECS may do to start it, and what its
code may do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import naming, policies
from infra.ordering import after


@dataclass(frozen=True)
class Standing:
    """What all roles of a stack have in common.

    Attributes:
        path: where they lie, so that `iam:PassRole` can name them.
        boundary: path and name of the policy that bounds them, None for none.
    """

    path: str
    boundary: str | None

    @classmethod
    def of(cls, project: str, stack: str, *, bounded: bool) -> Standing:
        """Return the standing of one stack's roles.

        Args:
            bounded: whether the roles carry the boundary that `make bootstrap` made (setting `access.boundary`).
        """
        return cls(naming.role_path(project, stack), naming.boundary(project, stack) if bounded else None)


def role(
    name: str, trust: pulumi.Input[str], description: str, standing: Standing, parent: pulumi.Resource
) -> aws.iam.Role:
    """A role of the stack. Every one is made here: the deploy role may make and pass no others.

    Args:
        trust: the policy that says who may take it.
    """
    caller = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=parent))
    end = standing.boundary
    return aws.iam.Role(
        name,
        assume_role_policy=trust,
        description=description,
        path=standing.path,
        permissions_boundary=end and caller.arn.apply(lambda arn: policies.managed(arn, end)),
        opts=pulumi.ResourceOptions(parent=parent),
    )


@dataclass(frozen=True)
class TaskRolesArgs:
    """Inputs of TaskRoles.

    Attributes:
        standing: of all roles of the stack.
        region: of the stack.
        repository_arns: the only ones to pull from.
        log_group_arn: the only one to write to.
        secret_arns: the only ones to read at a task's start.
        policies: ARNs of managed policies for the code.
    """

    standing: Standing
    region: str
    repository_arns: Sequence[pulumi.Input[str]]
    log_group_arn: pulumi.Input[str]
    secret_arns: Sequence[pulumi.Input[str]]
    policies: Sequence[str] = ()


class TaskRoles(pulumi.ComponentResource):
    """Execution role and task role of one kind of task. The application's code may do nothing but what the managed
    policies that the settings name let it do.

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
        execution = role(
            f"{name}-execution", trust, f"Starts {name} tasks: image, log group, secrets", args.standing, self
        )
        policy = aws.iam.RolePolicy(
            f"{name}-execution",
            role=execution.name,
            policy=pulumi.Output.all(
                repositories=list(args.repository_arns), log_group=args.log_group_arn, secrets=list(args.secret_arns)
            ).apply(lambda arns: policies.execution(arns["repositories"], arns["log_group"], arns["secrets"])),
            opts=child,
        )
        task = role(f"{name}-task", trust, f"Used by the code in {name} tasks", args.standing, self)
        attached = [
            aws.iam.RolePolicyAttachment(
                f"{name}-task-{arn.rpartition('/')[2]}", role=task.name, policy_arn=arn, opts=child
            )
            for arn in args.policies
        ]
        self.execution_role_arn = after(execution.arn, policy.id)
        self.task_role_arn = after(task.arn, *(one.id for one in attached))
        self.register_outputs({"executionRoleArn": self.execution_role_arn, "taskRoleArn": self.task_role_arn})
