"""Who is let through to the emulated AWS: the rules over plain requests, signed by real clients."""

from __future__ import annotations

import datetime
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import boto3
import botocore.config
import pytest
from botocore.awsrequest import AWSPreparedRequest

from emulator.cloud import key
from emulator.cloud.gateway import links, origin, signature, web_identity
from emulator.cloud.gateway.answer import answer
from emulator.cloud.gateway.request import Refusal, Request
from emulator.cloud.gateway.services import SERVED, SIGNED
from emulator.cloud.gateway.signature import Signed

HOST = "172.17.0.1"
ENDPOINT = f"http://{HOST}:4566"
ACCOUNT, SECRET, TOKEN = "111111111111", "secret", "to/k+en="
NOW = datetime.datetime.now(datetime.UTC)


class Stopped(Exception):
    """The request was seen, and goes nowhere."""


def client(service: str, **more: Any) -> Any:
    connect: Any = boto3.client  # the service is a variable: no overload fits
    keys = {"aws_access_key_id": ACCOUNT, "aws_secret_access_key": SECRET} | more
    return connect(service, endpoint_url=ENDPOINT, region_name="eu-west-1", **keys)


def sent(call: Callable[[Any], Any], service: str, **more: Any) -> Request:
    """The request that a client sends for a call."""
    seen: list[AWSPreparedRequest] = []

    def stop(request: AWSPreparedRequest, **_: Any) -> None:
        seen.append(request)
        raise Stopped

    made = client(service, **more)
    made.meta.events.register("before-send.*.*", stop)
    with pytest.raises(Stopped):
        call(made)
    [prepared] = seen
    url = urlsplit(str(prepared.url))
    headers = [
        (name.lower(), value if isinstance(value, str) else value.decode()) for name, value in prepared.headers.items()
    ]
    body: Any = prepared.body or b""
    content = body.read() if hasattr(body, "read") else body.encode() if isinstance(body, str) else bytes(body)
    return Request(str(prepared.method), url.path or "/", url.query, (("host", url.netloc), *headers), content)


def known(access_key: str, token: str) -> str | None:
    return SECRET if (access_key, token) in ((ACCOUNT, ""), (ACCOUNT, TOKEN)) else None


def judged(request: Request, now: datetime.datetime = NOW) -> str:
    """The code of the refusal, or `taken`."""
    said = signature.read(request)
    refused = said if isinstance(said, Refusal) else signature.refusal(request, said, known, now)
    return refused.code if refused else "taken"


CALLS: dict[str, Request] = {
    "JSON": sent(lambda ecs: ecs.list_tasks(cluster="é"), "ecs"),
    "Query": sent(lambda rds: rds.describe_db_instances(), "rds"),
    "EC2": sent(lambda ec2: ec2.describe_vpcs(), "ec2"),
    "CBOR": sent(lambda cloudwatch: cloudwatch.describe_alarms(), "cloudwatch"),
    "REST XML": sent(lambda route53: route53.get_hosted_zone(Id="Z1"), "route53"),
    "S3": sent(lambda s3: s3.put_object(Bucket="b", Key="a b/ü+%", Body=b"hello"), "s3"),
    "S3, a stream": sent(lambda s3: s3.put_object(Bucket="b", Key="k", Body=io.BytesIO(b"hello")), "s3"),
    "S3, a query": sent(lambda s3: s3.list_objects_v2(Bucket="b", Prefix="x y/+&="), "s3"),
    "a session": sent(lambda sts: sts.get_caller_identity(), "sts", aws_session_token=TOKEN),
}


def presigned(service: str, operation: str, seconds: int = 60, **parameters: str) -> Request:
    config = botocore.config.Config(signature_version="s3v4" if service == "s3" else "v4")
    address = client(service, config=config).generate_presigned_url(
        operation, Params=parameters, ExpiresIn=seconds, HttpMethod="GET"
    )
    url = urlsplit(address)
    return Request("GET", url.path or "/", url.query, (("host", url.netloc),))


PRESIGNED = {
    "S3": presigned("s3", "get_object", Bucket="b", Key="k y"),
    "STS": presigned("sts", "get_caller_identity"),
    "RDS": presigned("rds", "describe_db_instances"),
}


@pytest.mark.parametrize(
    "request_", [*CALLS.values(), *PRESIGNED.values()], ids=[*CALLS, *map("presigned {}".format, PRESIGNED)]
)
class TestASignature:
    def test_is_taken(self, request_: Request) -> None:
        assert judged(request_) == "taken"

    def test_of_another_secret_is_refused(self, request_: Request) -> None:
        said = signature.read(request_)
        assert isinstance(said, Signed)
        refused = signature.refusal(request_, said, lambda *_: "another", NOW)
        assert refused is not None
        assert refused.code == "SignatureDoesNotMatch"
        assert 'eval "$(make -s env)"' in refused.message

    def test_of_nobody_is_refused(self, request_: Request) -> None:
        said = signature.read(request_)
        assert isinstance(said, Signed)
        refused = signature.refusal(request_, said, lambda *_: None, NOW)
        assert refused is not None
        assert refused.code == "InvalidClientTokenId"

    @pytest.mark.parametrize(
        "change",
        [
            lambda one: replace(one, path=one.path + "x"),
            lambda one: replace(one, query=f"{one.query}&x=1".lstrip("&")),
            lambda one: replace(one, method="PATCH"),
            lambda one: replace(one, headers=(("host", "10.0.0.1"), *one.headers[1:])),
        ],
        ids=["path", "query", "method", "host"],
    )
    def test_of_another_request_is_refused(self, request_: Request, change: Callable[[Request], Request]) -> None:
        assert judged(change(request_)) == "SignatureDoesNotMatch"

    def test_covers_every_header_of_amazons(self, request_: Request) -> None:
        """Else an address of one operation could be made into one of another."""
        more = replace(request_, headers=(*request_.headers, ("x-amz-other", "ecs.RunTask")))
        assert judged(more) == "AccessDenied"

    def test_is_good_for_a_while(self, request_: Request) -> None:
        assert judged(request_, NOW + datetime.timedelta(hours=1)) in ("RequestTimeTooSkewed", "AccessDenied")
        assert judged(request_, NOW - datetime.timedelta(hours=1)) in ("RequestTimeTooSkewed", "AccessDenied")


@pytest.mark.parametrize("name", CALLS)
def test_another_body_is_refused(name: str) -> None:
    assert judged(replace(CALLS[name], body=CALLS[name].body + b" ")) == "SignatureDoesNotMatch"


def test_a_deployer_whose_clock_is_ten_minutes_wrong_is_let_through() -> None:
    for minutes in (10, -10):
        assert judged(CALLS["JSON"], NOW + datetime.timedelta(minutes=minutes)) == "taken"


def test_only_s3_lets_a_body_go_unsigned() -> None:
    def unsigned(request: Request) -> Request:
        """Signed anew over what a header says of the body."""
        others = [one for one in request.headers if one[0] not in ("x-amz-content-sha256", "authorization")]
        headers = (*others, ("x-amz-content-sha256", "UNSIGNED-PAYLOAD"))
        said = signature.read(request)
        assert isinstance(said, Signed)
        names = tuple(sorted({*said.headers, "x-amz-content-sha256"}))
        again = replace(request, headers=headers)
        value = signature.expected(again, replace(said, headers=names), SECRET)
        scope = f"{said.key}/{said.date}/{said.region}/{said.service}/aws4_request"
        text = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders={';'.join(names)}, Signature={value}"
        return replace(again, headers=(*headers, ("authorization", text)))

    assert judged(unsigned(CALLS["S3"])) == "taken"
    assert judged(unsigned(CALLS["JSON"])) == "SignatureDoesNotMatch"


def test_a_presigned_address_lasts_as_it_says_and_a_week_at_most() -> None:
    week = 7 * 24 * 3600
    made = {seconds: presigned("s3", "list_buckets", seconds) for seconds in (60, week, week + 1)}
    now = datetime.datetime.now(datetime.UTC)
    assert judged(made[week], now) == "taken"
    assert judged(made[week + 1], now) == "AccessDenied"
    assert judged(made[60], now + datetime.timedelta(seconds=45)) == "taken"
    assert judged(made[60], now + datetime.timedelta(seconds=61)) == "AccessDenied"


JSON = CALLS["JSON"]
[AUTHORIZATION] = [one for one in JSON.headers if one[0] == "authorization"]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Request("POST", "/", "", (("host", HOST),)), "MissingAuthenticationToken"),
        (replace(JSON, headers=(*JSON.headers, AUTHORIZATION)), "MissingAuthenticationToken"),
        (Request("GET", "/", "", (("authorization", "AWS 1:abc"), ("host", HOST))), "MissingAuthenticationToken"),
        (Request("GET", "/", "AWSAccessKeyId=1&Signature=abc", (("host", HOST),)), "MissingAuthenticationToken"),
        (replace(JSON, headers=tuple(one for one in JSON.headers if one[0] != "x-amz-date")), "IncompleteSignature"),
        (Request("GET", "/", "X-Amz-Algorithm=AWS4-HMAC-SHA256", (("host", HOST),)), "IncompleteSignature"),
        (Request("GET", "/", f"{PRESIGNED['S3'].query}&X-Amz-Signature=a", (("host", HOST),)), "IncompleteSignature"),
    ],
    ids=["none", "two", "version 2", "version 2 in the query", "no date", "only an algorithm", "two signatures"],
)  # fmt: skip
def test_what_is_no_signature(request_: Request, code: str) -> None:
    assert judged(request_) == code


def page(method: str = "POST", **headers: str) -> Request:
    named = {"host": f"{HOST}:4566", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Request(method, "/", "", tuple(named.items()))


@pytest.mark.parametrize("host", [HOST, f"{HOST}:4566", "host.docker.internal:4566", "127.0.0.1:9", "127.3.2.1"])
def test_this_machine_is_called_by_its_addresses(host: str) -> None:
    assert origin.refusal(page(host=host), HOST) is None


@pytest.mark.parametrize(
    "request_",
    [
        page(host="attacker.example:4566"),
        page(host="attacker.example"),
        page(host=f"{HOST}.attacker.example"),
        page(host="127.0.0.1.attacker.example:4566"),
        page(host="localhost:4566"),
        page(host="10.0.0.1:4566"),
        page(host=""),
        page(host=f"{HOST}:4566:1"),
        page(host="[::1]:4566"),
        page(host="2130706433"),
        Request("POST", "/", "", ()),
        Request("POST", "/", "", (("host", HOST), ("host", "attacker.example"))),
        page(origin="https://attacker.example"),
        page(origin="null"),
        page("OPTIONS"),
        page(access_control_request_method="POST"),
        page("GET", sec_fetch_site="cross-site"),
    ],
)
def test_a_web_page_is_refused(request_: Request) -> None:
    assert origin.refusal(request_, HOST) is not None


def test_a_layers_address_opens_that_layer_for_an_hour(tmp_path: Path) -> None:
    mine, digest = key.of(tmp_path), f"sha256:{'a' * 64}"
    url = urlsplit(links.layer(ENDPOINT, mine, "111111111111/app", digest, 1000.0))
    assert url.netloc == f"{HOST}:4566"
    assert links.opened(mine, url.path, url.query, 1000.0 + links.GOOD_SECONDS) == ("111111111111/app", digest)
    assert links.opened(mine, url.path, url.query, 1001.0 + links.GOOD_SECONDS) is None
    assert links.opened(mine, url.path.replace("a" * 64, "b" * 64), url.query, 1000.0) is None
    assert links.opened(mine, url.path.replace("app", "other"), url.query, 1000.0) is None
    assert links.opened(mine, url.path, url.query.replace("until=4600", "until=9600"), 1000.0) is None
    assert links.opened(mine, url.path, "", 1000.0) is None
    assert links.opened(key.of(tmp_path / "other"), url.path, url.query, 1000.0) is None


def test_a_jobs_token_is_taken_when_the_checkout_signed_it(tmp_path: Path) -> None:
    mine = key.of(tmp_path)
    form = {"Action": "AssumeRoleWithWebIdentity", "WebIdentityToken": web_identity.signed(mine, "head", "claims")}

    def call(**other: str) -> Request:
        return Request("POST", "/", "", (("host", HOST),), urlencode(form | other).encode())

    assert web_identity.accepted(mine, call())
    assert not web_identity.accepted(mine, call(WebIdentityToken="head.claims.c2ln"))
    assert not web_identity.accepted(mine, call(WebIdentityToken=form["WebIdentityToken"].replace("claims", "others")))
    assert not web_identity.accepted(mine, call(Action="AssumeRole"))
    assert not web_identity.accepted(key.of(tmp_path / "other"), call())
    elsewhere = replace(call(), headers=(("host", HOST), ("x-amz-target", "AWSLambda.Invoke")))
    assert not web_identity.accepted(mine, elsewhere)
    assert not web_identity.accepted(mine, replace(call(), query="Action=RunInstances"))


REFUSED = Refusal("InvalidClientTokenId", "it is <not> good")


@pytest.mark.parametrize("name", [name for name in CALLS if name != "S3, a stream"])
def test_a_refusal_is_read_by_the_callers_own_sdk(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    request = CALLS[name]
    said = signature.read(request)
    assert isinstance(said, Signed)
    service = {"monitoring": "cloudwatch"}.get(said.service, said.service)
    headers, body = answer(REFUSED, request, said.service)
    made = client(service)
    parser = botocore.parsers.create_parser(made.meta.service_model.resolved_protocol)
    response = {
        "status_code": 403,
        "headers": {k.decode(): v.decode() for k, v in headers},
        "body": body,
        "context": {},
    }
    error = parser.parse(response, None)["Error"]
    assert (error["Code"], error["Message"]) == (REFUSED.code, REFUSED.message)


def test_no_service_that_runs_code_is_served() -> None:
    running = {"lambda", "glue", "codebuild", "eks", "batch", "states", "cloudformation", "elasticmapreduce", "athena"}
    assert not running & {*SERVED, *SIGNED}
    assert json.dumps(sorted(SIGNED)) == json.dumps(sorted({name for names in SERVED.values() for name in names}))
