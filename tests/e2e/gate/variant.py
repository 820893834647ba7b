"""An image with another configuration than the one it is made of, pushed without a build: only its configuration's blob
and its manifest are new."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
from typing import Any
from urllib.parse import urlsplit

from emulator.cloud.emulator import Cloud
from emulator.cloud.key import USER

SECONDS = 15
_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
_ACCEPT = {"Accept": _MANIFEST}


def variant(cloud: Cloud, image: str, *, platform: str = "", tagged: bool = True, **config: Any) -> str:
    """The same layers, started otherwise. Returns the new image by digest.

    Args:
        cloud: whose registry has it.
        image: ``HOST:PORT/NAME@sha256:…``.
        platform: what the image says that it is built for; empty: what it said.
        tagged: whether it gets a tag; without one it is only listed as part of an index.
        config: members of the configuration's `config`, such as ``Entrypoint`` and ``User``.
    """
    repository, _, digest = image.partition("@")
    name = repository.partition("/")[2]
    manifest = json.loads(_ask(cloud, "GET", f"/v2/{name}/manifests/{digest}", headers=_ACCEPT)[1])
    blob = json.loads(_ask(cloud, "GET", f"/v2/{name}/blobs/{manifest['config']['digest']}")[1])
    blob["config"] = {**blob["config"], **config}
    if platform:
        blob["os"], blob["architecture"] = platform.split("/")
    manifest["config"] |= _upload(cloud, name, json.dumps(blob).encode())
    return f"{repository}@{_put(cloud, name, manifest, tagged=tagged)}"


def index(cloud: Cloud, images: dict[str, str]) -> str:
    """An index that leads to the image of each platform. Returns it by digest."""
    repository = next(iter(images.values())).partition("@")[0]
    name = repository.partition("/")[2]
    parts = [
        {
            "mediaType": _MANIFEST,
            "digest": image.partition("@")[2],
            "size": len(_ask(cloud, "GET", f"/v2/{name}/manifests/{image.partition('@')[2]}", headers=_ACCEPT)[1]),
            "platform": {"os": platform.split("/")[0], "architecture": platform.split("/")[1]},
        }
        for platform, image in images.items()
    ]
    manifest = {"schemaVersion": 2, "mediaType": _LIST, "manifests": parts}
    return f"{repository}@{_put(cloud, name, manifest, tagged=True)}"


def _put(cloud: Cloud, name: str, manifest: dict[str, Any], *, tagged: bool) -> str:
    body = json.dumps(manifest).encode()
    digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
    reference = f"v{digest[7:19]}" if tagged else digest
    _ask(cloud, "PUT", f"/v2/{name}/manifests/{reference}", body, {"Content-Type": manifest["mediaType"]})
    return digest


def _upload(cloud: Cloud, name: str, content: bytes) -> dict[str, Any]:
    """Puts a blob there. Returns what a manifest says of it. Source: OCI distribution specification."""
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    place = urlsplit(_ask(cloud, "POST", f"/v2/{name}/blobs/uploads/")[0]["location"])
    query = f"{place.query}&digest={digest}" if place.query else f"digest={digest}"
    _ask(cloud, "PUT", f"{place.path}?{query}", content, {"Content-Type": "application/octet-stream"})
    return {"digest": digest, "size": len(content)}


def _ask(
    cloud: Cloud, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> tuple[dict[str, str], bytes]:
    connection = http.client.HTTPConnection(cloud.registry, timeout=SECONDS)
    login = base64.b64encode(f"{USER}:{cloud.registry_password}".encode()).decode()
    try:
        connection.request(method, path, body=body, headers={**(headers or {}), "Authorization": f"Basic {login}"})
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status < 300, (method, path, answer.status, content[:300])
        return {name.lower(): value for name, value in answer.getheaders()}, content
    finally:
        connection.close()
