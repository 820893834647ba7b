"""The inputs of a resource, derived from the constructor of its class, the one place that defines them.

The provider checks against them: a new parameter of the constructor is accepted, any other key is refused.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sluice.inputs.keys import camel

_NOT_INPUTS = ("self", "name", "opts")


@dataclass(frozen=True)
class Inputs:
    """The inputs of a resource, in Pulumi's spelling.

    Attributes:
        required: those without a default.
        optional: all others.
    """

    required: tuple[str, ...]
    optional: tuple[str, ...]

    @property
    def all(self) -> frozenset[str]:
        """Every input."""
        return frozenset((*self.required, *self.optional))


def inputs_of(resource: type) -> Inputs:
    """Return the inputs of a resource class."""
    given = [one for one in inspect.signature(resource).parameters.values() if one.name not in _NOT_INPUTS]
    required = tuple(camel(one.name) for one in given if one.default is inspect.Parameter.empty)
    return Inputs(required, tuple(camel(one.name) for one in given if one.default is not inspect.Parameter.empty))


def properties(resource: type, given: Mapping[str, Any], outputs: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return a resource's properties for the engine.

    Args:
        given: the constructor's ``locals()``; names that are not inputs are left out.
        outputs: properties that only the provider sets.
    """
    names = [name for name in inspect.signature(resource).parameters if name not in _NOT_INPUTS]
    return {camel(name): given[name] for name in names} | dict.fromkeys(outputs)
