"""The same fault has the same fingerprint, another fault another one: labelled pairs, and what holds for all."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.core.failures import describe
from pytest_synthetic.core.fingerprint import essence, fingerprint

HERE = Path(__file__).parent
TABLES = runpy.run_path(str(HERE / "fingerprint_pairs.py"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A failure as it is fingerprinted."""

    kind: str = "AssertionError"
    message: str
    frame: str | None = "tests/test_buy.py:12 in test_buy"
    step: str | None = "checkout > pay"


def rows(name: str) -> list[list[str]]:
    """The lines `one | other` of a table."""
    return [row.split(" | ") for row in TABLES[name].strip().splitlines()]


def texts(name: str) -> list[tuple[Seen, Seen]]:
    return [(Seen(message=one), Seen(message=other)) for one, other in rows(name)]


RECORDED = {
    name: [Seen(kind=kind, message=message) for kind, message in seen]
    for name, seen in json.loads((HERE / "fingerprint_messages.json").read_text(encoding="utf-8")).items()
}
WRONG = Seen(message="price is wrong")
SAME_PLACES = [
    (WRONG, Seen(message="price is wrong", frame="tests/test_buy.py:340 in test_buy")),
    (Seen(message="x\nstack 1"), Seen(message="x\nstack 2")),
    (Seen(message="assert 1 == 2\n\n  - a\n  + b"), Seen(message="assert 1 == 2\n\n  Use -v to get more diff")),
    (Seen(message="  price is wrong \n"), WRONG),
]
OTHER_PLACES = [
    (WRONG, Seen(message="price is wrong", step="checkout > confirm")),
    (WRONG, Seen(message="price is wrong", step="cart > pay")),
    (WRONG, Seen(message="price is wrong", step=None)),
    (WRONG, Seen(message="price is wrong", frame="tests/test_buy.py:12 in test_sell")),
    (WRONG, Seen(message="price is wrong", frame="tests/test_sell.py:12 in test_buy")),
    (WRONG, Seen(message="price is wrong", frame=None)),
    (WRONG, Seen(message="price is wrong", kind="ValueError")),
    (WRONG, Seen(message="price is wrong\nassert 500 == 200")),
    (Seen(message="step 1", step="step 1"), Seen(message="step 1", step="step 2")),
]
SAME = [*texts("SAME"), *SAME_PLACES, *((seen[0], seen[1]) for seen in RECORDED.values() if len(seen) == 2)]
OTHER = [
    *texts("OTHER"),
    *OTHER_PLACES,
    *((RECORDED[one][0], RECORDED[other][0]) for one, other in rows("OTHER_RECORDED")),
]


def printed(seen: Seen) -> str:
    return fingerprint(seen.kind, seen.message, seen.frame, seen.step)


def short(seen: object) -> str:
    return seen.message.splitlines()[0][:50] if isinstance(seen, Seen) else str(seen)


def test_there_are_enough_pairs() -> None:
    assert (len(SAME) >= 150, len(OTHER) >= 100) == (True, True), (len(SAME), len(OTHER))


@pytest.mark.parametrize(("one", "other"), SAME, ids=short)
def test_the_same_fault(one: Seen, other: Seen) -> None:
    assert essence(one.message) == essence(other.message)
    assert printed(one) == printed(other)


@pytest.mark.parametrize(("one", "other"), OTHER, ids=short)
def test_another_fault(one: Seen, other: Seen) -> None:
    assert printed(one) != printed(other)


@pytest.mark.xfail(strict=True, reason="nobody can see that it is data")
@pytest.mark.parametrize(("one", "other"), texts("SAME_NOT_SEEN"), ids=short)
def test_the_same_fault_that_is_not_seen(one: Seen, other: Seen) -> None:
    assert printed(one) == printed(other)


@pytest.mark.xfail(strict=True, reason="nobody can see that it is no data")
@pytest.mark.parametrize(("one", "other"), texts("OTHER_NOT_SEEN"), ids=short)
def test_another_fault_that_is_not_seen(one: Seen, other: Seen) -> None:
    assert printed(one) != printed(other)


# Change one of these only together with VERSION.
PINNED = {
    "click disabled": "9ffd9041f3a6b13e",
    "h1 wrong": "bb18b4d85c7a165f",
    "raise_for_status 503": "fcc18c39acf349fc",
    "pytest status_500": "56f27e65242d80fc",
    "inbox nothing": "226f7d2ce3c68779",
}


@pytest.mark.parametrize("name", PINNED)
def test_a_change_of_what_is_kept_is_seen(name: str) -> None:
    assert printed(RECORDED[name][0]) == PINNED[name]


def test_what_is_kept_can_be_read() -> None:
    assert essence(RECORDED["click covered banner"][0].message) == (
        "Locator.click: Timeout ¤ exceeded.\n"
        "waiting for get_by_role('button', name='Pay')\n"
        "<div id='cookie¤' class='banner'> intercepts pointer events"
    )
    assert essence(RECORDED["page.request 404"][0].message) == (
        "Response status expected to be within [200..299] range, was '404'\n→ GET ¤/status/¤"
    )


def test_the_reason_that_held_at_the_end_counts() -> None:
    log = "Locator.click: Timeout 9ms exceeded.\nCall log:\n  - waiting for locator('b')\n{}"
    slow = log.format("    - element is not stable\n" * 200 + "    - element is not enabled\n")

    assert essence(slow) == essence(log.format("  - element is not enabled\n"))


def test_the_reason_is_found_beyond_what_the_record_keeps_of_the_message() -> None:
    class Late(Exception):
        pass

    log = "Locator.click: Timeout 9ms exceeded.\nCall log:\n  - waiting for locator('b')\n" + "  - x\n" * 2_000
    found = {
        describe(Late(log + why), classifiers=[], phase="call", step=None, root=Path("/")).fingerprint
        for why in ("  - element is not enabled", "  - element is not visible")
    }

    assert len(found) == 2


@given(st.text(), st.text(), st.none() | st.text(), st.none() | st.text())
def test_any_text_gives_sixteen_hexadecimal_digits_always_the_same(
    kind: str, message: str, frame: str | None, step: str | None
) -> None:
    found = fingerprint(kind, message, frame, step)

    assert found == fingerprint(kind, message, frame, step)
    assert len(found) == 16
    assert set(found) <= set("0123456789abcdef")


DATA = st.tuples(st.integers(min_value=0), st.uuids(), st.datetimes(), st.ip_addresses(v=4), st.binary(min_size=20))


@given(DATA, DATA)
def test_numbers_ids_times_addresses_and_hexadecimal_digits_never_count(
    one: tuple[Any, ...], other: tuple[Any, ...]
) -> None:
    def told(number: int, uuid: UUID, at: datetime, ip: IPv4Address, data: bytes) -> str:
        return f"order {number} of {uuid} at {at} from {ip} with {data.hex()} is not paid"

    assert essence(told(*one)) == essence(told(*other))


def test_neither_the_hash_seed_nor_the_locale_counts() -> None:
    script = (
        "from pytest_synthetic.core.fingerprint import fingerprint\n"
        "print(fingerprint('E', 'İ price is 49,90 € · status 500 · 22 août', 'a.py:1 in f', 'bezahlen'))"
    )
    surroundings = [("0", "C"), ("1", "C.UTF-8"), ("2", "tr_TR.UTF-8")]
    found = {
        subprocess.run(
            [sys.executable, "-c", script],
            env={**os.environ, "PYTHONHASHSEED": seed, "LC_ALL": name, "PYTHONUTF8": "1"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed, name in surroundings
    }

    assert len(found) == 1


MEGABYTE = 1_000_000
UNITS = [
    "a", "1", "a1", "1 ", "a@", "=", "-", "/a", "'", "é", "word ", "1.", "deadbeef", "http://", "a\n", "status ", "\\u",
    "Actual value: 1\n", "- waiting for x\n", "<a", "Call log:\n", "what did arrive: a: 'b'; ", "¤ ", "/tmp/", "Nov ",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_a_message_of_a_megabyte_takes_less_than_two_seconds(unit: str) -> None:
    huge = "Call log:\n".join([unit * (MEGABYTE // len(unit) // 2)] * 2)
    began = time.process_time()
    fingerprint("E", huge, None, None)

    assert time.process_time() - began < 2.0
