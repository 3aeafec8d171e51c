"""The body of an alert: what people ask first stands first, a fact a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_synthetic.alerts.because import because
from pytest_synthetic.alerts.headline import Pen, family, headline, lasted, shown_cases, tense, unseen_cases
from pytest_synthetic.alerts.inert import address
from pytest_synthetic.alerts.saying import amount, duration, number
from pytest_synthetic.alerts.words import Label, Tense
from pytest_synthetic.analysis.impact import at_risk
from pytest_synthetic.analysis.incident_causes import Family
from pytest_synthetic.analysis.incidents import news_of
from pytest_synthetic.analysis.spells import came_and_went, came_back, stood_from
from pytest_synthetic.model.alerting import Kind, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from pytest_synthetic.analysis.impact import Risk
    from pytest_synthetic.model.alerting import Case, Notice

LONGEST_CLAIM = 400
LONGEST_TEXT = 160
JOURNEYS_TOLD = 3
NAMES_TOLD = 8
_NEWS = {Turn.OPENED, Turn.UPDATED, Turn.REOPENED, Turn.RESOLVED}
_KNOWN_LINKS = {"report": Label.REPORT, "run": Label.RUN, "evidence": Label.EVIDENCE}


def body(notice: Notice, pen: Pen, links: Mapping[str, str], *, test: bool) -> str:
    """All of it, as plain text: blocks with a blank line between them."""
    cases = shown_cases(notice.incident)
    blocks = [
        [*([pen.words.this_is_a_test] if test else []), *_opening(notice, pen)],
        [*_times(notice, pen), *(_of_journey(cases[0], notice, pen) if len(cases) == 1 else []), *_costs(notice, pen)],
        *(_journey_blocks(cases, notice, pen) if len(cases) > 1 else []),
        [*_unseen(notice, pen)],
        [*_links(links, cases, notice, pen), *_closing(notice, pen, test=test)],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _line(label: Label, said: str, pen: Pen) -> str:
    return f"{pen.words.labels[label]}{pen.words.colon}{said}"


def _opening(notice: Notice, pen: Pen) -> Iterator[str]:
    told = headline(notice, pen)
    yield f"{told[:1].upper()}{told[1:]}."
    now = tense(notice)
    if now not in {Tense.AGAIN, Tense.GONE, Tense.WAS} and family(notice.incident) is Family.MONITOR:
        yield pen.words.nothing_known
    if now is Tense.AT_TIMES:
        yield pen.words.comes_and_goes


def _times(notice: Notice, pen: Pen) -> Iterator[str]:
    incident, words = notice.incident, pen.words
    first = pen.moment(incident.began)
    end = None if incident.flapping else incident.resolved or (notice.at if notice.turn is Turn.RESOLVED else None)
    severities = words.severities if end is None else words.severities_over
    yield _line(Label.SEVERITY, severities[incident.severity], pen)
    if end is None:
        began = stood_from(incident)
        yield _line(Label.SINCE, f"{pen.moment(began)}, {duration(pen.now - began, words)}", pen)
    elif tense(notice) is Tense.GONE:
        began = stood_from(incident)
        yield _line(Label.SINCE, pen.moment(began), pen)
    else:
        began, end = lasted(notice)
        yield _line(Label.LASTED, _spell(began, end, notice, pen), pen)
    if began != incident.began:
        yield _line(Label.FIRST_TIME, words.with_breaks.format(told=first), pen)


def _spell(began: datetime, end: datetime, notice: Notice, pen: Pen) -> str:
    incident, words = notice.incident, pen.words
    told = words.lasted.format(duration=duration(end - began, words), start=pen.moment(began), end=pen.moment(end))
    if came_and_went(incident):
        return words.on_and_off.format(told=told)
    return words.with_breaks.format(told=told) if came_back(incident) and began == incident.began else told


# -- a journey ---------------------------------------------------------------------------------------------------------


def _journey_blocks(cases: Sequence[Case], notice: Notice, pen: Pen) -> Iterator[list[str]]:
    for case in cases[:JOURNEYS_TOLD]:
        facts = [*_of_journey(case, notice, pen), *_run(case, notice, pen)]
        yield [_line(Label.JOURNEY, pen.journey(case), pen), *(f"  {fact}" for fact in facts)]
    rest = cases[JOURNEYS_TOLD:]
    if rest:
        yield [f"{pen.words.other_journeys}{pen.words.colon}{pen.journeys(rest, NAMES_TOLD)}"]


def _unseen(notice: Notice, pen: Pen) -> Iterator[str]:
    """What is told no more, in a letter that says that others are well again."""
    if notice.turn is Turn.RESOLVED and (unseen := unseen_cases(notice.incident)):
        yield _line(Label.UNSEEN, pen.journeys(unseen, NAMES_TOLD), pen)


def _of_journey(case: Case, notice: Notice, pen: Pen) -> Iterator[str]:
    problem = case.problem
    about_runs, over = family(notice.incident) is not Family.DELIVERY, _is_over(case, notice)
    if about_runs and (not over or case.gone):
        good = problem.last_good
        yield _line(Label.LAST_GOOD, pen.moment(good) if good else pen.words.no_good_run, pen)
    if over and not case.gone:
        good_since = case.ending.good_since if case.ending else None
        yield _line(Label.GOOD_SINCE, pen.moment(good_since or case.resolved or notice.at), pen)
    if problem.kind in pen.words.kinds and not over:
        yield _line(Label.KIND, pen.words.kinds[problem.kind], pen)
    yield from _where(case, notice, pen)
    if case.carriers:
        yield _line(Label.CARRIERS, pen.list(case.carriers, NAMES_TOLD), pen)
    counts = case.ending if over else problem
    if family(notice.incident) is Family.CUSTOMER and counts:
        counted = pen.words.failed.format(failed=number(counts.failed, pen.words), said=number(counts.said, pen.words))
        yield _line(Label.RUNS, counted, pen)
    if problem.step:
        yield _line(Label.STEP, pen.text(problem.step, LONGEST_TEXT), pen)
    if problem.claim:
        yield _line(Label.CLAIM, pen.text(problem.claim, LONGEST_CLAIM), pen)
    if about_runs:
        yield _line(Label.OWNER, pen.text(case.owner) if case.owner else pen.words.nobody, pen)
    if case.runbook:
        yield _line(Label.RUNBOOK, _place(case.runbook, pen), pen)


def _is_over(case: Case, notice: Notice) -> bool:
    return case.resolved is not None or notice.turn is Turn.RESOLVED


def _where(case: Case, notice: Notice, pen: Pen) -> Iterator[str]:
    problem = case.problem
    over = _is_over(case, notice)
    bad = case.ever if over else problem.regions
    well = [region for region in problem.well if region not in bad]
    form = pen.words.was_bad if over else pen.words.bad_and_well if well else pen.words.bad
    if bad:
        told = form.format(bad=pen.list(bad, NAMES_TOLD), well=pen.list(well, NAMES_TOLD))
        yield _line(Label.REGIONS, told, pen)
    if problem.variants:
        yield _line(Label.VARIANTS, pen.list(problem.variants, NAMES_TOLD), pen)


def _run(case: Case, notice: Notice, pen: Pen) -> Iterator[str]:
    if case.problem.run_id:
        silent = case.problem.kind is Kind.MISSED and case.problem.claim is None
        label = Label.LAST_HEARD if silent else Label.LAST_BAD if _is_over(case, notice) else Label.RUN
        yield _line(label, f"synthetic runs show {pen.text(case.problem.run_id)}", pen)


def _place(told: str, pen: Pen) -> str:
    """An address that can be followed, or the text that stands for one."""
    return address(told, pen.redact) or pen.text(told, LONGEST_TEXT)


# -- what it costs, and what else hangs on it --------------------------------------------------------------------------


def _costs(notice: Notice, pen: Pen) -> Iterator[str]:
    incident, words = notice.incident, pen.words
    if incident.before is not None and incident.before_id:
        told = words.seen_before.format(time=pen.moment(incident.before), incident=pen.text(incident.before_id))
        yield _line(Label.BEFORE, told, pen)
    elif any(case.problem.fingerprint for case in incident.cases):
        yield _line(Label.BEFORE, words.not_seen_before, pen)
    risks = at_risk(incident.cases, pen.now)
    for risk in risks:
        yield from _risk(risk, pen, over=tense(notice) is not Tense.GONE)
    if risks:
        yield _line(Label.ASSUMED, f"{assumption(risks, pen)}.", pen)
    blocked = tuple(dict.fromkeys(name for case in incident.standing for name in case.blocked))
    if blocked:
        yield _line(Label.BLOCKED, pen.list(blocked, NAMES_TOLD), pen)


def _risk(risk: Risk, pen: Pen, *, over: bool) -> Iterator[str]:
    currency = pen.text(risk.currency, 8)
    label = Label.WAS_AT_RISK if risk.per_hour is None and over else Label.RISK
    yield _line(label, amount(risk.so_far, currency, pen.words), pen)
    if risk.per_hour is not None:
        yield _line(Label.HOURLY, amount(risk.per_hour, currency, pen.words), pen)


def assumption(risks: Sequence[Risk], pen: Pen) -> str:
    """What the revenue at risk takes for granted."""
    words, counts = pen.words, {risk.regions for risk in risks}
    count = counts.pop() if len(counts) == 1 else None
    if count is None:
        regions = words.their_regions
    else:
        regions = words.over_one_region if count == 1 else words.over_regions.format(count=count)
    return words.assumption.format(regions=regions)


def _links(links: Mapping[str, str], cases: Sequence[Case], notice: Notice, pen: Pen) -> Iterator[str]:
    for name in sorted(links, key=lambda name: list(_KNOWN_LINKS).index(name) if name in _KNOWN_LINKS else 9):
        label = _KNOWN_LINKS.get(name)
        place = _place(links[name], pen)
        yield _line(label, place, pen) if label else f"{pen.text(name)}{pen.words.colon}{place}"
    if len(cases) == 1:
        yield from _run(cases[0], notice, pen)
        if cases[0].evidence and "evidence" not in links:
            yield _line(Label.EVIDENCE, _place(cases[0].evidence, pen), pen)


def _closing(notice: Notice, pen: Pen, *, test: bool) -> Iterator[str]:
    gone = tense(notice) is Tense.GONE
    told = gone or (notice.turn in _NEWS and notice.incident.resolved is None)
    if told and (news := news_of(notice)):
        yield _line(Label.WHY_GONE if gone else Label.WHY, because(news, pen), pen)
    if not test:
        yield _line(Label.INCIDENT, pen.words.incident.format(id=pen.text(notice.incident.id)), pen)
