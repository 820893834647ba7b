"""Parameter Store in memory, in the API's shapes, with versions."""

from __future__ import annotations

from typing import Any

from tests.unit.sluice.migration.simulation import client_error


class Ssm:
    """Attributes: *parameters* by name; *deleted*: names, in their order; *calls*: operations, in their order."""

    def __init__(self, **parameters: str) -> None:
        self.parameters = dict(parameters)
        self.versions = dict.fromkeys(parameters, 1)
        self.deleted: list[str] = []
        self.calls: list[str] = []

    def get_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        self.calls.append("get_parameter")
        if Name not in self.parameters:
            raise client_error("ParameterNotFound", "GetParameter")
        return {"Parameter": self._one(Name)}

    def get_parameters(self, Names: list[str]) -> dict[str, Any]:  # noqa: N803
        self.calls.append("get_parameters")
        assert len(Names) <= 10, "the API takes ten"
        return {
            "Parameters": [self._one(name) for name in Names if name in self.parameters],
            "InvalidParameters": [name for name in Names if name not in self.parameters],
        }

    def get_paginator(self, operation: str) -> Any:
        assert operation == "get_parameters_by_path"
        return self

    def paginate(self, **request: Any) -> list[dict[str, Any]]:
        return [self.get_parameters_by_path(**request)]

    def get_parameters_by_path(self, Path: str, Recursive: bool = False) -> dict[str, Any]:  # noqa: N803
        self.calls.append("get_parameters_by_path")
        start = f"{Path.rstrip('/')}/"
        below = [name for name in self.parameters if name.startswith(start)]
        return {"Parameters": [self._one(one) for one in below if Recursive or "/" not in one.removeprefix(start)]}

    def put_parameter(self, Name: str, Value: str, Overwrite: bool = False, **more: Any) -> dict[str, Any]:  # noqa: N803
        self.calls.append("put_parameter")
        assert len(Value.encode()) <= 4096, "a Standard parameter holds 4 KB"
        if Name in self.parameters and not Overwrite:
            raise client_error("ParameterAlreadyExists", "PutParameter")
        self.parameters[Name] = Value
        self.versions[Name] = self.versions.get(Name, 0) + 1
        return {"Version": self.versions[Name]}

    def delete_parameters(self, Names: list[str]) -> dict[str, Any]:  # noqa: N803
        self.calls.append("delete_parameters")
        for name in Names:
            self._delete(name)
        return {"DeletedParameters": Names}

    def delete_parameter(self, Name: str) -> dict[str, Any]:  # noqa: N803
        self.calls.append("delete_parameter")
        self._delete(Name)
        return {}

    def _one(self, name: str) -> dict[str, Any]:
        return {"Name": name, "Value": self.parameters[name], "Version": self.versions[name]}

    def _delete(self, name: str) -> None:
        self.deleted.append(name)
        self.parameters.pop(name, None)
        self.versions.pop(name, None)
