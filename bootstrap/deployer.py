"""A role that GitHub jobs assume, with its policies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True)
class DeployerArgs:
    """Inputs of DeployerRole.

    Attributes:
        path: of role and policies.
        trust: the policy that says who may assume the role.
        grants: subject to policy document; each becomes a managed policy.
        session_seconds: longest lifetime of its credentials.
    """

    path: str
    trust: pulumi.Input[str]
    description: str
    grants: Mapping[str, pulumi.Input[str]]
    session_seconds: int = 3600


class DeployerRole(pulumi.ComponentResource):
    """A role with one managed policy per subject, under names that other accounts can predict.

    Outputs: arn, known once every policy is attached.
    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: DeployerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("sluice:bootstrap:Deployer", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            name=name,
            path=args.path,
            description=args.description,
            assume_role_policy=args.trust,
            max_session_duration=args.session_seconds,
            opts=child,
        )
        attached = []
        for subject, text in args.grants.items():
            policy = aws.iam.Policy(
                f"{name}-{subject}", name=f"{name}-{subject}", path=args.path, policy=text, opts=child
            )
            attached.append(
                aws.iam.RolePolicyAttachment(f"{name}-{subject}", role=role.name, policy_arn=policy.arn, opts=child).id
            )
        self.arn = pulumi.Output.all(role.arn, *attached).apply(lambda known: str(known[0]))
        self.register_outputs({"arn": self.arn})
