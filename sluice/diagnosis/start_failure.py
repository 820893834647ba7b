"""Causes and remedies of a task that did not start, by ECS's texts.

Sources: ECS "Stopped tasks error messages", "CannotPullContainer task errors", "API failure reasons", "Service event
messages"; public issues for the exact texts. The texts change with the platform version, so the patterns are short.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sluice.diagnosis.exit_code import NOT_EXECUTABLE, NOT_IN_IMAGE, Advice


class StartFailure(NamedTuple):
    """One line of the table.

    Attributes:
        title: what is missing or failed.
        pattern: matched against the reasons' text, ignoring case.
        lasting: a retry of the same task fails in the same way.
        passing: the failure clears by itself within minutes.
    """

    title: str
    pattern: str
    advice: Advice
    lasting: bool = False
    passing: bool = False


_ROLE = StartFailure(
    "a role of the task cannot be assumed",
    r"unable to assume|Role is not valid",
    Advice(
        "a new role is not yet known everywhere in AWS, or its trust policy lacks ecs-tasks.amazonaws.com",
        "if the error persists, check the trust policies of the task role and of the execution role",
    ),
    passing=True,
)
THROTTLED = StartFailure(
    "AWS throttles",
    r"ThrottlingException|Rate exceeded",
    Advice("too many task starts or API calls in this account and Region", "try again later"),
    passing=True,
)
_CAPACITY = StartFailure(
    "no Fargate capacity",
    r"Capacity is unavailable|RESOURCE:FARGATE",
    Advice("AWS has no capacity for the task in these zones", "try again later, or add subnets in other zones"),
    passing=True,
)

STOPPED = (
    StartFailure(
        "the image is for another architecture",
        r"descriptor (matching|for) platform|no matching manifest|exec format error",
        Advice(
            "the image was built for another architecture than the task's (such as ARM64 on a laptop, X86_64 in ECS)",
            "build for app.architecture, or set app.architecture to the image's architecture",
        ),
        lasting=True,
    ),
    StartFailure(
        "the registry limits pulls",
        r"CannotPull.*(toomanyrequests|429 Too Many)",
        Advice("a public registry limits the rate of anonymous pulls", "copy the image to ECR and pull it from there"),
    ),
    StartFailure(
        "the registry refuses the image",
        r"(CannotPull|ecr registry auth).*(403|forbidden|denied|unauthorized|no basic auth|not authorized)",
        Advice(
            "the execution role is not allowed to pull it, or the repository's policy lacks this account",
            "allow the role ecr:GetAuthorizationToken, and on the repository ecr:BatchGetImage and "
            "GetDownloadUrlForLayer; across accounts the repository's policy must allow it, too",
        ),
    ),
    StartFailure(
        "the registry cannot be reached",
        r"(CannotPull|ecr registry auth).*(timeout|dial tcp|deadline|no such host|refused|cancell?ed|send request)",
        Advice(
            "the task's subnets have no route to the registry",
            "give them a NAT gateway, or VPC endpoints for ecr.api, ecr.dkr and s3, or a public IP in a public subnet; "
            "allow port 443 out",
        ),
    ),
    StartFailure(
        "the image does not fit",
        r"CannotPull.*no space left",
        Advice("the task's ephemeral storage (20 GiB by default) is too small for the image", "make the image smaller"),
        lasting=True,
    ),
    StartFailure(
        "the image is not in the registry",
        r"CannotPull.*(not found|manifest unknown|does not exist)",
        Advice(
            "the digest is not in the repository: it was never pushed, or a lifecycle policy deleted it",
            "push it again (`pulumi up` does) and check the repository's lifecycle policy",
        ),
    ),
    StartFailure(
        "the image cannot be pulled",
        r"CannotPull",
        Advice(
            "the image does not exist, the execution role is not allowed to pull it, or the registry is unreachable",
            "check that the digest is in the repository, the execution role's ECR permissions, and the subnets' routes",
        ),
    ),
    _ROLE,
    StartFailure(
        "a secret lacks the JSON key",
        r"did not contain json key|invalid character .* looking for|cannot unmarshal",
        Advice(
            "the secret's value is not a JSON object, or has no such key",
            "add the key to the secret, or correct the key in ARN:key::",
        ),
        lasting=True,
    ),
    StartFailure(
        "access to a secret is denied",
        r"from (asm|ssm).*(AccessDenied|not authorized|denied)",
        Advice(
            "the execution role is not allowed to read the secret, or to decrypt it with its key",
            "allow secretsmanager:GetSecretValue (ssm:GetParameters for a parameter), and kms:Decrypt on a key of "
            "your own",
        ),
    ),
    StartFailure(
        "a secret does not exist",
        r"from (asm|ssm).*(ResourceNotFound|can't find|not found|invalid ssm parameters|ParameterNotFound)",
        Advice(
            "there is no such secret or version in this account and Region, or it is marked for deletion",
            "check the secret's whole ARN, including the six random characters at its end",
        ),
    ),
    StartFailure(
        "a secret cannot be fetched",
        r"from (asm|ssm)|secrets or registry auth|retrieve secret",
        Advice(
            "the task has no route to Secrets Manager, or the secret is missing, or access to it is denied",
            "check the subnets' route (NAT gateway, or a VPC endpoint for secretsmanager), the secret's ARN, and the "
            "execution role's secretsmanager:GetSecretValue",
        ),
    ),
    StartFailure(
        "the log group does not exist",
        r"log group does not exist",
        Advice("the task's log group was deleted, or has another name or Region", "run `pulumi up` with --refresh"),
    ),
    StartFailure(
        "the log cannot be written",
        r"logger args|log stream|awslogs",
        Advice(
            "the execution role is not allowed to write it, or the task has no route to CloudWatch Logs",
            "allow logs:CreateLogStream and logs:PutLogEvents; check the subnets' route (a VPC endpoint for logs)",
        ),
    ),
    StartFailure(
        "the task gets no network interface",
        r"network interface|Unexpected EC2 error|InsufficientFreeAddresses|eni ",
        Advice(
            "a subnet has no free address, the account's limit of network interfaces is reached, or EC2 was slow",
            "check the free addresses of the task's subnets; add larger subnets",
        ),
    ),
    _CAPACITY,
    THROTTLED,
    StartFailure(
        "the command is not in the image",
        r"executable file not found|exec: .*no such file or directory|stat .*no such file or directory",
        NOT_IN_IMAGE,
        lasting=True,
    ),
    StartFailure(
        "the command cannot be executed",
        r"exec: .*permission denied|starting container process.*permission denied",
        NOT_EXECUTABLE,
        lasting=True,
    ),
    StartFailure(
        "the container cannot be started",
        r"CannotStartContainer|CannotCreateContainer|ContainerRuntime|DockerTimeout|CannotCreateVolume|InternalError",
        Advice(
            "Fargate could not create or start the container",
            "read the reason; if it does not name your image or settings, try again later",
        ),
    ),
)
"""Failures before the program runs; the first match wins."""

REFUSED = (
    _CAPACITY,
    _ROLE,
    THROTTLED,
    StartFailure(
        "an account limit is reached",
        r"limit",
        Advice(
            "the Region's quota of Fargate vCPUs or tasks is exhausted (6 vCPUs in a new account; a rolling deployment "
            "needs twice the service's own)",
            "wait until other tasks have stopped, or request a higher Fargate quota",
        ),
        lasting=True,
    ),
    StartFailure(
        "ECS finds nothing under that name",
        r"^MISSING",
        Advice("the cluster, task definition or task does not exist", "run `pulumi up` again with --refresh"),
        lasting=True,
    ),
    StartFailure(
        "the task cannot be placed",
        r"^(RESOURCE:|AGENT|ATTRIBUTE|LOCATION|MemberOf)",
        Advice(
            "the reason is about EC2 instances: the cluster's capacity providers do not place the task on Fargate",
            "set the cluster's default strategy to FARGATE",
        ),
        lasting=True,
    ),
)
"""RunTask's answers when it starts no task: failures[] with HTTP 200, or an exception with the same text."""


def stopped(text: str) -> StartFailure | None:
    """Return the table's row for a stopped task's reasons."""
    return _first(STOPPED, text)


def refused(text: str) -> StartFailure | None:
    """Return the table's row for RunTask's refusal; None when it is unknown."""
    return _first(REFUSED, text)


def _first(table: tuple[StartFailure, ...], text: str) -> StartFailure | None:
    return next((line for line in table if re.search(line.pattern, text, re.IGNORECASE | re.DOTALL)), None)
