"""The front door on machines that are really wrong: another user, a full disk, a taken port, a dead emulator."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from emulator import record
from emulator.cloud import containers, emulator
from emulator.cloud.containers import docker
from local import environment
from tests.e2e.cloud.conftest import cloud_python, new_account

ROOT = Path(__file__).resolve().parents[3]
SECONDS = 120
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user or mount a small disk")


def make(*words: str, folder: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """`make` in this checkout, with a local folder of its own."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("SLUICE_")}
    return subprocess.run(
        ["make", *words],
        cwd=ROOT,
        env=outside | {"SLUICE_LOCAL_DIR": str(folder)} | (env or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """What a refused command said: errors with remedies, and make's own last line."""
    assert done.returncode != 0
    assert "Traceback" not in done.stderr
    said = re.sub(r"^make(\[\d+\])?: .*\n", "", done.stderr, flags=re.MULTILINE)
    assert re.fullmatch(r"(error: .*\n(  (it says|fix): .*\n)+)+", said), said
    return said


class TestBeforeAnyCloud:
    """Refused before anything is started: no process, no container, no state."""

    @pytest.fixture(autouse=True)
    def nothing_is_created(self, tmp_path: Path) -> Iterator[None]:
        yield
        folder = tmp_path / "local"
        assert containers.owned(environment.account(folder.resolve())) == []
        assert not (folder / "state").exists()
        assert not (folder / "cloud.json").exists()

    def test_env_before_up(self, tmp_path: Path) -> None:
        done = make("-s", "env", folder=tmp_path / "local")
        assert refused(done) == "error: the local cloud of this checkout is not started\n  fix: `make up`\n"
        assert done.stdout == "", "nothing that a shell would evaluate"

    def test_down_before_up_and_twice(self, tmp_path: Path) -> None:
        for _ in range(2):
            done = make("down", folder=tmp_path / "local")
            assert (done.returncode, done.stderr) == (0, "")
            assert "was not running" in done.stdout

    def test_a_port_that_is_no_number(self, tmp_path: Path) -> None:
        done = make("up", folder=tmp_path / "local", env={"SLUICE_PORT": "http"})
        assert refused(done).startswith("error: SLUICE_PORT is 'http', which is no port\n")

    def test_a_taken_port(self, tmp_path: Path) -> None:
        with socket.create_server((containers.bridge_address(), 0)) as other:
            port = other.getsockname()[1]
            done = make("up", folder=tmp_path / "local", env={"SLUICE_PORT": str(port)})
        assert f"port {port} on " in refused(done)

    def test_a_cache_that_cannot_be_written(self, tmp_path: Path) -> None:
        (tmp_path / "cache").touch()
        done = make("up", folder=tmp_path / "local", env={"XDG_CACHE_HOME": str(tmp_path / "cache")})
        assert f"error: the cache folder {tmp_path}/cache/sluice cannot be written: " in refused(done)

    def test_output_to_a_full_disk(self, tmp_path: Path) -> None:
        env = os.environ | {"SLUICE_LOCAL_DIR": str(tmp_path / "local")}
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                ["make", "setup"], cwd=ROOT, env=env, stdout=full, stderr=subprocess.PIPE, text=True, timeout=SECONDS
            )
        assert "error: no space is left on the disk\n" in refused(done)

    @as_root
    def test_a_small_disk(self, tmp_path: Path) -> None:
        small = tmp_path / "local"
        small.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=5m", "sluice-test", small], check=True, timeout=10)
        try:
            done = make("up", folder=small)
            assert f"error: the disk of {small} has 0.0 GB free, and 0.2 GB are needed" in refused(done)
        finally:
            subprocess.run(["umount", small], check=True, timeout=10)

    @as_root
    def test_a_user_whom_docker_refuses(self, reachable: Path) -> None:
        said = self.as_nobody(reachable, "/usr/sbin:/usr/bin:/sbin:/bin")
        assert "error: the Docker engine runs but refuses this user\n  fix: sudo usermod -aG docker $USER" in said
        assert f"error: the cache folder {reachable}/cache/sluice cannot be written: Permission denied\n" in said

    @as_root
    def test_a_user_without_docker(self, reachable: Path) -> None:
        (reachable / "bin").mkdir()
        (reachable / "bin" / "python3").symlink_to("/usr/bin/python3")
        said = self.as_nobody(reachable, str(reachable / "bin"))
        assert "error: this machine lacks what the local stack runs on\n  fix: install the Docker Engine" in said

    @pytest.fixture
    def reachable(self) -> Iterator[Path]:
        """A folder that every user may read, with a copy of the project."""
        with tempfile.TemporaryDirectory(prefix="sluice-test-") as name:
            folder = Path(name)
            folder.chmod(0o755)
            ignored = shutil.ignore_patterns("__pycache__", ".*", "tests", "docs")
            shutil.copytree(ROOT, folder / "checkout", ignore=ignored)
            yield folder

    def as_nobody(self, folder: Path, path: str) -> str:
        """`python -m local up` as another user, on the system's own Python."""
        python = Path("/usr/bin/python3")
        if not python.exists() or subprocess.run([python, "-c", "import tomllib"], check=False).returncode != 0:
            pytest.skip("the system's own Python is missing or older than 3.11, and nobody may use ours")
        (folder / "local").mkdir()
        (folder / "local").chmod(0o777)
        done = subprocess.run(
            [python, "-m", "local", "up"],
            cwd=folder / "checkout",
            env={
                "PATH": path,
                "HOME": "/nonexistent",
                "SLUICE_LOCAL_DIR": str(folder / "local"),
                "XDG_CACHE_HOME": str(folder / "cache"),
                "PYTHONDONTWRITEBYTECODE": "1",
            },
            user=65534,
            group=65534,
            extra_groups=[],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert [path.name for path in (folder / "local").iterdir()] == ["lock"]
        assert not (folder / "cache").exists()
        return refused(done)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("cloud")
    yield folder
    emulator.stop(folder)


@pytest.fixture(scope="module")
def account() -> str:
    return new_account()


@pytest.fixture
def cloud(folder: Path, account: str) -> emulator.Cloud:
    return emulator.start(folder, None, account, python=cloud_python())


class TestARunningCloud:
    """What was running goes on, unless it cannot; then the reason is known."""

    def again(self, folder: Path, account: str, port: int | None = None) -> emulator.Cloud:
        return emulator.start(folder, port, account, python=cloud_python())

    @pytest.mark.parametrize("torn", ["", '{"endpoint": "htt', '{"endpoint": 1}'])
    def test_a_torn_record_loses_nothing(self, cloud: emulator.Cloud, folder: Path, account: str, torn: str) -> None:
        (folder / "cloud.json").write_text(torn)
        found = self.again(folder, account)
        assert (found.pid, found.fresh, found.registry) == (cloud.pid, False, cloud.registry)
        assert record.read(folder / "cloud.json")["pid"] == cloud.pid

    def test_a_stopped_registry_goes_on_with_its_images(
        self, cloud: emulator.Cloud, folder: Path, account: str
    ) -> None:
        docker(["stop", f"sluice-{account}-registry"])
        found = self.again(folder, account)
        assert (found.pid, found.fresh, found.registry) == (cloud.pid, False, cloud.registry)

    def test_a_taken_port_leaves_it_running(self, cloud: emulator.Cloud, folder: Path, account: str) -> None:
        with (
            socket.create_server((cloud.host, 0)) as other,
            pytest.raises(emulator.CloudError, match="is taken by another program"),
        ):
            self.again(folder, account, other.getsockname()[1])
        assert emulator.status(folder) is not None

    def test_a_removed_registry_is_told(self, cloud: emulator.Cloud, folder: Path, account: str) -> None:
        docker(["rm", "--force", "--volumes", f"sluice-{account}-registry"])
        found = self.again(folder, account)
        assert (found.fresh, found.lost) == (True, "its container registry was removed")
        assert found.endpoint == cloud.endpoint

    def test_a_dead_emulator_is_told_and_how_it_ended_is_kept(
        self, cloud: emulator.Cloud, folder: Path, account: str
    ) -> None:
        os.kill(cloud.pid, 9)
        found = self.again(folder, account)
        assert (found.fresh, found.lost) == (True, "it had ended")
        assert (folder / "logs" / "cloud.before.log").exists()

    def test_without_any_record_stop_finds_it(self, cloud: emulator.Cloud, folder: Path, account: str) -> None:
        (folder / "cloud.json").unlink()
        assert emulator.stop(folder, account)
        assert containers.owned(account) == []
        assert not Path(f"/proc/{cloud.pid}").exists()
