"""A bill of materials is made of a whole image, by a program that gets no credentials. syft itself is not run here."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.sbom import layout
from pipeline.sbom.create import SYFT, main, variables
from sluice.image.image_signature import digest_of
from tests.unit.pipeline.test_sbom_export import BLOBS, DIGEST, IMAGE, KIND, MANIFEST

GO = """#!{python}
import json, os, sys
words = sys.argv[1:]
file = words[words.index("--output") + 1].partition("=")[2]
open(file, "w").write(json.dumps({document}))
open(file + ".seen", "w").write(json.dumps({{"words": words, "environment": dict(os.environ)}}))
sys.exit({code})
"""


@pytest.fixture
def image(tmp_path: Path) -> Path:
    folder = tmp_path / "image"
    layout.blob(folder, DIGEST).parent.mkdir(parents=True)
    for digest, blob in {**BLOBS, DIGEST: MANIFEST.encode()}.items():
        layout.blob(folder, digest).write_bytes(blob)
    layout.write_index(folder, {"mediaType": KIND, "digest": DIGEST, "size": len(MANIFEST)})
    return folder


@pytest.fixture
def go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A program `go` that writes a document; it replaces the real one."""

    def put(document: dict[str, Any], code: int = 0) -> None:
        program = tmp_path / "bin" / "go"
        program.parent.mkdir(exist_ok=True)
        program.write_text(GO.format(python=sys.executable, document=repr(document), code=code))
        program.chmod(0o755)

    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("IMAGE", IMAGE)
    monkeypatch.delenv("SLUICE_PREPARED", raising=False)
    return put


def document(digest: str = DIGEST) -> dict[str, Any]:
    return {
        "bomFormat": "CycloneDX",
        "metadata": {"component": {"version": digest}},
        "components": [{"name": "bash"}, {"name": "zlib"}],
    }


def run(image: Path) -> tuple[int, Path]:
    file = image.parent / "sbom.json"
    return main(["--image", str(image), "--into", str(file)]), file


def seen(file: Path) -> dict[str, Any]:
    """What the program was given."""
    found = json.loads(file.with_suffix(".json.seen").read_text())
    assert isinstance(found, dict)
    return found


def test_it_is_made_of_the_folder_by_a_recorded_version(
    image: Path, go: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    outputs = image.parent / "outputs"
    monkeypatch.setenv("GITHUB_OUTPUT", str(outputs))
    go(document())
    code, file = run(image)
    assert code == 0
    words = seen(file)["words"]
    assert words[:4] == ["run", SYFT, "scan", f"oci-dir:{image}"]
    assert f"cyclonedx-json={file}" in words
    assert words[words.index("--source-version") + 1] == DIGEST
    assert outputs.read_text() == f"digest={digest_of(file.read_bytes())}\n"
    assert f"2 components of {IMAGE}" in capsys.readouterr().out


def test_the_program_gets_no_credentials(image: Path, go: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = ("AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "GITHUB_TOKEN", "ACTIONS_RUNTIME_TOKEN", "PULUMI_ACCESS_TOKEN")
    for name in secrets:
        monkeypatch.setenv(name, "canary-value")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", "/canary-value")
    go(document())
    code, file = run(image)
    assert code == 0
    assert seen(file)["environment"]["PATH"] == os.environ["PATH"]
    assert "canary-value" not in str(seen(file))
    kept = variables({"PATH": "/bin", "GOPROXY": "x", "https_proxy": "y", "GOOGLE_API_KEY": "z"})
    assert kept == {"PATH": "/bin", "GOPROXY": "x", "https_proxy": "y", "SYFT_CHECK_FOR_APP_UPDATE": "false"}


@pytest.mark.parametrize(
    ("made", "code", "said"),
    [
        (document(), 1, "syft failed: exit code 1"),
        (document("sha256:" + "0" * 64), 0, f"does not name {DIGEST}"),
        ({**document(), "components": []}, 0, "is not a bill of materials"),
    ],
)
def test_a_document_that_is_none(
    image: Path, go: Any, capsys: pytest.CaptureFixture[str], made: dict[str, Any], code: int, said: str
) -> None:
    go(made, code)
    assert run(image)[0] == 1
    assert said in capsys.readouterr().err


def test_an_altered_image_is_not_read(image: Path, go: Any, capsys: pytest.CaptureFixture[str]) -> None:
    go(document())
    layout.blob(image, [*BLOBS][1]).write_bytes(b"altered")
    code, file = run(image)
    assert code == 1
    assert not file.exists()
    assert "is altered or cut off" in capsys.readouterr().err


@pytest.mark.parametrize(("name", "value", "said"), [
    ("SLUICE_PREPARED", "1", "nothing is built in a job that holds a role"),
    ("IMAGE", "", "IMAGE names no image by digest"),
    ("IMAGE", "shop:latest", "IMAGE names no image by digest"),
    ("IMAGE", "shop@sha256:" + "cd" * 32, "holds sha256:"),
])  # fmt: skip
def test_it_does_not_begin(
    image: Path,
    go: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    value: str,
    said: str,
) -> None:
    go(document())
    monkeypatch.setenv(name, value)
    code, file = run(image)
    assert code == 1
    assert not file.exists()
    assert said in capsys.readouterr().err
