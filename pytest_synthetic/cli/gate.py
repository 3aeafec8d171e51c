"""`synthetic gate`: whether a release may go out."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_synthetic.cli.asking import Asked
    from pytest_synthetic.cli.showing import Section
    from pytest_synthetic.history.answers_gate import Judgement, Release
    from pytest_synthetic.history.excluding import Exclusion

LONGEST_SESSION = timedelta(days=7)
"""How far back the runs of a session are looked for."""
WORDS = {"pass": "PASS: the release may go out.", "block": "BLOCK: the release must not go out.",
         "unknown": "UNKNOWN: there is not enough data."}  # fmt: skip


@click.command("gate", short_help="Say whether a release may go out.")
@click.option("--release", metavar="NAME", help="The release to judge; else the variable SYNTHETIC_RELEASE.")
@click.option("--session", metavar="ID", help="Judge the runs of this session of pytest, by the beginning of its id.")
@click.option("--since", metavar="TIME", help="Judge what ran since: 2h, 2026-03-01T12:00.")
@click.option("--allow-unknown", is_flag=True, help="Let a release pass of which there is not enough data.")
@asking.form
@asking.config
def command(  # noqa: PLR0913  its options
    *, release: str | None, session: str | None, since: str | None, allow_unknown: bool, form: str, config: Path | None
) -> int:
    """Judge a release by the targets (the mark slo) of its journeys, and by its own runs.

    The exit code is 0 when it may go out, 3 when a budget is spent or would be by this release, 4 when there is not
    enough data. Without a release the history is judged as it is.
    """
    from pytest_synthetic.history import answers_gate, answers_slo

    if sum(map(bool, (release, session, since))) > 1:
        raise UsageError("give one of --release, --session and --since: each says which runs are judged")
    with asking.opened(config) as asked:
        maintenance = asked.maintenance()
        judged = _release(asked, release, session, since, maintenance)
        targets = answers_slo.targets_of(asked.history.journeys())
        told = answers_gate.judged(
            asked.history, targets, judged, asked.now, maintenance=maintenance, allow_unknown=allow_unknown
        )
        _show(told, asked, tuple(maintenance.notes()), form)
    return told.decision.exit_code


def _release(
    asked: Asked, release: str | None, session: str | None, since: str | None, maintenance: Exclusion
) -> Release:
    from pytest_synthetic.history import answers_gate

    if session:
        return answers_gate.of_session(asked.history, session, asked.now - LONGEST_SESSION, maintenance)
    if moment := asking.moment(since, asked.now):
        return answers_gate.since(asked.history, moment, maintenance)
    if name := release or os.environ.get("SYNTHETIC_RELEASE"):
        return answers_gate.of_release(asked.history, name, maintenance)
    return answers_gate.alone()


def _show(told: Judgement, asked: Asked, notes: tuple[str, ...], form: str) -> None:
    from pytest_synthetic.cli.showing import Answer, Column, Section, show

    decision = told.decision
    reasons = Section(
        name="reasons",
        rows=decision.reasons,
        columns=(
            Column(title="says", cell=lambda row: row.outcome),
            Column(title="why", cell=lambda row: row.text, wraps=True),
        ),
    )
    facts = {"outcome": decision.outcome, "exit_code": decision.exit_code}
    notes = (*asked.notes, *notes)
    if told.left_out:
        notes += (f"Not judged, as it did not run in the window of its target: {', '.join(told.left_out)}.",)
    head = (WORDS[decision.outcome],)
    show(Answer(sections=(reasons, _journeys(told)), head=head, notes=notes, facts=facts), form)


def _journeys(told: Judgement) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    columns = [
        Column(title="journey", cell=lambda row: cells.named(row.name), wraps=True),
        Column(title="good before", cell=lambda row: f"{row.before_good} of {row.before_said}", right=True),
        Column(title="target before", cell=lambda row: {"unknown": "not enough data"}.get(row.state, row.state)),
        Column(title="good in release", cell=lambda row: f"{row.release_good} of {row.release_said}", right=True),
    ]
    if any(row.before_excluded or row.release_excluded for row in told.journeys):
        title = "maintenance"
        columns.append(
            Column(title=title, cell=lambda row: f"{row.before_excluded} + {row.release_excluded}", right=True)
        )
    return Section(name="journeys", rows=told.journeys, columns=columns)
