"""The copy of a stack's settings that is rehearsed, and how it differs from the original.

What is changed is only what cannot be on this machine: everything else is deployed as written. Every difference is
printed, with its reason.
"""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.settings.placeholder import is_placeholder, placeholders
from local.environment import STACK as LOCAL
from local.toolchain.process import Failed

ENCRYPTION = ("encryptionsalt", "encryptedkey", "secretsprovider")
EMAIL = "rehearsal@example.com"


@dataclass(frozen=True)
class Difference:
    """One setting of the copy. was: None when the original has none. now: None when the copy has none."""

    key: str
    was: Any
    now: Any
    why: str

    def __str__(self) -> str:
        if self.now is None:
            return f"{self.key}: left out ({self.why})"
        return f"{self.key}: {self.now!r}{'' if self.was is None else f' for {self.was!r}'} ({self.why})"


@dataclass(frozen=True)
class Copy:
    """What a rehearsal deploys. account: the emulated one. upstream: the stack whose image is promoted, if any."""

    stack: str
    document: Mapping[str, Any]
    differences: tuple[Difference, ...]
    account: str
    region: str
    upstream: str | None

    def write(self, folder: Path) -> Path:
        """Write it where Pulumi finds it; returns the file."""
        file = folder / f"Pulumi.{self.stack}.yaml"
        head = [
            f"The rehearsal's copy of Pulumi.{self.stack}.yaml, made anew every time. It differs in",
            *self.differences,
        ]
        said = "".join(f"# {line}\n" for line in head)
        file.write_text(said + yaml.safe_dump(dict(self.document), sort_keys=False, allow_unicode=True))
        return file


def make(root: Path, stack: str) -> Copy:
    """The copy of a stack's settings.

    Raises Failed when there is no such file, or when it holds something that cannot be rehearsed.
    """
    originals = {name: read(root, name) for name in stacks(root)}
    others = [name for name in originals if name != LOCAL]
    if stack not in others:
        why = "is what `make up` deploys" if stack == LOCAL else f"has no Pulumi.{stack}.yaml"
        raise Failed(f"the stack {stack} {why}\n  to do: STACK= one of {', '.join(others)}")
    return copied(stack, originals)


def filled(root: Path, stack: str) -> dict[str, Any]:
    """A stack's settings as they are, but for the placeholders. Raises Failed."""
    configs = {name: plain(read(root, name)) for name in stacks(root)}
    config = copy.deepcopy(configs[stack])
    list(_filled(config, stack, configs))
    return config


def stacks(root: Path) -> list[str]:
    """The stacks that have a settings file."""
    return sorted(file.name.split(".")[1] for file in root.glob("Pulumi.*.yaml"))


def read(root: Path, stack: str) -> dict[str, Any]:
    """A settings file as data. Raises Failed when it is none."""
    file = root / f"Pulumi.{stack}.yaml"
    try:
        found = yaml.safe_load(file.read_text())
    except yaml.YAMLError as error:
        raise Failed(f"{file.name} cannot be read: {error}\n  to do: correct it") from None
    if not isinstance(found, dict) or not isinstance(found.get("config"), dict):
        raise Failed(f"{file.name} has no settings below `config:`\n  to do: see docs/settings.md")
    return found


def copied(stack: str, originals: Mapping[str, Mapping[str, Any]]) -> Copy:
    """The copy of one stack's settings, made from those of all stacks, by their names."""
    document, configs = copy.deepcopy(dict(originals[stack])), {name: plain(one) for name, one in originals.items()}
    differences: list[Difference] = []
    for key in ENCRYPTION:
        if document.pop(key, None) is not None:
            differences.append(Difference(key, "the stack's own", "a local one", "no settings are encrypted here"))
    document["encryptionsalt"] = originals[LOCAL]["encryptionsalt"]
    config = document["config"] = plain(document)
    differences += _filled(config, stack, configs)
    differences += _built_here(config, configs[LOCAL])
    differences += _trusting(config)
    region = str(config.get("aws", {}).get("region", ""))
    return Copy(stack, document, tuple(differences), account(stack, configs[stack]), region, upstream(config))


def plain(document: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without the project's name, which Pulumi lets people write before a key or leave out."""
    return {key.rpartition(":")[2]: value for key, value in document["config"].items()}


def upstream(config: Mapping[str, Any]) -> str | None:
    """The stack that a stack promotes from, without organisation and project."""
    named = config.get("promoteFrom")
    return str(named).rsplit("/", 1)[-1] if named else None


def account(stack: str, config: Mapping[str, Any]) -> str:
    """The emulated account of a stack: the one that its settings name, else one made from its name."""
    given = (config.get("aws") or {}).get("account")
    if given and not is_placeholder(given):
        return str(given)
    number = int.from_bytes(hashlib.sha256(stack.encode()).digest()[:8], "big")
    return str(2 * 10**11 + number % 10**11)


def _filled(config: dict[str, Any], stack: str, configs: Mapping[str, Mapping[str, Any]]) -> Iterator[Difference]:
    """Puts a value in the place of every placeholder; one that is also a stack's account becomes that account."""
    known = {
        text: account(name, one)
        for name, one in configs.items()
        if is_placeholder(text := (one.get("aws") or {}).get("account"))
    }
    for key, text in list(placeholders(config)):
        if text in known:
            value = known[text]
        elif key.startswith("notify.email"):
            value = EMAIL
        else:
            raise Failed(
                f"{key} of Pulumi.{stack}.yaml is still the placeholder {text}, which no rehearsal can fill\n"
                "  to do: write a value, or remove the key"
            )
        _put(config, key, value)
        yield Difference(key, text, value, "the placeholder is not filled in yet")


def _built_here(config: dict[str, Any], local: Mapping[str, Any]) -> Iterator[Difference]:
    """The base images are this machine's, where the same application is built as by `make up`."""
    app, known = config.get("app") or {}, local.get("app") or {}
    if "context" not in app or app["context"] != known.get("context"):
        return
    for name, value in (known.get("buildArgs") or {}).items():
        was = (app.get("buildArgs") or {}).get(name)
        if was != value:
            app["buildArgs"] = {**(app.get("buildArgs") or {}), name: value}
            yield Difference(f"app.buildArgs.{name}", was, value, "built on this machine, from no image registry")


def _trusting(config: dict[str, Any]) -> Iterator[Difference]:
    """Nobody vouches for the local database's certificate."""
    database = config.setdefault("database", {})
    if database.get("verifyTls") is not False:
        database["verifyTls"] = False
        yield Difference("database.verifyTls", True, False, "the local database's certificate signs itself")
    if (bundle := database.pop("caBundle", None)) is not None:
        yield Difference("database.caBundle", bundle, None, "nothing is verified with it")


def _put(config: Any, key: str, value: str) -> None:
    """Sets the value at a key in the notation of `pulumi config set --path`."""
    parts = key.replace("[", ".").replace("]", "").split(".")
    for part in parts[:-1]:
        config = config[int(part)] if isinstance(config, list) else config[part]
    config[int(parts[-1]) if isinstance(config, list) else parts[-1]] = value
