"""What a user may write about an HTTP inbox, and what is said about what cannot work."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_synthetic.errors import UsageError
from pytest_synthetic.inboxes.http_presets import PRESETS
from pytest_synthetic.inboxes.http_settings import read
from pytest_synthetic.model.message import Address

SECRET = "s3cr3t-t0k3n"
RIGHT: dict[str, Any] = {
    "channel": "sms",
    "list": "https://gateway.example/messages?to={address}",
    "items": "messages",
    "fields": {"id": "id", "text": "body"},
    "numbers": [{"number": "+33612345678", "carrier": "Orange", "known_as": "1"}],
}
MAILPIT: dict[str, Any] = {"preset": "mailpit", "url": "http://127.0.0.1:8025", "addresses": ["box@test.example"]}


def test_a_gateway_in_full() -> None:
    found = read(
        {
            **RIGHT,
            "fields": {"id": "id", "to": ["to.*.address", "cc"], "text": "body"},
            "message": "https://gateway.example/message/{id}",
            "message_fields": {"html": "html"},
            "headers": {"X-Api-Key": f" {SECRET} "},
            "basic": {"user": "probe", "password": SECRET},
            "order": "oldest-first",
            "poll": "100ms",
            "timeout": "3s",
        }
    )
    assert (found.list, found.message) == (RIGHT["list"], "https://gateway.example/message/{id}")
    assert found.fields == {"id": ("id",), "to": ("to.*.address", "cc"), "text": ("body",)}
    assert found.message_fields == {"html": ("html",)}
    assert found.addresses == (Address(value="+33612345678", labels={"carrier": "Orange"}),)
    assert found.known_as == {"+33612345678": "1"}
    assert found.headers == {"X-Api-Key": SECRET}
    assert found.basic == ("probe", SECRET)
    assert (found.newest_first, found.poll, found.timeout) == (False, 0.1, 3.0)
    assert SECRET not in repr(found)


def test_a_preset_needs_an_address_and_who_is_asked_about() -> None:
    found = read(MAILPIT)
    assert found.channel == "email"
    assert found.list == (
        "http://127.0.0.1:8025/api/v1/search?query=addressed%3A%22{address}%22&limit=200&start={offset}"
    )
    assert found.message == "http://127.0.0.1:8025/api/v1/message/{id}"
    assert found.message_fields == {"text": ("Text",), "html": ("HTML",)}
    assert found.newest_first


def test_what_the_user_says_wins_over_a_preset_field_by_field() -> None:
    found = read({**MAILPIT, "url": "https://mail.example/catcher/", "fields": {"text": "Subject"}, "poll": "9s"})
    assert found.list.startswith("https://mail.example/catcher/api/v1/search?")
    assert (found.fields["text"], found.fields["id"]) == (("Subject",), ("ID",))
    assert found.poll == 9.0


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_read(name: str) -> None:
    who = {"numbers": ["+33612345678"]} if PRESETS[name]["channel"] == "sms" else {"mint": "box+{nonce}@test.example"}
    assert read({"preset": name, "url": "https://catcher.example", **who}).channel == PRESETS[name]["channel"]


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"lst": "x"}, "the HTTP inbox has no setting 'lst'. Did you mean \"list\"? Valid: addresses, basic, channel, "),
        ({"preset": "mailpitt"}, 'no preset \'mailpitt\'. Valid: mailpit, sms-gate. Did you mean "mailpit"?'),
        ({"preset": 7}, "no preset 7. Valid: mailpit, sms-gate."),
        ({"channel": None}, "channel of the HTTP inbox: expected text"),
        ({"channel": ""}, 'misses `channel`, such as channel = "sms"; or name a preset. Valid: mailpit, sms-gate.'),
        ({"list": ""}, "the HTTP inbox misses `list`"),
        ({"list": "/messages"}, "list of the HTTP inbox: expected an address that begins with https://"),
        ({"list": "ftp://gateway.example/"}, "list of the HTTP inbox: expected an address that begins with https://"),
        ({"list": "https://gateway.example:99999/"}, "list of the HTTP inbox: expected an address"),
        ({"list": "https://[/"}, "list of the HTTP inbox: expected an address"),
        ({"list": "https://x.example/{adress}"}, 'no placeholder {adress}. Valid: address, offset, since. Did you mean "address"?'),
        ({"list": f"https://probe:{SECRET}@x.example/{{address}}"}, 'write the login as basic = { user = "...", password = "..." }'),
        ({"message": "https://x.example/latest"}, "message of the HTTP inbox: expected {id} in it"),
        ({"message": "https://x.example/{address}"}, "message of the HTTP inbox: no placeholder {address}. Valid: id."),
        ({"fields": {"text": "body"}}, "a message needs an id that stays its own"),
        ({"fields": {"id": "id"}}, "fields of the HTTP inbox: say where the text is"),
        ({"fields": {"id": "id", "txt": "body"}}, "fields of the HTTP inbox: a message has no 'txt'. Valid: "),
        ({"fields": {"id": "id", "text": ""}}, 'fields.text of the HTTP inbox: expected a path such as "from.address"'),
        ({"fields": {"id": [], "text": "body"}}, "fields.id of the HTTP inbox: expected a path"),
        ({"fields": "id"}, "fields of the HTTP inbox: expected a table"),
        ({"numbers": []}, "the HTTP inbox misses its numbers: numbers = [{ number = "),
        ({"numbers": "+33612345678"}, "numbers of the HTTP inbox: expected numbers = [{ number = "),
        ({"numbers": [{"carrier": "Orange"}]}, "numbers of the HTTP inbox: expected numbers = [{ number = "),
        ({"numbers": [{"number": "+33612345678", "sim": 1}]}, "got {'number': '+33612345678', 'sim': 1}"),
        ({"numbers": ["+33612345678", "+33612345678"]}, "numbers of the HTTP inbox: one of them is there twice"),
        ({"addresses": ["+33612345678"]}, "the HTTP inbox of the channel 'sms' has numbers: numbers = "),
        ({"channel": "email"}, "the HTTP inbox of the channel 'email' has addresses: addresses = "),
        ({"mint": "box@test.example"}, "mint of the HTTP inbox: expected one {nonce} in it"),
        ({"mint": "{nonce}{nonce}"}, "mint of the HTTP inbox: expected one {nonce} in it"),
        ({"list": "https://x.example/", "mint": "box{nonce}"}, "cannot tell whose a message is: put {address} into `list`"),
        ({"list": "https://x.example/", "numbers": ["+33612345678", "+33612345679"]}, "cannot tell whose a message is"),
        ({"headers": {"X-Key": f"{SECRET}\r\nX-Other: 1"}}, "headers of the HTTP inbox: 'X-Key' cannot be sent"),
        ({"headers": {"X Key": SECRET}}, "headers of the HTTP inbox: 'X Key' cannot be sent"),
        ({"headers": {"X-Key": 1}}, "headers of the HTTP inbox: expected a table of texts"),
        ({"basic": {"user": SECRET}}, 'basic of the HTTP inbox: expected { user = "...", password = "${PASSWORD}" }'),
        ({"basic": SECRET}, "basic of the HTTP inbox: expected { user"),
        (
            {"basic": {"user": "u", "password": SECRET}, "headers": {"authorization": SECRET}},
            "`basic` and a header Authorization: only one of them can be sent",
        ),
        ({"order": "newest"}, "order of the HTTP inbox: no order 'newest'. Valid: newest-first, oldest-first."),
        ({"poll": "fast"}, "'fast' is not a duration"),
        ({"timeout": 0}, "0 is not a usable duration"),
    ],
)  # fmt: skip
def test_what_cannot_work(change: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        read({**RIGHT, **change})
    assert told in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_preset_without_its_address() -> None:
    with pytest.raises(UsageError, match=r'^the preset "mailpit" misses its address: url = "https://\.\.\."$'):
        read({"preset": "mailpit", "addresses": ["box@test.example"]})
