"""Which image a repository has under a tag: one that is there is deployed, and not built and pushed once more.

The tags of Sluice's repositories are immutable: a push over one is refused (ImageTagAlreadyExistsException, PutImage in
the Amazon ECR API reference), so a deployer that died between its push and its state could never build again.

IAM: ecr:DescribeImages on the repository.
"""

from __future__ import annotations

from botocore.exceptions import ClientError

from sluice.aws.repository import parse
from sluice.aws.session import Clients

_NONE = ("ImageNotFoundException", "RepositoryNotFoundException")


def pushed(clients: Clients, repository: str, tag: str) -> str:
    """The digest (``sha256:…``) of the image that *repository* (``HOST/NAME``) has as *tag*; empty when it has none, or
    is no repository of ECR.

    Raises:
        ClientError, BotoCoreError: ECR refused, or could not be asked.
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
