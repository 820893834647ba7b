"""Image references, and where in the registry the accounts' repositories are."""

from __future__ import annotations


def split(image: str) -> tuple[str, str]:
    """`repository` and `tag or digest` of an image reference; without either the tag is `latest`."""
    if "@" in image:
        repository, _, digest = image.partition("@")
        return repository, digest
    head, slash, tail = image.rpartition("/")
    name, _, tag = tail.partition(":")
    return head + slash + name, tag or "latest"


def path(account: str, name: str, home: str) -> str:
    """A repository's path in the one registry behind all accounts: those other than `home` have a folder each."""
    return name if account == home else f"{account}/{name}"


def owner(path: str, home: str) -> tuple[str, str]:
    """The account and the name of the repository at this path."""
    account, _, name = path.partition("/")
    return (account, name) if name and len(account) == 12 and account.isdigit() else (home, path)
