"""Which runs figures are made of: those that could say something, and of a repeated test one attempt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.model.verdict import UNSAID

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pytest_synthetic.model.run import RunResult


def conclusive(run: RunResult) -> bool:
    """Whether the run says something about the product: it passed, was degraded or failed."""
    return run.verdict not in UNSAID


class Attempts:
    """Tells which attempts at a test count: up to the first that could say something, none after it."""

    def __init__(self) -> None:
        self._said: set[tuple[str, str | None]] = set()

    def counts(self, run: RunResult) -> bool:
        """Whether `run` counts; to be asked once a run, in the order of the attempts."""
        test = run.nodeid, run.worker
        if run.attempt == 1:
            self._said.discard(test)
        if test in self._said:
            return False
        if conclusive(run):
            self._said.add(test)
        return True


def counted(runs: Iterable[RunResult]) -> Iterator[RunResult]:
    """One run for each test that ran: the first attempt that could say something, else the last one."""
    chosen: dict[tuple[str, str | None], RunResult] = {}
    for run in runs:
        test = run.nodeid, run.worker
        before = chosen.get(test)
        if before is not None and run.attempt == 1:
            yield chosen.pop(test)
        elif before is not None and conclusive(before):
            continue
        chosen[test] = run
    yield from chosen.values()
