"""Replace functions and operations of MiniStack's modules; an unknown name stops the start."""

from __future__ import annotations

from typing import Any


def replace(module: Any, name: str, function: Any) -> Any:
    """Put `function` in the place of the module's `name`. Returns what was there.

    Raises:
        AttributeError: the module has no such name, so this is not the version the corrections were written for.
    """
    before = getattr(module, name)
    setattr(module, name, function)
    return before


def replace_operation(module: Any, operation: str, handler: Any) -> Any:
    """Put `handler` in the place of an AWS operation in the module's `_ACTION_MAP`. Returns what was there.

    Raises:
        KeyError: the module does not know the operation.
    """
    before = module._ACTION_MAP[operation]
    module._ACTION_MAP[operation] = handler
    return before


def add_operation(module: Any, operation: str, handler: Any) -> None:
    """Give the module an AWS operation that it does not have.

    Raises:
        KeyError: it has it, so this is not the version the corrections were written for.
    """
    if operation in module._ACTION_MAP:
        raise KeyError(f"{module.__name__} knows {operation} already")
    module._ACTION_MAP[operation] = handler
