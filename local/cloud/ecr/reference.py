"""Image references."""

from __future__ import annotations


def split(image: str) -> tuple[str, str]:
    """`repository` and `tag or digest` of an image reference; without either the tag is `latest`."""
    if "@" in image:
        repository, _, digest = image.partition("@")
        return repository, digest
    head, slash, tail = image.rpartition("/")
    name, _, tag = tail.partition(":")
    return head + slash + name, tag or "latest"
