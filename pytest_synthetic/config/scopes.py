"""Whom a table of the settings is for: journeys by what they are called, stages, owners."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Protocol

from pytest_synthetic.config.tables import text
from pytest_synthetic.core.journey_names import ANYBODY, JourneyNames
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.journey import Stage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.config.tables import Source


class Scoped(Protocol):
    """What is for some journeys. Of each list one must fit; an empty one fits all."""

    @property
    def journeys(self) -> tuple[str, ...]:
        """What they are called: see `JourneyNames`."""

    @property
    def stages(self) -> tuple[str, ...]:
        """Their stages."""

    @property
    def owners(self) -> tuple[str, ...]:
        """Their owners."""


class Subject(Protocol):
    """A journey, whoever tells of it."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def stage(self) -> str | None:
        """Its stage."""

    @property
    def owner(self) -> str | None:
        """Its owner."""


def readers(source: Source) -> dict[str, Callable[[object], tuple[str, ...]]]:
    """What reads the keys that say it."""
    texts = names(source)
    return {"journeys": texts, "stages": lambda value: tuple(map(stage, texts(value))), "owners": texts}


def names(source: Source) -> Callable[[object], tuple[str, ...]]:
    """A reader of lists of texts. An empty one is refused: it could be meant as none, and would be read as all."""

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
            raise UsageError(
                'expected a list of texts such as ["..."], or leave the key out for all'
            )  # it may be a secret
        return tuple(dict.fromkeys(map(text, source.texts(dict(enumerate(value))).values())))

    return read


def stage(name: str) -> str:
    """Read the name of a stage. Raises UsageError."""
    if name not in list(Stage):
        raise UsageError(f"{name!r} is no stage. {did_you_mean(name, Stage)}")
    return name


def fits(  # noqa: PLR0913  all that a scope may ask for
    scope: Scoped, *, journey_id: str, name: str, stage: str | None, owner: str | None, called: JourneyNames = ANYBODY
) -> bool:
    """Whether `scope` is for a journey. `called` knows the names of all others, which may be what is meant."""
    meant = not scope.journeys or any(called.is_called(told, journey_id, name) for told in scope.journeys)
    return meant and (not scope.stages or stage in scope.stages) and (not scope.owners or owner in scope.owners)


def unknown_names(settings: Settings, specs: Iterable[Subject]) -> Iterator[str]:
    """Names in [alerts.NAME] and [policies.NAME] that no journey of `specs` has: slips of the pen, most likely."""
    known = {spec.id: spec for spec in specs}
    called = JourneyNames(known)
    tables = chain(_tables("policies", settings.policies.items()), _tables("alerts", settings.alerts.items()))
    for where, scope in tables if known else ():
        for journey in scope.journeys:
            if not called.ids(journey):
                nearest = did_you_mean(journey, {spec.name for spec in known.values()})
                yield f"{where}: no journey is called {journey!r}. {nearest}"
        yield from _strangers(where, "stage", scope.stages, {spec.stage for spec in known.values() if spec.stage})
        yield from _strangers(where, "owner", scope.owners, {spec.owner for spec in known.values() if spec.owner})


def _tables(kind: str, tables: Iterable[tuple[str, Scoped]]) -> Iterator[tuple[str, Scoped]]:
    return ((f"{kind}.{name}", scope) for name, scope in tables)


def _strangers(where: str, kind: str, told: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    there = set(known)
    return (
        f"{where}: no journey has the {kind} {name!r}. {did_you_mean(name, there)}"
        for name in told
        if name not in there
    )
