"""An image that says it was built for another processor; its files stay those of this one."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import tarfile

SECONDS = 120


def relabelled(image: str, name: str, architecture: str) -> None:
    """Loads *image* again under *name*, for another architecture. Source: Docker Image Specification v1.2."""
    saved = subprocess.run(["docker", "save", image], capture_output=True, check=True, timeout=SECONDS).stdout
    made = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(saved)) as old, tarfile.open(fileobj=made, mode="w") as new:
        manifest = json.loads(_content(old, "manifest.json"))[0]
        configuration = json.loads(_content(old, manifest["Config"])) | {"architecture": architecture}
        content = json.dumps(configuration).encode()
        file = f"{hashlib.sha256(content).hexdigest()}.json"
        for layer in manifest["Layers"]:
            _add(new, layer, _content(old, layer))
        _add(new, file, content)
        parts = [{"Config": file, "RepoTags": [name], "Layers": manifest["Layers"]}]
        _add(new, "manifest.json", json.dumps(parts).encode())
    subprocess.run(["docker", "load"], input=made.getvalue(), capture_output=True, check=True, timeout=SECONDS)


def removed(name: str) -> None:
    """Forgets the image."""
    subprocess.run(["docker", "rmi", "--force", name], capture_output=True, check=True, timeout=SECONDS)


def _content(bundle: tarfile.TarFile, name: str) -> bytes:
    file = bundle.extractfile(name)
    assert file is not None, f"{name} is no file of the saved image"
    return file.read()


def _add(bundle: tarfile.TarFile, name: str, content: bytes) -> None:
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    bundle.addfile(entry, io.BytesIO(content))
