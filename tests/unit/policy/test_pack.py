"""The pack as Pulumi starts it: a process of its own, on its own packages, that the engine asks over gRPC."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from policy.readiness.rule import RuleScope
from policy.readiness.rules import RULES
from tests.unit.policy.production import GOOD, IGNORED

ROOT = Path(__file__).parents[3]
SECONDS = 30.0


@pytest.fixture(scope="module")
def pack() -> Iterator[analyzer_pb2_grpc.AnalyzerStub]:
    """The running pack. The command is that of the Python language host (`pulumi.policy`)."""
    python = ROOT / ".venv-policy" / "bin" / "python"
    assert python.exists(), "the pack's packages are missing: run `make setup`"
    command = [str(python), "-u", "-m", "pulumi.policy", "127.0.0.1:1", "policy"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().strip()  # an empty line when it ended instead
            assert port.isdigit(), "the pack did not start"
            with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                yield analyzer_pb2_grpc.AnalyzerStub(channel)
        finally:
            process.kill()


def provider(environment: str) -> analyzer_pb2.AnalyzerProviderResource:
    tags = f'{{"tags": {{"Project": "shop", "Stack": "a", "Environment": "{environment}"}}}}'
    return analyzer_pb2.AnalyzerProviderResource(
        type="pulumi:providers:aws", urn="provider", name="aws", properties=struct({"defaultTags": tags})
    )


def struct(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    found = struct_pb2.Struct()
    found.update(properties)
    return found


def asked(
    pack: analyzer_pb2_grpc.AnalyzerStub, environment: str, **properties: Any
) -> dict[str, analyzer_pb2.AnalyzeDiagnostic]:
    """What the pack says of a database before it is created, by rule."""
    request = analyzer_pb2.AnalyzeRequest(
        type="aws:rds/instance:Instance",
        urn="urn:pulumi:a::shop::aws:rds/instance:Instance::database",
        name="database",
        properties=struct(GOOD["database"][1] | properties),
        provider=provider(environment),
        options=analyzer_pb2.AnalyzerResourceOptions(),
    )
    return {one.policyName: one for one in pack.Analyze(request, timeout=SECONDS).diagnostics}


def test_offers_every_rule_and_an_advice_for_those_of_production(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    offered = {
        one.name: one.enforcementLevel for one in pack.GetAnalyzerInfo(empty_pb2.Empty(), timeout=SECONDS).policies
    }
    mandatory = {name for name, level in offered.items() if level == analyzer_pb2.MANDATORY}
    assert mandatory == {rule.name for rule in RULES}
    advice = {f"{rule.name}-for-production" for rule in RULES if rule.scope is RuleScope.PRODUCTION}
    assert set(offered) - mandatory == advice


def test_finds_no_fault_with_what_is_right(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    assert asked(pack, "prod") == {}


def test_stops_production(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    [(name, said)] = asked(pack, "prod", multiAz=False).items()
    assert (name, said.enforcementLevel) == ("database-multi-az", analyzer_pb2.MANDATORY)
    assert "no standby in another" in said.message
    assert "database.multiAz: true" in said.message


def test_tells_all_others_what_production_would_refuse(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    [(name, said)] = asked(pack, "staging", multiAz=False).items()
    assert (name, said.enforcementLevel) == ("database-multi-az-for-production", analyzer_pb2.ADVISORY)


def test_stops_anything_that_is_never_right(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    assert (
        asked(pack, "staging", storageEncrypted=False)["encrypted-at-rest"].enforcementLevel == analyzer_pb2.MANDATORY
    )


def test_says_so_when_a_preview_does_not_know_yet(pack: analyzer_pb2_grpc.AnalyzerStub) -> None:
    unknown = "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7"  # the engine's word for a truth value that is not known yet
    said = asked(pack, "prod", multiAz=unknown)["database-multi-az"]
    assert said.enforcementLevel == analyzer_pb2.ADVISORY
    assert "can't be known during preview" in said.message


def stack(without: str = "") -> analyzer_pb2.AnalyzeStackRequest:
    """All resources of a production stack, as the engine hands them over once they are known."""
    return analyzer_pb2.AnalyzeStackRequest(
        resources=[
            analyzer_pb2.AnalyzerResource(
                type=kind,
                urn=name,
                name=name,
                properties=struct(props),
                propertyDependencies={
                    prop: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns) for prop, urns in needs.items()
                },
                options=analyzer_pb2.AnalyzerResourceOptions(ignoreChanges=IGNORED.get(name, [])),
            )
            for name, (kind, props, needs) in GOOD.items()
            if name != without
        ]
    )


@pytest.mark.parametrize(
    ("without", "said"),
    [("", {}), ("scaling", {"autoscaling": "service"}), ("errors", {"alarms": ""}), ("gate", {"gate": "service"})],
)
def test_judges_the_stack_as_a_whole(pack: analyzer_pb2_grpc.AnalyzerStub, without: str, said: dict[str, str]) -> None:
    found = pack.AnalyzeStack(stack(without), timeout=SECONDS).diagnostics
    assert {one.policyName: one.urn for one in reversed(found)} == said


@pytest.mark.parametrize("name", GOOD)
def test_reads_every_kind_of_resource_as_the_engine_sends_it(pack: analyzer_pb2_grpc.AnalyzerStub, name: str) -> None:
    kind, properties, _ = GOOD[name]
    request = analyzer_pb2.AnalyzeRequest(
        type=kind,
        urn=name,
        name=name,
        properties=struct(properties),
        provider=provider("prod"),
        options=analyzer_pb2.AnalyzerResourceOptions(),
    )
    assert list(pack.Analyze(request, timeout=SECONDS).diagnostics) == []
