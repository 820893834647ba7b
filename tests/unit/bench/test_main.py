"""What `python -m bench` measures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from bench import __main__ as bench
from bench import admission
from bench.admission import CALLS, SECONDS, Cost
from local.toolchain.process import SetupFailed


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[Cost]], None]:
    """Says what is measured."""

    @contextmanager
    def staged() -> Iterator[None]:
        yield

    def put(costs: Sequence[Cost]) -> None:
        def measure(*_: Any) -> Sequence[Cost]:
            return costs

        monkeypatch.setattr(bench, "staged", staged)
        monkeypatch.setattr(admission, "measure", measure)

    return put


@pytest.mark.parametrize(
    ("calls", "seconds", "code"), [(CALLS, SECONDS, 0), (CALLS + 1, SECONDS, 1), (CALLS, SECONDS + 0.01, 1)]
)
def test_admission_alone_fails_when_it_costs_too_much(
    measured: Callable[[Sequence[Cost]], None],
    capsys: pytest.CaptureFixture[str],
    calls: int,
    seconds: float,
    code: int,
) -> None:
    measured([Cost("new clients", 1, 0.1, 0.1, 0), Cost("new clients", calls, seconds, 0.1, 0)])
    assert bench.main(["admission"]) == code
    row = capsys.readouterr().out.splitlines()[-1].split()
    assert row == ["new", "clients", "2", str(calls), "0.30", "s", f"{seconds:.2f}", "s", "0.10", "s", "0"]


def test_a_measure_that_is_none() -> None:
    with pytest.raises(SetupFailed, match="there is no measure admision"):
        bench.main(["admision"])
