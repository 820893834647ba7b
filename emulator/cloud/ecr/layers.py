"""The address of a layer leads to its content.

AWS, GetDownloadUrlForLayer (ECR API reference): `downloadUrl` is a signed address of the layer's content, which anybody
who has it may get for a while; a digest that the repository does not have is LayersNotFoundException. The configuration
of an image is such a blob, too. MiniStack answers with an address of AWS, for any digest.
"""

from __future__ import annotations

import time
from typing import Any

from ministack.core.responses import error_response_json, get_account_id
from ministack.services import ecr

from emulator.cloud.correction import Correction
from emulator.cloud.ecr import manifests, reference
from emulator.cloud.gateway import links
from emulator.cloud.replace import replace
from emulator.cloud.settings import Settings


def install(settings: Settings) -> None:
    """Point the address at this emulator, which takes the content from the registry."""
    unknown = ecr._get_download_url_for_layer  # its answer where there is no such repository

    def download_url(data: dict[str, Any]) -> Any:
        name, digest = data.get("repositoryName", ""), data.get("layerDigest", "")
        if name not in ecr._repositories:
            return unknown(data)
        path = reference.path(get_account_id(), name, settings.account)
        if not manifests.has_blob(settings.images, path, digest):
            return error_response_json(
                "LayersNotFoundException",
                f"The specified layers could not be found, or the specified layer {digest} is not valid for this "
                "repository.",
                400,
            )
        address = links.layer(settings.endpoint, settings.key, path, digest, time.time())
        return ecr.json_response({"downloadUrl": address, "layerDigest": digest})

    replace(ecr, "_get_download_url_for_layer", download_url)


CORRECTION = Correction(
    rule="The address of a layer leads to its content.",
    fault="GetDownloadUrlForLayer answers with an address of AWS, for any digest.",
    ministack="1.5.33",
    install=install,
)
