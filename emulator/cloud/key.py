"""What a checkout's local cloud and its callers know, and nobody else: one random key, and all that is derived from it.

The key is `<local folder>/cloud.key`, which only its user may read. From it come the secret access key of every account
of the emulated AWS, the password of its container registry, and the signatures of the addresses that it gives out. An
access key id is the number of its account, as everywhere here: it is no secret, and without the key it opens nothing.

Standard library only: set-up reads it before any virtual environment exists.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import hmac
import os
import secrets
from pathlib import Path

FILE = "cloud.key"
USER = "AWS"
"""Of the registry's login, as ECR's ("Private registry authentication" in the Amazon ECR user guide)."""
_BYTES = 32
_SECRET_LENGTH = 40  # an AWS secret access key's


class KeyFileError(RuntimeError):
    """The key file cannot be used; the text is for people."""


class Key:
    """The key of one local folder. It shows itself nowhere: neither printed nor logged."""

    def __init__(self, value: bytes) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Key(…)"

    def secret(self, account: str) -> str:
        """The secret access key that belongs to the access key id of an account: 40 characters."""
        return base64.b64encode(self._of(f"secret access key of {account}")).decode()[:_SECRET_LENGTH]

    @property
    def registry_password(self) -> str:
        """The password of the container registry, whose user is `AWS`."""
        return self._of("registry").hex()

    @property
    def identity(self) -> str:
        """What a caller shows that asks the emulator who it is."""
        return self._of("identity").hex()

    def seal(self, text: str) -> str:
        """The signature of an address that the emulator gives out."""
        return self._of(f"address {text}").hex()

    def sealed(self, text: str, seal: str) -> bool:
        """Whether `seal` is the signature of `text`."""
        return same(self.seal(text), seal)

    def _of(self, purpose: str) -> bytes:
        return hmac.new(self._value, purpose.encode(), hashlib.sha256).digest()


def same(expected: str, given: str) -> bool:
    """Whether two secrets are equal, in a time that tells nothing about them."""
    return hmac.compare_digest(expected.encode(), given.encode("utf-8", "surrogateescape"))


def of(local_dir: Path) -> Key:
    """The key of a local folder; a random one is made when there is none.

    Raises:
        KeyFileError: the file is torn, belongs to somebody else, or others may read it.
        OSError: the folder cannot be written.
    """
    file = local_dir / FILE
    try:
        return _read(file)
    except FileNotFoundError:
        local_dir.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
        out.write(secrets.token_hex(_BYTES) + "\n")
    try:
        os.link(fresh, file)  # unlike a rename this fails when another process was faster: its key counts
    except FileExistsError:
        pass
    finally:
        fresh.unlink()
    return _read(file)


def _read(file: Path) -> Key:
    remedy = f"\n  fix: remove {file}, then `make up`: it makes another one"
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno != errno.ELOOP:
            raise
        raise KeyFileError(f"{file}, the key of the local cloud, is a link{remedy}") from None
    with os.fdopen(descriptor, "rb") as opened:
        status = os.fstat(descriptor)
        text = opened.read(4 * _BYTES)
    if status.st_uid != os.getuid():
        raise KeyFileError(f"{file}, the key of the local cloud, belongs to another user{remedy}")
    if status.st_mode & 0o077:
        raise KeyFileError(f"{file}, the key of the local cloud, may be read by others{remedy}")
    try:
        value = bytes.fromhex(text.decode().strip())
    except ValueError:
        value = b""
    if len(value) != _BYTES:
        raise KeyFileError(f"{file}, the key of the local cloud, is torn{remedy}")
    return Key(value)
