"""Whether an AWS request is signed with a secret that we know: Signature Version 4, recomputed by botocore's signer.

AWS, "Signature Version 4 for API requests" (IAM user guide): the signature covers method, path, query, the headers that
it names, `host` among them, and the hash of the body; a signature is good for minutes (here 15, S3's number, for every
service), a presigned address for its `X-Amz-Expires`, 7 days at most. Only S3 lets a body go unsigned.

Not taken: Signature Version 2 and Version 4A. Of an S3 upload that is signed chunk by chunk the chunks' signatures are
not looked at.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.credentials import Credentials

from emulator.cloud.gateway.request import Refusal, Request
from emulator.cloud.key import same

ALGORITHM = "AWS4-HMAC-SHA256"
WINDOW = datetime.timedelta(minutes=15)
LONGEST = datetime.timedelta(days=7)
_TIME = "%Y%m%dT%H%M%SZ"
_FIELD = re.compile(r"(Credential|SignedHeaders|Signature)=([^,\s]+)")
_SIGNATURE_PARAMETER = re.compile(r"(?:^|&)X-Amz-Signature=[^&]*")
_UNSIGNED = "UNSIGNED-PAYLOAD"
_STREAMED = "STREAMING-"

SecretOf = Callable[[str, str], str | None]
"""The secret of an access key id with a session token (empty for none); None: there is no such pair."""


@dataclass(frozen=True)
class Signed:
    """What a request says of its own signature.

    Attributes:
        key: the access key id.
        date: of the credential's scope, YYYYMMDD.
        region, service: likewise.
        headers: names of those that are signed, in lower case, sorted.
        signature: hexadecimal.
        at: when it was signed.
        good: how long a presigned address is good for; None for a signature in a header.
        token: of temporary credentials; else empty.
    """

    key: str
    date: str
    region: str
    service: str
    headers: tuple[str, ...]
    signature: str
    at: datetime.datetime
    good: datetime.timedelta | None
    token: str


def read(request: Request) -> Signed | Refusal:
    """A request's own words about its signature, of which nothing is believed yet."""
    authorization = request.all("authorization")
    if len(authorization) == 1 and authorization[0].startswith(f"{ALGORITHM} "):
        fields = dict(_FIELD.findall(authorization[0]))
        when, seconds, token = request.header("x-amz-date"), "", request.header("x-amz-security-token")
    elif not authorization and request.parameter("X-Amz-Algorithm") == ALGORITHM:
        fields = {name: request.parameter(f"X-Amz-{name}") for name in ("Credential", "SignedHeaders", "Signature")}
        when, seconds = request.parameter("X-Amz-Date"), request.parameter("X-Amz-Expires")
        token = request.parameter("X-Amz-Security-Token")
    else:
        return Refusal("MissingAuthenticationToken", "the request is not signed (Signature Version 4)")
    scope = fields.get("Credential", "").split("/")
    names = tuple(sorted(fields.get("SignedHeaders", "").lower().split(";")))
    try:
        at = datetime.datetime.strptime(when, _TIME).replace(tzinfo=datetime.UTC)
        good = None if authorization else datetime.timedelta(seconds=int(seconds))
    except ValueError:
        return Refusal("IncompleteSignature", "the signature has no date, or is good for no number of seconds")
    if len(scope) != 5 or scope[4] != "aws4_request" or "host" not in names or not fields.get("Signature"):
        return Refusal("IncompleteSignature", "the signature lacks its scope, its value, or the header host")
    key, date, region, service, _ = scope
    return Signed(key, date, region, service, names, fields["Signature"], at, good, token)


def refusal(request: Request, signed: Signed, secret_of: SecretOf, now: datetime.datetime) -> Refusal | None:
    """Why a signature is not good, or None.

    Args:
        request: whole, with its body.
        signed: what `read` found in it.
        secret_of: knows the secrets.
        now: the time, with its zone.
    """
    if late := _late(signed, now):
        return late
    # Such a header says which operation is meant ("There were headers present in the request which were not signed").
    if loose := {name for name, _ in request.headers if name.startswith("x-amz-")} - {*signed.headers}:
        return Refusal("AccessDenied", f"the signature does not cover {', '.join(sorted(loose))}")
    secret = secret_of(signed.key, signed.token)
    if secret is None:
        return Refusal("InvalidClientTokenId", "the security token included in the request is invalid")
    if not same(expected(request, signed, secret), signed.signature):
        return Refusal(
            "SignatureDoesNotMatch",
            "the signature does not match: this is another checkout's shell, or one from before `make down`"
            '\n  fix: eval "$(make -s env)"',
        )
    return _unlike_body(request, signed)


def expected(request: Request, signed: Signed, secret: str) -> str:
    """The signature that the holder of the secret writes: botocore computes it."""
    kind: Any = S3SigV4Auth if signed.service == "s3" else SigV4Auth
    signer = kind(Credentials(signed.key, secret, signed.token or None), signed.service, signed.region)
    signer.headers_to_sign = _chosen(signed.headers)
    query = _SIGNATURE_PARAMETER.sub("", request.query).lstrip("&") if signed.good is not None else request.query
    url = f"http://{request.header('host')}{request.path}" + (f"?{query}" if query else "")
    headers = HTTPHeaders()
    for name, value in request.headers:
        if name in signed.headers or name == "x-amz-content-sha256":
            headers.add_header(name, value)
    asked: Any = AWSRequest(request.method, url, data=request.body)
    asked.headers = headers
    asked.context["timestamp"] = signed.at.strftime(_TIME)
    if signed.good is not None and signed.service == "s3":
        headers.add_header("x-amz-content-sha256", _UNSIGNED)  # S3QueryAuth signs no body
    return str(signer.signature(signer.string_to_sign(asked, signer.canonical_request(asked)), asked))


def _chosen(names: Iterable[str]) -> Callable[[Any], HTTPHeaders]:
    """Signs the headers that the request names, where botocore would choose them itself."""

    def headers_to_sign(request: Any) -> HTTPHeaders:
        chosen = HTTPHeaders()
        for name in names:
            for value in request.headers.get_all(name, [""]):
                chosen.add_header(name, value)
        return chosen

    return headers_to_sign


def _late(signed: Signed, now: datetime.datetime) -> Refusal | None:
    if signed.at.strftime("%Y%m%d") != signed.date:
        return Refusal("SignatureDoesNotMatch", "the date of the credential's scope is not that of the request")
    if signed.good is None:
        if abs(now - signed.at) > WINDOW:
            return Refusal("RequestTimeTooSkewed", "the signature is over 15 minutes away from this machine's time")
    elif not datetime.timedelta(0) < signed.good <= LONGEST or not -WINDOW <= now - signed.at <= signed.good:
        return Refusal("AccessDenied", "the presigned address has expired")
    return None


def _unlike_body(request: Request, signed: Signed) -> Refusal | None:
    """A header may say the body's hash, and is signed in its place: so it must be the body's."""
    said = request.header("x-amz-content-sha256")
    if not said or said == hashlib.sha256(request.body).hexdigest():
        return None
    if signed.service == "s3" and (said == _UNSIGNED or said.startswith(_STREAMED)):
        return None
    return Refusal("SignatureDoesNotMatch", "the body is not the one that was signed")
