"""Parameters of Parameter Store, with detection of outdated answers.

Every write gives a parameter a higher version. An answer with a lower version than this deployer has read or written is
from a replica that lags behind, so the call is repeated. Source: SSM PutParameter, GetParameter: Version.

IAM: ssm:GetParameter, ssm:GetParameters, ssm:GetParametersByPath, ssm:PutParameter, ssm:DeleteParameters on
``arn:aws:ssm:REGION:ACCOUNT:parameter/sluice/PROJECT/STACK/*``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from sluice.aws.answers import StaleAnswer

BATCH = 10
"""GetParameters and DeleteParameters accept ten names."""


class Parameters:
    """Parameters of type String and tier Standard: at most 4 KB each."""

    def __init__(self, ssm: Any) -> None:
        self._ssm = ssm
        self._versions: dict[str, int] = {}

    def get(self, name: str) -> str | None:
        """Return a parameter's value; None without the parameter. Raises StaleAnswer when a newer version is known."""
        known = self._versions.get(name, 0)
        try:
            parameter = self._ssm.get_parameter(Name=name)["Parameter"]
        except ClientError as error:
            if error.response["Error"]["Code"] != "ParameterNotFound":
                raise
            if known:
                raise StaleAnswer(operation="GetParameter", lacking=f"{name} is missing, but was written") from error
            return None
        version = int(parameter.get("Version", known))
        if version < known:
            raise StaleAnswer(operation="GetParameter", lacking=f"version {version} of {name}, after version {known}")
        self._versions[name] = version
        return str(parameter["Value"])

    def several(self, names: Sequence[str]) -> dict[str, str]:
        """Return the values of the existing ones, by name. Raises StaleAnswer when a written one is missing."""
        found: dict[str, str] = {}
        for start in range(0, len(names), BATCH):
            answer = self._ssm.get_parameters(Names=list(names[start : start + BATCH]))
            found |= {str(one["Name"]): str(one["Value"]) for one in answer["Parameters"]}
        lost = [name for name in names if name not in found and self._versions.get(name)]
        if lost:
            raise StaleAnswer(operation="GetParameters", lacking=f"{lost[0]} is missing, but was written")
        return found

    def below(self, path: str, recursive: bool = False) -> Iterator[tuple[str, str]]:
        """Yield names and values of the parameters below a path."""
        pages = self._ssm.get_paginator("get_parameters_by_path").paginate(Path=path, Recursive=recursive)
        for page in pages:
            for parameter in page["Parameters"]:
                yield parameter["Name"], parameter["Value"]

    def create(self, name: str, value: str) -> bool:
        """Create a parameter. Return False when the name exists, because another process created it first."""
        try:
            self._put(name, value, overwrite=False)
        except ClientError as error:
            if error.response["Error"]["Code"] == "ParameterAlreadyExists":
                return False
            raise
        return True

    def put(self, name: str, value: str) -> None:
        """Create or overwrite a parameter."""
        self._put(name, value, overwrite=True)

    def delete(self, names: Sequence[str]) -> None:
        """Delete parameters; missing ones are ignored."""
        for start in range(0, len(names), BATCH):
            self._ssm.delete_parameters(Names=list(names[start : start + BATCH]))
        for name in names:
            self._versions.pop(name, None)

    def _put(self, name: str, value: str, overwrite: bool) -> None:
        answer = self._ssm.put_parameter(Name=name, Value=value, Type="String", Tier="Standard", Overwrite=overwrite)
        self._versions[name] = int(answer.get("Version", 0))
