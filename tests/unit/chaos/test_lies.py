"""The liar's answers as boto3 reads them, and through the proxy against a small API."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from random import Random
from typing import Any

import boto3
import botocore.config
import pytest
from botocore.exceptions import BotoCoreError, ClientError

from bench.relay import Request, Response
from tests.chaos import lies
from tests.chaos.faults import Fault, Kind, Plan
from tests.chaos.proxy import Liar

SERVICE = {"serviceName": "s", "status": "ACTIVE", "deployments": [{"id": "d", "status": "PRIMARY"}]}
HEALTH = (
    '<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">'
    "<DescribeTargetHealthResult><TargetHealthDescriptions><member><Target><Id>10.0.0.1</Id></Target>"
    "<TargetHealth><State>healthy</State></TargetHealth></member></TargetHealthDescriptions>"
    "</DescribeTargetHealthResult></DescribeTargetHealthResponse>"
)


class Api(HTTPServer):
    """Answers every call with what it is, and counts them."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[dict[str, Any]] = []


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.bodies.append(json.loads(raw) if raw.startswith("{") else {"form": raw})
        number = len(self.server.bodies)
        body = HEALTH if "Action=" in raw else json.dumps({"services": [SERVICE], "number": number, "taskArns": []})
        self.send_response(200)
        self.send_header("Content-Type", "text/xml" if "Action=" in raw else lies.JSON_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def api() -> Iterator[Api]:
    server = Api()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join(5)


def client(liar: Liar, service: str) -> Any:
    connect: Any = boto3.client
    return connect(
        service,
        endpoint_url=liar.endpoint,
        region_name="us-east-1",
        aws_access_key_id="1",
        aws_secret_access_key="1",
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture
def liar(api: Api) -> Iterator[Liar]:
    made = Liar(f"http://127.0.0.1:{api.server_address[1]}", Plan())
    yield made
    made.end()


def brings(liar: Liar, kind: Kind, seconds: float = 0.0) -> None:
    liar.plan = Plan((Fault(kind, probability=1.0, seconds=seconds),), "seed")


@pytest.mark.parametrize(
    ("kind", "code", "arrives"),
    [("throttle", "ThrottlingException", 0), ("expired", "ExpiredTokenException", 0), ("denied", "AccessDenied", 0)],
)
def test_refusals_have_their_codes_in_every_protocol(api: Api, liar: Liar, kind: Kind, code: str, arrives: int) -> None:
    brings(liar, kind)
    calls = {
        "ecs": lambda made: made.list_tasks(),
        "cloudwatch": lambda made: made.describe_alarms(),
        "elbv2": lambda made: made.describe_target_health(TargetGroupArn="arn"),
    }
    services = ["ecs", "cloudwatch"] if kind == "denied" else list(calls)
    for service in services:
        with pytest.raises(ClientError) as refused:
            calls[service](client(liar, service))
        found = refused.value.response["Error"]["Code"]
        assert found.removesuffix("Exception") == code.removesuffix("Exception"), service
    assert len(api.bodies) == arrives


def test_5xx_is_a_server_error(api: Api, liar: Liar) -> None:
    brings(liar, "5xx")
    with pytest.raises(ClientError) as refused:
        client(liar, "ecs").list_tasks()
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] in (500, 503)
    assert api.bodies == []


@pytest.mark.parametrize(("kind", "arrives"), [("reset before", 0), ("reset after", 1)])
def test_resets(api: Api, liar: Liar, kind: Kind, arrives: int) -> None:
    brings(liar, kind)
    with pytest.raises(BotoCoreError):
        client(liar, "ecs").list_tasks()
    assert len(api.bodies) == arrives
    assert [(met.fault, met.arrived) for met in liar.journal] == [(kind, bool(arrives))]


def test_a_cut_body_is_announced_whole() -> None:
    whole = Response(200, {}, b'{"tasks": [1]}')
    cut = lies.cut(whole, Random(1))  # noqa: S311 - a test
    assert cut.length == len(whole.body)
    assert whole.body.startswith(cut.body)
    assert 0 < len(cut.body) < len(whole.body)
    assert lies.truncated(whole, Random(1)).length is None  # noqa: S311 - a test


def test_every_member_may_be_missing_and_only_one() -> None:
    whole = Response(200, {}, json.dumps({"services": [SERVICE], "failures": []}).encode())
    seen = {lies.without_key(whole, Random(seed)).body for seed in range(200)}  # noqa: S311 - a test
    assert len(seen) == 7
    assert json.dumps({"failures": []}).encode() in seen
    without_id = {"services": [SERVICE | {"deployments": [{"status": "PRIMARY"}]}], "failures": []}
    assert json.dumps(without_id).encode() in seen


def test_an_element_may_be_missing_of_xml(api: Api, liar: Liar) -> None:
    brings(liar, "missing key")
    elbv2 = client(liar, "elbv2")
    found = []
    for _ in range(30):
        try:
            answer = elbv2.describe_target_health(TargetGroupArn="arn")
        except KeyError as error:  # the element around the result is gone: botocore itself stumbles
            found.append(str(error))
            continue
        found.append(json.dumps(answer.get("TargetHealthDescriptions"), sort_keys=True))
    whole = json.dumps([{"Target": {"Id": "10.0.0.1"}, "TargetHealth": {"State": "healthy"}}], sort_keys=True)
    assert len(set(found)) > 2
    assert whole not in found


def test_nothing_is_found() -> None:
    request = Request("/", {"X-Amz-Target": "x.DescribeTasks"}, b'{"tasks": ["arn:a", "arn:b"]}')
    answer = json.loads(lies.nothing_found(request).body)
    assert answer["tasks"] == []
    assert [(one["arn"], one["reason"]) for one in answer["failures"]] == [("arn:a", "MISSING"), ("arn:b", "MISSING")]
    refused = json.loads(lies.nothing_found(Request("/", {"X-Amz-Target": "x.RunTask"}, b"{}")).body)
    assert refused["tasks"] == []
    assert "Capacity" in refused["failures"][0]["reason"]


def test_one_a_page_goes_on_to_aws_with_its_token(api: Api, liar: Liar) -> None:
    brings(liar, "one a page")
    client(liar, "ecs").list_tasks(cluster="c", maxResults=50, nextToken="next")
    client(liar, "ssm").get_parameters_by_path(Path="/p")
    assert api.bodies == [{"cluster": "c", "maxResults": 1, "nextToken": "next"}, {"Path": "/p", "MaxResults": 1}]


def test_a_stale_answer_is_an_earlier_one_to_the_same_request(api: Api, liar: Liar) -> None:
    liar.plan = Plan((Fault("stale", seconds=12.0),))  # remembers, and lies not yet
    ecs = client(liar, "ecs")
    ecs.describe_services(cluster="c", services=["s"])
    brings(liar, "stale", 12.0)
    ecs.describe_services(cluster="c", services=["s"])
    assert len(api.bodies) == 1
    ecs.describe_services(cluster="c", services=["other"])  # never asked: no lie is possible
    assert len(api.bodies) == 2
    assert [met.fault for met in liar.journal] == [None, "stale", None]
