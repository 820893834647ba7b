"""The Debian mirror in apt's two formats."""

from pathlib import Path

import pytest

from local.toolchain.mirror import configured, debian

ONE_LINE = """
# deb http://commented.example/debian bookworm main
deb-src http://source.example/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/x.gpg] http://third.example/apt bookworm contrib
deb [ arch=amd64 ] http://mirror.example/debian bookworm main contrib
"""
STANZAS = """Types: deb
# http://snapshot.example/archive/debian/20250520T000000Z
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main
"""


@pytest.mark.parametrize(
    ("sources", "mirror"),
    [
        pytest.param([ONE_LINE], "http://mirror.example/debian", id="one line"),
        pytest.param([STANZAS], "http://mirror.example/debian", id="deb822"),
        pytest.param(["", STANZAS.replace("Types: deb", "Enabled: no\nTypes: deb")], None, id="disabled"),
        pytest.param(["deb https://first.example bookworm main", STANZAS], "https://first.example", id="the first"),
        pytest.param(["deb cdrom:[Debian] bookworm main", ONE_LINE], "http://mirror.example/debian", id="not a disc"),
        pytest.param([STANZAS.replace("bookworm", "jammy")], None, id="another suite"),
        pytest.param([], None, id="nothing configured"),
    ],
)
def test_debian(sources: list[str], mirror: str | None) -> None:
    assert debian(sources, "bookworm") == mirror


def test_configured_reads_only_source_files(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("main")
    (tmp_path / "sources.list.d" / "b.sources").write_text("b")
    (tmp_path / "sources.list.d" / "a.list").write_text("a")
    (tmp_path / "sources.list.d" / "old.save").write_text("no")
    assert configured(tmp_path) == ["main", "a", "b"]
