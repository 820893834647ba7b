"""The local folders of a checkout, and the environment of a process for its local stack.

Standard library only: this runs on the machine's own Python before anything is installed.
"""

from __future__ import annotations

import hashlib
import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from emulator import record
from emulator.cloud import key
from emulator.variables import BUNDLE, REGISTRY_PASSWORD

STACK = "local"
REGION = "us-east-1"
PASSPHRASE = "local"  # noqa: S105 - protects nothing: the local stack's secrets live and die on this machine
# The CLI that set-up installs when the machine has none, and the language host that can be built beside it.
PULUMI_VERSION = "3.250.0"
LANGUAGE_HOST_VERSION = "3.79.0"


class NotStarted(Exception):
    """The local cloud of this checkout was never started, so it has no address."""


@dataclass(frozen=True)
class Checkout:
    """The folders of one checkout.

    Attributes:
        root: the checkout.
        local: its own local folder.
        cache: shared by all checkouts of the machine.
    """

    root: Path
    local: Path
    cache: Path

    @property
    def venv(self) -> Path:
        """The project's own virtual environment: the program, the gate and the tests run on it."""
        return self.root / ".venv"

    @property
    def cloud_venv(self) -> Path:
        """The emulator's virtual environment: its dependencies conflict with the project's."""
        return self.root / ".venv-cloud"

    @property
    def bench_venv(self) -> Path:
        """The virtual environment of the tools that `make bench` measures; nothing else needs it."""
        return self.root / ".venv-bench"

    @property
    def policy_venv(self) -> Path:
        """The virtual environment of the policy pack, which needs an older protobuf than the program."""
        return self.root / ".venv-policy"

    @property
    def logs(self) -> Path:
        return self.local / "logs"

    @property
    def pulumi_home(self) -> Path:
        return self.local / "pulumi"

    @property
    def state(self) -> Path:
        return self.local / "state"

    @property
    def cloud_record(self) -> Path:
        """The file with the emulator's endpoint."""
        return self.local / "cloud.json"

    @property
    def pulumi_record(self) -> Path:
        """The file that names set-up's Pulumi CLI: `{"bin": folder, "road": how it was installed}`."""
        return self.local / "pulumi.json"

    @property
    def built_pulumi(self) -> Path:
        return self.cache / f"pulumi-{PULUMI_VERSION}" / "bin"


def checkout(root: Path, base: Mapping[str, str]) -> Checkout:
    """Return the checkout at `root`; SLUICE_LOCAL_DIR and XDG_CACHE_HOME move its folders."""
    local = Path(base.get("SLUICE_LOCAL_DIR") or root / ".local")
    cache = Path(base.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "sluice"
    return Checkout(root=root, local=local.resolve(), cache=cache)


def account(local: Path) -> str:
    """Return the 12-digit account of a checkout, from its local folder, so that emulators can share a Docker daemon.

    MiniStack uses a 12-digit access key id as the account. The first digit is never 0, which a tool could read as
    octal.
    """
    number = int.from_bytes(hashlib.sha256(str(local).encode()).digest()[:8], "big")
    return str(10**11 + number % (9 * 10**11))


def pulumi_bin(place: Checkout) -> Path:
    """Return the folder of set-up's Pulumi CLI for this checkout."""
    chosen = record.read(place.pulumi_record).get("bin")
    return Path(chosen) if isinstance(chosen, str) else place.built_pulumi


def changes(place: Checkout, base: Mapping[str, str], endpoint: str) -> dict[str, str | None]:
    """Return the changes from `base` to the environment of this checkout; None means: unset.

    Nothing of a real account or of another checkout is inherited: no AWS_* variable, configuration file, passphrase or
    backend. Only SLUICE_BACKEND_URL moves the state.

    Raises:
        key.KeyFileError: the checkout's key cannot be used.
    """
    first = [str(pulumi_bin(place)), str(place.venv / "bin"), str(place.root / "bin")]  # the last one has `sluice`
    rest = [entry for entry in base.get("PATH", os.defpath).split(os.pathsep) if entry not in first]
    strangers: dict[str, str | None] = {name: None for name in sorted(base) if name.startswith("AWS_")}
    elsewhere = base.get("SLUICE_BACKEND_URL")
    direct = unproxied(base, endpoint)
    known = key.of(place.local)
    return strangers | {
        "PATH": os.pathsep.join([*first, *rest]),
        "PULUMI_HOME": str(place.pulumi_home),
        "PULUMI_BACKEND_URL": elsewhere or f"file://{place.state}",
        # The encryptionsalt in Pulumi.local.yaml belongs to this passphrase and to no other.
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_CONFIG_PASSPHRASE_FILE": None,
        **({} if elsewhere else {"PULUMI_ACCESS_TOKEN": None}),
        # Otherwise the program would run on another Python than the checkout's.
        "PULUMI_PYTHON_CMD": None,
        # A stack of another project; `make env` names the one that its shell is on.
        "PULUMI_STACK": None,
        # Else every command looks for a plugin for each pulumi_* package, time after time.
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        **trusted(place.local / BUNDLE, base),
        # What stands for app.secrets here: `local.secrets` writes it, the program reads it.
        "SLUICE_SECRETS": str(place.local / "secrets"),
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": account(place.local),
        "AWS_SECRET_ACCESS_KEY": known.secret(account(place.local)),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_EC2_METADATA_DISABLED": "true",
        # The bundled docker plugin logs in with it.
        REGISTRY_PASSWORD: known.registry_password,
        # A person's files may hold endpoints, CA bundles or `ignore_configured_endpoint_urls`.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PROFILE": None,
        "AWS_SESSION_TOKEN": None,
        # Some programs read one spelling, some the other.
        "NO_PROXY": direct,
        "no_proxy": direct,
        # Compiling the Pulumi SDKs anew costs every command and every plugin two seconds.
        "PYTHONDONTWRITEBYTECODE": None,
    }


def trusted(bundle: Path, base: Mapping[str, str]) -> dict[str, str | None]:
    """Return the variables that name the certificates to trust; empty until the local cloud has written its bundle.
    What `base` has of other bundles gives way: curl and Python's requests would read those instead."""
    if not bundle.is_file():
        return {}
    others = [name for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE") if name in base]
    return {name: str(bundle) for name in ("SSL_CERT_FILE", *others)}


def unproxied(base: Mapping[str, str], endpoint: str) -> str:
    """Return the value of NO_PROXY: the hosts in `base`, this machine, and the host of `endpoint`."""
    named = [host.strip() for name in ("NO_PROXY", "no_proxy") for host in base.get(name, "").split(",")]
    ours = ["localhost", "127.0.0.1", urlsplit(endpoint).hostname or ""]
    return ",".join(dict.fromkeys(host for host in [*named, *ours] if host))


def applied(base: Mapping[str, str], change: Mapping[str, str | None]) -> dict[str, str]:
    """Return `base` with the changes applied."""
    merged = {name: value for name, value in base.items() if name not in change}
    return merged | {name: value for name, value in change.items() if value is not None}


def exports(change: Mapping[str, str | None]) -> str:
    """Return the changes as lines for `eval` in a POSIX shell."""
    return "\n".join(
        f"unset {name}" if value is None else f"export {name}={shlex.quote(value)}" for name, value in change.items()
    )


def endpoint(place: Checkout) -> str:
    """Return the endpoint of this checkout's emulator, running or not. Raises NotStarted when it never ran."""
    found = record.read(place.cloud_record).get("endpoint")
    if not isinstance(found, str):
        raise NotStarted("the local cloud of this checkout is not started\n  fix: `make up`")
    return found
