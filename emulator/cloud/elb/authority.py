"""Certificates that are really shown: signed by the checkout's own authority, for the names that ACM has them for.

A checkout has one authority, for its local stack and its rehearsals alike: a shell that trusts one of them trusts all.
Its key is in `<local folder>/authority.pem`, which only its user may read. Its certificate is in `certificates.pem`,
behind those that this machine trusts anyway; SSL_CERT_FILE leads the local stack's programs there, and nobody else's.
"""

from __future__ import annotations

import base64
import contextlib
import datetime
import fcntl
import os
import re
import secrets
import ssl
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from emulator.variables import BUNDLE

_VALID = datetime.timedelta(days=365)
_AUTHORITY_VALID = datetime.timedelta(days=3650)
_SYSTEM = "/etc/ssl/certs/ca-certificates.crt"
_OURS = "the local cloud of "
"""How the common name of every checkout's authority begins."""
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", re.DOTALL)

KEPT = "authority.pem"


class Authority:
    """Signs certificates.

    Args:
        home: the folder that keeps the authority.
        folder: where the bundle of all that is to be trusted is written.
    """

    def __init__(self, home: Path, folder: Path) -> None:
        own = _kept(home)
        self._key, self._certificate = own.key, own.certificate
        pem = self._certificate.public_bytes(serialization.Encoding.PEM)
        (folder / BUNDLE).write_bytes(_trusted_anyway() + b"\n" + pem)

    def context(self, names: Sequence[str]) -> ssl.SSLContext:
        """What a server needs to show a certificate for these names, by TLS 1.2 or later."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        leaf = (
            _builder(_name(names[0]), self._certificate.subject, key, _VALID)
            .add_extension(alternatives, critical=False)
            .add_extension(signer, critical=False)
        )
        certificate = leaf.sign(self._key, hashes.SHA256())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # the ssl module reads certificates from files only
            file.write(_pem(key) + certificate.public_bytes(serialization.Encoding.PEM))
            file.flush()
            context.load_cert_chain(file.name)
        return context


@dataclass(frozen=True)
class _Own:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def _kept(home: Path) -> _Own:
    """The authority that a folder keeps; made when there is none, or when it is torn or ends too soon."""
    home.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        file = home / KEPT
        if file.is_file() and (found := _read(file.read_bytes())) is not None:
            return found
        made = _made()
        fresh = file.with_name(f"{KEPT}.{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(_pem(made.key) + made.certificate.public_bytes(serialization.Encoding.PEM))
        fresh.replace(file)
        return made


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """The local stack's cloud and the rehearsals' may start at the same moment."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _read(pem: bytes) -> _Own | None:
    try:
        key = serialization.load_pem_private_key(pem, None)
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError:
        return None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        return None
    lasts = certificate.not_valid_after_utc - datetime.datetime.now(datetime.UTC)
    return _Own(key, certificate) if lasts > _VALID else None


def _made() -> _Own:
    key = ec.generate_private_key(ec.SECP256R1())
    # A name of its own: of two authorities with one name, OpenSSL takes the first that it finds in a bundle.
    name = _name(f"{_OURS}a checkout, {secrets.token_hex(8)}")
    certificate = (
        _builder(name, name, key, _AUTHORITY_VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    return _Own(key, certificate)


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    form = serialization.PrivateFormat.PKCS8
    return key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text[:64])])


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, valid: datetime.timedelta
) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + valid)
    )


def _trusted_anyway() -> bytes:
    """The certificates that this machine trusts, or whoever started this process, without those of any local cloud:
    `make env` puts SSL_CERT_FILE, with some checkout's bundle, into the shell that a rehearsal is started from."""
    paths = ssl.get_default_verify_paths()
    for name in (os.environ.get(paths.openssl_cafile_env), paths.openssl_cafile, _SYSTEM):
        if name and Path(name).is_file():
            return _CERTIFICATE.sub(lambda found: b"" if _ours(found[0]) else found[0], Path(name).read_bytes())
    return b""


def _ours(pem: bytes) -> bool:
    try:
        der = base64.b64decode(b"".join(pem.splitlines()[1:-1]))
    except ValueError:  # whatever it is, it is nothing that we wrote
        return False
    return _OURS.encode() in der
