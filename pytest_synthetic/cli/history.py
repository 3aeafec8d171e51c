"""`synthetic history`: what was recorded; and what moves it: export, import, prune."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import click

from pytest_synthetic.cli import asking, history_files

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pytest_synthetic.cli.showing import Section
    from pytest_synthetic.history.answers_runs import Summary
    from pytest_synthetic.history.queries import RunLine


class OrPart(click.Group):
    """A command that has parts: when its first argument names one, that part is run instead."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the part, or of the command itself."""
        if args and args[0] in self.commands:
            part, *rest = args
            return self.commands[part].make_context(f"{info_name} {part}", rest, parent=parent, **extra)
        return super().make_context(info_name, args, parent=parent, **extra)


@click.group(
    "history",
    cls=OrPart,
    invoke_without_command=True,
    subcommand_metavar="",
    short_help="Say what was recorded; export, import, prune.",
    context_settings={"allow_interspersed_args": True},
)
@asking.journeys
@asking.chosen(since="7d")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="The most runs to list.")
@asking.form
@asking.config
def command(*, journeys: tuple[str, ...], limit: int, form: str, config: Path | None, **given: Any) -> None:
    """List the runs of journeys, newest first, and say how each journey did.

    A JOURNEY is given by its name or its id; without one, all are shown.
    """
    from pytest_synthetic.cli.showing import Answer, show
    from pytest_synthetic.history import answers_runs

    with asking.opened(config) as asked:
        chosen = asked.selection(journeys, **given)
        runs = asked.history.runs(replace(chosen, first_attempts=False), limit=limit)
        summaries = answers_runs.summaries(asked.history, chosen)
        notes = asked.notes if runs else asked.notes or asking.nothing_fits(asked)
        sections = (_runs(runs), _summaries(summaries))
        show(Answer(sections=sections, notes=(*notes, *_more(summaries, limit)), legend=_legend(summaries)), form)


for part in history_files.PARTS:
    command.add_command(part)


def _runs(runs: Sequence[RunLine]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    return Section(
        name="runs",
        rows=runs,
        columns=(
            cells.when(runs, lambda run: run.started),
            Column(title="verdict", cell=lambda run: run.verdict.upper(), style=lambda run: cells.colour(run.verdict)),
            Column(title="took", cell=lambda run: cells.duration(run.duration), right=True),
            Column(title="run", cell=lambda run: run.run_id[:8]),
            Column(title="journey, region, why", cell=_told, wraps=True),
        ),
    )


def _told(run: RunLine) -> str:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.core.plaintext import one_line

    device = run.device if run.device != "desktop" else None
    head = cells.named(run.name, run.region, device, f"attempt {run.attempt}" if run.attempt > 1 else None)
    why = ": ".join(part for part in (run.failed_step, run.claim) if part)
    return f"{head}\n{one_line(why, 200)}" if why and run.verdict != "passed" else head


def _summaries(summaries: Sequence[Summary]) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section
    from pytest_synthetic.history import answers_runs

    return Section(
        name="journeys",
        rows=summaries,
        columns=(
            Column(
                title="journey, trend",
                cell=lambda row: f"{cells.named(row.name)}\n{cells.trend(row.trend)}",
                wraps=True,
                least=answers_runs.LAST,
            ),
            Column(title="runs", cell=lambda row: cells.number(row.counts.all), right=True),
            Column(title="availability", cell=lambda row: cells.sure(row.availability, row.low, row.high)),
            Column(title="coverage", cell=lambda row: cells.share(row.coverage), right=True),
            Column(title="p50", cell=lambda row: cells.duration(row.p50), right=True),
            Column(title="p95", cell=lambda row: cells.duration(row.p95), right=True),
        ),
    )


def _more(summaries: Sequence[Summary], limit: int) -> tuple[str, ...]:
    every = sum(row.counts.all for row in summaries)
    return (f"The newest {limit} of {every} first attempts are listed; --limit shows more.",) if every > limit else ()


def _legend(summaries: Sequence[Summary]) -> tuple[str, ...]:
    from pytest_synthetic.cli import cells

    said = f"availability: the share, and between which shares it truly is (95 %). {cells.trend_explained()}."
    return (said,) if summaries else ()
