"""The ``aws`` provider: its configuration, and the table's types and functions behind it."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Mapping
from typing import Any

from emulator.plugins.aws.endpoint import local_endpoint, refuse_silent
from emulator.plugins.aws.functions import functions
from emulator.plugins.aws.lifecycle import TableResource
from emulator.plugins.aws.session import Session
from emulator.plugins.aws.table import ENTRIES, database
from sluice.protocol.package import Provider
from sluice.protocol.resource import Checked, CheckFailure, Properties, Refused

# botocore's names of the services the table uses, by the names that the provider's `endpoints` knows them under.
_SERVICES = {
    "appautoscaling": "application-autoscaling", "cloudwatch": "cloudwatch", "events": "events",
    "s3": "s3", "wafv2": "wafv2",
    "acm": "acm", "ec2": "ec2", "ecr": "ecr", "ecs": "ecs", "elbv2": "elbv2", "elasticloadbalancingv2": "elbv2",
    "iam": "iam", "kms": "kms", "logs": "logs", "cloudwatchlogs": "logs", "rds": "rds", "route53": "route53",
    "secretsmanager": "secretsmanager", "sns": "sns", "ssm": "ssm", "sts": "sts",
}  # fmt: skip
_USED = frozenset({
    "region", "accessKey", "secretKey", "token", "endpoints", "defaultTags", "allowedAccountIds", "forbiddenAccountIds",
})  # fmt: skip
# Options that only concern a real account, or save the official provider a call: nothing is to be done about them here.
_MOOT = frozenset({
    "skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId",
    "s3UsePathStyle", "maxRetries", "retryMode", "version", "pluginDownloadURL",
})  # fmt: skip
_NESTED = ("endpoints", "defaultTags", "allowedAccountIds", "forbiddenAccountIds")


class AwsProvider(Provider):
    """Answer as the version of the official plugin whose SDK the program uses."""

    name = "aws"
    version = "7.51.1"

    def __init__(self) -> None:
        self._session: Session | None = None
        self.resources = {entry.token: TableResource(entry, self.session) for entry in ENTRIES}
        self.functions = functions(self.session)

    def session(self) -> Session:
        if self._session is None:
            raise Refused("the local AWS provider was not configured: its configuration holds values not known yet")
        return self._session

    async def check_config(self, old: Properties, new: Properties) -> Checked:
        unknown = sorted(key for key, value in new.items() if value is not None and key not in _USED | _MOOT)
        reason = "provider option {} is not supported by the local AWS provider"
        failures = [CheckFailure(key, reason.format(key)) for key in unknown]
        if endpoint := os.environ.get("AWS_ENDPOINT_URL"):
            # Told here it is the provider's own error; after configure, each call of the program would trace it back.
            try:
                await asyncio.to_thread(refuse_silent, endpoint)
            except Refused as refusal:
                failures.append(CheckFailure("", str(refusal)))
        return Checked(new, failures)

    async def configure(self, args: Properties) -> None:
        await asyncio.to_thread(self._configure, args)

    def _configure(self, args: Properties) -> None:
        options = {key: _decoded(value) if key in _NESTED else value for key, value in args.items()}
        self._session = configured(options, os.environ)
        refuse_silent(self._session.endpoint)
        for key, wrong in (("allowedAccountIds", False), ("forbiddenAccountIds", True)):
            if options.get(key) and (self._session.account in options[key]) is wrong:
                account, self._session = self._session.account, None
                ruled = f"{key} ({', '.join(options[key])})"
                raise Refused(f"these credentials belong to account {account}, which {ruled} rules out")

    def secret_outputs(self, token: str) -> frozenset[str]:
        return frozenset({"password"}) if token == database.INSTANCE.token else frozenset()


def _decoded(value: Any) -> Any:
    """Nested provider options arrive as JSON text."""
    return json.loads(value) if isinstance(value, str) else value


def configured(options: Mapping[str, Any], environment: Mapping[str, str]) -> Session:
    """A session for the provider's *options*.

    Raises:
        Refused: the endpoint is missing or elsewhere, or there is no region.
    """
    blocks = options.get("endpoints") or []
    endpoints = {_service(key): local_endpoint(url) for block in blocks for key, url in block.items()}
    endpoint = environment.get("AWS_ENDPOINT_URL", "")
    if not endpoint:
        raise Refused(
            "AWS_ENDPOINT_URL is not set, and the bundled aws plugin only talks to a local AWS: "
            'eval "$(make -s env)" sets it; '
            "for a real account use the official plugin (a PULUMI_HOME other than this checkout's)"
        )
    region = options.get("region") or environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region:
        raise Refused("no region: set the provider's region, or AWS_REGION")
    names = {"accessKey": "aws_access_key_id", "secretKey": "aws_secret_access_key", "token": "aws_session_token"}
    credentials = {theirs: str(options[ours]) for ours, theirs in names.items() if options.get(ours)}
    tags = (options.get("defaultTags") or {}).get("tags") or {}
    return Session(local_endpoint(endpoint), str(region), endpoints, tags, credentials)


def _service(key: str) -> str:
    if key not in _SERVICES:
        raise Refused(f"the endpoint of {key} is not supported by the local AWS provider")
    return _SERVICES[key]
