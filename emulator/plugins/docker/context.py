"""The build context's digest: what makes a changed file a change of the image, and an unchanged folder no build at all.

What the daemon would not receive does not count: see components.image.build_context, which names the image by the same
files.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from components.image import build_context
from sluice.protocol.resource import Refused


def digest(context: Path, dockerfile: Path) -> str:
    """SHA-256 over names, kinds, execute bits and contents of the files of *context*, and of *dockerfile*.

    Raises:
        Refused: the folder or the Dockerfile cannot be read.
    """
    if not context.is_dir():
        raise Refused(f"the build context {context} is not a folder")
    if not dockerfile.is_file():
        raise Refused(f"there is no Dockerfile at {dockerfile}")
    total = hashlib.sha256()
    try:
        _add(total, "Dockerfile", dockerfile)
        for name in build_context.sent(context, build_context.ignored(dockerfile, context)):
            _add(total, name, context / name)
    except OSError as error:
        raise Refused(f"the build context cannot be read: {error}") from error
    return total.hexdigest()


def _add(total: hashlib._Hash, name: str, path: Path) -> None:
    if path.is_symlink():
        kind, content = "link", str(path.readlink()).encode()
    elif path.is_file():
        kind, content = ("program" if os.access(path, os.X_OK) else "file"), path.read_bytes()
    else:
        return  # sockets and pipes are never sent
    total.update(f"{kind} {name}\0{len(content)}\0".encode())
    total.update(content)
