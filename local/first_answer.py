"""Checks that a deployed stack's URL answers: without an answer, a deploy has failed."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from http.client import responses
from typing import Any
from urllib.parse import urlsplit

from local.stack import Pulumi
from local.toolchain.process import SetupFailed
from local.toolchain.progress import duration
from sluice.inputs.smoke import Smoke
from sluice.rollout.deployment import http_answer
from sluice.rollout.deployment.http_answer import Answer

SECONDS = 30.0
NO_PAGE = (401, 403, 404, 405)
"""Statuses at `/` of a healthy service without a page there, or with a login. Its deep check decides."""
SHOWN = 200
"""Characters of a wrong answer."""


def first_answer(pulumi: Pulumi, outputs: Mapping[str, Any]) -> str:
    """Return what the output `url` answers, in words. Its name leads nowhere on this machine when it is one of the
    stack's own: the load balancer is asked for it, whose certificate the stack's environment trusts.

    Raises:
        Failed: neither 2xx nor 3xx; nor is it a path without a page of a service whose smoke request is answered.
    """
    if not isinstance(outputs.get("url"), str):
        raise SetupFailed(f"the stack has no output `url`\n  fix: see `pulumi stack output --stack {pulumi.stack}`")
    if bundle := pulumi.env.get("SSL_CERT_FILE"):
        os.environ["SSL_CERT_FILE"] = bundle
    url, address = str(outputs["url"]), str(outputs.get("address") or "")
    answer = ask(url, SECONDS, address)
    if answer.status < 400:
        return said(answer)
    if answer.status in NO_PAGE and (deep := proven(outputs)):
        return f"{said(answer)}; {deep}"
    raise SetupFailed(wrong(url, answer))


def ask(url: str, seconds: float, address: str = "") -> Answer:
    """GET `url` until it answers below 500. Raises SetupFailed after `seconds`.

    Args:
        address: where to connect to, in place of the URL's host.
    """
    if urlsplit(url).scheme not in ("http", "https"):
        raise SetupFailed(f"the output `url` is not an address: {url!r}")
    deadline = time.monotonic() + seconds
    while True:
        answer = http_answer.ask(url, 5, address)
        if 0 < answer.status < 500:
            return answer
        if time.monotonic() > deadline:
            raise SetupFailed(
                f"{url} did not answer within {duration(seconds)}: {said(answer)}\n  fix: see the service's log group"
            )
        time.sleep(0.2)


def said(answer: Answer) -> str:
    """An answer in words."""
    return f"{answer.status} {responses.get(answer.status, '')}".strip() if answer.status else answer.text


def proven(outputs: Mapping[str, Any]) -> str:
    """That the smoke request is answered as the settings want it, in words; empty when it is not, or not known."""
    known = (outputs.get("gate") or {}).get("smoke") or {}
    if not known.get("url"):
        return ""
    wanted = Smoke.parse(known)
    answer = http_answer.asking(wanted)(wanted.url, wanted.timeout)
    return "" if http_answer.complaint(wanted, answer) else f"{urlsplit(wanted.url).path} answers {said(answer)}"


def wrong(url: str, answer: Answer) -> str:
    """Return the failure of a deployed stack whose URL does not answer correctly."""
    host = urlsplit(url).hostname
    text = f"{url} answers {said(answer)}: the stack is deployed, and that is what its users get"
    if shown := " ".join(answer.text.split())[:SHOWN]:
        text += f"\n  answer: {shown}"
    if answer.status == 400:
        return (
            f"{text}\n  fix: let the application accept the Host header {host}, like"
            f' `app.environment: {{ALLOWED_HOSTS: "${{service.host}}"}}` (docs/host-header.md)'
        )
    return f"{text}\n  fix: see the service's log group"
