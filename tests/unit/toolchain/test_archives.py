"""Pulumi's archives by their recorded checksums, from a server of the test's own."""

from __future__ import annotations

import hashlib
import io
import tarfile
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from emulator import record
from local import environment, prepare
from local.environment import PULUMI_VERSION, Checkout
from local.toolchain import archives
from local.toolchain.archives import Archive
from local.toolchain.process import SetupFailed
from local.toolchain.progress import SetupProgress
from local.toolchain.pulumi import NAMES
from local.toolchain.steps import SetupStep, StepRunner

LINUX = ("linux", "amd64")
ROOT = Path(__file__).parents[3]


@pytest.fixture
def place(tmp_path: Path) -> Checkout:
    root = tmp_path / "checkout"
    root.mkdir()
    (root / "requirements.txt").write_text("pulumi-aws==7.51.1 \\\n    --hash=x\npulumi-docker==5.2.0 \\\n")
    return environment.checkout(root, {"XDG_CACHE_HOME": str(tmp_path / "cache")})


@pytest.fixture
def base(tmp_path: Path) -> Iterator[str]:
    """An address that offers a CLI, which writes down how it is called, and two plugins."""
    folder = tmp_path / "site"
    for part in ("sdk", "plugins"):
        (folder / part).mkdir(parents=True)
    program = f'#!/bin/sh\necho "$@" >> {tmp_path}/called\n'.encode()
    system, processor = archives.here()
    with tarfile.open(folder / "sdk" / Archive(PULUMI_VERSION, system, processor).name, "w:gz") as files:
        for name in NAMES:
            entry = tarfile.TarInfo(f"pulumi/{name}")
            entry.size, entry.mode = len(program), 0o755
            files.addfile(entry, io.BytesIO(program))
    for plugin, version in (("aws", "7.51.1"), ("docker", "5.2.0")):
        (folder / "plugins" / Archive(version, system, processor, plugin).name).write_bytes(plugin.encode())

    class Handler(SimpleHTTPRequestHandler):
        def __init__(self, *given: object) -> None:
            super().__init__(*given, directory=str(folder))  # type: ignore[arg-type]

        def log_message(self, *_: object) -> None:
            """The tests' output stays readable."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join(timeout=10)


@pytest.fixture
def lock(tmp_path: Path, place: Checkout, base: str) -> Path:
    """The lock that `make pin` makes of that address."""
    file = tmp_path / "archives.txt"
    file.write_text("# why\nold  gone.tar.gz\n")
    archives.pin(archives.wanted(place.root, *archives.here()), tmp_path / "down", file, base)
    return file


def runner(tmp_path: Path) -> StepRunner:
    return StepRunner("pinned Pulumi", tmp_path / "log", threading.Event(), SetupProgress())


def test_names_are_pulumis() -> None:
    assert [one.name for one in archives.wanted(ROOT, *LINUX)] == [
        f"pulumi-v{PULUMI_VERSION}-linux-x64.tar.gz",
        "pulumi-resource-aws-v7.51.1-linux-amd64.tar.gz",
        "pulumi-resource-docker-v5.2.0-linux-amd64.tar.gz",
    ]
    assert Archive("1.0.0", "darwin", "arm64").url("B") == "B/sdk/pulumi-v1.0.0-darwin-arm64.tar.gz"
    assert Archive("1.0.0", "linux", "arm64", "aws").url("B").startswith("B/plugins/pulumi-resource-aws-v1.0.0-")


def test_what_is_recorded_is_installed(tmp_path: Path, place: Checkout, base: str, lock: Path) -> None:
    note = archives.install(runner(tmp_path), place, archives.recorded(lock), base)
    assert note == f"{PULUMI_VERSION} and 2 plugins, archive with the recorded checksum"
    assert all((place.built_pulumi / name).is_file() for name in NAMES)
    assert archives.ROAD in record.read(place.pulumi_record)["road"]
    called = (tmp_path / "called").read_text().splitlines()
    assert [line.split()[:5] for line in called] == [
        ["plugin", "install", "resource", "aws", "7.51.1"],
        ["plugin", "install", "resource", "docker", "5.2.0"],
    ]


def test_the_lock_keeps_its_words_and_nothing_old(lock: Path) -> None:
    text = lock.read_text()
    assert text.startswith("# why\n")
    assert "gone" not in text
    assert len(archives.recorded(lock)) == 3


@pytest.mark.parametrize("kind", ["sdk", "plugins"])
def test_another_file_is_refused_and_not_kept(
    tmp_path: Path, place: Checkout, base: str, lock: Path, kind: str
) -> None:
    """The attack: whoever can change what the address offers gets what a deployment's role may do."""
    for file in (tmp_path / "site" / kind).iterdir():
        file.write_bytes(file.read_bytes() + b"evil")
    with pytest.raises(SetupFailed, match=r"is recorded in archives\.txt: it is another file"):
        archives.install(runner(tmp_path), place, archives.recorded(lock), base)
    assert not list((place.cache / "archives").glob("*.part"))
    for file in (place.cache / "archives").glob("*.gz"):
        assert not file.read_bytes().endswith(b"evil")


def test_a_file_in_the_cache_that_was_changed_is_fetched_again(
    tmp_path: Path, place: Checkout, base: str, lock: Path
) -> None:
    archives.install(runner(tmp_path), place, archives.recorded(lock), base)
    for file in (place.cache / "archives").iterdir():
        file.write_bytes(b"evil")
    archives.install(runner(tmp_path), place, archives.recorded(lock), base)
    sums = {hashlib.sha256(file.read_bytes()).hexdigest() for file in (place.cache / "archives").iterdir()}
    assert sums == set(archives.recorded(lock).values())


def test_without_a_checksum_nothing_is_installed(tmp_path: Path, place: Checkout, base: str) -> None:
    with pytest.raises(SetupFailed, match=r"no checksum is recorded for pulumi-v.*\n  fix: `make pin`"):
        archives.install(runner(tmp_path), place, {}, base)
    assert not place.cache.exists()


def test_an_address_that_does_not_answer_is_told(tmp_path: Path, place: Checkout, lock: Path) -> None:
    with pytest.raises(SetupFailed, match=r"cannot be downloaded: .*\n  fix: check the way to it"):
        archives.install(runner(tmp_path), place, archives.recorded(lock), "http://127.0.0.1:1")


class TestPrepared:
    """A job that holds a role installs nothing."""

    STEP = SetupStep("python environment", "", done=lambda: False, run=lambda runner: "")

    def test_what_is_missing_is_refused(self, place: Checkout) -> None:
        with pytest.raises(SetupFailed, match="there is no python environment, Pulumi by its recorded checksum\n"):
            prepare.refuse_to_install({"SLUICE_PREPARED": "1"}, [self.STEP], place)

    def test_a_cli_of_the_machines_own_is_not_enough(self, place: Checkout) -> None:
        record.write(place.pulumi_record, {"bin": "/usr/bin", "road": "3.260.0 from PATH"})
        with pytest.raises(SetupFailed, match="there is no Pulumi by its recorded checksum\n"):
            prepare.refuse_to_install({"SLUICE_PREPARED": "1"}, [], place)
        prepare.refuse_to_install({}, [self.STEP], place)

    def test_what_was_prepared_goes_on(self, tmp_path: Path, place: Checkout, base: str, lock: Path) -> None:
        archives.install(runner(tmp_path), place, archives.recorded(lock), base)
        prepare.refuse_to_install({"SLUICE_PREPARED": "1"}, [], place)
