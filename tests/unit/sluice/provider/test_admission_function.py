"""``gate:index:admission``, as the engine calls it: the plugin's own function over a Parameter Store in memory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from sluice.admission.image_admission import Admitted
from sluice.migration.records.record import RunRecord
from sluice.protocol.resource import Properties, Refused
from sluice.provider import admission as admission_function
from sluice.provider.gate_provider import GateProvider
from sluice.release.hold import Hold
from sluice.release.release_record import ReleaseRecords
from tests.unit.sluice.aws.parameters import Ssm
from tests.unit.sluice.migration.simulation import client_error
from tests.unit.sluice.provider.resources import Account, Lines, call, run

PATH = "/sluice/p/s"
A, B, C = (f"sha256:{letter * 64}" for letter in "abc")
RELEASED_AT = 1_700_000_000


class Clients(Account):
    """An account on AWS itself: a registry that is not ECR's is not asked."""

    elsewhere = False


def image(digest: str) -> str:
    return f"ghcr.io/org/shop@{digest}"


@pytest.fixture
def ssm() -> Ssm:
    """The records of a stack that released A and then B."""
    store = Ssm()
    releases = ReleaseRecords(store, PATH)
    for number, digest in enumerate((A, B)):
        releases.add(image(digest), f"arn:td/shop:{number}", RELEASED_AT + 100 * number, f"d-{number}", number)
    return store


def asked(ssm: Any, args: Mapping[str, Any]) -> Properties:
    provider = GateProvider()
    provider.clients = Clients(ssm=ssm)  # type: ignore[assignment]
    function = provider.functions["gate:index:admission"]
    answer: Properties = run(function(call(Lines()), {"records": PATH, "rollback": "", **args}))
    return answer


def test_a_new_image_is_admitted_and_says_which_release_it_replaces(ssm: Ssm) -> None:
    answer = asked(ssm, {"image": image(C)})
    assert (answer["refusal"], answer["image"]) == ("", image(C))
    assert answer["replaces"] == "sha256:bbbbbbbbbbbb (release 2, proven 2023-11-14 22:15 UTC)"
    assert answer["warnings"] == [
        "the image is not in ECR: whether it exists, and whether another stack holds it, cannot be checked"
    ]


def test_a_held_image_is_a_refusal_and_no_image(ssm: Ssm) -> None:
    hold = Hold(C, "ada@ops", RELEASED_AT, "slow")
    ssm.parameters[f"{PATH}/holds/{'c' * 64}"] = '{"author": "ada@ops", "at": 1700000000, "reason": "slow"}'
    ssm.versions[f"{PATH}/holds/{'c' * 64}"] = 1
    answer = asked(ssm, {"image": image(C)})
    assert str(hold) in answer["refusal"]
    assert {key: value for key, value in answer.items() if key != "refusal"} == {
        "image": "",
        "replaces": "",
        "warnings": [],
        "revision": "",
    }


def test_an_older_release_is_refused_by_the_stacks_own_records(ssm: Ssm) -> None:
    assert "is release 1 of this stack" in asked(ssm, {"image": image(A)})["refusal"]


def test_an_image_that_no_stack_has_released_is_refused_where_that_is_asked(ssm: Ssm) -> None:
    assert "no stack is known to have released" in asked(ssm, {"image": image(C), "released": False})["refusal"]
    assert asked(ssm, {"image": image(C), "released": True})["refusal"] == ""


def after_step(number: int, started: int, phase: str = "after") -> RunRecord:
    return RunRecord(
        number, "up", "f", image(B), "ann", started, phase=phase, steps=("drop-column", "prune"), state="succeeded"
    )


def test_a_rollback_past_an_after_step_is_admitted_with_a_warning(ssm: Ssm) -> None:
    """An after-step takes away what no version reads any more: the older one may read it."""
    for one in (
        after_step(7, RELEASED_AT - 1),
        after_step(8, RELEASED_AT + 1),
        after_step(9, RELEASED_AT + 2, "before"),
    ):
        ssm.put_parameter(f"{PATH}/runs/{one.number}", one.to_json())
    answer = asked(ssm, {"image": "", "rollback": A})
    assert (answer["refusal"], answer["image"]) == ("", image(A))
    [warning] = [one for one in answer["warnings"] if "after-steps" in one]
    assert "drop-column, prune ran since then (run 8, succeeded)" in warning
    assert "the earlier release may need" in warning


def test_what_serves_already_is_warned_of_nothing(ssm: Ssm) -> None:
    ssm.put_parameter(f"{PATH}/runs/8", after_step(8, RELEASED_AT + 500).to_json())
    answer = asked(ssm, {"image": "", "rollback": B})
    assert (answer["image"], answer["replaces"]) == (image(B), "")
    assert [one for one in answer["warnings"] if "after-steps" in one] == []


def test_every_argument_of_the_call_reaches_the_decision(monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[tuple[object, ...]] = []

    def admit(clients: object, *args: object) -> object:
        given.append(args)
        return Admitted(image(C), None, ("careful",), "1a5c0d0")

    monkeypatch.setattr(admission_function, "admit", admit)
    args = {"image": image(C), "released": False, "architecture": "ARM64", "trusted": ["arn:key/1", "arn:key/2"]}
    answer = asked(Ssm(), args)
    assert given == [(image(C), "", PATH, False, "ARM64", ["arn:key/1", "arn:key/2"])]
    assert answer == {
        "refusal": "",
        "image": image(C),
        "replaces": "",
        "warnings": ["careful"],
        "revision": "1a5c0d0",
    }


def test_an_account_that_does_not_answer_is_no_admission() -> None:
    class Denied(Ssm):
        def get_parameters_by_path(self, Path: str, Recursive: bool = False) -> dict[str, Any]:  # noqa: N803
            raise client_error("AccessDeniedException", "GetParametersByPath")

    with pytest.raises(Refused, match="AWS refused GetParametersByPath: AccessDeniedException"):
        asked(Denied(), {"image": image(C)})
