"""What policies would have done on stored runs, beside what was really wrong then.

Nobody is told anything, and nothing is written. What was really wrong says `analysis.hindsight`, which knows of no
policy: only of failed runs, and of what came after.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from pytest_synthetic.analysis.charts import learnt
from pytest_synthetic.analysis.hindsight import Ended, Episode, episodes
from pytest_synthetic.analysis.percentiles import percentile
from pytest_synthetic.config.history import kept
from pytest_synthetic.incidents.journeys import Journeys, Usual, by_journey, known_as, names_of, per_day
from pytest_synthetic.incidents.pipelines import Pipelines
from pytest_synthetic.incidents.recalled import Recalled
from pytest_synthetic.incidents.replay import Replay
from pytest_synthetic.model.alerting import Severity, Turn
from pytest_synthetic.model.verdict import SAID, Verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pytest_synthetic.config.settings import Settings
    from pytest_synthetic.history.alert_book import Heard
    from pytest_synthetic.history.queries import JourneyFacts
    from pytest_synthetic.history.windows import Windows
    from pytest_synthetic.incidents.journeys import Known
    from pytest_synthetic.incidents.pipelines import Recall
    from pytest_synthetic.incidents.replay import Records, Spell, Told
    from pytest_synthetic.model.history import Counts, Span
    from pytest_synthetic.model.plan import Plan

TURNS = 3
ENOUGH = 200
"""Runs before the replay from which it is learnt what is usual; with fewer, it is learnt from the replayed runs."""
ALARMS = (Turn.OPENED, Turn.REOPENED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What is replayed, for all policies alike. `usual` is what was normal for each journey, by id.

    `learnt_before` are the journeys of which that was learnt from the runs before the replay. `real` are the times in
    which something was really wrong, by journey. `recall` tells what pipelines kept; None: their silence says nothing.
    """

    span: Span
    heard: Sequence[Heard]
    facts: Mapping[str, JourneyFacts]
    watched: Mapping[str, Mapping[str, Plan]]
    usual: Mapping[str, Usual]
    learnt_before: frozenset[str]
    real: Mapping[str, Sequence[Episode]]
    away: Windows
    records: Records | None = None
    recall: Recall | None = None


class Found(NamedTuple):
    """What a policy made of a real episode: `after` seconds it opened a page or a ticket; None: it missed it."""

    severity: Severity | None
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """What a set of policies did with one journey; `journey` None: with all, where an incident counts once.

    `pages` and `tickets` are those that would have been opened, or opened again. `false_pages` are pages while nothing
    was really wrong. Of `real` episodes `found` were; `median` and `p95` are seconds from the first failed run to the
    page or ticket, None when none was found.
    """

    policies: str
    journey: str | None
    name: str
    pages: int
    false_pages: int
    tickets: int
    reminders: int
    real: int
    found: int
    missed: int
    median: float | None
    p95: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What a set of policies did. `found` is in the order of all real episodes, see `real_of`."""

    overall: Score
    journeys: tuple[Score, ...]
    found: tuple[Found, ...]


# -- what there is to replay -------------------------------------------------------------------------------------------


def past(  # noqa: PLR0913  its parts
    heard: Iterable[Heard],
    before: Mapping[str, Counts],
    facts: Mapping[str, JourneyFacts],
    plans: Iterable[Plan],
    *,
    span: Span,
    away: Windows,
    records: Records | None = None,
    recall: Recall | None = None,
) -> Past:
    """What a replay of first attempts needs. `before` are the runs of each journey before them, without incidents.

    `recall` knows the runs before them one by one.
    """
    watched = by_journey(plans)
    runs_of: dict[str, list[Heard]] = defaultdict(list)
    heard = list(_of_monitors(heard))
    for each in heard:
        runs_of[each.journey].append(each)
    usual: dict[str, Usual] = {}
    real: dict[str, Sequence[Episode]] = {}
    learnt_before = set()
    for journey, runs in runs_of.items():
        said = _said(runs, facts.get(journey), away)
        known = before.get(journey)
        if known and known.said >= ENOUGH:
            learnt_before.add(journey)
            usual[journey] = _usual(runs, watched.get(journey, {}), known.failed, known.said)
            real[journey] = _real(journey, said, usual[journey])
        else:
            guess = _usual(runs, watched.get(journey, {}), 0, 0)
            usual[journey], real[journey] = _from_quiet_parts(journey, said, guess)
    return Past(
        span=span,
        heard=heard,
        facts=facts,
        watched=watched,
        usual=usual,
        learnt_before=frozenset(learnt_before),
        real=real,
        away=away,
        records=records,
        recall=Recalled(heard, facts, span.start, recall),
    )


def _of_monitors(heard: Iterable[Heard]) -> Iterator[Heard]:
    """Without what people started beside a scheduler: see `Journeys.counts`."""
    watched = set()
    for each in heard:
        if each.scheduled is not None:
            watched.add(each.journey)
        if each.scheduled is not None or each.journey not in watched:
            yield each


def _usual(runs: Sequence[Heard], watched: Mapping[str, Plan], failed: int, said: int) -> Usual:
    """By how often it ran while it ran; runs of less than a day say too little of that, and its schedule more."""
    days = (runs[-1].started - runs[0].started) / timedelta(days=1)
    regions = tuple(sorted({run.region for run in runs}))
    planned = sum(per_day(plan) for region, plan in watched.items() if region in regions) if days < 1 else 0.0
    return Usual(regions, max(len(runs) / max(days, 1.0), planned), failed, said)


def _said(runs: Iterable[Heard], facts: JourneyFacts | None, away: Windows) -> list[Ended]:
    """The runs that say something of the product, without those in maintenance."""
    stage, owner = (facts.stage, facts.owner) if facts else (None, None)
    return [
        Ended(run.started, run.region, run.verdict is Verdict.FAILED)
        for run in runs
        if run.verdict in SAID and away.held(run.journey, stage, owner, run.region, run.started) is None
    ]


def _real(journey: str, said: Iterable[Ended], usual: Usual) -> Sequence[Episode]:
    return episodes(journey, said, learnt(usual.failed, usual.said), usual.runs_per_day)


def _from_quiet_parts(journey: str, said: Sequence[Ended], usual: Usual) -> tuple[Usual, Sequence[Episode]]:
    """What is normal, learnt without what was really wrong; and that, which is found by what is normal: in turns."""
    quiet: Sequence[Ended] = said
    real: Sequence[Episode] | None = None
    for _ in range(TURNS):
        usual = usual._replace(failed=sum(run.failed for run in quiet), said=len(quiet))
        found = _real(journey, said, usual)
        if found == real:
            break
        real = found
        quiet = [run for run in said if not any(_within(run, episode) for episode in found)]
    return usual, real or ()


def _within(run: Ended, episode: Episode) -> bool:
    return episode.start <= run.at <= episode.end and (not episode.alone or run.region in episode.regions)


def real_of(past: Past) -> list[Episode]:
    """All that was really wrong, oldest first."""
    return sorted((each for found in past.real.values() for each in found), key=lambda each: (each.start, each.journey))


# -- what policies make of it ------------------------------------------------------------------------------------------


def tried(past: Past, settings: Settings, called: str = "present") -> Tried:
    """Replay the past under the policies of `settings`, a set that is `called` so.

    Raises ConfigError for policies that clash.
    """
    none: Mapping[str, Plan] = {}
    names = names_of(past.facts, past.watched)
    known = [
        known_as(settings, journey, past.facts.get(journey), past.watched.get(journey, none), usual, called=names)
        for journey, usual in past.usual.items()
    ]
    pipelines = Pipelines(past.recall, kept(settings).keep_days) if past.recall else None
    replay = Replay(Journeys(known, pipelines), past.away, past.records)
    replay.run(past.heard, past.span.end)
    found = {episode: _found(episode, replay.spells) for episode in real_of(past)}
    false = {page for page in _pages(replay.told) if not _was_real(page, replay.spells, past.real)}
    members = {key: {case.problem.journey for case in incident.cases} for key, incident in replay.incidents.items()}
    told_of = {each.id: [told for told in replay.told if each.id in members[told.incident]] for each in known}
    scores = (_score(called, each, told_of[each.id], false, found) for each in known)
    return Tried(
        overall=_score(called, None, replay.told, false, found),
        journeys=tuple(sorted(scores, key=lambda score: (-score.pages, -score.real, score.name))),
        found=tuple(found.values()),
    )


def _pages(told: Iterable[Told]) -> list[Told]:
    return [each for each in told if each.turn in ALARMS and each.severity is Severity.PAGE]


def _found(episode: Episode, spells: Iterable[Spell]) -> Found:
    about = [spell for spell in spells if _is_about(spell, episode)]
    if not about:
        return Found(None, None)
    first = min(about, key=lambda spell: spell.opened)
    gravest = Severity.PAGE if any(spell.severity is Severity.PAGE for spell in about) else Severity.TICKET
    return Found(gravest, max(0.0, (first.opened - episode.start).total_seconds()))


def _is_about(spell: Spell, episode: Episode) -> bool:
    """Whether customers felt it, at the time of the episode."""
    if spell.journey != episode.journey or spell.kind.verdict is not Verdict.FAILED:
        return False
    return spell.first_bad <= episode.end and (spell.over is None or spell.over >= episode.start)


def _score(
    policies: str, known: Known | None, told: Sequence[Told], false: Collection[Told], found: Mapping[Episode, Found]
) -> Score:
    pages = _pages(told)
    mine = [how for episode, how in found.items() if known is None or known.id == episode.journey]
    after = [how.after for how in mine if how.after is not None]
    return Score(
        policies=policies,
        journey=known.id if known else None,
        name=known.name if known else "all",
        pages=len(pages),
        false_pages=sum(page in false for page in pages),
        tickets=sum(each.turn in ALARMS for each in told) - len(pages),
        reminders=sum(each.turn is Turn.REMINDED for each in told),
        real=len(mine),
        found=len(after),
        missed=len(mine) - len(after),
        median=percentile(after, 50),
        p95=percentile(after, 95),
    )


def _was_real(page: Told, spells: Iterable[Spell], real: Mapping[str, Sequence[Episode]]) -> bool:
    """Whether one of the problems that stood then overlaps with something that was really wrong."""
    standing = (
        spell
        for spell in spells
        if spell.journey in page.journeys and spell.opened <= page.at and (spell.over is None or spell.over >= page.at)
    )
    return any(_is_about(spell, episode) for spell in standing for episode in real.get(spell.journey, ()))
