"""Which CA bundle verifies the server when DB_SSL_CERT_PATH names none: the image's own, else the system's."""

from collections.abc import Sequence
from pathlib import Path

BAKED = Path(__file__).parents[1] / "certs"
"""What the image was built with: *.pem of the build context's `certs` folder."""

SYSTEM = (
    Path("/etc/ssl/certs/ca-certificates.crt"),  # Debian, Ubuntu, Alpine, Amazon Linux
    Path("/etc/pki/tls/certs/ca-bundle.crt"),  # Fedora, Red Hat
    Path("/etc/ssl/cert.pem"),  # macOS, BSD
)


class Several(Exception):
    """The image holds more than one bundle, and none was chosen. The text names them."""


def bundle(baked: Path | None = None, system: Sequence[Path] | None = None) -> Path | None:
    """The bundle to verify with; None: there is none.

    Raises:
        Several: the choice is the operator's.
    """
    found = sorted((BAKED if baked is None else baked).glob("*.pem"))
    if len(found) > 1:
        raise Several(", ".join(str(path) for path in found))
    candidates = [*found, *(SYSTEM if system is None else system)]
    return next((path for path in candidates if path.is_file()), None)
