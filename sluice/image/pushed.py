"""Finds the image that a repository has under a tag, which is then deployed instead of built again.

The tags of Sluice's repositories are immutable, so a second push is refused (ImageTagAlreadyExistsException, PutImage
in the Amazon ECR API reference). Without this, a deployer that died between its push and its state could not build
again.

IAM: ecr:DescribeImages on the repository.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from sluice.aws.repository import parse
from sluice.aws.session import Clients

_NONE = ("ImageNotFoundException", "RepositoryNotFoundException")


def pushed(clients: Clients, repository: str, tag: str) -> str:
    """Return the digest (``sha256:…``) of an image; empty without such a tag, or outside ECR.

    Args:
        repository: ``HOST/NAME``.

    Raises:
        ClientError, BotoCoreError: ECR refused, or could not be reached.
    """
    found = parse(repository, clients.elsewhere)
    if found is None:
        return ""
    clients.verify()
    try:
        answer = clients.in_region("ecr", found.region).describe_images(**found.where, imageIds=[{"imageTag": tag}])
    except ClientError as error:
        if error.response["Error"]["Code"] in _NONE:
            return ""
        raise
    return next((str(image["imageDigest"]) for image in answer["imageDetails"] if image.get("imageDigest")), "")
