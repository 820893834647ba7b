"""`python -m bootstrap.run STACK`: prepares the account, creates the stack's deployers, prints what GitHub needs.

Works on the account whose credentials the shell has. Can be repeated.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, SSOError, TokenRetrievalError

from bootstrap import account, neighbours, project, protection, signing_key
from bootstrap.settings import BootstrapSettings, check
from infra.policies import AccountRegion
from infra.settings.reading.mistake import SettingsError

SESSION_SECONDS = 7200
"""Session length that the workflows request by default."""

SECONDS = 600.0
"""For `pulumi up`: about forty small resources of IAM."""

PASSPHRASE = "local"  # noqa: S105 - protects nothing: no secret is in this state, and the bucket is encrypted

_CONFIG = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})


class BootstrapRefused(Exception):
    """Bootstrap cannot continue; the message is for people."""


def main(arguments: Sequence[str]) -> int:
    """Prepare account and deployers of one stack; return the exit code."""
    parser = argparse.ArgumentParser(prog="make bootstrap", description=__doc__)
    parser.add_argument("stack")
    parser.add_argument("--yes", action="store_true", help="do not ask before an account is changed")
    chosen = parser.parse_args(arguments)
    try:
        prepare(chosen.stack, asks=not chosen.yes)
    except (BootstrapRefused, SettingsError) as refusal:
        print(f"error: {refusal}", file=sys.stderr)
        return 1
    except (BotoCoreError, ClientError) as error:
        remedy = "the same command goes on where this one stopped; bootstrap/account.py names the actions it needs"
        print(f"error: AWS refuses or cannot be reached: {error}\n  fix: {remedy}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted: the same command goes on where this one stopped", file=sys.stderr)
        return 130
    return 0


def prepare(stack: str, *, asks: bool) -> None:
    """Prepare everything for one stack. Raises BootstrapRefused, SettingsError."""
    settings, main_project = read(stack), project.name()
    session = boto3.Session(region_name=settings.aws.region)

    def client(service: str) -> Any:
        return session.client(service, config=_CONFIG)

    where = caller(client("sts"), settings)
    print(f"account {where.id}, Region {where.region}: stack {stack} of {main_project}")
    if asks and sys.stdin.isatty() and input("prepare it? [y/N] ").strip().lower() not in ("y", "yes"):
        raise BootstrapRefused("nothing was done")
    own = neighbours.NeighbourStack(main_project, stack, project.is_production(stack))
    there = neighbours.others(client("iam"), own)
    if why := neighbours.refusal(own, there, shared=settings.shared_account):
        raise BootstrapRefused(f"{why}\nnothing was done")
    print("\n".join(neighbours.warning(own, there)), end="\n" if there else "")
    place = account.prepare(client, where, main_project, stack, say)
    if settings.signing.key:
        readers = settings.releases.readers
        key = signing_key.prepare(client("kms"), where, main_project, stack, readers, say)
    else:
        key = ""
    account.identity_provider(client("iam"), where, say)
    backend = url(place, where, os.environ.get("AWS_ENDPOINT_URL", ""))
    outputs = deployers(stack, settings, backend)
    print(report(stack, settings, where, place, backend, outputs))
    print("\n".join(signing(stack, key)), end="\n" if key else "")
    print()
    print("\n".join(protection.protection_report(asked(os.environ), environment(stack, settings))))


def environment(stack: str, settings: BootstrapSettings) -> protection.Environment:
    """Return the GitHub environment of the stack and its required protection."""
    github = settings.github
    name = github.environment or stack
    return protection.Environment(github.repository, name, github.deploy_branches, project.is_production(stack))


def asked(variables: Mapping[str, str]) -> Mapping[str, str]:
    """Return the variables for calling GitHub; no token for an emulated account, whose repository does not exist."""
    return {} if variables.get("AWS_ENDPOINT_URL") else variables


def read(stack: str) -> BootstrapSettings:
    """Return the settings of the stack's bootstrap.

    Raises BootstrapRefused when there are none, SettingsError when they are wrong.
    """
    try:
        return check(stack, project.given(stack))
    except FileNotFoundError as missing:
        raise BootstrapRefused(
            f"there is no bootstrap/Pulumi.{stack}.yaml\n"
            "  fix: write it after the example in docs/bootstrap.md, or name another stack: make bootstrap STACK=…"
        ) from missing


def caller(sts: Any, settings: BootstrapSettings) -> AccountRegion:
    """Return whose account it is.

    Raises BootstrapRefused when nobody is logged in, or to another account than the settings name.
    """
    try:
        where = AccountRegion.of(sts.get_caller_identity()["Arn"], settings.aws.region)
    except (NoCredentialsError, SSOError, TokenRetrievalError) as error:
        account_id = settings.aws.account or "of the stack"
        raise BootstrapRefused(
            f"this shell is not logged in to AWS ({error})\n"
            f"  fix: log in as an administrator of account {account_id}, then try again"
        ) from error
    if settings.aws.account not in (None, where.id):
        raise BootstrapRefused(
            f"these credentials belong to account {where.id}, but aws.account is {settings.aws.account}; nothing was"
            " done\n  fix: switch to the right profile or role, or correct the setting"
        )
    return where


def say(what: str, changed: bool) -> None:
    """Print one line about one resource of the account."""
    print(f"  {'made ' if changed else 'is so'}  {what}")


def url(place: account.StateLocation, where: AccountRegion, endpoint: str) -> str:
    """Return the bucket as a URL of a Pulumi backend ("DIY backends" in Pulumi's documentation).

    Args:
        endpoint: of an emulated AWS; empty: the real one.
    """
    elsewhere = {"endpoint": endpoint, "s3ForcePathStyle": "true"} if endpoint else {}
    return f"s3://{place.bucket}?{urlencode({'region': where.region} | elsewhere)}"


def secrets(place: account.StateLocation, where: AccountRegion) -> str:
    """Return the key as a URL of a Pulumi secrets provider."""
    return f"awskms:///{place.key}?{urlencode({'region': where.region})}"


def deployers(stack: str, settings: BootstrapSettings, backend: str) -> dict[str, Any]:
    """Run the program in this folder; return its outputs. Raises BootstrapRefused."""
    env = os.environ | {
        "PULUMI_BACKEND_URL": backend,
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "AWS_REGION": settings.aws.region,
    }
    known = _pulumi(env, "stack", "ls", "--json")
    if stack not in {str(one["name"]).rpartition("/")[2] for one in json.loads(known or "[]")}:
        _pulumi(env, "stack", "init", stack, "--secrets-provider", "passphrase", "--no-select")
    _pulumi(env, "up", "--stack", stack, "--yes", "--skip-preview", shown=True)
    return dict(json.loads(_pulumi(env, "stack", "output", "--stack", stack, "--json")))


def _pulumi(env: Mapping[str, str], *arguments: str, shown: bool = False) -> str:
    command = ["pulumi", *arguments, "--non-interactive", "--cwd", str(project.ROOT / "bootstrap")]
    done = subprocess.run(
        command,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=None if shown else subprocess.PIPE,
        stderr=None if shown else subprocess.PIPE,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode != 0:
        text = "" if shown else f": {(done.stderr or done.stdout).strip()}"
        raise BootstrapRefused(f"`pulumi {' '.join(arguments)}` ended with exit code {done.returncode}{text}")
    return done.stdout or ""


def report(
    stack: str,
    settings: BootstrapSettings,
    where: AccountRegion,
    place: account.StateLocation,
    backend: str,
    outputs: Mapping[str, Any],
) -> str:
    """Return what remains to be done by hand."""
    github = environment(stack, settings)
    here = {
        "DEPLOY_ROLE": outputs["deployRole"],
        "AWS_REGION": where.region,
        "PULUMI_SECRETS_PROVIDER": secrets(place, where),
    }
    if settings.session_seconds != SESSION_SECONDS:
        here["SESSION_SECONDS"] = str(settings.session_seconds)
    prefix = stack.upper().replace("-", "_")
    everywhere = {f"{prefix}_BACKEND_URL": backend, "AWS_REGION": where.region}
    if "previewRole" in outputs:
        everywhere[f"{prefix}_PREVIEW_ROLE"] = outputs["previewRole"]
    if settings.github.pull_requests:
        everywhere["PULL_REQUEST_PREVIEWS"] = "true"
    report_lines = [
        "",
        f"Put into GitHub, {settings.github.repository}:",
        f"  variables of the environment {github.name}:",
        *(f"    {name} = {value}" for name, value in here.items()),
        "  variables of the repository:",
        *(f"    {name} = {value}" for name, value in everywhere.items()),
        "Jobs with these claims may take the roles:",
        *(f"    {kind}: {line}" for kind, found in outputs["jobs"].items() for one in found for line in claims(one)),
        f"Say in Pulumi.{stack}.yaml:",
        "    access: {boundary: true}",
    ]
    if settings.promote_from is not None:
        source = settings.promote_from
        report_lines.append(f"    promoteFrom: {source.stack}")
        report_lines += [f"    promotion: {{account: '{source.account}'}}"] if source.account else []
    if settings.github.pull_requests:
        report_lines += [
            "Jobs of pull requests may take the preview role: whoever can push a branch reads, without a review, the",
            f"state of {stack} with the secrets in it, its run records, and what the account says of its resources",
            "(docs/security.md). `github.pullRequests: false` takes that away.",
        ]
    return "\n".join(report_lines)


def signing(stack: str, key: str) -> list[str]:
    """Return the lines about the signing key for the settings; none without a key."""
    if not key:
        return []
    return [
        f"Say in Pulumi.{stack}.yaml, to sign what it releases:",
        f"    signing: {{key: '{key}'}}",
        f"Say in the settings of the stacks that promote from {stack}, once it has released with that:",
        f"    signing: {{trusted: ['{key}']}}    # in bootstrap/Pulumi.STACK.yaml too",
    ]


def claims(jobs: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the required claims of a job's token, one subject a line."""
    files = sorted({one.partition("/.github/workflows/")[2] for one in jobs["workflows"]})
    return [f"{one}{', defined by ' + ' or '.join(files) if files else ''}" for one in jobs["subjects"]]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
