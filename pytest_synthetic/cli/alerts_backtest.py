"""`synthetic alerts backtest`: what policies would have done on stored runs."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pytest_synthetic.cli.asking import Asked
    from pytest_synthetic.cli.showing import Answer, Column, Section
    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.incidents.backtest import Past, Score, Tried
    from pytest_synthetic.model.alerting import Policy

PRESENT, PROPOSED = "present", "proposed"
MOST_EPISODES = 20
"""Real incidents that people are shown; programs get all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RealLine:
    """An incident in hindsight. By set of policies: what found it (`page`, `ticket`, None), and after how many seconds.

    `failed` of `said` runs failed.
    """

    journey: str
    name: str
    start: datetime
    end: datetime
    regions: tuple[str, ...]
    failed: int
    said: int
    found: tuple[str | None, ...]
    after: tuple[float | None, ...]


@click.command("backtest", short_help="Try policies on the runs of the past.")
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="How far back to begin.")
@click.option(
    "--policies",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A TOML file with [policies.NAME]: they are tried beside those that are set.",
)
@click.option("--journey", "journeys", multiple=True, metavar="NAME", help="Only this journey; repeatable.")
@asking.form
@asking.config
def command(*, days: int, policies: Path | None, journeys: tuple[str, ...], form: str, config: Path | None) -> None:
    """Replay the runs of the past under the present policies, and under proposed ones, side by side.

    Nobody is told anything. What was really wrong is judged in hindsight, by no policy.
    """
    from pytest_synthetic.cli.showing import Answer, show
    from pytest_synthetic.incidents import backtest

    with asking.opened(config) as asked:
        sets = _sets(asked.settings, policies)
        if asked.notes:
            show(Answer(sections=(), notes=asked.notes), form)
            return
        complaints: list[str] = []
        past = _past(asked, days, journeys, complaints.append)
        if not past.heard:
            show(Answer(sections=(), notes=(*complaints, *_none(asked, days))), form)
            return
        tried = {
            name: backtest.tried(past, replace(asked.settings, policies=given), name) for name, given in sets.items()
        }
    show(_answer(past, tried, sets, complaints, form), form)


def _sets(settings: Settings, path: Path | None) -> dict[str, Mapping[str, Policy]]:
    """The policies by the name of their set. Raises ConfigError."""
    sets: dict[str, Mapping[str, Policy]] = {PRESENT: settings.policies}
    if path:
        from pytest_synthetic.config import files

        environ = {name: value for name, value in os.environ.items() if name != files.HERE}
        sets[PROPOSED] = files.load(path.absolute(), environ).policies
        if not sets[PROPOSED]:
            raise UsageError(
                f"{path}: no policies are proposed there: expected tables [policies.NAME] such as with `failures = 2`. "
                "An empty table [policies.usual] is the policy of those who set none"
            )
    return sets


def _past(asked: Asked, days: int, journeys: Sequence[str], say: Callable[[str], object]) -> Past:
    from pytest_synthetic.history.alert_book import AlertBook
    from pytest_synthetic.history.answers_journeys import ids
    from pytest_synthetic.history.hearing import Hearing
    from pytest_synthetic.history.windows import Windows, all_windows
    from pytest_synthetic.incidents import backtest
    from pytest_synthetic.incidents.normal import LEARNT_FROM, normal_counts
    from pytest_synthetic.model.history import Span

    history, since = asked.history, asked.now - timedelta(days=days)
    book, facts = AlertBook(history.engine, history.verdicts), history.journeys()
    chosen, away = ids(facts, journeys), all_windows(asked.settings, Path.cwd(), history, say)
    return backtest.past(
        book.replayed(since, asked.now, chosen),
        normal_counts(history, book.incidents(since - LEARNT_FROM), since, until=since, away=away),
        facts,
        book.watched(),
        span=Span(start=since, end=asked.now),
        away=Windows(away, facts),
        records=book.records,
        recall=Hearing(history.engine),
    )


def _none(asked: Asked, days: int) -> tuple[str, ...]:
    from pytest_synthetic.history.answers_journeys import extent

    return (f"No run began in the last {_days(days)}. {extent(asked.history)}",)


def _days(number: float) -> str:
    from pytest_synthetic.cli import cells

    return "1 day" if number == 1 else f"{cells.number(number)} days"


# -- what people see -------------------------------------------------------------------------------------------------


def _answer(
    past: Past,
    tried: Mapping[str, Tried],
    sets: Mapping[str, Mapping[str, Policy]],
    complaints: Sequence[str],
    form: str,
) -> Answer:
    from pytest_synthetic.cli.showing import Answer, Section

    real = _real(past, tried)
    scores = [score for each in tried.values() for score in (each.overall, *each.journeys)]
    programs = (Section(name="scores", rows=scores, columns=()), Section(name="real", rows=real, columns=()))
    people = (_overall(scores, tuple(sets)), _by_journey(scores, tuple(sets)), _episodes(real, tuple(sets)))
    return Answer(
        head=_head(past, sets),
        sections=programs if form in {"json", "csv"} else people,
        notes=(*complaints, *_notes(past, len(real))),
        legend=tuple(_legend(real)),
        facts={"since": past.span.start, "until": past.span.end, "runs": len(past.heard)},
    )


def _real(past: Past, tried: Mapping[str, Tried]) -> list[RealLine]:
    from pytest_synthetic.incidents.backtest import real_of

    every = zip(real_of(past), *(each.found for each in tried.values()), strict=True)
    return [
        RealLine(
            journey=episode.journey,
            name=past.facts[episode.journey].name if episode.journey in past.facts else episode.journey,
            start=episode.start,
            end=episode.end,
            regions=episode.regions,
            failed=episode.failed,
            said=episode.said,
            found=tuple(how.severity for how in found),
            after=tuple(how.after for how in found),
        )
        for episode, *found in every
    ]


def _head(past: Past, sets: Mapping[str, Mapping[str, Policy]]) -> tuple[str, ...]:
    from pytest_synthetic.cli import cells

    first, last = past.heard[0].started, past.heard[-1].started
    journeys = len(past.usual)
    many = "1 journey" if journeys == 1 else f"{cells.number(journeys)} journeys"
    told = (f"{name}: {', '.join(given) or 'by statistics, none is set'}" for name, given in sets.items())
    return (
        f"{cells.number(len(past.heard))} runs of {many}, {cells.moment(first)} to {cells.moment(last)}.",
        f"Policies: {'; '.join(cells.named(each) for each in told)}.",
    )


def _overall(scores: Sequence[Score], sets: Sequence[str]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    told = {score.policies: score for score in scores if score.journey is None}
    measures: dict[str, Callable[[Score], str]] = {
        "pages": lambda score: cells.number(score.pages),
        "  of them false": lambda score: cells.number(score.false_pages),
        "tickets": lambda score: cells.number(score.tickets),
        "reminders": lambda score: cells.number(score.reminders),
        "real incidents found": lambda score: f"{score.found} of {score.real}",
        "  missed": lambda score: cells.number(score.missed),
        "minutes to detect, median": lambda score: _minutes(score.median),
        "  95 of 100 within": lambda score: _minutes(score.p95),
    }

    def column(name: str) -> Column:
        return Column(title=name, cell=lambda row: measures[row](told[name]), right=True)

    return Section(
        name="scores", rows=tuple(measures), columns=(Column(title="", cell=lambda row: row), *map(column, sets))
    )


def _by_journey(scores: Sequence[Score], sets: Sequence[str]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    by_journey: dict[str, dict[str, Score]] = {}
    for score in scores:
        if score.journey is not None:
            by_journey.setdefault(score.journey, {})[score.policies] = score

    def beside(title: str, get: Callable[[Score], str]) -> Column:
        return Column(
            title=title, cell=lambda row: " | ".join(get(row[name]) for name in sets if name in row), right=True
        )

    return Section(
        name="journeys",
        title="By journey" + (f" ({' | '.join(sets)})" if len(sets) > 1 else ""),
        rows=list(by_journey.values()) if len(by_journey) > 1 else [],
        columns=(
            Column(title="journey", cell=lambda row: cells.named(row[sets[0]].name), wraps=True),
            beside("pages", lambda score: cells.number(score.pages)),
            beside("false", lambda score: cells.number(score.false_pages)),
            beside("tickets", lambda score: cells.number(score.tickets)),
            Column(title="real", cell=lambda row: cells.number(row[sets[0]].real), right=True),
            beside("found", lambda score: cells.number(score.found)),
            beside("minutes", lambda score: _minutes(score.median)),
        ),
    )


def _minutes(seconds: float | None) -> str:
    from pytest_synthetic.cli import cells

    return cells.number(None if seconds is None else seconds / 60, 0 if seconds and seconds >= 600 else 1)


def _episodes(real: Sequence[RealLine], sets: Sequence[str]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    def column(number: int, name: str) -> Column:
        return Column(title=name, cell=lambda row: _how(row.found[number], row.after[number]))

    return Section(
        name="real",
        title="What was really wrong",
        rows=real[-MOST_EPISODES:],
        columns=(
            cells.when(real, lambda row: row.start, "since"),
            Column(title="journey, from", cell=lambda row: f"{cells.named(row.name)}\n{_where(row)}", wraps=True),
            Column(title="lasted", cell=lambda row: f"{_lasted(row)}\n{row.failed} of {row.said}", right=True),
            *(column(number, name) for number, name in enumerate(sets)),
        ),
    )


def _where(row: RealLine) -> str:
    from pytest_synthetic.cli import cells

    return cells.named(cells.few(row.regions))


def _lasted(row: RealLine) -> str:
    from pytest_synthetic.cli import cells

    return cells.long((row.end - row.start).total_seconds())


def _how(severity: str | None, after: float | None) -> str:
    if severity is None:
        return "missed"
    return f"{severity},\n{f'{_minutes(after)} min' if after else 'at once'}"


def _notes(past: Past, real: int) -> Iterator[str]:
    from pytest_synthetic.cli import cells

    asked = past.span.end - past.span.start
    there = past.span.end - past.heard[0].started
    if there < asked - timedelta(days=1):
        days = max(1, round(there / timedelta(days=1)))
        yield f"The history holds runs of the last {_days(days)} of the {_days(asked.days)} that were asked for."
    if late := sorted({past.facts[key].name for key in past.usual.keys() - past.learnt_before if key in past.facts}):
        who = "all journeys" if len(late) == len(past.usual) else cells.named(cells.few(late, 5))
        yield (
            f"What is usual was learnt from the quiet parts of these runs themselves, for {who}: too few came before. "
            "A policy that decides by statistics so knows a little more than it would have."
        )
    if not real:
        yield "Nothing was really wrong in these runs: what is said here is only how often people would be disturbed."
    elif real > MOST_EPISODES:
        yield f"The newest {MOST_EPISODES} of {real} real incidents are listed; --format json has all."


def _legend(real: Sequence[RealLine]) -> Iterator[str]:
    yield "false: pages while nothing was really wrong. Minutes count from the beginning of the first failed run."
    if real:
        yield "Really wrong: more runs failed than chance makes fail once a year, judged with what came after."
