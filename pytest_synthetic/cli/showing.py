"""Answers as people and programs read them: a table, JSON, CSV or Markdown, all from the same rows."""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, datetime
from enum import StrEnum
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

import click

from pytest_synthetic.core.plaintext import one_line, plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.console import Console
    from rich.table import Table

FORMATS = ("table", "json", "csv", "markdown")
NARROWEST = 8
"""Characters that are left of each column, in a terminal that is too narrow for all of it."""
WIDEST = 500
"""Characters of a line in a cell of a table."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column for people: `cell` is the text of a row, in lines; `style` its colour.

    A column that `wraps` gives way when the terminal is narrow, down to `least` characters.
    """

    title: str
    cell: Callable[[Any], str]
    right: bool = False
    wraps: bool = False
    least: int = 12
    style: Callable[[Any], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Rows of one kind. Programs get all fields of the rows, under `name`; people the columns, under `title`."""

    name: str
    rows: Sequence[Any]
    columns: Sequence[Column]
    title: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a command answers: sections, of which CSV shows the first, and what else is to be known.

    `facts` are single values for JSON; what people need of them stands in `head`, before the sections, or in `notes`.
    `legend` says what the columns mean, to people alone.
    """

    sections: Sequence[Section]
    head: Sequence[str] = ()
    notes: Sequence[str] = ()
    legend: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def show(answer: Answer, form: str) -> None:
    """Print `answer` in one of FORMATS."""
    if (change := getattr(sys.stdout, "reconfigure", None)) is not None:
        change(errors="replace")  # a terminal that knows no such sign shows "?", and no traceback
    {"json": _json, "csv": _csv, "markdown": _markdown, "table": _table}[form](answer)


# -- for programs --------------------------------------------------------------------------------------------------


def value(told: Any) -> Any:
    """A row, or a part of it, as JSON has it: times in UTC, None for what is unknown."""
    if is_dataclass(told) and not isinstance(told, type):
        return {field.name: value(getattr(told, field.name)) for field in fields(told)}
    if isinstance(told, datetime):
        return told.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(told, StrEnum):
        return told.value
    if isinstance(told, list | tuple):
        return [value(part) for part in told]
    return told


def _json(answer: Answer) -> None:
    told = {**{name: value(fact) for name, fact in answer.facts.items()}}
    told |= {section.name: [value(row) for row in section.rows] for section in answer.sections}
    told["notes"] = list(answer.notes)
    click.echo(json.dumps(told, indent=2, ensure_ascii=False, allow_nan=False))


def _csv(answer: Answer) -> None:
    for note in answer.notes:
        click.echo(note, err=True)
    if not answer.sections or not answer.sections[0].rows:
        return
    rows = [value(row) for row in answer.sections[0].rows]
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([_field(part) for part in row.values()] for row in rows)
    click.echo(written.getvalue(), nl=False)


def _field(part: Any) -> str:
    if part is None:
        return ""
    return plain(part) if isinstance(part, str) else json.dumps(part, ensure_ascii=False)


# -- for people ----------------------------------------------------------------------------------------------------


def _markdown(answer: Answer) -> None:
    blocks = [*map(_escaped, answer.head)]
    for section in answer.sections:
        blocks += [f"### {_escaped(section.title)}"] if section.title and section.rows else []
        blocks += ["\n".join(_markdown_rows(section))] if section.rows else []
    click.echo("\n\n".join([*blocks, *map(_escaped, (*answer.notes, *answer.legend))]))


def _markdown_rows(section: Section) -> Iterator[str]:
    yield f"| {' | '.join(_escaped(column.title) or ' ' for column in section.columns)} |"
    yield f"|{'|'.join('--:' if column.right else '---' for column in section.columns)}|"
    for row in section.rows:
        cells = ("<br>".join(map(_escaped, column.cell(row).splitlines())) for column in section.columns)
        yield f"| {' | '.join(cells)} |"


def _escaped(text: str) -> str:
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", one_line(text))


def _table(answer: Answer) -> None:
    from rich.console import Console

    console = Console(file=sys.stdout, highlight=False, markup=False, emoji=False)
    shown = [section for section in answer.sections if section.rows]
    for told in answer.head:
        console.print(plain(told))
    for number, section in enumerate(shown):
        if number or answer.head:
            console.print()
        if section.title:
            console.print(section.title, style="bold")
        _print(console, section)
    if shown and (answer.notes or answer.legend):
        console.print()
    for note in (*answer.notes, *answer.legend):
        console.print(plain(note))


def _print(console: Console, section: Section) -> None:
    """A table as wide as the terminal at most, with all of its text.

    Where rich makes a column narrower than it may be, it widens it again, and cuts the last column off.
    """
    from rich.segment import Segment

    table = _rich(section, width=console.width)
    head = next(iter(Segment.split_lines(console.render(table))))
    if Segment.get_line_length(head) > console.width:
        table = _rich(section, width=console.width, widths=_fitted(section, console.width))
    console.print(table)


def _fitted(section: Section, width: int) -> list[int]:
    """How wide each column may be: the widest gives way first, and more than it may where there is no other way."""
    from rich.cells import cell_len

    texts = ([column.title, *map(_short, map(plain, map(column.cell, section.rows)))] for column in section.columns)
    widths = [max(cell_len(line) for text in told for line in text.split("\n")) for told in texts]
    for _ in range(sum(widths) + 2 * (len(widths) - 1) - width):
        wrapped = [n for n, column in enumerate(section.columns) if column.wraps and widths[n] > NARROWEST]
        giving = [n for n in wrapped if widths[n] > section.columns[n].least] or wrapped
        if giving:
            widths[max(giving, key=widths.__getitem__)] -= 1
    return widths


def _short(text: str) -> str:
    """`text`, of which no line floods the terminal."""
    return "\n".join(line if len(line) <= WIDEST else f"{line[: WIDEST - 1]}…" for line in text.split("\n"))


def _rich(section: Section, *, width: int, widths: Sequence[int] = ()) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")
    for column, fixed in zip_longest(section.columns, widths):
        table.add_column(
            column.title,
            width=fixed,
            justify="right" if column.right else "left",
            no_wrap=not column.wraps,
            overflow="fold" if column.wraps else "ellipsis",
            min_width=column.least if column.wraps else None,
            max_width=None if column.wraps else width // 2,
        )
    for row in section.rows:
        styled = ((column.cell(row), column.style(row) if column.style else "") for column in section.columns)
        table.add_row(*(Text(_short(plain(text)), style=style) for text, style in styled))
    return table
