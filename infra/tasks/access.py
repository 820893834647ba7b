"""The IAM roles of a stack, all below one path, and the execution role and task role of each kind of task."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from infra import naming, policies
from infra.ordering import after


@dataclass(frozen=True)
class Standing:
    """The common part of all roles of a stack.

    Attributes:
        path: their IAM path, so that `iam:PassRole` can name them.
        boundary: path and name of their permissions boundary; None for none.
    """

    path: str
    boundary: str | None

    @classmethod
    def of(cls, project: str, stack: str, *, bounded: bool) -> Standing:
        """Return the standing of one stack's roles.

        Args:
            bounded: whether the roles have the boundary that `make bootstrap` created (setting `access.boundary`).
        """
        return cls(naming.role_path(project, stack), naming.boundary(project, stack) if bounded else None)


def role(
    name: str, trust: pulumi.Input[str], description: str, standing: Standing, parent: pulumi.Resource
) -> aws.iam.Role:
    """Return a role of the stack. All roles are created here: the deploy role may create and pass no others.

    Args:
        trust: the trust policy.
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
        repository_arns: repositories that it may pull from.
        log_group_arn: log group that it may write to.
        secret_arns: secrets that it may read at a task's start.
        policies: ARNs of managed policies for the code.
    """

    standing: Standing
    region: str
    repository_arns: Sequence[pulumi.Input[str]]
    log_group_arn: pulumi.Input[str]
    secret_arns: Sequence[pulumi.Input[str]]
    policies: Sequence[str] = ()


class TaskRoles(pulumi.ComponentResource):
    """Execution role and task role of one kind of task.

    The task role has only the managed policies that the settings name.

    Outputs: execution_role_arn, known only once the role's policy is attached, so that no task starts before and no
    service is deleted after the role may read its secrets; task_role_arn.
    """

    execution_role_arn: pulumi.Output[str]
    task_role_arn: pulumi.Output[str]

    def __init__(self, name: str, args: TaskRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:infra:TaskRoles", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        caller = aws.get_caller_identity_output(opts=pulumi.InvokeOptions(parent=self))
        trust = caller.arn.apply(lambda arn: policies.task_trust(policies.AccountRegion.of(arn, args.region)))
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
