"""The table of an IMAP inbox, rightly and wrongly written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pytest_synthetic.core import registry
from pytest_synthetic.errors import UsageError
from pytest_synthetic.inboxes.imap import ImapInbox
from pytest_synthetic.inboxes.imap_account import Account
from pytest_synthetic.inboxes.imap_settings import make
from pytest_synthetic.model.message import Address
from pytest_synthetic.testing import FakeClock

FEWEST = {"host": "mail.shop.example", "user": "box@shop.example", "password": "s3cret"}


def made(**options: Any) -> ImapInbox:
    told = {key: value for key, value in {**FEWEST, **options}.items() if value is not None}
    return make(told, clock=FakeClock(), sleep=lambda _: None, folder=Path("nowhere"))


def test_three_values_are_enough() -> None:
    inbox = made()

    assert repr(inbox) == "ImapInbox('box@shop.example' at mail.shop.example:993)"
    assert inbox.mint("a1").value == "box+a1@shop.example"
    assert inbox.addresses() == ()
    assert inbox.channel == "email"


def test_it_is_registered_by_its_name() -> None:
    assert registry.load(registry.INBOXES, "imap", where="[inboxes.email]") is make


def test_what_can_be_set() -> None:
    inbox = made(user="robot", address="qa@shop.example", security="starttls", timeout="3s", folder="QA")

    assert repr(inbox) == "ImapInbox('robot' at mail.shop.example:143)"
    assert inbox.mint("a1").value == "qa+a1@shop.example"
    assert repr(made(port="1993")) == repr(made(port=1993)) == "ImapInbox('box@shop.example' at mail.shop.example:1993)"


def test_fixed_addresses_have_labels() -> None:
    inbox = made(user="robot", addresses=["a@shop.example", {"address": "b@shop.example", "region": "us-east"}])

    assert inbox.addresses() == (
        Address(value="a@shop.example"),
        Address(value="b@shop.example", labels={"region": "us-east"}),
    )


def test_no_repr_shows_a_secret() -> None:
    assert "s3cret" not in repr(made())
    assert "s3cret" not in repr(Account(host="h", user="u", secret="s3cret"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_no_security_is_allowed_on_this_machine(host: str) -> None:
    assert made(host=host, security="none")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"hosst": "x"}, "the IMAP inbox has no setting 'hosst'."),
        ({"host": None}, "the IMAP inbox misses host."),
        ({"host": None, "user": None}, "the IMAP inbox misses host, user."),
        ({"password": None}, "the IMAP inbox misses password, or token for OAuth: one of the two."),
        ({"token": "t0ken"}, "the IMAP inbox misses password, or token for OAuth: one of the two."),
        ({"password": 12345}, "password: expected a text, got a int"),
        ({"password": ""}, "password is empty, or holds line breaks"),
        ({"password": "s3cret\r\nA1 DELETE INBOX"}, "password is empty, or holds line breaks"),
        ({"password": None, "token": "s3cret\n"}, "token is empty, or holds line breaks"),
        ({"folder": "A\nB"}, "folder is empty, or holds line breaks"),
        ({"security": "ssl"}, "security = 'ssl' is none. Valid: none, starttls, tls."),
        ({"security": "none"}, 'security = "none" sends the password to mail.shop.example as plain text'),
        ({"host": "127.0.0.1.example", "security": "none"}, "as plain text"),
        ({"port": 0}, "port = 0: expected a number from 1 to 65535"),
        ({"port": True}, "port = True: expected a number"),
        ({"port": "imaps"}, "port = 'imaps': expected a number"),
        ({"port": 993.5}, "port = 993.5: expected a number"),
        ({"timeout": "0s"}, "not a usable duration"),
        ({"timeout": "soon"}, "'soon' is not a duration"),
        ({"user": "robot"}, 'no address: write address = "box@shop.example"'),
        ({"address": "box"}, "'box' is no mail address"),
        ({"addresses": "a@b.example"}, "addresses: expected a list such as"),
        ({"addresses": [{"carrier": "x"}]}, 'expected { address = "one@shop.example"'),
        ({"addresses": [{"address": "a@b.example", "n": 1}]}, 'expected { address = "one@shop.example"'),
        ({"ca_file": "nowhere/ca.pem"}, "ca_file = 'nowhere/ca.pem' cannot be used"),
        ({"ca_file": __file__}, "cannot be used"),
    ],
)
def test_what_cannot_work_is_refused_in_words(options: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as raised:
        made(**options)

    assert told in str(raised.value)
    for secret in ("s3cret", "t0ken"):
        assert secret not in str(raised.value)


@pytest.mark.parametrize("cursor", [None, 7, "x", [], {}, {"uidvalidity": "x"}, {"sms": 1}])
def test_a_cursor_of_another_provider_is_refused(cursor: Any) -> None:
    inbox = made()
    with pytest.raises(UsageError, match="this is no cursor of an IMAP inbox"):
        inbox.fetch_new(inbox.mint("a1"), cursor)
