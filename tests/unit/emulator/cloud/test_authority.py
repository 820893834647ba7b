"""Who signs the local cloud's certificates: one authority a checkout, whichever shell its clouds are started from."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from emulator.cloud.elb.authority import KEPT, Authority
from emulator.variables import BUNDLE

HOST = "shop.example.com"
Start = Callable[..., Authority]


@pytest.fixture
def start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    """Makes an authority as a cloud does that is started from a shell with this SSL_CERT_FILE."""

    def started(home: str, folder: str, shell: Path | None = None) -> Authority:
        (tmp_path / folder).mkdir(exist_ok=True)
        if shell is None:
            monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        else:
            monkeypatch.setenv("SSL_CERT_FILE", str(shell))
        return Authority(tmp_path / home, tmp_path / folder)

    return started


def believed(server: Authority, bundle: Path) -> bool:
    """Whether a client that trusts the bundle takes the server's certificate."""
    ours, theirs = socket.socketpair()
    for one in (ours, theirs):
        one.settimeout(10)

    def serve() -> None:
        with contextlib.suppress(OSError), server.context([HOST]).wrap_socket(theirs, server_side=True):
            pass

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        with ssl.create_default_context(cafile=str(bundle)).wrap_socket(ours, server_hostname=HOST):
            return True
    except ssl.SSLCertVerificationError:
        return False
    finally:
        ours.close()
        thread.join(10)
        theirs.close()


def test_a_rehearsal_that_is_started_from_the_local_stacks_shell_is_believed(start: Start, tmp_path: Path) -> None:
    local = start("checkout", "checkout")
    shell = tmp_path / "checkout" / BUNDLE
    rehearsal = start("checkout", "rehearsal", shell)
    for server in (local, rehearsal):
        for bundle in (shell, tmp_path / "rehearsal" / BUNDLE):
            assert believed(server, bundle)


def test_the_shell_of_another_checkout_changes_nothing(start: Start, tmp_path: Path) -> None:
    other = start("other", "other")
    ours = start("checkout", "checkout", tmp_path / "other" / BUNDLE)
    assert believed(ours, tmp_path / "checkout" / BUNDLE)
    assert not believed(other, tmp_path / "checkout" / BUNDLE), "its authority is not taken from the shell"


def test_a_bundle_of_an_older_version_in_the_shell_changes_nothing(start: Start, tmp_path: Path) -> None:
    """Each cloud had an authority of its own, and all of them had the same name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("emulator.cloud.elb.authority.secrets.token_hex", lambda size: "always the same")
        start("older", "older")
        ours = start("checkout", "checkout", tmp_path / "older" / BUNDLE)
    assert believed(ours, tmp_path / "checkout" / BUNDLE)


def test_the_persons_own_certificates_stay(start: Start, tmp_path: Path) -> None:
    own = tmp_path / "corporate.pem"
    own.write_text("# of the company\n-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    start("checkout", "checkout", own)
    start("checkout", "checkout", tmp_path / "checkout" / BUNDLE)  # again, from its own shell
    text = (tmp_path / "checkout" / BUNDLE).read_text()
    assert text.startswith(own.read_text())
    assert text.count("BEGIN CERTIFICATE") == 2


@pytest.mark.parametrize("torn", ["", "-----BEGIN PRIVATE KEY-----"])
def test_an_authority_that_was_torn_is_made_anew(start: Start, tmp_path: Path, torn: str) -> None:
    (tmp_path / "checkout").mkdir()
    kept = tmp_path / "checkout" / KEPT
    kept.write_text(torn)
    assert believed(start("checkout", "checkout"), tmp_path / "checkout" / BUNDLE)
    assert kept.stat().st_mode & 0o777 == 0o600
