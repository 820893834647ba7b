"""Answers that are cut off, or lack what they must hold, over a real connection: they are asked for again."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from botocore.exceptions import ClientError

from sluice.aws.answers import IncompleteAnswer, lacking
from sluice.aws.patience import Patience
from sluice.aws.session import Account, Clients, transient
from sluice.aws.tasks import EcsTasks, Place
from sluice.clock import SystemClock
from tests.unit.sluice.migration.simulation import CLUSTER, DEFINITION, client_error

ARN = "arn:aws:ecs:us-east-1:123456789012:task/c/1"
STARTED: dict[str, Any] = {"tasks": [{"taskArn": ARN, "lastStatus": "PROVISIONING", "containers": []}], "failures": []}
PLACE = Place(CLUSTER, DEFINITION, "app", ("subnet-1",), (), False)


class Api(ThreadingHTTPServer):
    """Answers as *answers* say, in their order, the last one for ever: a body, and how much of it arrives."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: list[tuple[bytes, int | None]] = []
        self.asked: list[dict[str, Any]] = []
        self.ahead = 0.0
        self.status = 200
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()


class _Handler(BaseHTTPRequestHandler):
    server: Api
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append(json.loads(body) if body.startswith(b"{") else {"query": body.decode()})
        answers = self.server.answers
        content, arrives = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response_only(self.server.status)
        self.send_header("Date", formatdate(time.time() + self.server.ahead, usegmt=True))
        kind = "text/xml" if content.startswith(b"<") else "application/x-amz-json-1.1"
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content[:arrives])
        if arrives is not None:
            self.close_connection = True

    def log_message(self, *arguments: object) -> None:
        """Nothing: the test says what it expected."""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Api]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    server = Api()
    yield server
    server.shutdown()
    server.server_close()


def clients(api: Api) -> Clients:
    return Clients(Account(region="us-east-1", endpoint=f"http://127.0.0.1:{api.server_address[1]}"))


def started(api: Api) -> Any:
    patience = Patience(SystemClock(threading.Event()), "starting a task")
    return patience.ask(EcsTasks(clients(api)["ecs"], CLUSTER).start, PLACE, ["migrate"], {}, "token")


BODY = json.dumps(STARTED).encode()
CUT: dict[str, tuple[bytes, int | None]] = {
    "cut in the middle (X1)": (BODY, 20),
    "cut before the first byte": (BODY, 0),
    "half a document, as long as it says": (BODY[:-9], None),
    "an empty document": (b"{}", None),
    "neither tasks nor failures": (b'{"tasks": [], "failures": []}', None),
    "a task without its ARN (X7)": (b'{"tasks": [{"lastStatus": "PENDING"}], "failures": []}', None),
}


@pytest.mark.parametrize("answer", CUT.values(), ids=CUT.keys())
def test_a_task_is_asked_for_again_under_the_same_token(api: Api, answer: tuple[bytes, int | None]) -> None:
    """X1: botocore reads a body that was cut off as {}, which looked like "ECS started no task"."""
    api.answers = [answer, (BODY, None)]
    assert started(api) == ARN
    assert [one["clientToken"] for one in api.asked] == ["token", "token"]


def test_ecs_own_no_is_an_answer(api: Api) -> None:
    api.answers = [(b'{"tasks": [], "failures": [{"reason": "RESOURCE:FARGATE"}]}', None)]
    assert started(api).title == "no Fargate capacity: RESOURCE:FARGATE"
    assert len(api.asked) == 1


def test_a_read_is_asked_again_by_itself(api: Api) -> None:
    """Also where nobody waits patiently, as in previews and operators' commands."""
    whole = json.dumps({"tasks": STARTED["tasks"], "failures": []}).encode()
    api.answers = [(whole, 10), (b"{}", None), (whole, None)]
    assert EcsTasks(clients(api)["ecs"], CLUSTER).describe([ARN]).keys() == {ARN}


def test_botocore_repeats_reads_by_itself_and_never_what_starts_or_moves(api: Api) -> None:
    """Before each call of RunTask and UpdateService the deployer makes sure that it still may."""
    api.status, api.answers = 503, [(b"{}", None)]
    ecs = clients(api)["ecs"]
    calls: tuple[tuple[Any, int], ...] = (
        (lambda: ecs.run_task(taskDefinition="x"), 1),
        (lambda: ecs.update_service(service="x"), 1),
        (lambda: ecs.stop_service_deployment(serviceDeploymentArn="x"), 1),
        (ecs.list_tasks, 4),
    )
    for call, times in calls:
        api.asked.clear()
        with pytest.raises(ClientError):
            call()
        assert len(api.asked) == times


def test_xml_that_is_cut_off_is_a_passing_trouble(api: Api) -> None:
    api.answers = [(b"<DescribeTargetHealthResponse><Descr", None)]
    with pytest.raises(Exception, match="invalid XML") as error:
        clients(api)["elbv2"].describe_target_health(TargetGroupArn="x")
    assert transient(error.value)
    assert len(api.asked) == 3


def test_a_body_that_never_came_is_no_empty_answer(api: Api) -> None:
    """Also where nothing is known about what the answer must hold."""
    api.answers = [(b'{"clusterArns": []}', 0)]
    with pytest.raises(IncompleteAnswer, match="0 of 19 bytes of its body arrived"):
        clients(api)["ecs"].list_clusters()


def test_xml_without_its_result_is_one_too(api: Api) -> None:
    api.answers = [(b"<DescribeTargetHealthResponse></DescribeTargetHealthResponse>", None)]
    with pytest.raises(IncompleteAnswer, match="DescribeTargetHealthResult"):
        clients(api)["elbv2"].describe_target_health(TargetGroupArn="x")


@pytest.mark.parametrize(("ahead", "skew"), [(0, 0), (1, 0), (600, 600), (-180, -180), (90, 90)])
def test_the_first_answer_says_how_far_this_machines_clock_is_off(api: Api, ahead: float, skew: float) -> None:
    """X6: times of AWS are compared with AWS's."""
    api.ahead, api.answers = ahead, [(BODY, None)]
    there = clients(api)
    assert there.skew == 0
    there["ecs"].run_task(taskDefinition="x")
    assert abs(there.skew - skew) <= 1.5
    assert bool(there.wrong_clock) is (abs(skew) > 60)
    now = SystemClock(threading.Event(), skew=there.skew).now()
    assert abs(now - time.time() - ahead) <= 2.5
    api.ahead = 0
    there["ecs"].run_task(taskDefinition="x")
    assert abs(there.skew - skew) <= 1.5, "fixed: a clock that moved would be a clock that jumps"


def test_a_clock_is_not_set_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = SystemClock(threading.Event())
    before = clock.now()
    monkeypatch.setattr(time, "time", lambda: 0.0)
    assert 0 <= clock.now() - before < 5


SERVICE: dict[str, Any] = {
    "status": "ACTIVE",
    "desiredCount": 1,
    "runningCount": 1,
    "deployments": [{"id": "ecs-svc/1", "status": "PRIMARY", "taskDefinition": "td", "createdAt": 1}],
}
WHOLE: list[tuple[str, Mapping[str, Any], Mapping[str, Any]]] = [
    ("DescribeServices", {}, {"services": [SERVICE]}),
    ("DescribeServices", {}, {"services": [], "failures": [{"arn": "x", "reason": "MISSING"}]}),
    ("DescribeTasks", {"tasks": [ARN]}, {"tasks": STARTED["tasks"]}),
    ("DescribeTasks", {"tasks": ["1"]}, {"tasks": STARTED["tasks"]}),
    ("DescribeTasks", {"tasks": [ARN]}, {"tasks": [], "failures": [{"arn": ARN, "reason": "MISSING"}]}),
    ("ListTasks", {}, {"taskArns": []}),
    ("GetParametersByPath", {}, {"Parameters": []}),
    ("GetParameter", {}, {"Parameter": {"Name": "a", "Value": "", "Version": 1}}),
    ("DescribeTargetHealth", {}, {"TargetHealthDescriptions": []}),
    ("SomethingElse", {}, {}),
]


@pytest.mark.parametrize(("operation", "request_", "answer"), WHOLE)
def test_what_is_whole(operation: str, request_: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
    assert lacking(operation, request_, answer) == ""


def _without(value: Any, path: tuple[Any, ...]) -> Any:
    if len(path) == 1:
        return {key: item for key, item in value.items() if key != path[0]}
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = _without(value[path[0]], path[1:])
    return copied


LACKING: list[tuple[str, Mapping[str, Any], Mapping[str, Any], str]] = [
    *(
        ("DescribeServices", {}, {"services": [_without(SERVICE, (key,))]}, f"services[0].{key} is missing")
        for key in ("status", "desiredCount", "runningCount", "deployments")
    ),
    *(
        (
            "UpdateService",
            {},
            {"service": _without(SERVICE, ("deployments", 0, key))},
            f"deployments[0].{key} is missing",
        )
        for key in ("id", "status", "taskDefinition", "createdAt")
    ),
    ("DescribeServices", {}, {"services": []}, "neither services nor failures"),
    ("DescribeTasks", {"tasks": [ARN]}, {"tasks": []}, f"nothing about {ARN}"),
    (
        "DescribeTasks",
        {"tasks": [ARN]},
        {"tasks": [{"taskArn": ARN, "containers": []}]},
        "tasks[0].lastStatus is missing",
    ),
    ("ListTasks", {}, {}, "taskArns is missing"),
    ("PutParameter", {}, {}, "Version is missing"),
    ("GetLogEvents", {}, {"events": [{"message": "x"}]}, "nextForwardToken is missing"),
]


@pytest.mark.parametrize(("operation", "request_", "answer", "said"), LACKING)
def test_what_is_not(operation: str, request_: Mapping[str, Any], answer: Mapping[str, Any], said: str) -> None:
    assert said in lacking(operation, request_, answer)


TRANSIENT: list[tuple[Callable[[], Exception], bool]] = [
    (lambda: client_error("TooManyUpdates", "PutParameter"), True),  # X10
    (lambda: client_error("TooManyRequestsException", "x"), True),
    (lambda: client_error("ThrottlingException", "x"), True),
    (lambda: client_error("InternalFailure", "x"), True),
    (lambda: client_error("Whatever", "x", 503), True),
    (lambda: IncompleteAnswer(operation="x", lacking="y"), True),
    (lambda: client_error("AccessDeniedException", "x"), False),
    (lambda: client_error("ParameterNotFound", "x"), False),
    (lambda: client_error("InvalidParameterException", "x"), False),
]


@pytest.mark.parametrize(("error", "yes"), TRANSIENT)
def test_what_passes_by_itself(error: Callable[[], Exception], yes: bool) -> None:
    assert transient(error()) is yes
