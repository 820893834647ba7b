"""Logs Docker in to the registry of a push, so that no password is an input of a resource.

The plugin that pushes takes username and password from its inputs, or where there are none from Docker's configuration
(`getRegistryAuth` in provider/image.go of pulumi-docker 5.2; it reads `$DOCKER_CONFIG/config.json`, or that of
`~/.docker`, at every build). Inputs are part of the stack's state, where everyone who may decrypt it could read a login
that pushes images for twelve hours ("Private registry authentication" in the Amazon ECR user guide).
"""

from __future__ import annotations

import asyncio
import re
import subprocess

import pulumi
import pulumi_aws as aws

SECONDS = 60.0
ECR = re.compile(r"\d{12}\.dkr[.-]ecr\.[a-z0-9-]+\.")
"""How hosts of ECR registries begin ("Making requests to Amazon ECR registries" in its user guide)."""


def logged_in(
    repository_url: pulumi.Input[str], registry_id: pulumi.Input[str], parent: pulumi.Resource
) -> pulumi.Output[str]:
    """Return the same URL once Docker is logged in to its registry. A preview does not log in, as it pushes nothing.

    Args:
        repository_url: `HOST/NAME`.
        registry_id: account of the registry. IAM: ecr:GetAuthorizationToken.
    """
    url = pulumi.Output.from_input(repository_url)
    if pulumi.runtime.is_dry_run():
        return url
    token = aws.ecr.get_authorization_token_output(
        registry_id=registry_id, opts=pulumi.InvokeOutputOptions(parent=parent)
    )

    async def use(known: list[str]) -> str:
        address, username, password = known
        host = address.partition("/")[0]
        if ECR.match(host):  # the registry of an emulated AWS asks for no login of Docker's
            await asyncio.to_thread(log_in, host, username, password)
        return address

    # The URL is no secret, only the password beside it.
    return pulumi.Output.unsecret(pulumi.Output.all(url, token.user_name, token.password).apply(use))


def log_in(host: str, username: str, password: str) -> None:
    """Run `docker login`, which stores the password in Docker's own configuration. Raises pulumi.RunError."""
    command = ["docker", "login", "--username", username, "--password-stdin", host]
    try:
        done = subprocess.run(command, input=password, capture_output=True, text=True, timeout=SECONDS, check=False)
    except FileNotFoundError:
        raise pulumi.RunError(f"Docker cannot log in to {host}: `docker` is not on PATH") from None
    except subprocess.TimeoutExpired:
        raise pulumi.RunError(
            f"Docker did not log in to {host} within {SECONDS:.0f} s\n  fix: check that Docker answers (`docker info`)"
        ) from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().replace(password, "***")
        raise pulumi.RunError(
            f"Docker cannot log in to {host}: {said}\n  fix: `docker login {host}` must work as this user"
        )
