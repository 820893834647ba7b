"""Tags: how each service takes, shows and drops them, and how they meet the provider's default tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import jmespath
from botocore.model import Shape

from emulator.plugins.aws.entry import ResourceRequest
from emulator.plugins.aws.mapping import model
from emulator.plugins.aws.property import Members
from emulator.plugins.aws.session import AwsError
from sluice.protocol.values import UNKNOWN

Tags = dict[str, str]


@dataclass(frozen=True)
class TagOperations:
    """A service's operations on tags.

    Attributes:
        add, remove, show: method names; *show* empty: the described resource bears its tags.
        subject: the member that names the resource.
        removed: the member that names the tags to drop.
        shown: JMESPath of the tags in what *show* returns, or in the item.
        fixed: parameters that every one of them takes.
        none: the error code by which *show* says that there are no tags.
        whole: the member that takes all tags at once, where *add* replaces what was there; *remove* drops them all.
    """

    add: str
    remove: str
    show: str
    subject: str
    removed: str
    shown: str
    fixed: Mapping[str, str] = field(default_factory=dict)
    none: str = ""
    whole: str = ""


SERVICES: Mapping[str, TagOperations] = {
    "aws:iam/policy:Policy": TagOperations("tag_policy", "untag_policy", "", "PolicyArn", "TagKeys", "Tags"),
    "acm": TagOperations(
        "add_tags_to_certificate",
        "remove_tags_from_certificate",
        "list_tags_for_certificate",
        "CertificateArn",
        "Tags",
        "Tags",
    ),
    "application-autoscaling": TagOperations(
        "tag_resource", "untag_resource", "list_tags_for_resource", "ResourceARN", "TagKeys", "Tags"
    ),
    "cloudwatch": TagOperations(
        "tag_resource", "untag_resource", "list_tags_for_resource", "ResourceARN", "TagKeys", "Tags"
    ),
    "events": TagOperations(
        "tag_resource", "untag_resource", "list_tags_for_resource", "ResourceARN", "TagKeys", "Tags"
    ),
    "ec2": TagOperations("create_tags", "delete_tags", "", "Resources", "Tags", "Tags"),
    "ecr": TagOperations("tag_resource", "untag_resource", "list_tags_for_resource", "resourceArn", "tagKeys", "tags"),
    "ecs": TagOperations("tag_resource", "untag_resource", "list_tags_for_resource", "resourceArn", "tagKeys", "tags"),
    "elbv2": TagOperations(
        "add_tags", "remove_tags", "describe_tags", "ResourceArns", "TagKeys", "TagDescriptions[0].Tags"
    ),
    "iam": TagOperations("tag_role", "untag_role", "", "RoleName", "TagKeys", "Tags"),
    "logs": TagOperations("tag_resource", "untag_resource", "list_tags_for_resource", "resourceArn", "tagKeys", "tags"),
    "rds": TagOperations(
        "add_tags_to_resource",
        "remove_tags_from_resource",
        "list_tags_for_resource",
        "ResourceName",
        "TagKeys",
        "TagList",
    ),
    "secretsmanager": TagOperations("tag_resource", "untag_resource", "", "SecretId", "TagKeys", "Tags"),
    "s3": TagOperations(
        "put_bucket_tagging",
        "delete_bucket_tagging",
        "get_bucket_tagging",
        "Bucket",
        "",
        "TagSet",
        none="NoSuchTagSet",
        whole="Tagging.TagSet",
    ),
    "wafv2": TagOperations(
        "tag_resource",
        "untag_resource",
        "list_tags_for_resource",
        "ResourceARN",
        "TagKeys",
        "TagInfoForResource.TagList",
    ),
    "sns": TagOperations("tag_resource", "untag_resource", "list_tags_for_resource", "ResourceArn", "TagKeys", "Tags"),
    "ssm": TagOperations(
        "add_tags_to_resource",
        "remove_tags_from_resource",
        "list_tags_for_resource",
        "ResourceId",
        "TagKeys",
        "TagList",
        {"ResourceType": "Parameter"},
    ),
}


def _operations(request: ResourceRequest) -> TagOperations:
    """Of the type where it has its own, else of its service."""
    return SERVICES.get(request.entry.token) or SERVICES[request.entry.service]


def wanted(own: Any, default: Mapping[str, str]) -> Any:
    """All tags of a resource: its own win over the provider's. Unknown where its own are."""
    return UNKNOWN if own is UNKNOWN else {**default, **(own or {})}


def on_create(service: str, method: str, tags: Tags, resource_type: str = "") -> Members:
    """The parameters of a create operation that bear *tags*, in the form its shape asks for."""
    shape = model(service, method).input_shape
    if not tags or not {"Tags", "tags", "TagSpecifications"} & set(shape.members):  # then they are applied afterwards
        return {}
    if "Tags" not in shape.members and "TagSpecifications" in shape.members:  # EC2; RDS has both
        return {"TagSpecifications": [{"ResourceType": resource_type, "Tags": _pairs(tags, "Key", "Value")}]}
    member = "Tags" if "Tags" in shape.members else "tags"
    return {member: _form(shape.members[member], tags)}


def _form(shape: Shape, tags: Tags) -> Any:
    if shape.type_name == "map":
        return dict(tags)
    key, value = list(shape.member.members)[:2]  # Key, Value or key, value
    return _pairs(tags, key, value)


def _pairs(tags: Tags, key: str, value: str) -> list[dict[str, str]]:
    return [{key: name, value: content} for name, content in sorted(tags.items())]


def seen(request: ResourceRequest) -> Tags:
    """The resource's tags, without those AWS sets itself."""
    service = _operations(request)
    try:
        answer = request.ask(service.show, **_subject(request, service)) if service.show else request.item
    except AwsError as error:
        if error.code != service.none:
            raise
        return {}
    raw = jmespath.search(service.shown, answer) or {}
    if isinstance(raw, list):
        raw = {pair.get("Key", pair.get("key")): pair.get("Value", pair.get("value", "")) for pair in raw}
    return {key: value for key, value in raw.items() if not key.startswith("aws:")}


def apply(request: ResourceRequest, tags: Tags) -> None:
    """Make the resource bear exactly *tags*."""
    service, current = _operations(request), seen(request)
    if service.whole:
        if current != tags:
            outer, _, inner = service.whole.partition(".")
            every = {outer: {inner: _pairs(tags, "Key", "Value")}}
            request.ask(
                service.add if tags else service.remove, **_subject(request, service), **(every if tags else {})
            )
        return
    surplus = [key for key in current if key not in tags]
    lacking = {key: value for key, value in tags.items() if current.get(key) != value}
    if surplus:
        keys: Any = [{"Key": key} for key in surplus] if service.removed == "Tags" else surplus
        request.ask(service.remove, **_subject(request, service), **{service.removed: keys})
    if lacking:
        shape = model(request.entry.service, service.add).input_shape
        member = "Tags" if "Tags" in shape.members else "tags"
        request.ask(service.add, **_subject(request, service), **{member: _form(shape.members[member], lacking)})


def _subject(request: ResourceRequest, service: TagOperations) -> Members:
    name = request.id if request.entry.service in ("ec2", "iam", "ssm") else request.arn
    return {service.subject: [name] if service.subject.endswith("s") else name, **service.fixed}
