"""Secrets in texts that were shortened, as pytest shortens arguments and local variables."""

from __future__ import annotations

import string

import pytest
from _pytest._io.saferepr import saferepr

from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.core.redact import Redactor

SECRET = "kiwi'47/11é-" + string.ascii_letters * 6


@pytest.fixture
def redactor() -> Redactor:
    made = Redactor()
    made.declare("TOKEN", SECRET)
    return made


def test_what_pytest_leaves_of_a_long_secret(redactor: Redactor) -> None:
    assert saferepr(SECRET).count("...") == 1
    assert redactor.text(saferepr(SECRET)) == '"[redacted:TOKEN]...[redacted:TOKEN]"'


@pytest.mark.parametrize("shown", range(6, 200, 7))
def test_where_our_own_lines_end(redactor: Redactor, shown: int) -> None:
    line = one_line("said " + SECRET, 5 + shown + 1)

    assert line.endswith("…")
    assert redactor.text(line) == "said [redacted:TOKEN]…"


@pytest.mark.parametrize("text", ["kiwi'...", "...xyzXYZ", "kiwi'4 7/11 ...", "the end ... of it", "......", "…"])
def test_what_is_no_part_of_it_stays(redactor: Redactor, text: str) -> None:
    assert redactor.text(text) == text


def test_without_secrets_nothing_is_looked_for() -> None:
    assert Redactor().text("a...b…c") == "a...b…c"


@pytest.mark.parametrize("label", ["mailto://…", "https://hooks.shop.example:8443/…", "http://127.0.0.1/…"])
def test_the_service_of_an_address_and_the_host_of_a_webhook_may_be_told(label: str) -> None:
    redactor = Redactor()
    redactor.learn("token", label.replace("…", "ada:kiwi4711/T0AB12CD"))

    assert redactor.text(f"{label} of [alerts.oncall]") == f"{label} of [alerts.oncall]"
    assert redactor.text(label.replace("…", "ada:ki…")) == "[redacted:token]…"


def test_the_beginning_of_a_login_and_the_token_in_the_place_of_a_host_stay_secret() -> None:
    redactor = Redactor()
    redactor.learn("token", "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXr")
    redactor.learn("token", "https://ada:kiwi4711@hooks.shop.example/alerts")

    assert redactor.text("slack://T1JJ3T3L2/… https://ada:kiwi…") == "[redacted:token]… [redacted:token]…"
