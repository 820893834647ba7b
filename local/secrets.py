"""The application's secrets on this machine: the local cloud gets one for each that it does not have, with the value
from `.secrets.STACK.env` or a random one.

`python -m local.secrets STACK`, on the project's own environment and in that of the local stack, writes down for the
program what stands for what (`infra.settings.reading.local_secrets`). No value is printed, and none gets into a file.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from pydantic_core import PydanticCustomError

from emulator import record
from infra.settings.reading import secret_file
from infra.settings.reading.local_secrets import FOLDER_VARIABLE
from infra.settings.reading.mistake import SettingsError
from infra.settings.values.secrets import LOCAL, arn
from infra.settings.values.secrets import reference as reference_of
from local.rehearse.copy import plain, read
from local.toolchain.process import SetupFailed
from sluice.aws.generated_secret import current_version

RANDOM_BYTES = 32
"""Bytes of a generated secret; written as hexadecimal digits, which no program has to escape."""


@dataclass(frozen=True)
class Provided:
    """The local replacement of a secret.

    Attributes:
        variable: its name.
        was: the reference in the settings.
        now: the reference in the local cloud.
        how: the source of its value, as text.
    """

    variable: str
    was: str
    now: str
    how: str


def provide(
    references: Mapping[str, str], values: Mapping[str, str], client: Any, prefix: str, file: str
) -> Iterator[Provided]:
    """Create missing secrets; a value in the file replaces an earlier one.

    An invalid reference is left to the program, which refuses it: it may be a plain value in the settings.

    Args:
        references: of app.secrets, by variable.
        values: from the file, by variable.
        client: Secrets Manager's.
        prefix: of the names of the secrets that are made.
        file: the file's name, for people.
    """
    for variable, reference in references.items():
        if not _is_reference(reference):
            continue
        if variable not in values and reference != LOCAL and _there(client, arn(reference)):
            continue  # somebody made it in this very cloud
        key = reference.split(":")[7] if reference.count(":") > 6 else ""
        name = f"{prefix}-{variable}"
        if variable in values:
            # With its version: a task reads its secrets only when it starts, so another value is another task.
            found, version = _given(client, name, key, values[variable])
            yield Provided(variable, reference, f"{found}:{key}::{version}", f"its value is that of {file}")
        else:
            found = _made_up(client, name, key)
            how = f"it does not exist here: made up (another value: {variable}=… in {file})"
            yield Provided(variable, reference, f"{found}:{key}::" if key else found, how)


def _is_reference(text: object) -> bool:
    try:
        return isinstance(text, str) and reference_of(text) == text
    except PydanticCustomError:
        return False


def _there(client: Any, secret: str) -> bool:
    try:
        client.describe_secret(SecretId=secret)
    except client.exceptions.ResourceNotFoundException:
        return False
    return True


def _given(client: Any, name: str, key: str, value: str) -> tuple[str, str]:
    """ARN and current version of the secret of this name, once it has this value."""
    text = json.dumps({key: value}) if key else value
    try:
        now = client.get_secret_value(SecretId=name)
    except client.exceptions.ResourceNotFoundException:
        now = client.create_secret(Name=name, SecretString=text)
        return str(now["ARN"]), current_version(client, now["ARN"])
    if now.get("SecretString") != text:
        client.put_secret_value(SecretId=name, SecretString=text)
    return str(now["ARN"]), current_version(client, now["ARN"])


def _made_up(client: Any, name: str, key: str) -> str:
    """ARN of the secret of this name, which keeps the value that it has."""
    try:
        return str(client.describe_secret(SecretId=name)["ARN"])
    except client.exceptions.ResourceNotFoundException:
        value = secrets.token_hex(RANDOM_BYTES)
        made = client.create_secret(Name=name, SecretString=json.dumps({key: value}) if key else value)
        return str(made["ARN"])


ROOT = Path(__file__).resolve().parents[1]


def main(stack: str, root: Path = ROOT) -> int:
    """Provide the secrets of a local stack; return the exit code.

    Args:
        root: the folder with its settings.
    """
    try:
        references = (plain(read(root, stack)).get("app") or {}).get("secrets") or {}
        if not isinstance(references, dict):
            return 0  # the program says what is wrong with them
        values = secret_file.values(root, stack, references)
    except (SettingsError, SetupFailed) as wrong:
        print(f"error: {wrong}", file=sys.stderr)
        return 1
    client: Any = boto3.client("secretsmanager")
    file = secret_file.name(stack)
    done = list(provide(references, values, client, f"local-{stack}", file))
    for one in done:
        print(f"· app.secrets.{one.variable}: {one.how}")
    known = {one.variable: {"for": one.was, "is": one.now} for one in done}
    record.write(Path(os.environ[FOLDER_VARIABLE]) / f"{stack}.json", known)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
