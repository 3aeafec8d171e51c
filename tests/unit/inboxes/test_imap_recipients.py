"""To whom a mail was sent, by the headers that servers and senders write."""

from __future__ import annotations

import pytest

from pytest_synthetic.errors import UsageError
from pytest_synthetic.inboxes.imap_recipients import Recipients
from pytest_synthetic.model.message import Address

MINTED = Recipients(box="box@shop.example")
POOL = Recipients(box=None, pool=(Address(value="fr@shop.example"), Address(value="US@shop.example")))
MINE = "box+mine@shop.example"


def test_an_address_is_made_by_plus_addressing() -> None:
    assert MINTED.mint("a1") == Address(value="box+a1@shop.example")
    assert Recipients(box="box+qa@shop.example").mint("a1") == Address(value="box+qa+a1@shop.example")


@pytest.mark.parametrize(
    ("headers", "is_mine"),
    [
        ({"delivered-to": [MINE]}, True),
        ({"delivered-to": ["<BOX+MINE@Shop.Example>"]}, True),
        ({"delivered-to": [MINE + ".evil.example"]}, False),
        ({"delivered-to": ["x" + MINE]}, False),
        ({"delivered-to": ["box+mine2@shop.example"]}, False),
        ({"delivered-to": ["box+other@shop.example"], "to": [MINE]}, False),
        ({"delivered-to": [MINE], "to": ["box+other@shop.example"]}, True),
        ({"delivered-to": ["box@shop.example"], "to": [f"Box <{MINE}>"]}, True),
        ({"delivered-to": ["box@shop.example"], "x-original-to": [MINE], "to": ["box+other@shop.example"]}, True),
        ({"delivered-to": ["box@shop.example"], "x-original-to": ["box+other@shop.example"], "to": [MINE]}, False),
        ({"delivered-to": ["real@gmail.example", MINE]}, True),
        ({"delivered-to": ["box+other@shop.example", MINE]}, False),
        ({"to": [f"a@b.example, \r\n\t{MINE}"]}, True),
        ({"to": ["a@b.example"], "cc": [f'"Mine, Box" <{MINE}>;']}, True),
        ({"to": ["undisclosed-recipients:;"]}, False),
        ({"to": ["@@@ <> ,,, \udcff"]}, False),
        ({}, False),
    ],
)
def test_whose_mail_it_is(headers: dict[str, list[str]], is_mine: bool) -> None:
    assert MINTED.is_to(MINE, headers) is is_mine


def test_a_fixed_pool_needs_no_plus() -> None:
    assert POOL.is_to("us@shop.example", {"delivered-to": ["us@shop.example"], "to": ["fr@shop.example"]})
    assert not POOL.is_to("fr@shop.example", {"delivered-to": ["us@shop.example"], "to": ["fr@shop.example"]})
    assert POOL.is_to("fr@shop.example", {"delivered-to": ["real@mail.example"], "to": ["fr@shop.example"]})
    with pytest.raises(UsageError, match="addresses can be made of one address only"):
        POOL.mint("a1")


@pytest.mark.parametrize("box", [None, "", "box", "a@b@c", "Box <box@shop.example>", "a b@c"])
def test_what_is_no_address_is_refused(box: str | None) -> None:
    with pytest.raises(UsageError, match=r"no mail address|no address"):
        Recipients(box=box)
