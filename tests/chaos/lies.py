"""Answers that are not what AWS would say on a good day, made from a request or from the true answer. Pure."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from bench.relay import Request, Response
from tests.chaos.faults import LISTED, PAGED

JSON_TYPE = "application/x-amz-json-1.1"
EXPIRED, DENIED, THROTTLED = "ExpiredTokenException", "AccessDeniedException", "ThrottlingException"
_QUERY_CODES = {EXPIRED: "ExpiredToken", DENIED: "AccessDenied", THROTTLED: "Throttling"}
_CBOR_TEXT = 0x60
_CBOR_TEXT_OF_ONE_BYTE_LENGTH = 0x78


def refusal(request: Request, code: str, status: int = 400) -> Response:
    """An error as the request's protocol says it. *code* is that of the JSON protocols."""
    message = f"{code} of the chaos suite for {request.operation}"
    if "/operation/" in request.path:
        body = b"\xa2" + b"".join(map(_cbor, ("__type", code, "message", message)))
        return Response(status, {"Content-Type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}, body)
    if "X-Amz-Target" in request.headers:
        text = json.dumps({"__type": code, "message": message})
        return Response(status, {"Content-Type": JSON_TYPE}, text.encode())
    code = _QUERY_CODES.get(code, code)
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    text = f"<ErrorResponse>{error}<RequestId>0</RequestId></ErrorResponse>"
    return Response(403 if status == 400 else status, {"Content-Type": "text/xml"}, text.encode())


def _cbor(text: str) -> bytes:
    """A text of less than 256 bytes in CBOR (RFC 8949, major type 3)."""
    raw = text.encode()
    head = bytes([_CBOR_TEXT + len(raw)]) if len(raw) < 24 else bytes([_CBOR_TEXT_OF_ONE_BYTE_LENGTH, len(raw)])
    return head + raw


def cut(response: Response, chance: Random) -> Response:
    """A body that ends before its announced length."""
    return replace(response, body=_beginning(response.body, chance), length=len(response.body))


def truncated(response: Response, chance: Random) -> Response:
    """A body that ends too early, announced as it is: no client can tell it by the length."""
    return replace(response, body=_beginning(response.body, chance))


def _beginning(body: bytes, chance: Random) -> bytes:
    return body[: chance.randint(1, max(1, len(body) - 1))]


def without_key(response: Response, chance: Random) -> Response:
    """The answer without one of its members, wherever that is."""
    try:
        document = json.loads(response.body)
    except ValueError:
        return _without_element(response, chance)
    places = list(_members(document))
    if not places:
        return response
    near = [place for place in places if place[0] is document]
    mapping, key = chance.choice(near if near and chance.random() < 0.3 else places)
    del mapping[key]
    return replace(response, body=json.dumps(document).encode())


def _members(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield value, key
            yield from _members(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _members(inner)


def _without_element(response: Response, chance: Random) -> Response:
    try:
        root = ET.fromstring(response.body)  # noqa: S314 - the emulator's own answer
    except ET.ParseError:
        return response  # neither JSON nor XML: nothing that has members
    pairs = [(parent, child) for parent in root.iter() for child in parent]
    if not pairs:
        return response
    parent, child = chance.choice(pairs)
    parent.remove(child)
    space = re.match(r"\{(.*)\}", root.tag)
    text = ET.tostring(root, default_namespace=space[1] if space else None)
    return replace(response, body=text)


def nothing_found(request: Request) -> Response:
    """HTTP 200 with the asked ids in ``failures[]``; of RunTask: no capacity, no task."""
    asked = json.loads(request.body or b"{}")
    if request.operation == "RunTask":
        reason = "Capacity is unavailable at this time. Please try again later or in a different availability zone"
        answer: dict[str, Any] = {"tasks": [], "failures": [{"reason": reason}]}
    else:
        wanted, listed, name = LISTED[request.operation]
        answer = {listed: [], "failures": [{name: one, "reason": "MISSING"} for one in asked.get(wanted, [])]}
    return Response(200, {"Content-Type": JSON_TYPE}, json.dumps(answer).encode())


def one_a_page(request: Request) -> Request:
    """The same request for pages of one item."""
    asked = json.loads(request.body or b"{}")
    asked[PAGED[request.operation]] = 1
    return replace(request, body=json.dumps(asked).encode())


def signed(request: Request, secret: str) -> Request:
    """The same request, signed anew as the caller signed it: what was changed on its way has lost its signature."""
    headers = dict(request.headers)
    scope = re.search(r"Credential=([^,]+)", headers.pop("Authorization"))
    assert scope is not None, "a signature names its scope"
    key, _, region, service, _ = scope[1].split("/")
    asked = AWSRequest("POST", f"http://{headers['Host']}{request.path}", headers=headers, data=request.body)
    SigV4Auth(Credentials(key, secret), service, region).add_auth(asked)
    return replace(request, headers=dict(asked.headers.items()))
