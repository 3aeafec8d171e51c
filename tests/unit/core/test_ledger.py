"""What may stand in the ledger, when an object counts as gone, and how what is left is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.config import folders
from pytest_synthetic.core import ledger
from pytest_synthetic.core.journey import Journey
from pytest_synthetic.core.recorder import Recorder
from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.errors import JourneyError
from pytest_synthetic.model import wire
from pytest_synthetic.model.created import Created, FailedRemoval, Request
from pytest_synthetic.model.journey import JourneySpec
from pytest_synthetic.testing import FakeClock

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REQUEST = Request(method="DELETE", url="https://shop.example/api/orders/KS-1")


def entry(kind: Any = "order", identity: Any = "KS-1", remove: Any = REQUEST) -> Created:
    return ledger.entry(kind, identity, remove, run_id="0" * 32, journey="Buy\na kettle", region="eu", now=NOW)


def test_an_entry_says_what_whose_and_how() -> None:
    made = entry()

    assert (made.kind, made.identity, made.request, made.remover) == ("order", "KS-1", REQUEST, None)
    assert (made.journey, made.region, made.created_at) == ("Buy a kettle", "eu", NOW)
    assert entry(remove="shop-order").remover == "shop-order"


@pytest.mark.parametrize("identity", ["KS-1", 17, 0, 1.5, {"shop": "fr", "id": 3}, ["a", {"b": None}], "é\ud800\x00"])
def test_any_json_value_identifies(identity: Any) -> None:
    assert wire.build(Created, wire.plain(entry(identity=identity)), called="entry").identity == identity


@pytest.mark.parametrize("identity", [None, "", [], {}, object(), b"KS-1", {1: "a"}, ("a",), float("nan"), NOW])
def test_what_another_process_could_not_read_is_refused(identity: Any) -> None:
    with pytest.raises(JourneyError, match=r"is no identity: expected a text.*not in the ledger: remove it by hand"):
        entry(identity=identity)


@pytest.mark.parametrize("remove", [None, "", " ", print, {"method": "DELETE"}, 3])
def test_a_removal_is_data(remove: Any) -> None:
    with pytest.raises(JourneyError, match=r"'order', KS-1\): remove= is \w+: expected api.request_for\("):
        entry(remove=remove)


@pytest.mark.parametrize("kind", [None, "", " ", 3])
def test_a_kind_is_a_word(kind: Any) -> None:
    with pytest.raises(JourneyError, match='expected what was created, such as "order"'):
        entry(kind=kind)


def test_outside_of_pytest_nothing_is_noted() -> None:
    recorder = Recorder(spec=JourneySpec(id="j", name="J"), run_id="0" * 32, clock=FakeClock(), root=None)  # type: ignore[arg-type]
    with pytest.raises(JourneyError, match="no ledger is kept here"):
        Journey(recorder).created("order", "KS-1", remove="shop-order")


class TestTheFile:
    def test_has_no_credentials_only_their_names(self) -> None:
        secret = replace(REQUEST, withheld=("Cookie",), credentials={"Cookie": "sid=5f2c"})
        written = ledger.for_the_file(entry(remove=secret), str)

        assert "5f2c" not in str(wire.plain(written)) + repr(entry(remove=secret))
        assert written.request
        assert written.request.withheld == ("Cookie",)
        assert not written.redacted

    @pytest.mark.parametrize(
        ("made", "redacted"),
        [
            (entry(remove=replace(REQUEST, url="https://shop.example/x?key=hush")), True),
            (entry(remove=replace(REQUEST, body='{"a": "hush"}')), True),
            (entry(remove=replace(REQUEST, headers={"X-A": "hush"})), True),
            (entry(identity={"a": ["hush"]}, remove="shop-order"), True),
            (replace(entry(), journey="hush"), False),
            (entry(), False),
        ],
    )
    def test_has_no_secret_and_says_when_one_is_missing(self, made: Created, redacted: bool) -> None:
        written = ledger.for_the_file(made, lambda text: text.replace("hush", "[redacted:KEY]"))

        assert "hush" not in str(wire.plain(written))
        assert written.redacted is redacted
        assert (ledger.hindrance(written) is None) is not redacted

    @given(st.text(), st.dictionaries(st.text(), st.text()))
    def test_without_secrets_is_read_as_it_was(self, url: str, headers: dict[str, str]) -> None:
        made = entry(remove=Request(method="DELETE", url=url, headers=headers))
        assert wire.build(Created, wire.plain(ledger.for_the_file(made, str)), called="entry") == made

    def test_keeps_the_addresses_of_our_own_inboxes(self) -> None:
        door = Redactor()
        door.learn("mail", "synthetic+a1@shop.example")
        door.declare("KEY", "x93jf82jf0")

        made = entry(identity="synthetic+a1@shop.example", remove="shop-customer")
        assert ledger.for_the_file(made, door.text) == made
        both = entry(identity="synthetic+a1@shop.example x93jf82jf0", remove="shop-customer")
        assert ledger.for_the_file(both, door.text).identity == "[redacted:mail] [redacted:KEY]"

    def test_a_header_with_a_reference_passes_the_door(self) -> None:
        made = entry(remove=replace(REQUEST, headers={"Authorization": "Bearer ${TOKEN}", "Cookie": "sid=${SID}"}))
        assert ledger.for_the_file(made, Redactor().text) == made


def test_it_lies_beside_the_settings() -> None:
    assert folders.folder_of("created", Path("/a/synthetic.toml"), Path("/r")) == Path("/a/.synthetic/created")
    assert folders.folder_of("created", None, Path("/r")) == Path("/r/.synthetic/created")


def test_without_its_login_a_removal_is_not_tried() -> None:
    request = replace(REQUEST, withheld=("Authorization", "Cookie"), credentials={"Authorization": "x", "Cookie": "y"})

    assert ledger.hindrance(entry(remove=request)) is None
    told = ledger.hindrance(ledger.for_the_file(entry(remove=request), str))
    assert told
    assert told.startswith("the removal needs Authorization, Cookie of `api`, which only its own run knew")


@pytest.mark.parametrize("status", [200, 202, 204, 299, 404, 410])
def test_gone(status: int) -> None:
    assert ledger.refusal(status) is None


@pytest.mark.parametrize("status", [301, 302, 400, 401, 403, 405, 409, 429, 500, 503])
def test_not_gone(status: int) -> None:
    redirect = ", a redirect, which is not followed" if status < 400 else ""
    assert ledger.refusal(status) == f"the product answered {status}{redirect}"


def test_age() -> None:
    assert ledger.is_older(entry(), 3600, NOW + timedelta(hours=1))
    assert not ledger.is_older(entry(), 3600, NOW + timedelta(minutes=59))


def test_what_is_left_is_told_in_one_line() -> None:
    failed = FailedRemoval(at=NOW, reason="the product answered 500")
    told = [
        ledger.left(entry(), []),
        ledger.left(entry(identity={"id": 2}), [failed]),
        ledger.left(entry(identity="KS\n\x1b[31m3"), [failed, failed]),
        "d",
    ]

    assert ledger.summary([], 0, "clean") is None
    assert ledger.summary(told[1:2], 0, "clean") == (
        '1 object that a run created still exists: order {"id": 2} (the product answered 500; 1 try). Run: clean'
    )
    assert ledger.summary(told, 2, "clean") == (
        "4 objects that runs created still exist: order KS-1 (its run was stopped before it could remove it), "
        'order {"id": 2} (the product answered 500; 1 try), order KS 3 (the product answered 500; 2 tries), and 1 more; '
        "2 of the ledger's files are damaged. Run: clean"
    )
    assert ledger.summary([], 1, "clean") == "1 of the ledger's files is damaged. Run: clean"
