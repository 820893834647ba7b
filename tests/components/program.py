"""Runs the whole program against Pulumi's mocks and records what it asks the engine for."""

from __future__ import annotations

import asyncio
import contextvars
import json
import runpy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pulumi
from pulumi.runtime import rpc
from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks
from pulumi.runtime.settings import SETTINGS, get_root_resource
from pulumi.runtime.stack import Stack, run_pulumi_func

from components.image import docker_login

ROOT = Path(__file__).parents[2]
ACCOUNT = "111122223333"
ZONES = ["eu-central-1c", "eu-central-1a", "eu-central-1b"]
DIGEST = "sha256:" + "ab" * 32
TOKEN = "a-login-token-of-the-registry"

REGISTRY = f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/sluice-test"

MASTER = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:rds!db-1-AbC"
OWNER = f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:sluice-test-owner-1a2b3c4-AbCdEf"
APP = OWNER.replace("owner", "app")

BALANCER = f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:loadbalancer/app/shared/0123456789abcdef"
LISTENER = f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:listener/app/shared/0123456789abcdef/fedcba9876543210"
READ = {
    "port": 443,
    "protocol": "HTTPS",
    "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "loadBalancerArn": BALANCER,
}
"""What the existing listener is like."""

ADMITTED: dict[str, Any] = {"refusal": "", "replaces": "", "warnings": []}

SECRET = "1b47061264138c4ac30d75fd1eb44270"
"""Marks a secret on the engine's wire (see pulumi.runtime.rpc)."""


@dataclass(frozen=True)
class Registered:
    """One resource that the program asked for. needs: property to URNs of the resources that its value comes from."""

    urn: str
    type: str
    name: str
    parent: str
    inputs: dict[str, Any]
    ignored: list[str]
    dependencies: list[str]
    needs: dict[str, list[str]]
    custom: bool
    provider: str
    protected: bool
    retained: bool


@dataclass
class Deployed:
    """Everything that one run of the program asked for."""

    resources: list[Registered] = field(default_factory=list)
    read: list[Registered] = field(default_factory=list)
    """What is there already and was only read; `inputs` are its properties."""
    outputs: dict[str, Any] = field(default_factory=dict)
    asked: list[Mapping[str, Any]] = field(default_factory=list)
    """The images that the gate was asked about."""
    promotions: list[Mapping[str, Any]] = field(default_factory=list)
    """The stacks whose releases the gate was asked for."""
    logins: list[tuple[str, str, str]] = field(default_factory=list)
    """Host, user and password of every `docker login`."""

    def all(self, suffix: str) -> list[Registered]:
        """The resources of a type, by the end of its token (`ecs/service:Service`)."""
        return [resource for resource in self.resources if resource.type.endswith(suffix)]

    def one(self, suffix: str, name_ends: str = "") -> Registered:
        """The one resource of a type, or of a type and name."""
        found = [resource for resource in self.all(suffix) if resource.name.endswith(name_ends)]
        assert len(found) == 1, f"{len(found)} resources {suffix} {name_ends}: {[one.name for one in self.resources]}"
        return found[0]

    def container(self, family_ends: str) -> dict[str, Any]:
        """The one container of a task definition."""
        definition = self.one("ecs/taskDefinition:TaskDefinition", family_ends)
        [container] = json.loads(definition.inputs["containerDefinitions"])
        assert isinstance(container, dict)
        return container

    def variables(self, family_ends: str) -> dict[str, str]:
        """The plain variables of a task definition's container."""
        return {one["name"]: one["value"] for one in self.container(family_ends)["environment"]}


class Cloud(Mocks):
    """Answers as AWS, Docker and the gate would: computed properties, and nothing of what was not asked for."""

    def __init__(
        self,
        *,
        builds: bool,
        pushes: bool,
        stale: Mapping[str, Mapping[str, Any]],
        others: Mapping[str, Mapping[str, Any]],
        admission: Mapping[str, Any],
    ) -> None:
        self.builds, self.pushes, self.stale, self.others = builds, pushes, stale, others
        self.admission = dict(admission)
        self.asked: list[Mapping[str, Any]] = []
        self.promotions: list[Mapping[str, Any]] = []

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        kind = args.typ.rpartition(":")[2]
        arn = f"arn:aws:mock:eu-central-1:{ACCOUNT}:{kind}/{args.name}"
        computed: dict[str, dict[str, Any]] = {
            "Repository": {
                "arn": f"arn:aws:ecr:eu-central-1:{ACCOUNT}:repository/{args.name}",
                "repositoryUrl": f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/{args.name}",
                "registryId": ACCOUNT,
                "name": args.name,
            },
            "Instance": {
                "address": "db.example.internal",
                "identifier": "sluice-test-database",
                "resourceId": "db-RESOURCE",
                "masterUserSecrets": [{"secretArn": MASTER}],
            },
            "LoadBalancer": {"dnsName": "web.example.com", "zoneId": "Z0BALANCER", "arnSuffix": f"app/{args.name}/1"},
            "TargetGroup": {"arnSuffix": f"targetgroup/{args.name}/1"},
            "Certificate": {
                "domainValidationOptions": [
                    {
                        "domainName": args.inputs.get("domainName"),
                        "resourceRecordName": f"_proof.{args.inputs.get('domainName')}.",
                        "resourceRecordType": "CNAME",
                        "resourceRecordValue": "_asked.acm-validations.aws.",
                    }
                ]
            },
            # As with MigrationRun below: marked, so that tests can tell who got it from whom.
            "CertificateValidation": {"certificateArn": f"issued/{args.inputs.get('certificateArn')}"},
            "Record": {"fqdn": str(args.inputs.get("name", "")).rstrip(".")},
            "VpcEndpoint": {"prefixListId": "pl-s3"},
            "Image": {"repoDigest": f"{args.inputs.get('imageName', '').rpartition(':')[0]}@{DIGEST}"},
            # The real one lets the same ARN through; marked here, so that tests can tell who got it from whom.
            "MigrationRun": {
                "serviceTaskDefinition": f"let-through/{args.inputs.get('serviceTaskDefinition')}",
                "results": [
                    {"name": step["name"], "exitCodes": [0], "seconds": 1.5} for step in args.inputs.get("steps", [])
                ],
            },
            "Secret": {"arn": OWNER if args.name.endswith("owner") else APP},
            "RandomText": {"text": "R" * int(args.inputs.get("length", 0))},
            "GeneratedSecret": {"versionId": f"version-of-{args.name}"},
            "Rollout": {"deploymentId": "ecs-svc/1", "completedAt": "2026-01-01T00:00:00+00:00"},
        }
        if kind == "Image" and not self.builds:
            computed["Image"] = {}
        if kind == "Image" and not self.pushes:
            computed["Image"] = {"repoDigest": DIGEST}
        if kind == "Listener" and args.resource_id:  # read, not made
            computed["Listener"] = READ | {"arn": args.resource_id}
        outputs = {"arn": arn, "name": args.name, **args.inputs, **computed.get(kind, {}), **self.stale.get(kind, {})}
        return f"{args.name}-{kind}-id", outputs

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        answers: dict[str, dict[str, Any]] = {
            "getCallerIdentity": {"accountId": ACCOUNT, "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/ci"},
            "getAvailabilityZones": {"names": ZONES},
            "getLoadBalancer": {
                "arn": args.args.get("arn"),
                "arnSuffix": "app/shared/0123456789abcdef",
                "dnsName": "shared.example.com",
                "zoneId": "Z0SHARED",
                "securityGroups": ["sg-shared", "sg-other"],
                "internal": self.stale.get("getLoadBalancer", {}).get("internal", False),
            },
            "getInstance": {
                "dbInstanceIdentifier": args.args.get("dbInstanceIdentifier"),
                "address": "old.example.internal",
                "port": 6432,
                "engine": self.stale.get("getInstance", {}).get("engine", "postgres"),
                "resourceId": "db-OLD",
                "vpcSecurityGroups": ["sg-old"],
                "masterUserSecrets": self.stale.get("getInstance", {}).get(
                    "masterUserSecrets", [{"secretArn": MASTER}]
                ),
            },
            "getAuthorizationToken": {"userName": "AWS", "password": TOKEN, "proxyEndpoint": "https://registry"},
            "admission": ADMITTED | {"image": args.args.get("image")} | self.admission,
            "pushed": {"digest": "", **self.stale.get("pushed", {})},
            "readStackOutputs": {"outputs": self.others.get(args.args.get("name", ""), {})},
            "released": self._released(args.args) if args.token.endswith(":released") else {},
        }
        if args.token.endswith(":admission"):
            self.asked.append(args.args)
            if "error" in self.admission:
                raise RuntimeError(self.admission["error"])
        return answers[args.token.rpartition(":")[2]], []

    def _released(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """What another stack has released, as the gate reads it."""
        self.promotions.append(args)
        outputs = self.others.get(f"organization/{args['project']}/{args['stack']}", {})
        return {"promotable": outputs["promotable"]} if outputs.get("promotable") is not None else {}


class Recorder(MockMonitor):
    """The mocks' engine, which also keeps what each registration said."""

    def __init__(self, mocks: Mocks, deployed: Deployed) -> None:
        super().__init__(mocks)
        self.deployed = deployed

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 -- the engine's name
        answer = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        self.deployed.resources.append(
            Registered(
                urn=answer.urn,
                type=request.type,
                name=request.name,
                parent=request.parent,
                inputs=rpc.deserialize_properties(request.object),
                ignored=list(request.ignoreChanges),
                dependencies=list(request.dependencies),
                needs={name: list(one.urns) for name, one in request.propertyDependencies.items()},
                custom=request.custom,
                provider=request.provider,
                protected=request.protect,
                retained=request.retainOnDelete,
            )
        )
        return answer

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 -- the engine's name
        answer = super().ReadResource(request)  # type: ignore[no-untyped-call]
        self.deployed.read.append(
            Registered(
                urn=answer.urn,
                type=request.type,
                name=request.name,
                parent=request.parent,
                inputs=rpc.deserialize_properties(answer.properties),
                ignored=[],
                dependencies=list(request.dependencies),
                needs={},
                custom=True,
                provider=request.provider,
                protected=False,
                retained=False,
            )
        )
        return answer


def run(
    config: Mapping[str, Any],
    *,
    project: str = "sluice",
    stack: str = "test",
    preview: bool = False,
    builds: bool = True,
    pushes: bool = True,
    encrypted: tuple[str, ...] = (),
    stale: Mapping[str, Mapping[str, Any]] | None = None,
    others: Mapping[str, Mapping[str, Any]] | None = None,
    admission: Mapping[str, Any] | None = None,
    deployed: Deployed | None = None,
) -> Deployed:
    """One run of `__main__.py` in the current folder, to its end; exceptions of the program are passed on.

    config: settings of the stack, of which `encrypted` are encrypted. preview: as `pulumi preview` runs it. builds,
    pushes: whether Docker makes an image, and brings it to the registry. stale: outputs by kind of resource that are
    still what they were, as those of resources that are no target. others: outputs of other stacks, by full
    name, of which the gate reads `promotable`. admission: what the gate answers when asked
    whether an image may be deployed, where it differs. deployed: is filled, also when the program fails.
    """
    deployed = Deployed() if deployed is None else deployed
    values = {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}
    cloud = Cloud(builds=builds, pushes=pushes, stale=stale or {}, others=others or {}, admission=admission or {})
    cloud.asked, cloud.promotions = deployed.asked, deployed.promotions

    def isolated() -> None:
        loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        SETTINGS.outputs.clear()  # what a run that failed left unfinished
        try:
            pulumi.runtime.set_mocks(
                cloud,
                project=project,
                stack=stack,
                preview=preview,
                monitor=Recorder(cloud, deployed),
                organization="organization",
            )
            pulumi.runtime.set_all_config(
                {f"{project}:{key}": value for key, value in values.items()}, [f"{project}:{key}" for key in encrypted]
            )
            with patch.object(docker_login, "log_in", lambda *login: deployed.logins.append(login)):
                loop.run_until_complete(_whole(deployed))
        finally:
            _abandon(loop)
            loop.close()
            asyncio.set_event_loop(None)

    # Pulumi keeps its settings in context variables: a context of its own keeps every run apart from all others.
    contextvars.copy_context().run(isolated)
    return deployed


def _abandon(loop: asyncio.AbstractEventLoop) -> None:
    """Ends what a program that failed left waiting for ever, so that it does not speak up in another test."""
    waiting = asyncio.all_tasks(loop)
    for task in waiting:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*waiting, return_exceptions=True))


async def _whole(deployed: Deployed) -> None:
    def program() -> None:
        runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__")

    await run_pulumi_func(program)
    root = get_root_resource()
    assert isinstance(root, Stack)
    for name, value in root.outputs.items():
        deployed.outputs[name] = await pulumi.Output.from_input(value).future(with_unknowns=True)


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every leaf of a resource's inputs with its path."""
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, f"{path}.{key}")
    elif isinstance(value, list):
        for part in value:
            yield from leaves(part, f"{path}[]")
    else:
        yield path, value
