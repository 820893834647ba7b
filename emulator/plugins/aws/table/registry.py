"""The image registry's resource types (botocore service ``ecr``)."""

from __future__ import annotations

from emulator.plugins.aws.entry import Entry
from emulator.plugins.aws.property import LOCAL, Name, Operation, Property, names

_NAME = {"repositoryName": "$name"}

REPOSITORY = Entry(
    "aws:ecr/repository:Repository", "ecr",
    create=Operation("create_repository"),
    read=Operation("describe_repositories", {"repositoryNames": ["$name"]}), item="repositories[0]", id="$name",
    delete=Operation("delete_repository", {**_NAME, "force": "$forceDelete"}),
    arn="repositoryArn",
    operations={
        "mutability": Operation("put_image_tag_mutability", _NAME),
        "scanning": Operation("put_image_scanning_configuration", _NAME),
    },
    properties={
        "name": Property("repositoryName", replace=True),
        "imageTagMutability": Property(update="mutability", unset="MUTABLE"),
        "imageScanningConfiguration": Property(
            update="scanning", unset={"scanOnPush": False}, block=names("scanOnPush")
        ),
        "encryptionConfigurations": Property(
            "encryptionConfiguration", replace=True, listed=True, block=names("encryptionType kmsKey")
        ),
        "forceDelete": LOCAL,
    },
    outputs={"arn": "repositoryArn", "registryId": "registryId", "repositoryUrl": "repositoryUri"},
    name=Name(limit=256, lower=True, prefix=""),
    gone=("RepositoryNotFoundException",),
)  # fmt: skip

REPOSITORY_POLICY = Entry(
    "aws:ecr/repositoryPolicy:RepositoryPolicy", "ecr",
    create=Operation("set_repository_policy"),
    read=Operation("get_repository_policy", {"repositoryName": "$repository"}), item="@", id="$repository",
    update=Operation("set_repository_policy", {"repositoryName": "$repository"}),
    delete=Operation("delete_repository_policy", {"repositoryName": "$repository"}),
    properties={
        "repository": Property("repositoryName", replace=True), "policy": Property("policyText", json=True),
    },
    outputs={"registryId": "registryId"},
    gone=("RepositoryNotFoundException", "RepositoryPolicyNotFoundException"),
    taggable=False,
)  # fmt: skip

_POLICY = {"repositoryName": "$id"}
LIFECYCLE_POLICY = Entry(
    "aws:ecr/lifecyclePolicy:LifecyclePolicy", "ecr",
    create=Operation("put_lifecycle_policy"),
    read=Operation("get_lifecycle_policy", _POLICY), item="@", id="$repository",
    update=Operation("put_lifecycle_policy", _POLICY),
    delete=Operation("delete_lifecycle_policy", _POLICY),
    properties={
        "repository": Property("repositoryName", replace=True),
        "policy": Property("lifecyclePolicyText", json=True),
    },
    outputs={"registryId": "registryId"},
    gone=("LifecyclePolicyNotFoundException", "RepositoryNotFoundException"),
    taggable=False,
)  # fmt: skip

ENTRIES = (REPOSITORY, REPOSITORY_POLICY, LIFECYCLE_POLICY)
