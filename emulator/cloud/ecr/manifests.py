"""Manifests in the container registry, over its HTTP API (OCI distribution specification). No MiniStack here."""

from __future__ import annotations

import dataclasses
import hashlib
import http.client
import json
import urllib.parse
from typing import Any

from emulator.cloud.ecr.registry import Registry

_ACCEPTED = (
    "application/vnd.docker.distribution.manifest.v2+json, "
    "application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json"
)
_TIMEOUT = 15.0


class RegistryError(RuntimeError):
    """The registry answered something that the specification does not foresee."""


@dataclasses.dataclass(frozen=True)
class Manifest:
    """A manifest: its digest is that of its very bytes."""

    digest: str
    media_type: str
    body: bytes

    @property
    def parts(self) -> list[str]:
        """Digests of the manifests that an index leads to; none of an image's own."""
        content: dict[str, Any] = json.loads(self.body)
        return [str(part["digest"]) for part in content.get("manifests", [])]

    @property
    def size(self) -> int:
        """Bytes of the image's compressed layers and configuration."""
        content: dict[str, Any] = json.loads(self.body)
        parts = [*content.get("layers", []), content.get("config") or {}, *content.get("manifests", [])]
        return sum(int(part.get("size", 0)) for part in parts)


def get(registry: Registry, repository: str, reference: str) -> Manifest | None:
    """The manifest behind a tag or digest, or None when there is none."""
    status, headers, body = _ask(registry, "GET", f"/v2/{repository}/manifests/{reference}", {"Accept": _ACCEPTED})
    if status == 404:
        return None
    if status != 200:
        raise RegistryError(f"the registry answered {status} for {repository}:{reference}")
    digest = "sha256:" + hashlib.sha256(body).hexdigest()
    return Manifest(digest, headers.get("content-type", "").partition(";")[0], body)


def has_blob(registry: Registry, repository: str, digest: str) -> bool:
    """Whether the repository has this layer or configuration."""
    status, _, _ = _ask(registry, "HEAD", f"/v2/{repository}/blobs/{digest}", {})
    if status in (200, 307):
        return True
    if status in (400, 404):
        return False
    raise RegistryError(f"the registry answered {status} for the blob {repository}@{digest}")


class Blob:
    """A layer or configuration while it is read. length: bytes of it all."""

    def __init__(self, connection: http.client.HTTPConnection, answer: http.client.HTTPResponse) -> None:
        self._connection, self._answer = connection, answer
        self.length = int(answer.headers["Content-Length"])

    def __enter__(self) -> Blob:
        return self

    def __exit__(self, *error: object) -> None:
        self._connection.close()

    def read(self, size: int) -> bytes:
        """At most so many bytes more; none at the end. Raises OSError, http.client.HTTPException."""
        return self._answer.read(size)


def blob(registry: Registry, repository: str, digest: str) -> Blob | None:
    """A layer or configuration of the repository, to be closed by its reader; None when it is not there."""
    connection = http.client.HTTPConnection(registry.address, timeout=_TIMEOUT)
    try:
        headers = {"Authorization": registry.authorization}
        connection.request("GET", f"/v2/{repository}/blobs/{digest}", headers=headers)
        answer = connection.getresponse()
        if answer.status == 200:
            return Blob(connection, answer)
    except BaseException:
        connection.close()
        raise
    connection.close()
    return None


def put(registry: Registry, repository: str, reference: str, media_type: str, body: bytes) -> bool:
    """Store a manifest under a tag or digest. False when the registry lacks its layers."""
    status, _, said = _ask(
        registry, "PUT", f"/v2/{repository}/manifests/{reference}", {"Content-Type": media_type}, body
    )
    if status == 201:
        return True
    if status in (400, 404):
        return False
    raise RegistryError(f"the registry answered {status} to a manifest of {repository}: {said[:200]!r}")


def put_blob(registry: Registry, repository: str, digest: str, content: bytes) -> None:
    """Store a layer or configuration, in one piece. Raises RegistryError."""
    status, headers, said = _ask(registry, "POST", f"/v2/{repository}/blobs/uploads/", {}, b"")
    if status != 202:
        raise RegistryError(f"the registry answered {status} to an upload into {repository}: {said[:200]!r}")
    where = urllib.parse.urlsplit(headers["location"])
    query = urllib.parse.urlencode([*urllib.parse.parse_qsl(where.query), ("digest", digest)])
    kind = {"Content-Type": "application/octet-stream"}
    status, _, said = _ask(registry, "PUT", f"{where.path}?{query}", kind, content)
    if status != 201:
        raise RegistryError(f"the registry answered {status} to a blob of {repository}: {said[:200]!r}")


def delete(registry: Registry, repository: str, digest: str) -> None:
    """Delete a manifest, and every tag on it."""
    status, _, _ = _ask(registry, "DELETE", f"/v2/{repository}/manifests/{digest}", {})
    if status not in (202, 404):
        raise RegistryError(f"the registry answered {status} to the removal of {repository}@{digest}")


def tags(registry: Registry, repository: str) -> list[str]:
    """Every tag of the repository."""
    status, _, body = _ask(registry, "GET", f"/v2/{repository}/tags/list", {})
    if status == 404:
        return []
    if status != 200:
        raise RegistryError(f"the registry answered {status} for the tags of {repository}")
    return sorted(json.loads(body).get("tags") or [])


def _ask(
    registry: Registry, method: str, path: str, headers: dict[str, str], body: bytes | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection(registry.address, timeout=_TIMEOUT)
    try:
        connection.request(method, path, body=body, headers={**headers, "Authorization": registry.authorization})
        answer = connection.getresponse()
        return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
    finally:
        connection.close()
