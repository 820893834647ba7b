"""Certificates that are really shown: signed by an authority of this process' own, for the names that ACM has them for.

Its key exists in this process only. Its certificate is in `<local folder>/certificates.pem`, behind those that this
machine trusts anyway; SSL_CERT_FILE leads the local stack's programs there, and nobody else's.
"""

from __future__ import annotations

import datetime
import os
import ssl
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from local.environment import BUNDLE

_VALID = datetime.timedelta(days=365)
_SYSTEM = "/etc/ssl/certs/ca-certificates.crt"


class Authority:
    """Signs certificates. folder: where the bundle of all that is to be trusted is written."""

    def __init__(self, folder: Path) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("the local cloud of this checkout")
        own = _builder(self._name, self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        )
        self._certificate = own.sign(self._key, hashes.SHA256())
        bundle = folder / BUNDLE
        pem = self._certificate.public_bytes(serialization.Encoding.PEM)
        bundle.write_bytes(_trusted_anyway(bundle) + b"\n" + pem)

    def context(self, names: Sequence[str]) -> ssl.SSLContext:
        """What a server needs to show a certificate for these names, by TLS 1.2 or later."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        leaf = _builder(_name(names[0]), self._name, key).add_extension(alternatives, critical=False)
        certificate = leaf.sign(self._key, hashes.SHA256())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_alpn_protocols(["http/1.1"])
        with tempfile.NamedTemporaryFile(suffix=".pem") as file:  # the ssl module reads certificates from files only
            file.write(
                key.private_bytes(
                    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
                )
                + certificate.public_bytes(serialization.Encoding.PEM)
            )
            file.flush()
            context.load_cert_chain(file.name)
        return context


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text[:64])])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _VALID)
    )


def _trusted_anyway(bundle: Path) -> bytes:
    """The certificates that this machine trusts, or whoever started this process."""
    paths = ssl.get_default_verify_paths()
    for name in (os.environ.get(paths.openssl_cafile_env), paths.openssl_cafile, _SYSTEM):
        if name and Path(name) != bundle and Path(name).is_file():
            return Path(name).read_bytes()
    return b""
