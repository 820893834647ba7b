"""The key of a local folder: random, its user's alone, and the same for all who ask at once."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from emulator.cloud import key

A, B = "111111111111", "222222222222"


def test_it_is_made_once_and_its_user_alone_may_read_it(tmp_path: Path) -> None:
    folder = tmp_path / "local"
    first = key.of(folder)
    file = folder / key.FILE
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert key.of(folder).secret(A) == first.secret(A)
    assert os.listdir(folder) == [key.FILE], "nothing else is left"


def test_all_who_start_at_once_have_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: key.of(tmp_path).secret(A), range(64)))
    assert len(secrets) == 1


def test_what_is_derived_differs_by_purpose_account_and_checkout(tmp_path: Path) -> None:
    mine, other = key.of(tmp_path / "mine"), key.of(tmp_path / "other")
    derived = [
        *(one.secret(account) for one in (mine, other) for account in (A, B)),
        *(value for one in (mine, other) for value in (one.registry_password, one.identity, one.seal("text"))),
    ]
    assert len(set(derived)) == len(derived)
    assert len(mine.secret(A)) == 40
    assert mine.sealed("text", mine.seal("text"))
    assert not mine.sealed("text", other.seal("text"))
    assert not mine.sealed("text", "ü")
    assert mine.secret(A) not in repr(mine)


def test_a_file_that_others_may_read_is_refused(tmp_path: Path) -> None:
    key.of(tmp_path)
    (tmp_path / key.FILE).chmod(0o640)
    with pytest.raises(key.KeyFileError, match=r"may be read by others\n  fix: remove .*cloud.key"):
        key.of(tmp_path)


@pytest.mark.parametrize("text", ["", "abc", "zz" * 32, "ab" * 31])
def test_a_torn_file_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / key.FILE).write_text(text)
    (tmp_path / key.FILE).chmod(0o600)
    with pytest.raises(key.KeyFileError, match="is torn"):
        key.of(tmp_path)


def test_a_link_to_another_file_is_not_followed(tmp_path: Path) -> None:
    key.of(tmp_path / "other")
    (tmp_path / key.FILE).symlink_to(tmp_path / "other" / key.FILE)
    with pytest.raises(key.KeyFileError, match="is a link"):
        key.of(tmp_path)
