"""Makes a bill of materials of an image that lies in a folder: `make sbom-create`, in a job without a role.

It needs Go and the internet (Go's module proxy). Only the standard library is used here, so that it runs before
anything is set up. syft is code of others that reads data of others: it gets no variable but those that Go needs.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline import job_output
from pipeline.failed import Failed
from pipeline.sbom import document, layout

SYFT = "github.com/anchore/syft/cmd/syft@v1.57.1"
"""Built from source; Go's checksum database (sum.golang.org) verifies it and its dependencies."""

SECONDS = 1500.0
"""For building syft and for its run."""

ROLE = "SLUICE_PREPARED"
"""Set in the environment of a job that holds a role."""

_NEEDED = frozenset(
    ("PATH", "HOME", "TMPDIR", "XDG_CACHE_HOME", "SSL_CERT_FILE", "SSL_CERT_DIR",
     "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY",
     "GOPROXY", "GOSUMDB", "GOTOOLCHAIN", "GOFLAGS", "GOROOT", "GOPATH", "GOCACHE", "GOMODCACHE")
)  # fmt: skip


def create(folder: Path, file: Path, environment: Mapping[str, str]) -> int:
    """Create the bill of materials; return the exit code. Its digest is an output of the job's step.

    Args:
        folder: an OCI image layout, as `make sbom-export` writes it.
        file: is written: CycloneDX, as JSON.
        environment: IMAGE, the image by digest that the folder must hold.

    Raises:
        Failed.
    """
    if environment.get(ROLE):
        raise Failed(f"{ROLE} is set: nothing is built in a job that holds a role; make it in a job without one")
    name, _, digest = environment.get("IMAGE", "").partition("@")
    if not digest:
        raise Failed("IMAGE names no image by digest: set it to what `make sbom-export` printed")
    layout.verify(folder, digest)
    done = subprocess.run(command(folder, file, name, digest), env=variables(environment), timeout=SECONDS, check=False)
    if done.returncode != 0:
        raise Failed(f"syft failed: exit code {done.returncode}; see above")
    content = file.read_bytes()
    document.must_name(content, digest, str(file))
    print(f"{file}: {document.count(content, str(file))} components of {name}@{digest}")
    job_output.write(environment, "digest", layout.digest_of(file))
    return 0


def command(folder: Path, file: Path, name: str, digest: str) -> list[str]:
    """Return the command line of syft."""
    source = ["--source-name", name, "--source-version", digest]
    return ["go", "run", SYFT, "scan", f"oci-dir:{folder}", "--output", f"cyclonedx-json={file}", "--quiet", *source]


def variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of syft: no credentials, no token, no check for new versions."""
    needed = {name: value for name, value in environment.items() if name.upper() in _NEEDED}
    return needed | {"SYFT_CHECK_FOR_APP_UPDATE": "false"}


def main(arguments: Sequence[str]) -> int:
    """Run syft; return 1 when it failed."""
    parser = argparse.ArgumentParser(prog="python3 -m pipeline.sbom.create", description=__doc__)
    parser.add_argument("--image", type=Path, required=True, help="folder of the image, an OCI image layout")
    parser.add_argument("--into", type=Path, required=True, help="file to write")
    given = parser.parse_args(arguments)
    try:
        return create(given.image, given.into, os.environ)
    except (Failed, OSError, subprocess.TimeoutExpired) as failure:
        print(f"error: {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
