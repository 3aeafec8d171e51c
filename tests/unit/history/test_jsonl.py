"""Runs as lines: all of them come back, and a damaged line costs itself alone."""

from __future__ import annotations

import gzip
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.history import jsonl
from pytest_synthetic.history.jsonl import BadLine
from pytest_synthetic.model.run import RunResult, StepResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


def line_of(run: RunResult, **changed: Any) -> str:
    return json.dumps(run.to_json() | changed) + "\n"


def one(*lines: str | bytes) -> RunResult | BadLine:
    (told,) = jsonl.read(lines, name="runs.jsonl")
    return told


def runs(count: int, run: RunResult) -> list[RunResult]:
    return [replace(run, run_id=f"{number:032x}") for number in range(count)]


def test_what_is_written_is_read(a_record: Callable[..., RunResult]) -> None:
    given, file = runs(3, a_record(name="Café 支払い")), io.StringIO()

    assert jsonl.write(given, file) == 3
    assert list(jsonl.read(file.getvalue().splitlines(keepends=True), name="runs.jsonl")) == given


def test_nothing_written_is_nothing_read() -> None:
    assert jsonl.write([], io.StringIO()) == 0
    assert list(jsonl.read([], name="runs.jsonl")) == []


def test_damaged_lines_are_told_and_the_rest_goes_in(a_record: Callable[..., RunResult]) -> None:
    good = line_of(a_record())
    lines = [good, "{oops}\n", "\n", "  \r\n", good, '"a text"\n', good[:300]]

    told = list(jsonl.read(lines, name="runs.jsonl"))

    assert [type(item) for item in told] == [RunResult, BadLine, RunResult, BadLine, BadLine]
    assert [str(item) for item in told if isinstance(item, BadLine)] == [
        "runs.jsonl:2: not JSON: Expecting property name enclosed in double quotes at column 2",
        "runs.jsonl:6: not a record of a run: expected an object with a `schema` number, got 'a text'",
        "runs.jsonl:7: the line is cut off: what wrote it was stopped, or still writes",
    ]


def test_a_newer_schema_is_refused_line_by_line(a_record: Callable[..., RunResult]) -> None:
    told = list(jsonl.read([line_of(a_record(), schema=7), line_of(a_record())], name="runs.jsonl"))

    assert "schema 7" in str(told[0])
    assert "upgrade pytest-synthetic" in str(told[0])
    assert told[1] == a_record()


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"run_id": "1"}, "run_id '1': expected 32 hexadecimal digits"),
        ({"attempt": 0}, "attempt 0"),
        ({"attempt": 10**12}, "attempt 1000000000000"),
        ({"started_at": "yesterday"}, "started_at 'yesterday': expected a time in UTC"),
        ({"started_at": "2026-03-01T12:00:00"}, "started_at '2026-03-01T12:00:00': expected a time in UTC"),
        ({"scheduled_at": ""}, "scheduled_at ''"),
        ({"duration": -1.0}, "duration is -1.0"),
        ({"promised": 1e300}, "promised is 1e+300"),
        ({"duration": 10**400}, "OverflowError"),
        ({"duration": float("nan")}, "NaN is no number"),
        ({"duration": float("-inf")}, "-Infinity is no number"),
        ({"verdict": "fine"}, "'fine' is not a valid Verdict"),
        ({"name": 3}, "expected str, got 3"),
        ({"parameters": {"size": ["L"]}}, "expected str"),
        ({"steps": "none"}, "not a whole record of a run"),
    ],
)
def test_values_nobody_can_count_with_are_refused(
    a_record: Callable[..., RunResult], changed: dict[str, Any], reason: str
) -> None:
    told = one(line_of(a_record(), **changed))

    assert isinstance(told, BadLine)
    assert reason in told.reason
    assert len(told.reason) <= 300


def test_a_number_beyond_all_is_refused(a_record: Callable[..., RunResult]) -> None:
    told = one(line_of(a_record()).replace('"value": 1.5', '"value": 1e999'))

    assert isinstance(told, BadLine)
    assert "too large" in told.reason


def nested(depth: int, step: StepResult) -> StepResult:
    inner = step
    for _ in range(depth):
        inner = replace(step, steps=(inner,))
    return inner


def test_steps_nested_without_end_are_refused(a_record: Callable[..., RunResult]) -> None:
    run = a_record()
    told = one(line_of(replace(run, steps=(nested(120, run.steps[0]),))))

    assert isinstance(told, BadLine)
    assert "100 deep" in told.reason


@pytest.mark.parametrize("line", ["[" * 100_000, '{"schema": 1' + "1" * 5_000 + "}"])
def test_json_that_is_too_much_for_its_reader_is_refused(line: str) -> None:
    assert isinstance(one(line), BadLine)


@pytest.mark.parametrize(
    ("line", "reason"),
    [(b"\xff\xfe\n", "not UTF-8"), (b"\x00\x00\x00\n", "not JSON"), (b"\x1f\x8b\x08\n", "not UTF-8")],
)
def test_bytes_that_are_no_text_are_refused(line: bytes, reason: str) -> None:
    assert reason in str(one(line))


def test_a_byte_order_mark_is_passed_over(a_record: Callable[..., RunResult]) -> None:
    line = line_of(a_record())

    assert one(b"\xef\xbb\xbf" + line.encode()) == a_record()
    assert one("\ufeff" + line) == a_record()


def test_texts_become_plain_also_where_they_are_ours(a_record: Callable[..., RunResult]) -> None:
    hostile = a_record(
        name="\x1b[31mCheckout\x00", worker="gw0\ud800", parameters={"a\x07": "\u202eb"}, notes=("é\r\n",)
    )

    told = one(line_of(hostile))

    assert isinstance(told, RunResult)
    assert (told.name, told.worker, told.parameters, told.notes) == (
        "Checkout\N{REPLACEMENT CHARACTER}",
        "gw0\N{REPLACEMENT CHARACTER}",
        {"a\N{REPLACEMENT CHARACTER}": "\N{REPLACEMENT CHARACTER}b"},
        ("é\n",),
    )


def test_every_text_passes_the_redactor(a_record: Callable[..., RunResult]) -> None:
    (told,) = jsonl.read(
        [line_of(a_record(name="card 4242", parameters={"card": "4242"}))],
        name="runs.jsonl",
        redact=lambda text: text.replace("4242", "••••"),
    )

    assert isinstance(told, RunResult)
    assert (told.name, told.parameters) == ("card ••••", {"card": "••••"})


# -- files ---------------------------------------------------------------------------------------------------------


def test_a_file_is_read_plain_or_compressed(tmp_path: Path, a_record: Callable[..., RunResult]) -> None:
    data = line_of(a_record()).encode() * 2
    (tmp_path / "plain.jsonl").write_bytes(data)
    (tmp_path / "packed.jsonl").write_bytes(gzip.compress(data))

    assert list(jsonl.read_file(tmp_path / "plain.jsonl")) == [a_record()] * 2
    assert list(jsonl.read_file(tmp_path / "packed.jsonl")) == [a_record()] * 2


def test_a_compressed_file_that_was_cut_off_gives_what_is_left(
    tmp_path: Path, a_record: Callable[..., RunResult]
) -> None:
    path = tmp_path / "runs.jsonl.gz"
    lines = "".join(line_of(run) for run in runs(2_000, a_record()))
    path.write_bytes(gzip.compress(lines.encode())[:-2_000])

    *good, last = jsonl.read_file(path)

    assert len(good) > 100
    assert all(isinstance(run, RunResult) for run in good)
    assert str(last) == f"{path}:{len(good) + 1}: the compressed file is cut off here: what comes after is lost"


def test_a_damaged_compressed_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "runs.jsonl.gz"
    path.write_bytes(b"\x1f\x8b" + b"no gzip at all")

    (told,) = jsonl.read_file(path)

    assert isinstance(told, BadLine)
    assert "cannot be read" in told.reason


@pytest.mark.parametrize("name", ["nothing.jsonl", "."])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    (told,) = jsonl.read_file(tmp_path / name)

    assert isinstance(told, BadLine)
    assert told.reason.startswith("cannot be read: ")


def test_a_line_without_end_is_refused_and_the_next_goes_in(tmp_path: Path, a_record: Callable[..., RunResult]) -> None:
    path = tmp_path / "runs.jsonl"
    path.write_bytes(b"a" * (2 * jsonl.LONGEST_LINE + 100) + b"\n" + line_of(a_record()).encode())

    bad, good = jsonl.read_file(path)

    assert str(bad) == f"{path}:1: longer than 16 MB: no record of a run"
    assert good == a_record()


def test_lines_that_fail_to_come_are_told() -> None:
    def lines() -> Iterator[str]:
        yield "\n"
        raise OSError(5, "Input/output error")

    (told,) = jsonl.read(lines(), name="stdin")

    assert str(told) == "stdin:2: cannot be read: Input/output error"
