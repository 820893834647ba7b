"""Why a task did not start: ECS's texts, in a table.

Sources: ECS "Stopped tasks error messages", "CannotPullContainer task errors", "API failure reasons", "Service event
messages"; public issues for the exact words. The words change with the platform version, so few of them are asked for.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from sluice.diagnosis.exit_code import NOT_EXECUTABLE, NOT_IN_IMAGE, Advice


class StartFailure(NamedTuple):
    """One line of the table.

    Attributes:
        title: what could not be had or done.
        pattern: of the reasons' text, upper and lower case alike.
        lasting: starting the same task again gives the same answer.
        passing: it passes by itself, within minutes.
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
        "a new role takes a while to be known everywhere, or its trust policy lacks ecs-tasks.amazonaws.com",
        "check the trust policy of the task role and of the execution role if this stays",
    ),
    passing=True,
)
THROTTLED = StartFailure(
    "AWS throttles",
    r"ThrottlingException|Rate exceeded",
    Advice("too many tasks are started, or too many calls made, in this account and Region", "try again later"),
    passing=True,
)
_CAPACITY = StartFailure(
    "no Fargate capacity",
    r"Capacity is unavailable|RESOURCE:FARGATE",
    Advice("AWS has no room for the task in these zones just now", "try again later, or add subnets in other zones"),
    passing=True,
)

STOPPED = (
    StartFailure(
        "the image is for another architecture",
        r"descriptor (matching|for) platform|no matching manifest|exec format error",
        Advice(
            "the image was built for another machine than the task's (an ARM64 laptop and X86_64 tasks, for example)",
            "build for app.architecture, or set app.architecture to what is built",
        ),
        lasting=True,
    ),
    StartFailure(
        "the registry limits pulls",
        r"CannotPull.*(toomanyrequests|429 Too Many)",
        Advice(
            "a public registry answers anonymous pulls only so often", "copy the image to ECR and take it from there"
        ),
    ),
    StartFailure(
        "the registry refuses the image",
        r"(CannotPull|ecr registry auth).*(403|forbidden|denied|unauthorized|no basic auth|not authorized)",
        Advice(
            "the execution role may not pull it, or the repository's policy lacks this account",
            "allow it ecr:GetAuthorizationToken, and on the repository ecr:BatchGetImage and GetDownloadUrlForLayer; "
            "across accounts the repository's policy must allow it too",
        ),
    ),
    StartFailure(
        "the registry cannot be reached",
        r"(CannotPull|ecr registry auth).*(timeout|dial tcp|deadline|no such host|refused|cancell?ed|send request)",
        Advice(
            "the task's subnets have no way to the registry",
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
            "the digest is not in the repository: never pushed there, or removed by a lifecycle policy",
            "push it again (`pulumi up` does) and check the repository's lifecycle policy",
        ),
    ),
    StartFailure(
        "the image cannot be pulled",
        r"CannotPull",
        Advice(
            "the image does not exist, the execution role may not pull it, or there is no route to the registry",
            "check that the digest is in the repository, the execution role's ECR rights, and the subnets' way out",
        ),
    ),
    _ROLE,
    StartFailure(
        "a secret lacks the JSON key",
        r"did not contain json key|invalid character .* looking for|cannot unmarshal",
        Advice(
            "the secret's value is no JSON object, or has no such key",
            "put the key into the secret, or correct the key in ARN:key::",
        ),
        lasting=True,
    ),
    StartFailure(
        "a secret may not be read",
        r"from (asm|ssm).*(AccessDenied|not authorized|denied)",
        Advice(
            "the execution role may not read the secret, or not decrypt it with its key",
            "allow it secretsmanager:GetSecretValue (ssm:GetParameters for a parameter), and kms:Decrypt on a key of "
            "your own",
        ),
    ),
    StartFailure(
        "a secret does not exist",
        r"from (asm|ssm).*(ResourceNotFound|can't find|not found|invalid ssm parameters|ParameterNotFound)",
        Advice(
            "there is no such secret or version in this account and Region, or it is marked for deletion",
            "check the secret's whole ARN, with its random six characters at the end",
        ),
    ),
    StartFailure(
        "a secret cannot be fetched",
        r"from (asm|ssm)|secrets or registry auth|retrieve secret",
        Advice(
            "the task has no way to Secrets Manager, or the secret is missing or may not be read",
            "check the subnets' way out (NAT gateway, or a VPC endpoint for secretsmanager), the secret's ARN, and the "
            "execution role's secretsmanager:GetSecretValue",
        ),
    ),
    StartFailure(
        "the log group does not exist",
        r"log group does not exist",
        Advice(
            "the task's log group was removed, or has another name or Region", "create it: `pulumi up` with --refresh"
        ),
    ),
    StartFailure(
        "the log cannot be written",
        r"logger args|log stream|awslogs",
        Advice(
            "the execution role may not write it, or the task has no way to CloudWatch Logs",
            "allow logs:CreateLogStream and logs:PutLogEvents; check the subnets' way out (a VPC endpoint for logs)",
        ),
    ),
    StartFailure(
        "the task gets no network interface",
        r"network interface|Unexpected EC2 error|InsufficientFreeAddresses|eni ",
        Advice(
            "a subnet has no free address, the account's limit of network interfaces is reached, or EC2 was slow",
            "look for free addresses in the task's subnets; add larger subnets",
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
            "see the reason; if it names nothing of yours, try again later",
        ),
    ),
)
"""What stops a task before its program runs; the first line that fits counts."""

REFUSED = (
    _CAPACITY,
    _ROLE,
    THROTTLED,
    StartFailure(
        "an account limit is reached",
        r"limit",
        Advice(
            "the Region's quota of Fargate vCPUs or tasks is used up (6 vCPUs in a new account; a rolling deployment "
            "takes twice the service's own)",
            "wait until other tasks have ended, or ask AWS for a higher Fargate quota",
        ),
        lasting=True,
    ),
    StartFailure(
        "ECS finds nothing under that name",
        r"^MISSING",
        Advice("the cluster, task definition or task is not there (any more)", "run `pulumi up` again with --refresh"),
        lasting=True,
    ),
    StartFailure(
        "the task cannot be placed",
        r"^(RESOURCE:|AGENT|ATTRIBUTE|LOCATION|MemberOf)",
        Advice(
            "these reasons are about EC2 instances: the cluster's capacity providers take the task away from Fargate",
            "leave the cluster's default strategy on FARGATE",
        ),
        lasting=True,
    ),
)
"""What RunTask answers instead of starting a task: failures[] with HTTP 200, or an exception of the same words."""


def stopped(text: str) -> StartFailure | None:
    """The line for a stopped task's reasons."""
    return _first(STOPPED, text)


def refused(text: str) -> StartFailure | None:
    """The line for RunTask's refusal; None when it is none that we know."""
    return _first(REFUSED, text)


def _first(table: tuple[StartFailure, ...], text: str) -> StartFailure | None:
    return next((line for line in table if re.search(line.pattern, text, re.IGNORECASE | re.DOTALL)), None)
