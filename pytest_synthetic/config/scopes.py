"""Whom a table of the settings is for: journeys by name or id, stages, owners."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Protocol

from pytest_synthetic.config.tables import text
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
        """Names or ids."""

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


def fits(scope: Scoped, *, journey_id: str, name: str, stage: str | None, owner: str | None) -> bool:
    """Whether `scope` is for a journey. Capital letters in its name make no difference."""
    called = not scope.journeys or any(_is(told, journey_id, name) for told in scope.journeys)
    return called and (not scope.stages or stage in scope.stages) and (not scope.owners or owner in scope.owners)


def _is(told: str, journey_id: str, name: str) -> bool:
    return told == journey_id or told.casefold() == name.casefold()


def unknown_names(settings: Settings, specs: Iterable[Subject]) -> Iterator[str]:
    """Names in [alerts.NAME] and [policies.NAME] that no journey of `specs` has: slips of the pen, most likely."""
    known = list(specs)
    tables = chain(_tables("policies", settings.policies.items()), _tables("alerts", settings.alerts.items()))
    for where, scope in tables if known else ():
        for journey in scope.journeys:
            if not any(_is(journey, spec.id, spec.name) for spec in known):
                nearest = did_you_mean(journey, {spec.name for spec in known})
                yield f"{where}: no journey is called {journey!r}. {nearest}"
        yield from _strangers(where, "stage", scope.stages, {spec.stage for spec in known if spec.stage})
        yield from _strangers(where, "owner", scope.owners, {spec.owner for spec in known if spec.owner})


def _tables(kind: str, tables: Iterable[tuple[str, Scoped]]) -> Iterator[tuple[str, Scoped]]:
    return ((f"{kind}.{name}", scope) for name, scope in tables)


def _strangers(where: str, kind: str, told: Iterable[str], known: Iterable[str]) -> Iterator[str]:
    there = set(known)
    return (
        f"{where}: no journey has the {kind} {name!r}. {did_you_mean(name, there)}"
        for name in told
        if name not in there
    )
