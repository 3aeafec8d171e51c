"""`synthetic runs show`: one run, whole."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

import click

from pytest_synthetic.cli import asking
from pytest_synthetic.errors import UsageError
from pytest_synthetic.model.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pytest_synthetic.cli.showing import Answer, Section
    from pytest_synthetic.model.run import RunResult, StepResult


@dataclass(frozen=True, slots=True, kw_only=True)
class StepLine:
    """A step as CSV has it; `start`, `duration` and `sla` in seconds, `depth` is 0 for a step in no other."""

    step: str
    name: str
    depth: int
    start: float
    duration: float
    sla: float | None
    verdict: Verdict
    owner: str | None
    claim: str | None


@click.group("runs", short_help="Show one run, whole.")
def command() -> None:
    """Look at single runs."""


@command.command("show", short_help="Show the run whose id begins so.")
@click.argument("run_id", metavar="ID")
@asking.form
@asking.config
def show_run(*, run_id: str, form: str, config: Path | None) -> None:
    """Show the whole run whose id begins with ID: steps, failure, measurements, evidence.

    JSON is the record, as `--synthetic-jsonl` writes it; CSV are its steps.
    """
    from pytest_synthetic.cli.showing import show

    with asking.opened(config) as asked:
        if asked.notes:
            raise UsageError(f"no run begins with {run_id!r}. {asked.notes[0]}")
        run = asked.history.run(run_id)
    if form == "json":
        click.echo(json.dumps(run.to_json(), indent=2, ensure_ascii=True))
        return
    show(whole(run), form)


def whole(run: RunResult) -> Answer:
    """All of a run, for people."""
    from pytest_synthetic.cli.showing import Answer

    sections = (_steps(run), _measurements(run), _evidence(run))
    return Answer(sections=sections, head=tuple(_head(run)), notes=tuple(_notes(run)))


def _head(run: RunResult) -> Iterator[str]:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.core.plaintext import one_line

    device = run.device if run.device != "desktop" else None
    again = f"attempt {run.attempt}" if run.attempt > 1 else None
    yield f"{run.verdict.upper()}: {cells.named(run.name, run.region, device, *run.parameters.values(), again)}"
    yield f"Run {run.run_id}, {cells.moment(datetime.fromisoformat(run.started_at))}"
    yield _took(run)
    facts = {
        "owner": run.owner,
        "release": run.release,
        "commit": run.git_commit and run.git_commit[:12],
        "browser": run.browser and f"{run.browser} {run.browser_version or ''}".strip(),
        "network": run.network,
    }
    if known := [f"{name} {one_line(str(told), 100)}" for name, told in facts.items() if told]:
        yield ", ".join(known).capitalize() if len(known) == 1 else f"{', '.join(known)}"
    yield f"Test: {one_line(run.nodeid)}"
    yield from _why(run)


def _took(run: RunResult) -> str:
    from pytest_synthetic.cli import cells

    if run.verdict is Verdict.MISSED:
        return "Was to begin then, and never did"
    promised = f", promised {cells.duration(run.promised)}" if run.promised else ""
    return f"Took {cells.duration(run.duration) if run.duration is not None else 'an unknown time'}{promised}"


def _why(run: RunResult) -> Iterator[str]:
    from pytest_synthetic.core.plaintext import one_line

    if run.failure:
        place = f"{run.failure.step}: " if run.failure.step else ""
        yield f"Why: {one_line(place + run.failure.claim)}"
        yield f"At fault: {run.failure.fault} ({one_line(run.failure.reason)})"
        if run.failure.frame:
            yield f"Where: {one_line(run.failure.frame)}"
    elif run.reason:
        yield f"Why: {one_line(run.reason)}"
    for breach in run.breaches:
        yield f"Broken promise: {one_line(breach.message)}"


def _notes(run: RunResult) -> Iterator[str]:
    from pytest_synthetic.core.plaintext import one_line

    yield from (one_line(note) for note in run.notes)
    if run.runbook:
        yield f"Runbook: {one_line(run.runbook)}"


# -- its parts -------------------------------------------------------------------------------------------------------


def _lines(steps: tuple[StepResult, ...], parent: str = "", depth: int = 0) -> Iterator[StepLine]:
    for step in steps:
        path = f"{parent} > {step.name}" if parent else step.name
        yield StepLine(
            step=path,
            name=step.name,
            depth=depth,
            start=step.start,
            duration=step.duration,
            sla=step.sla,
            verdict=step.verdict,
            owner=step.owner,
            claim=step.failure.claim if step.failure else None,
        )
        yield from _lines(step.steps, path, depth + 1)


def _steps(run: RunResult) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    rows = list(_lines(run.steps))
    owned = [Column(title="owner", cell=lambda row: cells.named(row.owner or ""))] if any(r.owner for r in rows) else []
    return Section(
        name="steps",
        rows=rows,
        columns=(
            Column(title="step", cell=_branch, wraps=True, least=20),
            Column(title="verdict", cell=lambda row: row.verdict.upper(), style=lambda row: cells.colour(row.verdict)),
            Column(title="began after", cell=lambda row: cells.duration(row.start), right=True),
            Column(title="took", cell=lambda row: cells.duration(row.duration), right=True),
            Column(title="SLA", cell=lambda row: cells.duration(row.sla), right=True),
            *owned,
        ),
    )


def _branch(row: StepLine) -> str:
    """The name, as far in as the step lies."""
    from pytest_synthetic.cli import cells

    return "  " * (row.depth - 1) + "- " + cells.named(row.name) if row.depth else cells.named(row.name)


def _measurements(run: RunResult) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section

    return Section(
        name="measurements",
        rows=run.measurements,
        columns=(
            Column(title="measurement", cell=lambda row: cells.named(row.name)),
            Column(title="value", cell=lambda row: f"{cells.number(row.value, 3)} {row.unit}".strip(), right=True),
            Column(title="of", cell=lambda row: cells.named(row.step or "", *row.labels.values()), wraps=True),
        ),
    )


def _evidence(run: RunResult) -> Section:
    from pytest_synthetic.cli import cells
    from pytest_synthetic.cli.showing import Column, Section
    from pytest_synthetic.core.plaintext import one_line

    return Section(
        name="evidence",
        rows=run.artifacts,
        columns=(
            Column(title="evidence", cell=lambda row: cells.named(row.name)),
            Column(title="where", cell=lambda row: one_line(row.path or f"none: {row.missing or '-'}"), wraps=True),
        ),
    )
