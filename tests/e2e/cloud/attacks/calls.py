"""Calls that a web page, a container or another program might get through."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode, urlsplit

import botocore.exceptions

from tests.e2e.cloud.attacks.target import LIST, Target, ask, signed

PAGE = "https://attacker.example"

# A web page


def a_page_reads_across_origins(target: Target) -> str | None:
    form = urlencode({"Action": "DescribeDBInstances", "Version": "2014-10-31"}).encode()
    headers = {"Origin": PAGE, "content-type": "application/x-www-form-urlencoded"}
    answer = ask(target.endpoint, "POST", headers, form)
    allowed = answer.headers.get("access-control-allow-origin")
    return f"200, Access-Control-Allow-Origin: {allowed}" if answer.status == 200 and allowed else None


def a_page_asks_for_leave_to_sign(target: Target) -> str | None:
    headers = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "x-amz-target,authorization",
    }
    answer = ask(target.endpoint, "OPTIONS", headers)
    allowed = answer.headers.get("access-control-allow-headers")
    return f"Access-Control-Allow-Headers: {allowed}" if allowed else None


def a_page_lists_clusters(target: Target) -> str | None:
    answer = ask(target.endpoint, "POST", {**LIST, "Origin": PAGE}, b"{}")
    return "clusters listed" if answer.clusters else None


def a_page_rebinds_its_name(target: Target) -> str | None:
    host = f"attacker.example:{urlsplit(target.endpoint).port}"
    answer = ask(target.endpoint, "POST", {**LIST, "Host": host}, b"{}")
    return f"clusters listed for Host: {host}" if answer.clusters else None


def a_signed_request_for_another_name(target: Target) -> str | None:
    """As of a page that learnt a secret, or of a proxy on the page's side."""
    host = f"attacker.example:{urlsplit(target.endpoint).port}"
    answer = ask(target.endpoint, "POST", signed(target, b"{}", host=host), b"{}")
    return f"clusters listed for Host: {host}" if answer.clusters else None


# A container, or another program of this machine


def without_credentials(target: Target) -> str | None:
    return "clusters listed" if ask(target.endpoint, "POST", LIST, b"{}").clusters else None


def guessed_credentials(target: Target) -> str | None:
    return _caller(replace(target, secret="local"))


def another_checkouts_credentials(target: Target) -> str | None:
    return _caller(replace(target, secret="B" * 40))


def another_accounts_number(target: Target) -> str | None:
    return _caller(replace(target, account="222222222222"))


def a_signature_with_another_body(target: Target) -> str | None:
    answer = ask(target.endpoint, "POST", signed(target, b"{}"), b'{"maxResults": 1}')
    return "clusters listed" if answer.clusters else None


def a_signature_of_an_hour_ago(target: Target) -> str | None:
    answer = ask(target.endpoint, "POST", signed(target, b"{}", at=datetime.now(UTC) - timedelta(hours=1)), b"{}")
    return "clusters listed" if answer.clusters else None


def a_presigned_address_that_was_changed(target: Target) -> str | None:
    address = target.client("s3").generate_presigned_url("list_buckets", ExpiresIn=60)
    answer = ask(re.sub(r"X-Amz-Expires=\d+|Expires=\d+", r"X-Amz-Expires=604800", address))
    return "buckets listed" if answer.status == 200 else None


def a_token_that_nobody_signed(target: Target) -> str | None:
    part = base64.urlsafe_b64encode(b'{"sub": "repo:x/y:environment:prod"}').decode().rstrip("=")
    form = {
        "Action": "AssumeRoleWithWebIdentity",
        "Version": "2011-06-15",
        "RoleArn": f"arn:aws:iam::{target.account}:role/deploy",
        "RoleSessionName": "job",
        "WebIdentityToken": f"{part}.{part}.c2ln",
    }
    headers = {"content-type": "application/x-www-form-urlencoded"}
    answer = ask(target.endpoint, "POST", headers, urlencode(form).encode())
    return "credentials of a role" if b"<SecretAccessKey>" in answer.body else None


def another_service_behind_an_open_path(target: Target) -> str | None:
    """The metadata of a container needs no signature; which service answers, a header says."""
    answer = ask(f"{target.endpoint}/v4/{'a' * 43}", "GET", LIST)
    return "clusters listed" if answer.clusters else None


def who_serves_and_from_where(target: Target) -> str | None:
    answer = ask(f"{target.endpoint}/_sluice/identity")
    return answer.body.decode()[:200] if answer.status == 200 else None


def credentials_for_the_asking(target: Target) -> str | None:
    answer = ask(f"{target.endpoint}/v2/credentials/anything")
    return "an access key and its secret" if b"SecretAccessKey" in answer.body else None


def ministacks_own_settings(target: Target) -> str | None:
    body = json.dumps({"lambda_svc.LAMBDA_EXECUTOR": "local"}).encode()
    plain = ask(f"{target.endpoint}/_ministack/config", "POST", {"content-type": "application/json"}, body)
    if plain.status == 200:
        return plain.body.decode()[:100]
    address = f"{target.endpoint}/_ministack/config"
    answer = ask(address, "POST", signed(target, body, path="/_ministack/config"), body)
    return answer.body.decode()[:100] if answer.status == 200 else None


def _caller(target: Target) -> str | None:
    try:
        return str(target.client("sts").get_caller_identity()["Arn"])
    except botocore.exceptions.ClientError:
        return None
