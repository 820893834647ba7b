"""The changes that a rehearsal makes to a stack's settings; each function changes them in place and yields the
changes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.settings.reading.placeholder import is_placeholder, placeholders
from local.toolchain.process import SetupFailed

MADE_UP = {
    "notify.email": "rehearsal@example.com",
    "domain.name": "rehearsal.example.com",
    "domain.zone": "Z00000000REHEARSAL",
    "database.kmsKey": "arn:aws:kms:REGION:ACCOUNT:key/made-up",
    "snapshot.copyTo.role": "arn:aws:iam::999988887777:role/sluice-copies",
    "snapshot.copyTo.key": "arn:aws:kms:REGION:ACCOUNT:key/made-up",
}
"""Values for placeholders, by setting."""

THERE = "it exists on AWS and not here: the stack makes its own"
ELSEWHERE = {
    "network": (("vpc", "publicSubnets", "taskSubnets", "databaseSubnets", "assignPublicIp"), THERE),
    "cluster": (("arn",), THERE),
    "loadBalancer": (("listener", "priority", "host"), THERE),
    "notify": (("topic",), THERE),
    "domain": (("certificate",), THERE),
}
"""Settings of resources that no emulated account has, by section, and why they are left out."""


@dataclass(frozen=True)
class SettingChange:
    """One setting of the copy.

    Attributes:
        was: None when the original has none.
        now: None when the copy has none.
    """

    key: str
    was: Any
    now: Any
    why: str

    def __str__(self) -> str:
        if self.now is None:
            return f"{self.key}: left out ({self.why})"
        return f"{self.key}: {self.now!r}{'' if self.was is None else f' for {self.was!r}'} ({self.why})"


def account(stack: str, config: Mapping[str, Any]) -> str:
    """Return the emulated account of a stack: that of its settings, else one derived from the placeholder or the name.

    Stacks with the same placeholder share an account.
    """
    given = (config.get("aws") or {}).get("account")
    if given and not is_placeholder(given):
        return str(given)
    number = int.from_bytes(hashlib.sha256((given or stack).encode()).digest()[:8], "big")
    return str(2 * 10**11 + number % 10**11)


def elsewhere(config: dict[str, Any]) -> Iterator[SettingChange]:
    """Remove settings of resources that exist in the real account only."""
    for section, (names, why) in ELSEWHERE.items():
        for name in names:
            if isinstance(config.get(section), dict) and name in config[section]:
                yield SettingChange(f"{section}.{name}", config[section].pop(name), None, why)
    if config.get("image"):
        raise SetupFailed(
            f"image names {config['image']}, which is in a registry on AWS and not here\n"
            "  fix: rehearse with promoteFrom, or with app.context"
        )


def filled(config: dict[str, Any], stack: str, configs: Mapping[str, Mapping[str, Any]]) -> Iterator[SettingChange]:
    """Replace every placeholder by a value; a placeholder that is a stack's account by that account."""
    known = {
        text: account(name, one)
        for name, one in configs.items()
        if is_placeholder(text := (one.get("aws") or {}).get("account"))
    }
    for key, text in list(placeholders(config)):
        if text in known:
            value = known[text]
        elif (value := MADE_UP.get(key.partition("[")[0], "")) == "":
            raise SetupFailed(
                f"{key} of Pulumi.{stack}.yaml is still the placeholder {text}, which no rehearsal can fill\n"
                "  fix: write a value, or remove the key"
            )
        _put(config, key, value)
        yield SettingChange(key, text, value, "the placeholder is not filled in yet")


def built_here(config: dict[str, Any], local: Sequence[Mapping[str, Any]]) -> Iterator[SettingChange]:
    """Use this machine's base images, if a local stack builds the same application.

    Args:
        local: those stacks'.
    """
    app = config.get("app") or {}
    same = [one["app"] for one in local if "context" in app and one.get("app", {}).get("context") == app["context"]]
    for name, value in ((same and same[0].get("buildArgs")) or {}).items():
        was = (app.get("buildArgs") or {}).get(name)
        if was != value:
            app["buildArgs"] = {**(app.get("buildArgs") or {}), name: value}
            yield SettingChange(f"app.buildArgs.{name}", was, value, "built on this machine, from no image registry")


def trusting(config: dict[str, Any]) -> Iterator[SettingChange]:
    """Disable verification of the local database's certificate, which is self-signed."""
    database = config.setdefault("database", {})
    if database.get("verifyTls") is not False:
        database["verifyTls"] = False
        yield SettingChange("database.verifyTls", True, False, "the local database's certificate signs itself")
    if (bundle := database.pop("caBundle", None)) is not None:
        yield SettingChange("database.caBundle", bundle, None, "nothing is verified with it")


def _put(config: Any, key: str, value: str) -> None:
    """Set the value at a key in the notation of `pulumi config set --path`."""
    parts = key.replace("[", ".").replace("]", "").split(".")
    for part in parts[:-1]:
        config = config[int(part)] if isinstance(config, list) else config[part]
    config[int(parts[-1]) if isinstance(config, list) else parts[-1]] = value
