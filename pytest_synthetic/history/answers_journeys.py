"""Which journeys are meant, and what a history holds at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.core.journey_names import JourneyNames
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.history import Selection

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pytest_synthetic.core.journey_names import Named
    from pytest_synthetic.history.store import SqlHistory

_SHOWN = 8


def ids(known: Mapping[str, Named], names: Iterable[str]) -> tuple[str, ...]:
    """The ids of the journeys that are called so: see `JourneyNames`. Where none is known, what is written is taken.

    Raises UsageError for a name that no journey has.
    """
    called = JourneyNames(known)
    return tuple(dict.fromkeys(key for name in names for key in _ids(known, called, name)))


def _ids(known: Mapping[str, Named], called: JourneyNames, name: str) -> Sequence[str]:
    found = called.ids(name) if known else (name,)
    if not found:
        valid = sorted({one_line(facts.name, 60) for facts in known.values()})
        raise UsageError(f"no journey is called {name!r}. {did_you_mean(name, valid)}")
    return found


def extent(history: SqlHistory) -> str:
    """What is there, in a sentence, for who asked for something else."""
    everything = Selection(first_attempts=False)
    newest = history.runs(everything, limit=1)
    if not newest:
        return "The history holds no single runs any more."
    regions = sorted({region for (region,) in history.counts(everything, ("region",))})
    shown = ", ".join(regions[:_SHOWN]) + (", …" if len(regions) > _SHOWN else "")
    total = sum(counts.all for counts in history.counts(everything).values())
    runs = f"{total} runs, the newest of them" if total > 1 else "1 run,"
    return f"The history holds {runs} from {newest[0].started:%Y-%m-%d %H:%M} UTC; regions: {shown}."
