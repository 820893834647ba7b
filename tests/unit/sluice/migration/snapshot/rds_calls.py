"""An RDS client that answers by script and keeps every request."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class RdsCalls:
    """Answers each operation with its next answer, the last one for ever; an exception is raised, none is ``{}``.

    Attributes:
        asked: operation and arguments of every request.
    """

    def __init__(self, **answers: list[Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any]]] = []

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        return lambda **request: self._answer(operation, request)

    def get_paginator(self, operation: str) -> Any:
        calls = self

        class Paginator:
            def paginate(self, **request: Any) -> list[Any]:
                return list(calls._answer(operation, request))

        return Paginator()

    def _answer(self, operation: str, request: dict[str, Any]) -> Any:
        self.asked.append((operation, request))
        answers = self.answers.get(operation, [{}])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer
