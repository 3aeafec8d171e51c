"""Targets from OpenSLO v1 documents (github.com/OpenSLO/OpenSLO), which other tools read and write as well.

A document of `kind: SLO` is the target of one journey. The annotation or label `synthetic/journey` names the journey,
else `metadata.name` does. `synthetic/indicator` says of what it is the target: `availability`, which is the default, or
`latency`, the share of the runs that worked in which the journey kept its SLA.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from pytest_synthetic.config.documents import documents, shown
from pytest_synthetic.errors import UsageError, did_you_mean
from pytest_synthetic.model.sla import Calendar, Slo, slo

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pytest_synthetic.config.documents import Document, Keys

VERSION = "openslo/v1"
JOURNEY = "synthetic/journey"
INDICATOR = "synthetic/indicator"
SECONDS = {"m": 60, "h": 3_600, "d": 86_400, "w": 604_800}
"""The units of durations that are always as long; `M`, `Q` and `Y` are not."""

_PERIODS = {"1w": Calendar.WEEK, "1M": Calendar.MONTH, "3M": Calendar.QUARTER, "1Q": Calendar.QUARTER}
_UTC = ("UTC", "Etc/UTC", "GMT", "Etc/GMT")
_METHODS = ("Occurrences", "Timeslices", "RatioTimeslices")
_WINDOW = ("spec", "timeWindow", 0)
_OBJECTIVE = ("spec", "objectives", 0)


class Indicator(StrEnum):
    """Of what a document is the target."""

    AVAILABILITY = "availability"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSlo:
    """What a file says: targets by journey, and what was not read, one line each with its place."""

    slos: Mapping[str, Slo]
    passed_over: tuple[str, ...]


def read(path: Path) -> OpenSlo:
    """Read the targets of a file of OpenSLO documents, YAML or JSON.

    Raises ConfigError for what cannot be read, and for what we could not keep to: time slices, several objectives, a
    calendar that is not of UTC.
    """
    passed_over: list[str] = []
    found: dict[str, dict[Indicator, _Target]] = {}
    for document in documents(path):
        if not _is_slo(document):
            passed_over.append(f"{document.place(())}: {_title(document)} is no SLO")
            continue
        target = _target(document)
        passed_over += _unread(document)
        for journey in _journeys(document):
            _add(found.setdefault(journey, {}), target, journey)
    return OpenSlo(slos={name: _joined(name, given) for name, given in found.items()}, passed_over=tuple(passed_over))


def _is_slo(document: Document) -> bool:
    """Whether it is a target. Raises ConfigError for one of another version of OpenSLO."""
    version = document.at("apiVersion")
    if document.at("kind") != "SLO" or not isinstance(version, str) or not version.startswith("openslo"):
        return False
    if version != VERSION:
        raise document.complaint(("apiVersion",), f"expected {VERSION}, got {shown(version)}")
    return True


def _title(document: Document) -> str:
    """The document in words: `Service "web-shop"`."""
    kind, name = document.at("kind"), document.at("metadata", "name")
    named = f' "{name}"' if isinstance(name, str) else ""
    return (kind if isinstance(kind, str) else "a document without kind") + named


# -- one target ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class _Target:
    """What one document says; `slo.availability` holds the share whatever it is of."""

    document: Document
    indicator: Indicator
    slo: Slo


def _target(document: Document) -> _Target:
    indicator = _indicator(document)
    _check_method(document)
    keys, share = _share(document)
    length = _length(document)
    try:
        return _Target(document=document, indicator=indicator, slo=slo(share, length))
    except UsageError as error:
        raise document.complaint(keys, str(error)) from None


def _journeys(document: Document) -> list[str]:
    """The journeys that the document is for; a label may hold several."""
    keys: Keys
    keys, named = _marked(document, JOURNEY) or (("metadata", "name"), document.at("metadata", "name"))
    names = named if isinstance(named, list) else [named]
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise document.complaint(keys, f"expected the id of a journey, got {shown(named)}")
    return names


def _marked(document: Document, name: str) -> tuple[Keys, Any] | None:
    """What the annotation or the label `name` says, and where."""
    for kind in ("annotations", "labels"):
        if (value := document.at("metadata", kind, name)) is not None:
            return ("metadata", kind, name), value
    return None


def _indicator(document: Document) -> Indicator:
    marked = _marked(document, INDICATOR)
    if marked and marked[1] not in list(Indicator):
        raise document.complaint(
            marked[0], f"{shown(marked[1])} is no indicator. {did_you_mean(shown(marked[1]), Indicator)}"
        )
    if marked:
        return Indicator(marked[1])
    keys = ("spec", "indicator", "spec", "thresholdMetric")
    if document.at(*keys) is not None:
        problem = (
            "a threshold on a metric is nothing that runs can be counted by. If it is the SLA of the journey, say so "
            f"with the annotation {INDICATOR}: latency; else use ratioMetric"
        )
        raise document.complaint(keys, problem)
    return Indicator.AVAILABILITY


def _unread(document: Document) -> Iterator[str]:
    keys = (*_OBJECTIVE, "value")
    if (value := document.at(*keys)) is not None:
        yield f"{document.place(keys)}: the value {shown(value)} is not read: the limit is the SLA of the journey"


def _check_method(document: Document) -> None:
    keys, method = ("spec", "budgetingMethod"), document.at("spec", "budgetingMethod")
    if method == "Occurrences":
        return
    if method in _METHODS:
        raise document.complaint(keys, f"{method} counts slices of time, and we count runs: expected Occurrences")
    raise document.complaint(
        keys, f"expected Occurrences, got {shown(method)}. {did_you_mean(shown(method), _METHODS)}"
    )


def _share(document: Document) -> tuple[Keys, float]:
    """The target as a share, and where it stands."""
    objectives = document.at("spec", "objectives")
    if not isinstance(objectives, list) or len(objectives) != 1:
        count = len(objectives) if isinstance(objectives, list) else "none"
        raise document.complaint(_OBJECTIVE[:2], f"expected a list of one objective, got {count}")
    given = [key for key in ("target", "targetPercent") if document.at(*_OBJECTIVE, key) is not None]
    if len(given) != 1:
        problem = "give target or targetPercent, not both" if given else "expected target: 0.995 or targetPercent: 99.5"
        raise document.complaint(_OBJECTIVE, problem)
    keys = (*_OBJECTIVE, given[0])
    value = document.at(*keys)
    most, example = (1, 0.995) if given[0] == "target" else (100, 99.5)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < most:
        problem = f"expected a number above 0 and below {most}, such as {example}, got {shown(value)}"
        raise document.complaint(keys, problem)
    return keys, value if most == 1 else float(Decimal(repr(value)) / 100)


# -- windows -------------------------------------------------------------------------------------------------------


def _length(document: Document) -> float | str:
    """The window as the mark `slo` takes it: seconds, or the name of a period."""
    windows = document.at("spec", "timeWindow")
    if not isinstance(windows, list) or len(windows) != 1:
        example = "a list of one window such as - duration: 30d, isRolling: true"
        raise document.complaint(_WINDOW[:2], f"expected {example}, got {shown(windows)}")
    if document.at(*_WINDOW, "calendar") is not None or document.at(*_WINDOW, "isRolling") is False:
        return _period(document)
    keys, written = (*_WINDOW, "duration"), document.at(*_WINDOW, "duration")
    found = re.fullmatch(r"(\d{1,9})([mhdw])", written, re.ASCII) if isinstance(written, str) else None
    if not found or not int(found[1]):
        raise document.complaint(keys, f"expected minutes, hours, days or weeks such as 30d, got {shown(written)}")
    return float(int(found[1]) * SECONDS[found[2]])


def _period(document: Document) -> Calendar:
    keys, written = (*_WINDOW, "duration"), document.at(*_WINDOW, "duration")
    period = _PERIODS.get(written) if isinstance(written, str) else None
    if period is None:
        raise document.complaint(keys, f"periods of the calendar are 1w, 1M and 1Q, got {shown(written)}")
    zone = document.at(*_WINDOW, "calendar", "timeZone")
    if zone not in _UTC:
        problem = f"our periods are those of UTC: expected timeZone: UTC, got {shown(zone)}"
        raise document.complaint((*_WINDOW, "calendar", "timeZone"), problem)
    written = document.at(*_WINDOW, "calendar", "startTime")
    written = str(written) if isinstance(written, date) else written
    if not _starts(period, written):
        expected = {Calendar.WEEK: "a Monday", Calendar.MONTH: "the first of a month"}
        day = expected.get(period, "the first of January, April, July or October")
        problem = f"expected {day} at 00:00:00, such as 2024-01-01 00:00:00, got {shown(written)}"
        raise document.complaint((*_WINDOW, "calendar", "startTime"), problem)
    return period


def _starts(period: Calendar, written: object) -> bool:
    """Whether a period begins at the time that was written."""
    moment = _moment(written)
    if moment is None or (moment.hour, moment.minute, moment.second, moment.microsecond) != (0, 0, 0, 0):
        return False
    if period is Calendar.WEEK:
        return moment.weekday() == 0
    return moment.day == 1 and (period is Calendar.MONTH or moment.month % 3 == 1)


def _moment(written: object) -> datetime | None:
    """A time, which YAML may already have read, in UTC."""
    if isinstance(written, date) and not isinstance(written, datetime):
        return datetime(written.year, written.month, written.day, tzinfo=UTC)
    try:
        moment = datetime.fromisoformat(written) if isinstance(written, str) else written
        if not isinstance(moment, datetime):
            return None
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


# -- targets of one journey ----------------------------------------------------------------------------------------


def _add(given: dict[Indicator, _Target], target: _Target, journey: str) -> None:
    if other := given.get(target.indicator):
        problem = f"the {target.indicator} of {journey} has a target already, at {other.document.place(())}"
        raise target.document.complaint(("metadata",), problem)
    given[target.indicator] = target


def _joined(journey: str, given: Mapping[Indicator, _Target]) -> Slo:
    """The target of one journey, of which latency may be a part."""
    latency, availability = given.get(Indicator.LATENCY), given.get(Indicator.AVAILABILITY)
    if not latency:
        return given[Indicator.AVAILABILITY].slo
    if not availability:
        problem = f"{journey} has a target for its latency and none for its availability: add one"
        raise latency.document.complaint(("metadata",), problem)
    if latency.slo.window != availability.slo.window or latency.slo.calendar != availability.slo.calendar:
        problem = f"expected the window of the availability of {journey}, at {availability.document.place(_WINDOW)}"
        raise latency.document.complaint(_WINDOW, problem)
    return replace(availability.slo, latency=latency.slo.availability)


# -- writing -------------------------------------------------------------------------------------------------------

_DURATIONS = {Calendar.WEEK: "1w", Calendar.MONTH: "1M", Calendar.QUARTER: "1Q"}
_START = datetime(2024, 1, 1)  # noqa: DTZ001 (OpenSLO writes the zone beside it): a Monday that begins a quarter
_VERDICTS = {
    Indicator.AVAILABILITY: (["passed", "degraded"], ["passed", "degraded", "failed"]),
    Indicator.LATENCY: (["passed"], ["passed", "degraded"]),
}


_YAML_BREAKS = frozenset("\x85\u2028\u2029")
"""What YAML takes for the end of a line."""


def written(slos: Mapping[str, Slo], *, service: str = "customer-journeys") -> str:
    """The targets of journeys, by their id, as OpenSLO v1 documents, which `read` understands.

    Raises UsageError for a rolling window that is not of whole minutes: OpenSLO has no seconds.
    """
    import yaml

    documents = list(_all_documents(slos, _name(service, set())))
    plain = not any(_YAML_BREAKS & set(journey) for journey in slos)  # else PyYAML writes them as they are
    return yaml.safe_dump_all(documents, sort_keys=False, allow_unicode=plain, width=100)


def _all_documents(slos: Mapping[str, Slo], service: str) -> Iterator[dict[str, Any]]:
    taken: set[str] = set()
    for journey, target in slos.items():
        shares = {Indicator.AVAILABILITY: target.availability, Indicator.LATENCY: target.latency}
        for indicator, share in shares.items():
            if share is not None:
                name = _name(f"{_slug(journey)[: 63 - len(indicator) - 5]}-{indicator}", taken)
                yield _document(journey, name, service, indicator, share, _time_window(journey, target))


def _document(  # noqa: PLR0913, PLR0917 (the parts of a document)
    journey: str, name: str, service: str, indicator: Indicator, share: float, window: dict[str, Any]
) -> dict[str, Any]:
    good, total = _VERDICTS[indicator]
    ratio = {"counter": True, "good": _source(journey, good), "total": _source(journey, total)}
    return {
        "apiVersion": VERSION,
        "kind": "SLO",
        "metadata": {
            "name": name,
            "displayName": f"{journey}: {indicator}",
            "annotations": {JOURNEY: journey, INDICATOR: str(indicator)},
        },
        "spec": {
            "service": service,
            "indicator": {"metadata": {"name": name}, "spec": {"ratioMetric": ratio}},
            "timeWindow": [window],
            "budgetingMethod": "Occurrences",
            "objectives": [{"displayName": str(indicator), "target": share}],
        },
    }


def _source(journey: str, verdicts: Iterable[str]) -> dict[str, Any]:
    return {"metricSource": {"type": "pytest-synthetic", "spec": {"journey": journey, "verdicts": list(verdicts)}}}


def _time_window(journey: str, target: Slo) -> dict[str, Any]:
    if target.calendar:
        calendar = {"startTime": _START, "timeZone": "UTC"}
        return {"duration": _DURATIONS[target.calendar], "calendar": calendar, "isRolling": False}
    unit = next((unit for unit in ("d", "h", "m") if target.window % SECONDS[unit] == 0), None)
    if unit is None:
        raise UsageError(f"{journey}: OpenSLO has no window of {target.window} s; expected whole minutes")
    return {"duration": f"{int(target.window // SECONDS[unit])}{unit}", "isRolling": True}


def _name(text: str, taken: set[str]) -> str:
    """A name as Kubernetes has them (RFC 1123), that is not taken yet."""
    name, number = _slug(text), 2
    while name in taken:
        name, number = f"{_slug(text)}-{number}", number + 1
    taken.add(name)
    return name


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:63].strip("-") or "journey"
