"""How a stack is found, and what is said when it is not."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from sluice.cli import exits, stack
from sluice.cli.command import main
from sluice.cli.stack import NoStack, NotDeployed, complaint, find, parse

GATE: dict[str, Any] = {
    "taskDefinition": "arn:aws:ecs:eu-central-1:123456789012:task-definition/n-migration:3",
    "container": "migration",
    "subnets": ["subnet-1"],
    "securityGroups": ["sg-1"],
    "assignPublicIp": True,
    "records": "/sluice/notes/prod/runs",
    "region": "eu-central-1",
    "cluster": "arn:aws:ecs:eu-central-1:123456789012:cluster/n",
    "stack": "prod",
}


def test_a_stack_is_what_its_outputs_say() -> None:
    found = parse(json.dumps({"gate": GATE, "url": "http://x"}), None)
    assert (found.name, found.account) == ("prod", "123456789012")
    assert found.place.subnets == ("subnet-1",)
    assert found.place.assign_public_ip


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("oops", "printed no JSON"),
        ("{}", "not deployed"),
        ('{"url": "x"}', "has no output `gate`"),
        (json.dumps({"gate": {**GATE, "cluster": None}}), "has no cluster; run `pulumi up` once"),
    ],
)
def test_outputs_that_are_no_stack(text: str, said: str) -> None:
    with pytest.raises(NoStack, match=said) as refusal:
        parse(text, "prod")
    assert "prod" in str(refusal.value) or "JSON" in said
    assert isinstance(refusal.value, NotDeployed) == (text == "{}")


SAID = [
    ("error: no stack selected; please use `pulumi stack select` to choose one", "name one with --stack"),
    ("error: no stack named 'nope' found", "pulumi stack ls"),
    ("error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions", "run `pulumi login`"),
    ("error: no Pulumi.yaml project file found (searching upwards from /x).", "is not a Pulumi project"),
    ("error: if you're using the --stack flag, pass the fully qualified name (organization/project/stack)", "--cwd"),
    ("error: get stack secrets manager: passphrase must be set with PULUMI_CONFIG_PASSPHRASE", "set PULUMI_CONFIG"),
    ("error: unable to open bucket file:///x: stat /x: no such file or directory", "pulumi login URL"),
    ('error: read ".pulumi/meta.yaml": blob: operation error S3: GetObject', "backend cannot be read"),
]


@pytest.mark.parametrize(("said", "remedy"), SAID, ids=[said[7:30] for said, _ in SAID])
def test_what_pulumi_says_comes_with_a_remedy(said: str, remedy: str) -> None:
    """The texts are those of Pulumi 3.250."""
    text = complaint(said + "\n", "nope", Path("/x"))
    assert text.startswith("`pulumi` failed: " + said.removeprefix("error: "))
    assert remedy in text


def fake_pulumi(folder: Path, body: str) -> str:
    program = folder / "pulumi"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return f"{folder}:/usr/bin:/bin"


def test_pulumi_is_asked_for_that_stack_in_that_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "project"
    place.mkdir()
    document = json.dumps({"gate": GATE})
    monkeypatch.setenv(
        "PATH", fake_pulumi(tmp_path, f"pwd > {tmp_path}/at; echo \"$@\" >> {tmp_path}/at\necho '{document}'")
    )
    assert find("prod", place).gate == GATE
    assert (tmp_path / "at").read_text().split("\n")[:2] == [
        str(place),
        "stack output --json --non-interactive --stack prod",
    ]


def test_a_stack_that_the_shell_is_on_is_named_when_it_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PULUMI_STACK, which `make env` sets; the Pulumi CLI says the same as when nothing is selected."""
    monkeypatch.setenv("PULUMI_STACK", "local")
    monkeypatch.setenv("PATH", fake_pulumi(tmp_path, 'echo "error: no stack selected; please use …" >&2; exit 6'))
    with pytest.raises(NoStack, match="this backend has no stack local"):
        find(None, tmp_path)
    with pytest.raises(NoStack, match="this backend has no stack other"):
        find("other", tmp_path)
    monkeypatch.setenv("PATH", fake_pulumi(tmp_path, "echo {}"))
    with pytest.raises(NotDeployed, match="stack local is not deployed"):
        find(None, tmp_path)


def test_no_pulumi_no_folder_and_no_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoStack, match="`pulumi` is not on the PATH"):
        find(None, tmp_path)
    with pytest.raises(NoStack, match="the folder does not exist"):
        find(None, tmp_path / "nowhere")
    monkeypatch.setenv("PATH", fake_pulumi(tmp_path, "exec sleep 20"))
    monkeypatch.setattr(stack, "SECONDS", 0.2)
    with pytest.raises(NoStack, match="did not answer within"):
        find(None, tmp_path)


@pytest.mark.parametrize("verb", ["history", "status", "rollback", "run"])
def test_without_a_stack_every_verb_is_refused_with_one_text(
    verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", fake_pulumi(tmp_path, "echo \"error: no stack named 'x' found\" >&2; exit 6"))
    words = [verb, "--json", "--stack", "x", *(["--", "true"] if verb == "run" else [])]
    assert main(words) == exits.REFUSED
    out, err = capsys.readouterr()
    assert json.loads(out)["exit"] == exits.REFUSED
    assert err.startswith(f"sluice {verb}: `pulumi` failed: no stack named 'x' found")


def test_the_stack_can_be_named_before_or_after_the_verb(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", fake_pulumi(tmp_path, 'echo "error: said $*" >&2; exit 1'))
    for words in (["--stack", "one", "history"], ["history", "--stack", "one"]):
        assert main(words) == exits.REFUSED
        assert "--stack one" in capsys.readouterr().err
