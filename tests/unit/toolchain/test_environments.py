"""When a virtual environment is current, pip's settings in uv's words, and the locks themselves."""

import re
from pathlib import Path

import pytest

from local.lock import sources
from local.toolchain.environments import STAMP, current, index_settings, stamp

ROOT = Path(__file__).resolve().parents[3]


def test_an_environment_is_current_for_its_own_lock_only(tmp_path: Path) -> None:
    venv, lock = tmp_path / "venv", tmp_path / "lock.txt"
    lock.write_text("one==1\n")
    assert not current(venv, lock)
    (venv / "bin").mkdir(parents=True)
    (venv / STAMP).write_text(stamp(lock))
    assert not current(venv, lock), "its Python is gone"
    (venv / "bin" / "python").touch()
    assert current(venv, lock)
    lock.write_text("one==2\n")
    assert not current(venv, lock)


@pytest.mark.parametrize(
    ("pip_config", "base", "settings"),
    [
        ("", {}, {}),
        ("global.index-url='https://index.example/simple'", {}, {"UV_DEFAULT_INDEX": "https://index.example/simple"}),
        (":env:.index-url='https://index.example'", {}, {"UV_DEFAULT_INDEX": "https://index.example"}),
        ("global.index-url='https://index.example'", {"UV_DEFAULT_INDEX": "https://mine.example"}, {}),
        (":env:.find-links='/opt/a /opt/b'", {}, {"UV_FIND_LINKS": "/opt/a,/opt/b"}),
        ("global.cert='/etc/ca.crt'\nglobal.timeout='60'", {}, {"SSL_CERT_FILE": "/etc/ca.crt"}),
    ],
)
def test_index_settings(pip_config: str, base: dict[str, str], settings: dict[str, str]) -> None:
    assert index_settings(base, pip_config) == settings


@pytest.mark.parametrize("source", [path for path, _ in sources(ROOT)], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_lock_has_hashes_and_no_address(source: Path) -> None:
    lock = source.with_suffix(".txt").read_text()
    requirements = re.findall(r"^[a-z0-9][^ ]*==", lock, flags=re.MULTILINE)
    assert requirements
    assert len(re.findall(r"\\\n    --hash=sha256:", lock)) >= len(requirements)
    assert "://" not in lock
    assert not re.search(r"^\s*(-i|--index-url|--extra-index-url|--find-links)\b", lock, flags=re.MULTILINE)


def test_the_two_locks_of_the_project_agree() -> None:
    pins = [
        set(re.findall(r"^(\S+==\S+)", (ROOT / name).read_text(), flags=re.MULTILINE))
        for name in ("requirements.txt", "requirements-dev.txt")
    ]
    assert pins[0] <= pins[1]
