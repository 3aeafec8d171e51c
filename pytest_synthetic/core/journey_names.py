"""Which journeys are meant by what people write, wherever they write it: in the settings, a file or a command."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


class Named(Protocol):
    """What has a name for people."""

    @property
    def name(self) -> str:
        """The name."""


class JourneyNames:
    """What journeys are called: by their id, else their name, else the last part of the id.

    Only an id must be written with its capital letters. So what is the name of one journey never stands for another.
    """

    def __init__(self, known: Mapping[str, Named]) -> None:
        """`known` are the journeys by id, all that there are."""
        self._known = known

    def ids(self, told: str) -> Sequence[str]:
        """The ids of the journeys that are called so, several when they share it; none when no journey is."""
        if told in self._known:
            return (told,)
        asked = told.casefold()
        return self._by_name.get(asked, ()) or self._by_last_part.get(asked, ())

    def is_called(self, told: str, journey: str, name: str) -> bool:
        """Whether a journey is called so, by its id and name; one that is not known is judged by itself."""
        among = self if journey in self._known else JourneyNames({journey: _Alone(name)})
        return journey in among.ids(told)

    @cached_property
    def _by_name(self) -> Mapping[str, list[str]]:
        return _gathered((each.name, key) for key, each in self._known.items())

    @cached_property
    def _by_last_part(self) -> Mapping[str, list[str]]:
        return _gathered((key.rpartition(".")[2], key) for key in self._known)


class _Alone(NamedTuple):
    name: str


def _gathered(pairs: Iterable[tuple[str, str]]) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for told, key in pairs:
        found[told.casefold()].append(key)
    return found


ANYBODY = JourneyNames({})
"""No journey is known: each is judged by itself."""
