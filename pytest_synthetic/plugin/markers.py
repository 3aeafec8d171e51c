"""The marks: what they are called, what they take, and how they are read into a JourneySpec.

Loaded by every pytest: whatever is needed to read a mark is imported when there is one.
"""

from __future__ import annotations

import inspect
import linecache
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.errors import MarkError, UsageError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.model.journey import JourneySpec, Schedule
    from pytest_synthetic.model.sla import Sla

SPEC = pytest.StashKey["JourneySpec"]()
"""Where an item keeps what its marks say."""

LINES = (
    (
        'journey(name, *, id=None, stage=None, owner=None, criticality="high", revenue_per_hour=None, currency="EUR", '
        "depends_on=(), runbook=None): a customer journey, recorded as one run each time it executes."
    ),
    "region(*names): the regions this journey runs from; with --synthetic-region, only those of both.",
    'sla(total=None, /, **measurements): limits on one run: sla("12s", lcp="2.5s", cls=0.1).',
    'slo(availability, window, latency=None): targets over many runs: slo(availability=0.995, window="30d").',
    (
        "schedule(every_or_cron, *, timezone=None, quiet=None, max_lateness=None): when production is watched: "
        'schedule("5m"), schedule("0 7 * * 1-5").'
    ),
    'device(*names): run on each of these devices: "desktop" or a name Playwright knows, such as "iPhone 15".',
    'network(profile): run over this line: "slow-3g", "3g", "4g", "offline" or one of [networks] (Chromium).',
    "mutates: this journey changes production data; it is never run twice by accident.",
)


def read(definition: pytest.Item, settings: Settings) -> JourneySpec:
    """Read the marks of one test function. Raises MarkError that names file, line, mark, value and what is valid."""
    from pytest_synthetic.model.journey import JourneySpec

    fields: dict[str, Any] = {"where": _place(definition, "journey"), "id": _default_id(definition)}
    for name, reader in _READERS.items():
        if mark := definition.get_closest_marker(name):
            fields.update(_bound(definition, mark, reader))
    network = fields.get("network")
    if network is not None and network not in settings.networks:
        known = did_you_mean(network, settings.networks)
        raise complaint(definition, "network", f"{network!r} is no network profile. {known}")
    if mark := definition.get_closest_marker("schedule"):
        fields["schedule"] = _settled(definition, fields["schedule"], mark, settings)
    return JourneySpec(**fields)


def refuse_misspelt(definition: pytest.Item) -> None:
    """Raise a collection error for a mark that pytest does not know and that is nearly one of ours.

    pytest only warns of it: a journey that is called `jorney` would be watched by nobody. What is near is nearer than
    the mark `slow`, which many have, is to `slo`.
    """
    names = {mark.name for mark in definition.iter_markers()}
    if not names - _READERS.keys():
        return
    known = {line.partition(":")[0].partition("(")[0].strip() for line in definition.config.getini("markers")}
    near = {name: meant for name in names - known if (meant := _meant(name))}
    for name in near if "journey" in names or "journey" in near.values() else ():
        problem = (
            f'no such mark. Did you mean "{near[name]}"? A mark of your own belongs to pytest\'s setting `markers`.'
        )
        raise pytest.Collector.CollectError(str(complaint(definition, name, problem)))


@cache
def _meant(name: str) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name.lower(), _READERS, n=1, cutoff=0.9)), None)


def _settled(definition: pytest.Item, told: Schedule, mark: pytest.Mark, settings: Settings) -> Schedule:
    """A schedule with what [schedule] adds to its mark."""
    from pytest_synthetic.config.schedule import settled

    given = [name for name, value in mark.kwargs.items() if value is not None]
    try:
        return settled(told, given, settings.schedule)
    except UsageError as error:
        raise complaint(definition, "schedule", f"{error} ([schedule] of the settings counts too)") from None


def _bound(definition: pytest.Item, mark: pytest.Mark, reader: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """What `reader` makes of a mark's arguments; its signature is the mark's."""
    signature = inspect.signature(reader)
    by_keyword = [p.name for p in signature.parameters.values() if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
    try:
        signature.bind(*mark.args, **mark.kwargs)
    except TypeError as error:
        unknown = [key for key in mark.kwargs if key not in signature.parameters]
        hint = (
            f"no argument {unknown[0]!r}. {_nearest(unknown[0], by_keyword)}" if unknown and by_keyword else f"{error}."
        )
        raise complaint(definition, mark.name, f"{hint}\nIt takes: {mark.name}{_shown(signature)}") from None
    try:
        return reader(*mark.args, **mark.kwargs)
    except UsageError as error:
        raise complaint(definition, mark.name, str(error)) from None


def _nearest(argument: str, known: Sequence[str]) -> str:
    """What was meant by an argument that a mark does not take: another one, a part of its name, a mark of its own."""
    from difflib import get_close_matches

    if mark := next(iter(get_close_matches(argument.lower(), _READERS, n=1, cutoff=0.8)), None):
        return f"Did you mean the mark @pytest.mark.{mark}? It goes on a line of its own."
    parts = {part: name for name in known for part in (name, *name.split("_or_"))}
    near = get_close_matches(argument.lower(), parts, n=1)
    return did_you_mean(parts[near[0]] if near else argument, known)


def _shown(signature: inspect.Signature) -> inspect.Signature:
    """A signature without its annotations, which say nothing to a reader of a mark."""
    bare = [parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()]
    return signature.replace(parameters=bare, return_annotation=inspect.Signature.empty)


def complaint(definition: pytest.Item, mark: str, problem: str) -> MarkError:
    """A MarkError that begins with the place of the mark."""
    return MarkError(f"{_place(definition, mark)}: @pytest.mark.{mark}: {problem}")


def _place(definition: pytest.Item, mark: str) -> str:
    """`file:line` of the decorator when it is in sight above the function, of the function otherwise."""
    path, line = definition.path, (definition.location[1] or 0) + 1
    code = getattr(inspect.unwrap(getattr(definition, "obj", None) or _place), "__code__", None)
    if code is not None:
        line = code.co_firstlineno
        for number in range(line, line + 60):
            text = linecache.getline(str(path), number).strip()
            if f"mark.{mark}" in text:
                line = number
                break
            if text.startswith(("def ", "async def ")):
                break
    return f"{definition.location[0]}:{line}"


def _default_id(definition: pytest.Item) -> str:
    """Module path and function name: `tests.shop.test_buy.test_checkout`; stays when parameters come and go."""
    path, _, _ = definition.location
    name = getattr(definition, "originalname", None) or definition.name
    owner = getattr(definition, "cls", None)
    parts = path.removesuffix(".py").replace("\\", "/").split("/")
    return ".".join(
        [*(part for part in parts if part not in ("", ".", "..")), *([owner.__name__] if owner else []), name]
    )


# -- one reader a mark: its signature is what the mark takes -------------------------------------------------------


def _journey(  # noqa: PLR0913  the mark's own arguments
    name: str,
    *,
    id: str | None = None,  # noqa: A002  the mark's own word
    stage: str | None = None,
    owner: str | None = None,
    criticality: str = "high",
    revenue_per_hour: float | None = None,
    currency: str = "EUR",
    depends_on: str | tuple[str, ...] = (),
    runbook: str | None = None,
) -> dict[str, Any]:
    from pytest_synthetic.model.journey import Criticality, Stage

    fields: dict[str, Any] = {
        "name": _text("name", name),
        "stage": None if stage is None else Stage(_one_of("stage", stage, Stage)),
        "owner": _text("owner", owner, optional=True),
        "criticality": Criticality(_one_of("criticality", criticality, Criticality)),
        "revenue_per_hour": _amount(revenue_per_hour),
        "currency": _currency(currency),
        "depends_on": _names("depends_on", (depends_on,) if isinstance(depends_on, str) else depends_on),
        "runbook": _text("runbook", runbook, optional=True),
    }
    return fields | ({} if id is None else {"id": _text("id", id)})


def _region(*names: str) -> dict[str, Any]:
    return {"regions": _names("region", names, at_least=1)}


def _device(*names: str) -> dict[str, Any]:
    return {"devices": _names("device", names, at_least=1)}


def _network(profile: str) -> dict[str, Any]:
    return {"network": _text("profile", profile)}


def _sla(total: str | float | None = None, /, **measurements: str | float) -> dict[str, Any]:
    from pytest_synthetic.model.sla import Sla, limits, seconds

    if total is None and not measurements:
        raise UsageError('promises nothing; write sla("12s") or sla(lcp="2.5s")')
    sla: Sla = Sla(total=None if total is None else seconds(total), measurements=limits(measurements))
    return {"sla": sla}


def _slo(availability: float, window: str, *, latency: float | None = None) -> dict[str, Any]:
    from pytest_synthetic.model.sla import slo

    return {"slo": slo(availability, window, latency)}


def _schedule(
    every_or_cron: str,
    *,
    timezone: str | None = None,
    quiet: str | tuple[str, ...] | None = None,
    max_lateness: str | float | None = None,
) -> dict[str, Any]:
    from pytest_synthetic.config.schedule import schedule

    return {"schedule": schedule(every_or_cron, timezone=timezone, quiet=quiet, max_lateness=max_lateness)}


def _mutates() -> dict[str, Any]:
    return {"mutates": True}


_READERS: dict[str, Callable[..., dict[str, Any]]] = {
    "journey": _journey,
    "region": _region,
    "sla": _sla,
    "slo": _slo,
    "schedule": _schedule,
    "device": _device,
    "network": _network,
    "mutates": _mutates,
}


# -- values ----------------------------------------------------------------------------------------------------------


def _text(argument: str, value: object, *, optional: bool = False) -> str | None:
    if optional and value is None:
        return None
    if not isinstance(value, str) or not value.strip():
        raise UsageError(f"{argument}={value!r}: expected a text that is not empty")
    return value


def _names(argument: str, values: object, *, at_least: int = 0) -> tuple[str, ...]:
    if not isinstance(values, tuple | list) or not all(isinstance(value, str) and value.strip() for value in values):
        raise UsageError(f"{argument}={values!r}: expected names")
    if len(values) < at_least:
        raise UsageError("names nothing; give at least one name")
    return tuple(dict.fromkeys(values))


def _one_of(argument: str, value: object, valid: Any) -> str:
    if not isinstance(value, str) or value not in list(valid):
        raise UsageError(f"{argument}={value!r} is not valid. {did_you_mean(value, list(valid))}")
    return value


def _amount(value: object) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
        raise UsageError(f"revenue_per_hour={value!r}: expected an amount, zero or more")
    return float(value)


def _currency(value: object) -> str:
    if not isinstance(value, str) or len(value) != 3 or not value.isascii() or not value.isupper():
        raise UsageError(f'currency={value!r}: expected an ISO 4217 code such as "EUR"')
    return value
