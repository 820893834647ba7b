"""An AWS with what a run needs in it, in the API's shapes; it counts the calls that it gets."""

# ruff: noqa: N803  (the names are those of the API)
from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from botocore.exceptions import ClientError

ACCOUNT = "123456789012"
REGION = "eu-west-1"
REPOSITORY = f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/shop"
IMAGE = f"{REPOSITORY}@sha256:{'a' * 64}"


def secret(name: str) -> str:
    return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}"


def role(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/sluice/shop/test/{name}"


OWNER, APP, KEY = secret("shop-owner-AbCdEf"), secret("shop-app-GhIjKl"), secret("shop-secret-MnOpQr")
MASTER = secret("rds!db-1-StUvWx")
GROUP = f"arn:aws:elasticloadbalancing:{REGION}:{ACCOUNT}:targetgroup/shop/0123456789abcdef"
TRUST = {
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]
}


def definition(kind: str, *secrets: str, image: str = IMAGE, **more: Any) -> dict[str, Any]:
    """A task definition of ECS with one container."""
    container = {
        "name": kind,
        "image": image,
        "secrets": [{"name": f"S{number}", "valueFrom": one} for number, one in enumerate(secrets)],
        "logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": f"/sluice/shop/test/{kind}"}},
    }
    return {
        "status": "ACTIVE",
        "executionRoleArn": role(f"{kind}-execution"),
        "taskRoleArn": role(f"{kind}-task"),
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "containerDefinitions": [container | more],
    }


def blob(**config: Any) -> dict[str, Any]:
    """An image's configuration."""
    return {"architecture": "amd64", "os": "linux", "config": {"User": "10001", **config}}


@dataclass
class Cloud:
    """What there is. *values*: what secrets hold. *listening*: whether a listener forwards to the service's target
    group. *denied*: operations that the caller may not use. *late*: how often something is not there yet."""

    image: dict[str, Any] = field(default_factory=blob)
    index: dict[str, str] | None = None
    definitions: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "arn:td/shop-service:3": definition("service", f"{APP}:password::"),
            "arn:td/shop-migration:3": definition("migration", f"{OWNER}:password::"),
            "arn:td/shop-bootstrap:3": definition("bootstrap", f"{MASTER}:password::", f"{OWNER}:password::"),
        }
    )
    secrets: dict[str, dict[str, Any]] = field(default_factory=lambda: {one: {} for one in (OWNER, APP, KEY, MASTER)})
    parameters: set[str] = field(default_factory=set)
    groups: set[str] = field(
        default_factory=lambda: {f"/sluice/shop/test/{one}" for one in ("service", "migration", "bootstrap")}
    )
    roles: set[str] = field(
        default_factory=lambda: {
            f"{kind}-{use}" for kind in ("service", "migration", "bootstrap") for use in ("execution", "task")
        }
    )
    keys: dict[str, str] = field(default_factory=dict)
    decisions: dict[str, str] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=lambda: {APP: '{"username": "u", "password": "p"}'})
    listening: bool = True
    denied: set[str] = field(default_factory=set)
    late: dict[str, int] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    elsewhere: bool = False
    skew: float = 0.0
    wrong_clock: str = ""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __getitem__(self, service: str) -> Any:
        return _Service(self, service)

    def in_region(self, service: str, region: str) -> Any:
        return self[service]

    def verify(self) -> None:
        return None

    @property
    def config(self) -> bytes:
        return json.dumps(self.image).encode()

    def fetch(self, address: str) -> bytes:
        self.count("GET")
        assert address == "https://s3.example/blob"
        return self.config

    def count(self, operation: str) -> None:
        with self._lock:
            self.calls.append(operation)
        if operation in self.denied:
            raise error(operation, "AccessDeniedException", "is not authorized")

    def yet(self, what: str) -> bool:
        """Whether it is visible; each look brings it nearer."""
        with self._lock:
            left = self.late.get(what, 0)
            self.late[what] = left - 1
        return left <= 0

    # -- operations

    def describe_task_definition(self, taskDefinition: str) -> Any:
        return {"taskDefinition": self.definitions[taskDefinition]}

    def batch_get_image(self, imageIds: list[dict[str, str]], **_: Any) -> Any:
        [wanted] = [one["imageDigest"] for one in imageIds]
        digest = "sha256:" + hashlib.sha256(self.config).hexdigest()
        manifest: dict[str, Any] = {"config": {"digest": digest}}
        if wanted.endswith("0" * 64):
            return {
                "images": [],
                "failures": [{"failureCode": "ImageNotFound", "failureReason": "Requested image not found"}],
            }
        if self.index is not None and wanted.endswith("a" * 64):
            manifest = {
                "manifests": [
                    {
                        "digest": digest,
                        "platform": {"os": platform.split("/")[0], "architecture": platform.split("/")[1]},
                    }
                    for platform, digest in self.index.items()
                ]
            }
        return {"images": [{"imageManifest": json.dumps(manifest)}], "failures": []}

    def get_download_url_for_layer(self, **_: Any) -> Any:
        return {"downloadUrl": "https://s3.example/blob"}

    def describe_secret(self, SecretId: str) -> Any:
        for arn, more in self.secrets.items():
            if SecretId in (arn, arn[:-7]) or SecretId == arn.partition(":secret:")[2][:-7]:
                # AWS takes a name that ends with a hyphen and six characters for one with its suffix.
                if SecretId == arn[:-7] and SecretId[-7] == "-":
                    break
                return {"ARN": arn, **more}
        raise error("DescribeSecret", "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")

    def get_secret_value(self, SecretId: str, **_: str) -> Any:
        for arn, more in self.secrets.items():
            if SecretId in (arn, arn[:-7]):
                if more.get("DeletedDate"):
                    raise error("GetSecretValue", "InvalidRequestException", "it was marked for deletion")
                if (key := more.get("KmsKeyId")) and self.keys.get(key) != "Enabled":
                    raise error("GetSecretValue", "DecryptionFailure", "can't decrypt the protected secret text")
                return {"ARN": arn, "SecretString": self.values[arn]}
        raise error("GetSecretValue", "ResourceNotFoundException", "Secrets Manager can't find the specified secret.")

    def describe_target_groups(self, TargetGroupArns: list[str]) -> Any:
        if TargetGroupArns != [GROUP]:
            raise error("DescribeTargetGroups", "TargetGroupNotFound", "One or more target groups not found")
        return {"TargetGroups": [{"LoadBalancerArns": ["arn:lb"]}]}

    def describe_listeners(self, LoadBalancerArn: str) -> Any:
        action = {"Type": "forward", "TargetGroupArn": GROUP} if self.listening else {"Type": "redirect"}
        return {"Listeners": [{"ListenerArn": "arn:listener", "DefaultActions": [action]}]}

    def describe_rules(self, ListenerArn: str) -> Any:
        return {"Rules": []}

    def get_parameters(self, Names: list[str], WithDecryption: bool) -> Any:
        assert not WithDecryption
        found = [name for name in Names if name.partition(":")[0] in self.parameters]
        parts = [name.partition(":") for name in found]
        return {"Parameters": [{"Name": name, "Selector": f"{colon}{label}"} for name, colon, label in parts]}

    def describe_log_groups(self, logGroupNamePrefix: str, limit: int) -> Any:
        return {
            "logGroups": [{"logGroupName": one} for one in sorted(self.groups) if one.startswith(logGroupNamePrefix)]
        }

    def get_role(self, RoleName: str) -> Any:
        if RoleName not in self.roles or not self.yet(RoleName):
            raise error("GetRole", "NoSuchEntity", f"The role with name {RoleName} cannot be found.")
        return {"Role": {"AssumeRolePolicyDocument": TRUST}}

    def simulate_principal_policy(self, PolicySourceArn: str, ActionNames: list[str], ResourceArns: list[str]) -> Any:
        if PolicySourceArn.rpartition("/")[2] not in self.roles:
            raise error("SimulatePrincipalPolicy", "NoSuchEntity", "The role cannot be found.")
        return {
            "EvaluationResults": [
                {
                    "EvalActionName": action,
                    "EvalResourceName": resource,
                    "EvalDecision": self.decisions.get(resource, "allowed"),
                }
                for action in ActionNames
                for resource in ResourceArns
            ]
        }

    def describe_key(self, KeyId: str) -> Any:
        if KeyId not in self.keys:
            raise error("DescribeKey", "NotFoundException", "Key does not exist")
        return {"KeyMetadata": {"KeyState": self.keys[KeyId]}}


class _Service:
    def __init__(self, cloud: Cloud, name: str) -> None:
        self._cloud, self._name = cloud, name
        self.meta = SimpleNamespace(region_name=REGION)
        self.exceptions = SimpleNamespace(ResourceNotFoundException=_NotFound)

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            self._cloud.count(operation)
            return getattr(self._cloud, operation)(**request)

        return call


class _NotFound(ClientError):  # type: ignore[misc]
    """As a client's own exception class."""


def error(operation: str, code: str, message: str) -> ClientError:
    kind = _NotFound if code == "ResourceNotFoundException" else ClientError
    return kind({"Error": {"Code": code, "Message": message}}, operation)
