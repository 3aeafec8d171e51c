"""What an alert says first: what customers can no longer do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.alerts.inert import shown
from pytest_synthetic.alerts.saying import BY_LANGUAGE, clock, duration, moment, number, several
from pytest_synthetic.alerts.words import Tense
from pytest_synthetic.analysis.incident_causes import Family, family_of
from pytest_synthetic.analysis.spells import came_and_went, stood_from
from pytest_synthetic.model.alerting import Kind, Severity, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from pytest_synthetic.alerts.words import Words
    from pytest_synthetic.model.alerting import Case, Incident, Notice

NEARLY_ALL = 0.9
HALF = 0.5
"""Shares of bad runs from which on all customers are spoken of, and many."""

LONGEST_NAME = 60
LONGEST_PRODUCT = 40
_REGIONS_NAMED = 2
_VARIANTS_NAMED = 3


class Pen:
    """What writes: a language, a time zone, and the door that text passes which is not ours."""

    def __init__(self, language: str, zone: str | None, redact: Callable[[str], str], now: datetime) -> None:
        self.words: Words = BY_LANGUAGE.get(language, BY_LANGUAGE["en"])
        self.zone = zone
        self.redact = redact
        self.now = now

    def text(self, told: str, width: int = LONGEST_NAME) -> str:
        """Text that is not ours."""
        return shown(told, width, self.redact)

    def list(self, names: Sequence[str], most: int) -> str:
        """Names that are not ours."""
        told = [self.text(name) for name in names[:most]]
        return several([*told, *names[most:]], self.words, most)

    def journey(self, case: Case) -> str:
        """`Checkout`; `Checkout [amex]` where others of its devices and parameters are well."""
        name, variants = self.text(case.name), case.problem.variants
        return f"{name} {self.bracketed(variants)}" if variants else name

    def bracketed(self, variants: Sequence[str]) -> str:
        """`[amex, visa]`; nothing where there are none."""
        return f"[{self.list(variants, _VARIANTS_NAMED)}]" if variants else ""

    def journeys(self, cases: Sequence[Case], most: int) -> str:
        """Those of cases."""
        told = [self.journey(case) for case in cases[:most]]
        return several([*told, *(case.name for case in cases[most:])], self.words, most)

    def moment(self, at: datetime) -> str:
        """In UTC, and in the zone."""
        return moment(at, self.words, self.zone)


def shown_cases(incident: Incident) -> tuple[Case, ...]:
    """One case for each journey, of those that stand, or that are well again: the gravest and dearest first."""
    over = tuple(case for case in incident.cases if not case.gone) or incident.cases
    return _one_each(incident.standing or over)


def unseen_cases(incident: Incident) -> tuple[Case, ...]:
    """One case for each journey that was not seen to be well again, of an incident that is over, and others were."""
    shown = {case.problem.journey for case in shown_cases(incident)}
    return () if incident.standing else _one_each(case for case in incident.cases if case.problem.journey not in shown)


def _one_each(cases: Iterable[Case]) -> tuple[Case, ...]:
    gravest = sorted(cases, key=_weight)
    return tuple({case.problem.journey: case for case in reversed(gravest)}.values())[::-1]


def _weight(case: Case) -> tuple[bool, float, datetime]:
    return case.problem.severity is not Severity.PAGE, -(case.revenue_per_hour or 0.0), case.problem.opened


def family(incident: Incident) -> Family:
    """That of its problems: they are of one."""
    return family_of(incident.cases[0].problem.kind)


def tense(notice: Notice) -> Tense:
    """How to speak of it."""
    incident = notice.incident
    if notice.turn is Turn.RESOLVED:
        return Tense.GONE if all(case.gone for case in incident.cases) else Tense.AGAIN
    if notice.turn is Turn.FLAPPING or incident.flapping:
        return Tense.AT_TIMES
    if incident.resolved is not None:
        return Tense.WAS
    return _how_many(incident.standing) if family(incident) is Family.CUSTOMER else Tense.ALL


def lasted(notice: Notice) -> tuple[datetime, datetime]:
    """From when to when it stood, the last time; whole where it came and went, or is back since."""
    incident = notice.incident
    start, end = stood_from(incident), incident.resolved or notice.at
    return (start if start < end else incident.began), end


def _how_many(cases: Sequence[Case]) -> Tense:
    failed, said = (sum(getattr(case.problem, name) for case in cases) for name in ("failed", "said"))
    share = failed / said if said else 1.0
    if share >= NEARLY_ALL:
        return Tense.ALL
    return Tense.MANY if share >= HALF else Tense.SOME


def tag(notice: Notice, pen: Pen, *, test: bool) -> str:
    """`PAGE, still`: how soon somebody must look, and the turn."""
    words = pen.words
    said = {Tense.WAS: words.over_tag, Tense.GONE: words.gone_tag}.get(tense(notice), words.tags[notice.turn])
    told = said.format(severity=words.severity_tags[notice.incident.severity])
    return words.test_tag.format(tag=told) if test else told


def headline(notice: Notice, pen: Pen) -> str:
    """`customers cannot complete Checkout`."""
    incident, words = notice.incident, pen.words
    cases = shown_cases(incident)
    now = tense(notice)
    one, many = words.headlines[family(incident), now]
    names = pen.journeys(cases, 3)
    told = one.format(name=names) if len(cases) == 1 else many.format(count=number(len(cases), words), names=names)
    if now is Tense.AGAIN:
        start, end = lasted(notice)
        once = words.after if start == incident.began else words.after_again
        form = words.after_breaks if came_and_went(incident) else once
        return form.format(headline=told, duration=duration(end - start, words))
    if now is Tense.WAS and incident.resolved:
        return words.over_since.format(headline=told, time=clock(incident.resolved))
    return _from_where(told, incident.standing, pen)


def _from_where(told: str, cases: Sequence[Case], pen: Pen) -> str:
    """Where one region alone is bad, or dark, that is said first too."""
    regions = {region for case in cases for region in case.problem.regions}
    alone = 0 < len(regions) <= _REGIONS_NAMED and all(map(_alone, cases))
    return pen.words.from_region.format(headline=told, regions=pen.list(sorted(regions), 2)) if alone else told


def _alone(case: Case) -> bool:
    """Whether other regions are known to be well."""
    problem = case.problem
    elsewhere = set(problem.well) - set(problem.regions)
    return problem.kind is Kind.REGION or (family_of(problem.kind) is Family.MONITOR and bool(elsewhere))
