"""JUnit XML of several tools: what is in it comes in, twice the same, and nothing harmful does."""

from __future__ import annotations

import io
import os
from datetime import timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.history import jsonl, junit
from pytest_synthetic.history.foreign import BadEntry
from pytest_synthetic.model.run import RunResult
from pytest_synthetic.model.verdict import Fault, Verdict
from tests.unit.history.junit_flavours import CYPRESS, JEST, PLAYWRIGHT, SUREFIRE, SUREFIRE_RERUNS

if TYPE_CHECKING:
    from collections.abc import Callable

WRITTEN = 1_772_366_400  # 2026-03-01T12:00:00Z


@pytest.fixture
def report(tmp_path: Path) -> Callable[..., Path]:
    def write(text: str | bytes, name: str = "report.xml") -> Path:
        path = tmp_path / name
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        os.utime(path, (WRITTEN, WRITTEN))
        return path

    return write


def runs(path: Path) -> list[RunResult]:
    told = list(junit.read(path))
    assert not [item for item in told if isinstance(item, BadEntry)]
    found = [item for item in told if isinstance(item, RunResult)]
    jsonl.write(found, again := io.StringIO())
    assert list(jsonl.read(again.getvalue().splitlines(), name="again")) == found
    return found


def test_surefire(report: Callable[..., Path]) -> None:
    pays, refunds, ships, later = runs(report(SUREFIRE))

    assert (pays.journey, pays.verdict, pays.duration) == ("com.shop.CheckoutTest.pays", Verdict.PASSED, 1234.5)
    assert pays.started_at == "2026-03-01T12:00:00.000Z"
    assert "the one at which the file was written" in pays.notes[0]
    assert (refunds.verdict, refunds.fault, refunds.started_at) == (Verdict.FAILED, Fault.PRODUCT, pays.started_at)
    assert refunds.failure
    assert refunds.failure.type == "org.opentest4j.AssertionFailedError"
    assert refunds.failure.claim == "expected: <200> but was: <500>"
    assert "CheckoutTest.java:12" in refunds.failure.message
    assert "not for anybody" not in repr(refunds)
    assert (ships.verdict, ships.fault) == (Verdict.BROKEN, Fault.TEST)
    assert (later.verdict, later.duration, later.reason) == (Verdict.SKIPPED, None, "not built yet")


def test_surefire_s_reruns_are_attempts(report: Callable[..., Path]) -> None:
    told = runs(report(SUREFIRE_RERUNS))

    assert [(run.name, run.attempt, run.verdict, run.duration, run.started_at[17:23]) for run in told] == [
        ("flaky", 1, Verdict.FAILED, 2.0, "00.000"),
        ("flaky", 2, Verdict.PASSED, 1.0, "02.000"),
        ("bad", 1, Verdict.FAILED, 1.0, "03.000"),
        ("bad", 2, Verdict.BROKEN, None, "04.000"),
    ]
    assert "noise" not in repr(told)


def test_jest(report: Callable[..., Path]) -> None:
    adds, removes, empties = runs(report(JEST))

    assert (adds.started_at, removes.started_at) == ("2026-03-01T12:00:00.000Z", "2026-03-01T12:00:00.250Z")
    assert "names no zone: taken as UTC" in adds.notes[0]
    assert removes.failure
    assert removes.failure.type == "Error"
    assert removes.failure.claim == "Error: expect(received).toBe(expected) · Received: 2"
    assert (empties.verdict, empties.reason) == (Verdict.SKIPPED, "no reason given")


def test_playwright(report: Callable[..., Path]) -> None:
    chromium, firefox = runs(report(PLAYWRIGHT))

    assert chromium.journey == firefox.journey == "shop.spec.ts.Shop \u203a buys a kettle"
    assert (chromium.region, firefox.region) == ("eu-west", "local")
    assert (chromium.verdict, firefox.verdict) == (Verdict.PASSED, Verdict.FAILED)
    assert chromium.started_at == "2026-03-01T12:00:00.250Z"
    assert chromium.run_id != firefox.run_id
    assert firefox.failure
    assert "Error: Timed out 5000ms waiting" in firefox.failure.claim
    assert "ATTACHMENT" not in repr(firefox)


def test_cypress(report: Callable[..., Path]) -> None:
    pays, ships = runs(report(CYPRESS))

    assert (pays.journey, pays.started_at) == ("pays.shop pays", "2026-03-01T12:00:01.000Z")
    assert (ships.verdict, ships.started_at) == (Verdict.FAILED, "2026-03-01T12:00:02.200Z")
    assert ships.failure
    assert ships.failure.type == "AssertionError"


# -- identity --------------------------------------------------------------------------------------------------------


def ids(path: Path) -> list[str]:
    return [run.run_id for run in runs(path)]


@pytest.mark.parametrize("text", [SUREFIRE, SUREFIRE_RERUNS, JEST, PLAYWRIGHT, CYPRESS])
def test_reading_again_gives_the_same_runs(report: Callable[..., Path], text: str) -> None:
    first = ids(report(text))

    os.utime(path := report(text, "copied.xml"), (0, 0))
    assert ids(path) == first
    assert len(set(first)) == len(first)
    assert all(len(run_id) == 32 and set(run_id) <= set("0123456789abcdef") for run_id in first)


def test_a_report_of_another_time_has_other_runs(report: Callable[..., Path]) -> None:
    assert not set(ids(report(JEST))) & set(ids(report(JEST.replace("T12:00:00", "T12:05:00"))))


def test_without_a_time_another_file_has_other_runs(report: Callable[..., Path]) -> None:
    assert not set(ids(report(SUREFIRE))) & set(ids(report(SUREFIRE + "<!-- next day -->")))


def test_reports_merged_into_one_have_the_same_runs(report: Callable[..., Path]) -> None:
    apart = ids(report(SUREFIRE_RERUNS)) + ids(report(JEST))
    merged = JEST.replace("  <testsuite ", SUREFIRE_RERUNS + "  <testsuite ", 1)

    assert ids(report(merged)) == apart


def test_cases_that_are_alike_are_counted(report: Callable[..., Path]) -> None:
    case = '<testcase classname="c" name="n" time="1"/>'
    path = report(f'<testsuite name="s" timestamp="2026-03-01T12:00:00Z">{case * 3}</testsuite>')

    assert len(set(ids(path))) == 3


# -- times -----------------------------------------------------------------------------------------------------------


def one(path: Path) -> RunResult:
    (run,) = runs(path)
    return run


def test_a_zone_can_be_given(report: Callable[..., Path]) -> None:
    first, *_ = junit.read(report(JEST), zone=timezone(timedelta(hours=2), "Lyon"))

    assert isinstance(first, RunResult)
    assert first.started_at == "2026-03-01T10:00:00.000Z"
    assert "taken as Lyon" in first.notes[0]


@pytest.mark.parametrize(
    ("told", "started"),
    [
        ("2026-05-01T12:00:00+02:00", "2026-05-01T10:00:00.000Z"),
        ("2026-05-01 12:00:00", "2026-05-01T12:00:00.000Z"),
        ("2026-05-01", "2026-03-01T12:00:00.000Z"),
        ("Fri May 1 12:00:00 2026", "2026-03-01T12:00:00.000Z"),
        ("9999-12-31T23:59:59-12:00", "2026-03-01T12:00:00.000Z"),
        ("", "2026-03-01T12:00:00.000Z"),
    ],
)
def test_a_time_that_cannot_be_read_is_the_file_s(report: Callable[..., Path], told: str, started: str) -> None:
    run = one(report(f'<testsuite timestamp="{told}"><testcase classname="c" name="n"/></testsuite>'))

    assert run.started_at == started


def test_suites_without_a_time_take_that_of_what_is_around_them(report: Callable[..., Path]) -> None:
    suite = '<testsuite name="s"><testcase classname="c" name="n" time="1.5"/></testsuite>'
    told = runs(report(f'<testsuites timestamp="2026-03-01T09:00:00Z">{suite * 2}</testsuites>'))

    assert [run.started_at for run in told] == ["2026-03-01T09:00:00.000Z", "2026-03-01T09:00:01.500Z"]


@pytest.mark.parametrize("time", ["", "quick", "nan", "inf", "-1", "1,5", "1e400", "9" * 400, "٣"])
def test_a_duration_that_cannot_be_read_is_unknown(report: Callable[..., Path], time: str) -> None:
    case = f'<testcase classname="c" name="n" time="{time}"/>'
    run = one(report(f'<testsuite timestamp="2026-03-01T12:00:00Z">{case}</testsuite>'))

    assert (run.duration, run.verdict) == (None, Verdict.PASSED)


# -- verdicts and names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "verdict"),
    [
        ('status="run" result="completed"', Verdict.PASSED),
        ('status="notrun" result="suppressed"', Verdict.SKIPPED),
        ('status="Failed"', Verdict.FAILED),
        ('result="error"', Verdict.BROKEN),
    ],
)
def test_a_status_without_an_element_counts(report: Callable[..., Path], case: str, verdict: Verdict) -> None:
    assert one(report(f'<testsuite><testcase classname="c" name="n" {case}/></testsuite>')).verdict is verdict


def test_the_worst_of_several_counts(report: Callable[..., Path]) -> None:
    inner = '<skipped/><error message="e"/><failure message="f"/>'
    run = one(report(f'<testsuite><testcase classname="c" name="n">{inner}</testcase></testsuite>'))

    assert run.verdict is Verdict.FAILED
    assert run.failure
    assert run.failure.claim == "f"


def test_a_suite_s_region_counts_for_its_cases(report: Callable[..., Path]) -> None:
    region = '<properties><property name="region" value="us-east"/></properties>'

    assert one(report(f'<testsuite>{region}<testcase name="n"/></testsuite>')).region == "us-east"


def test_without_a_class_the_suite_names_the_journey(report: Callable[..., Path]) -> None:
    assert one(report('<testsuite name="shop"><testcase name="pays"/></testsuite>')).journey == "shop.pays"
    assert one(report('<testsuite><testcase name="pays"/></testsuite>')).journey == "pays"


def test_names_are_made_plain_and_short(report: Callable[..., Path]) -> None:
    name = "pays&#10;twice \u202e" + "x" * 100_000
    run = one(report(f'<testsuite><testcase classname="c" name="{name}"/></testsuite>'))

    assert run.name.startswith("pays twice \N{REPLACEMENT CHARACTER}xx")
    assert max(map(len, (run.name, run.journey, run.nodeid))) <= 500


def test_secrets_are_taken_out_before_texts_are_cut(report: Callable[..., Path]) -> None:
    failure = f'<failure message="{"x" * 3_996}s3cret"/>'
    path = report(f'<testsuite><testcase classname="c" name="s3cret">{failure}</testcase></testsuite>')

    (run,) = junit.read(path, redact=lambda text: text.replace("s3cret", "•"))

    assert isinstance(run, RunResult)
    assert "s3c" not in repr(run)
    assert ids(path) == [run.run_id]


# -- what is no report -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "report.xml:1: holds no XML"),
        ("no XML", "report.xml:1: broken XML: syntax error at column 1"),
        ("<html><body/></html>", "report.xml: no JUnit XML: it begins with <html>, expected <testsuites> or <testsuite>"),
        ("<testsuite>\n<testcase/></testsuite>", "report.xml:2: a <testcase> without a name"),
        ('<?xml version="1.0" encoding="klingon"?><testsuite/>', "report.xml"),
        ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>', "report.xml:1: declares a document type: refused"),
        ('<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><testsuite name="&b;"/>', "declares a document type"),
        ("<testsuite>" * 101, "suites lie more than 100 deep"),
        (b'<testsuite name="' + b"a" * 9_000_000, "a tag or a comment of more than 8 MB"),
        (b"\x1f\x8b\x08\x00", "report.xml:1: broken XML: not well-formed"),
    ],
)  # fmt: skip
def test_what_is_no_report_is_told(report: Callable[..., Path], text: str | bytes, told: str) -> None:
    (bad,) = junit.read(report(text))

    assert isinstance(bad, BadEntry)
    assert told in str(bad)


@pytest.mark.parametrize(
    ("end", "reason"), [("", "the file is cut off here"), ("\n</testsuit>", "broken XML: mismatched tag at column 3")]
)
def test_what_comes_before_the_damage_goes_in(report: Callable[..., Path], end: str, reason: str) -> None:
    path = report(JEST.partition('<testcase classname="cart removes"')[0].rstrip() + end)

    good, bad = junit.read(path)

    assert isinstance(good, RunResult)
    assert isinstance(bad, BadEntry)
    assert bad.reason == reason
    assert bad.line


@pytest.mark.parametrize("name", ["nothing.xml", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    (bad,) = junit.read(tmp_path / name)

    assert isinstance(bad, BadEntry)


def test_a_pipe_is_refused_rather_than_waited_for(tmp_path: Path) -> None:
    os.mkfifo(path := tmp_path / "pipe")

    assert [str(bad) for bad in junit.read(path)] == [f"{path}: no file: expected a JUnit XML file"]


@given(st.sampled_from([SUREFIRE, SUREFIRE_RERUNS, PLAYWRIGHT]), st.integers(0, 2_000), st.binary(max_size=6))
def test_a_damaged_report_gives_runs_and_a_reason(
    tmp_path_factory: pytest.TempPathFactory, text: str, at: int, instead: bytes
) -> None:
    path = tmp_path_factory.mktemp("reports") / "report.xml"
    data = text.encode()
    path.write_bytes(data[:at] + instead + data[at + len(instead) :])

    assert all(str(told) for told in junit.read(path))


def test_any_text_in_a_report_can_be_written_again(report: Callable[..., Path]) -> None:
    texts = "".join(
        f'<testcase classname="c" name="{name}" time="1"/>' for name in ("é", "支払い", "&#x1F600;", "&lt;b>")
    )

    assert [run.name for run in runs(report(f"<testsuite>{texts}</testsuite>"))] == ["é", "支払い", "\U0001f600", "<b>"]
