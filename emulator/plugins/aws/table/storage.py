"""Buckets and what is said of them (botocore service ``s3``)."""

from __future__ import annotations

from typing import Any

from emulator.plugins.aws import tags
from emulator.plugins.aws.entry import Entry, Hooks, ResourceRequest
from emulator.plugins.aws.property import LOCAL, OMIT, Members, Name, Operation, Property, names

_GONE = ("404", "NoSuchBucket")


def _placed(request: ResourceRequest, operation: Operation, params: Members) -> None:
    """us-east-1 is S3's own default and refused as a constraint (CreateBucket)."""
    if operation.method == "create_bucket" and request.region != "us-east-1":
        params["CreateBucketConfiguration"] = {"LocationConstraint": request.region}


def _tagged(request: ResourceRequest) -> None:
    """CreateBucket takes no tags here."""
    tags.apply(request, tags.wanted(request.outputs.get("tags"), request.session.default_tags))


def _there(request: ResourceRequest) -> Members | None:
    request.ask("head_bucket", Bucket=request.id)
    return {"Bucket": request.id}


def _emptied(request: ResourceRequest) -> None:
    """S3 deletes no bucket with objects in it."""
    if not request.flat.get("forceDestroy") or not request.observe():
        return
    while found := request.ask("list_objects_v2", Bucket=request.id).get("Contents"):
        objects = [{"Key": one["Key"]} for one in found]
        request.ask("delete_objects", Bucket=request.id, Delete={"Objects": objects, "Quiet": True})


_BUCKET: dict[str, Any] = {"Bucket": "$id"}
BUCKET = Entry(
    "aws:s3/bucket:Bucket", "s3",
    create=Operation("create_bucket"),
    read=Operation("head_bucket", _BUCKET), item="@", id="$bucket",
    delete=Operation("delete_bucket", _BUCKET),
    properties={
        "bucket": Property(replace=True),
        "bucketPrefix": Property(local=True, replace=True, seen=""),
        "forceDestroy": LOCAL,
    },
    outputs={
        "arn": "arn:aws:s3:::{id}",
        "bucketDomainName": "{id}.s3.amazonaws.com",
        "bucketRegionalDomainName": "{id}.s3.{region}.amazonaws.com",
    },
    name=Name(property="bucket", limit=63, lower=True, prefix="bucketPrefix"),
    hooks=Hooks(prepare=_placed, created=_tagged, find=_there, deleting=_emptied),
    gone=_GONE,
)  # fmt: skip

_CLOSED = {name: Property(f"PublicAccessBlockConfiguration.{name[0].upper()}{name[1:]}", unset=False) for name in (
    "blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets",
)}  # fmt: skip
PUBLIC_ACCESS_BLOCK = Entry(
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", "s3",
    create=Operation("put_public_access_block"),
    read=Operation("get_public_access_block", _BUCKET), item="@", id="$bucket",
    update=Operation("put_public_access_block", _BUCKET),
    delete=Operation("delete_public_access_block", _BUCKET),
    properties={"bucket": Property(replace=True, seen=""), **_CLOSED},
    gone=(*_GONE, "NoSuchPublicAccessBlockConfiguration"),
    taggable=False,
)  # fmt: skip

BUCKET_POLICY = Entry(
    "aws:s3/bucketPolicy:BucketPolicy", "s3",
    create=Operation("put_bucket_policy"),
    read=Operation("get_bucket_policy", _BUCKET), item="@", id="$bucket",
    update=Operation("put_bucket_policy", _BUCKET),
    delete=Operation("delete_bucket_policy", _BUCKET),
    properties={"bucket": Property(replace=True, seen=""), "policy": Property(json=True)},
    gone=(*_GONE, "NoSuchBucketPolicy"),
    taggable=False,
)  # fmt: skip

_LIFE = names(
    "id status",
    filter=Property(block=names("prefix")),
    expiration=Property(block=names("days")),
)
LIFECYCLE = Entry(
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration", "s3",
    create=Operation("put_bucket_lifecycle_configuration"),
    read=Operation("get_bucket_lifecycle_configuration", _BUCKET), item="@", id="$bucket",
    update=Operation("put_bucket_lifecycle_configuration", _BUCKET),
    delete=Operation("delete_bucket_lifecycle", _BUCKET),
    properties={
        "bucket": Property(replace=True, seen=""),
        "rules": Property("LifecycleConfiguration.Rules", seen="Rules", block=_LIFE, unset=OMIT),
    },
    gone=(*_GONE, "NoSuchLifecycleConfiguration"),
    taggable=False,
)  # fmt: skip

ENTRIES = (BUCKET, PUBLIC_ACCESS_BLOCK, BUCKET_POLICY, LIFECYCLE)
