"""The copy of a stack's settings for a rehearsal, and its differences from the original.

Only settings that cannot work on this machine are changed; all others are deployed as written. Every difference is
printed with its reason.
"""

from __future__ import annotations

import copy
import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from local.environment import STACK as LOCAL
from local.rehearse import changes
from local.rehearse.changes import SettingChange, account
from local.toolchain.process import SetupFailed

ENCRYPTION = ("encryptionsalt", "encryptedkey", "secretsprovider")


@dataclass(frozen=True)
class Copy:
    """The settings that a rehearsal deploys.

    Attributes:
        account: the emulated one.
        upstream: the stack whose image is promoted, if any.
    """

    stack: str
    document: Mapping[str, Any]
    differences: tuple[SettingChange, ...]
    account: str
    region: str
    upstream: str | None

    def write(self, folder: Path) -> Path:
        """Write it to the folder where Pulumi reads it; return the file."""
        place = file(folder, self.stack)
        head = [
            f"The rehearsal's copy of Pulumi.{self.stack}.yaml, made anew every time. It differs in",
            *self.differences,
        ]
        said = "".join(f"# {line}\n" for line in head)
        place.write_text(said + yaml.safe_dump(dict(self.document), sort_keys=False, allow_unicode=True))
        return place


def file(folder: Path, stack: str) -> Path:
    """A stack's settings file in a folder."""
    return folder / f"Pulumi.{stack}.yaml"


def head(folder: Path, stack: str) -> str:
    """Return the comments at the head of the copy in a folder, which list its differences; empty without a copy."""
    place = file(folder, stack)
    text_lines = place.read_text().splitlines() if place.is_file() else []
    return "\n".join(itertools.takewhile(lambda line: line.startswith("#"), text_lines))


def project(root: Path) -> str:
    """A Pulumi.yaml that may be in any folder: the project at *root*, its program and plugins included. Main, as a
    folder, is where a program runs (Pulumi, "Project file reference")."""
    document: dict[str, Any] = yaml.safe_load((root / "Pulumi.yaml").read_text())
    document["main"] = str(root)
    options = document["runtime"].get("options") or {}
    if "virtualenv" in options:
        options["virtualenv"] = str(root / options["virtualenv"])
    for plugin in (document.get("plugins") or {}).get("providers") or ():
        plugin["path"] = str(root / plugin["path"])
    return str(yaml.safe_dump(document, sort_keys=False, allow_unicode=True))


def make(root: Path, stack: str) -> Copy:
    """The copy of a stack's settings.

    Raises SetupFailed when there is no such file, or when it holds something that cannot be rehearsed.
    """
    originals = {name: read(root, name) for name in stacks(root)}
    others = [name for name, original in originals.items() if not local(plain(original))]
    if stack not in others:
        why = f"is what `make up STACK={stack}` deploys" if stack in originals else f"has no Pulumi.{stack}.yaml"
        raise SetupFailed(f"the stack {stack} {why}\n  fix: STACK= one of {', '.join(others)}")
    return copied(stack, originals)


def filled(root: Path, stack: str) -> dict[str, Any]:
    """A stack's settings as they are, but for the placeholders. Raises SetupFailed."""
    configs = {name: plain(read(root, name)) for name in stacks(root)}
    config = copy.deepcopy(configs[stack])
    list(changes.filled(config, stack, configs))
    return config


def stacks(root: Path) -> list[str]:
    """Return the stacks that have a settings file."""
    return sorted(file.name.split(".")[1] for file in root.glob("Pulumi.*.yaml"))


def read(root: Path, stack: str) -> dict[str, Any]:
    """Return a settings file as data. Raises SetupFailed when it is invalid."""
    place = file(root, stack)
    try:
        found = yaml.safe_load(place.read_text())
    except yaml.YAMLError as error:
        raise SetupFailed(f"{place.name} cannot be read: {error}\n  fix: correct it") from None
    if not isinstance(found, dict) or not isinstance(found.get("config"), dict):
        raise SetupFailed(f"{place.name} has no settings below `config:`\n  fix: see docs/settings.md")
    return found


def copied(stack: str, originals: Mapping[str, Mapping[str, Any]]) -> Copy:
    """The copy of one stack's settings, made from those of all stacks, by their names."""
    document, configs = copy.deepcopy(dict(originals[stack])), {name: plain(one) for name, one in originals.items()}
    differences: list[SettingChange] = []
    for key in ENCRYPTION:
        if document.pop(key, None) is not None:
            differences.append(SettingChange(key, "the stack's own", "a local one", "no settings are encrypted here"))
    document["encryptionsalt"] = originals[LOCAL]["encryptionsalt"]
    config = document["config"] = plain(document)
    differences += changes.elsewhere(config)
    differences += changes.filled(config, stack, configs)
    differences += changes.built_here(config, [one for one in configs.values() if local(one)])
    differences += changes.trusting(config)
    region = str(config.get("aws", {}).get("region", ""))
    return Copy(stack, document, tuple(differences), account(stack, configs[stack]), region, upstream(config))


def local(config: Mapping[str, Any]) -> bool:
    """Return whether a stack is one of this machine's own, which needs no rehearsal."""
    return config.get("environment") == LOCAL


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without the project's name, which Pulumi lets people write before a key or leave out."""
    return {key.rpartition(":")[2]: value for key, value in document["config"].items()}


def upstream(config: Mapping[str, Any]) -> str | None:
    """The stack that a stack promotes from, without organisation and project."""
    named = config.get("promoteFrom")
    return str(named).rsplit("/", 1)[-1] if named else None
