"""Whether a change goes forward: older builds, and another major version of the database."""

from __future__ import annotations

import pytest

from sluice.admission.release_order import major_change, older_build, unknown_order

OLD, NEW = "1" * 40, "2" * 40


@pytest.mark.parametrize(
    ("wanted", "live", "ancestor", "allowed", "refused"),
    [
        (OLD, NEW, True, "", True),  # C10
        (OLD, NEW, False, "", False),
        (OLD, NEW, None, "", False),
        (NEW, NEW, True, "", False),
        ("", NEW, True, "", False),
        (OLD, "", True, "", False),
        (OLD, NEW, True, OLD[:7], False),
        (OLD, NEW, True, OLD, False),
        (OLD, NEW, True, OLD[:6], True),
        (OLD, NEW, True, NEW[:7], True),
    ],
)
def test_an_older_build_is_refused_unless_it_is_named(
    wanted: str, live: str, ancestor: bool | None, allowed: str, refused: bool
) -> None:
    found = older_build(wanted, live, ancestor, allowed)
    assert (found is not None) is refused
    if found is not None:
        assert found.result == "refused"
        assert f"commit {OLD[:12]} is older than the live release's, {NEW[:12]}" in str(found)
        assert f"app.allowOlder: {OLD[:12]}" in found.fix


@pytest.mark.parametrize(
    ("wanted", "live", "asked", "said"),
    [
        ("17", "17", "", ""),
        ("18", "", "", ""),
        ("", "17", "", ""),
        ("18", "17", "", "a major upgrade"),  # C11
        ("18", "17", "18", ""),
        ("18", "17", "17", "a major upgrade"),
        ("16", "17", "", "cannot downgrade to an older major version"),
        ("16", "17", "16", "cannot downgrade to an older major version"),
        ("9", "17", "9", "cannot downgrade to an older major version"),
    ],
)
def test_another_major_version_is_refused_unless_it_is_asked_for(wanted: str, live: str, asked: str, said: str) -> None:
    found = major_change(wanted, live, asked)
    assert (found is not None) is bool(said)
    if found is not None:
        assert found.result == "refused"
        assert said in str(found)
        assert "Fix: " in str(found)


def test_an_image_from_elsewhere_is_told_by_its_own_setting() -> None:
    found = older_build(OLD, NEW, True, setting="image")
    assert found is not None
    assert found.subject == "image"
    assert found.fix.startswith("name a newer build; ")


@pytest.mark.parametrize(
    ("wanted", "live", "setting", "said"),
    [
        (OLD, NEW, "image", "git in this folder does not know both 111111111111 and 222222222222"),
        ("", NEW, "image", "the image names no commit; build it with the label org.opencontainers.image.revision"),
        ("", NEW, "promoteFrom", "the image names no commit"),
        (OLD, "", "image", "the live release names no commit"),
    ],
)
def test_what_cannot_be_known_is_said(wanted: str, live: str, setting: str, said: str) -> None:
    assert unknown_order(wanted, live, setting) == said
