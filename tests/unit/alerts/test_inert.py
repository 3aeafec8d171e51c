"""Text from the product can be read, and does nothing: in no service."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.alerts.inert import address, in_sms, inert, shown

ACTIVE = re.compile(
    r"[<>&@#*`~|\[\]\\]"  # HTML, mentions, channels, emphasis, code, quotes, tables, links, escapes
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis
    r"|://|www\.|:(?!\d\d:)[\w+-]+:"  # addresses, emoji
    r"|[\x00-\x1f\x7f-\x9f\u2028\u2029]"  # lines and controls
    r"|[\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]",  # what is not seen, or reorders
    re.IGNORECASE,
)
HOSTILE = [
    "<!channel> <!here> <@U123ABC> <#C123|general>",
    "@everyone @here @all @room <@&1> <users/all> <at>all</at>",
    "*bold* _italic_ ~struck~ `code` ```block``` **b** __u__ ||spoiler||",
    "[pay here](http://evil.example) ![x](https://evil.example/a.png) <http://evil.example|bank>",
    "<script>alert(1)</script> <img src=x onerror=y> &lt;b&gt; &#64;here",
    "one\r\ntwo\rthree\n# four\n> five\x0b\x0c\x85\u2028six\u2029seven",
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil\x07link\x1b]8;;\x07 \x00\x08\x7f",
    "\u202eevil\u202c \u2066x\u2069 \u200f\u061c a\u200bb \ufeff",
    ":tada: :+1: :100: tg://user?id=1 www.evil.example WWW.EVIL.example javascript://x",
    "\ud800 half",
    "- item",
    "===",
    "+ plus",
    "a|b\n-|-\n1|2",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_does_nothing(text: str) -> None:
    told = inert(text)

    assert not ACTIVE.search(told), told
    assert told[:1] not in set("-+=#>")
    assert told.strip()


@given(
    st.text(st.characters(categories=["L", "N", "P", "S", "Z", "C", "M"]), max_size=80)
    | st.text("<>@_*:/w.a1 \n&", max_size=60)
)
def test_no_text_does_anything(text: str) -> None:
    told = inert(text)

    assert not ACTIVE.search(told)
    assert inert(told) == told
    assert not ACTIVE.search(in_sms(told))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('expected heading "Thank you", got <h1> "Sorry"', 'expected heading "Thank you", got ‹h1› "Sorry"'),
        ("status 503 == 200 in card_number, 12.5 s (3 of 4)!", "status 503 == 200 in card_number, 12.5 s (3 of 4)!"),
        ("at 03:02:11, a:b", "at 03:02:11, a:b"),
        (
            "Paiement accepté à 100 % – naïve, Zoë, 支払い, оплата",
            "Paiement accepté à 100 % – naïve, Zoë, 支払い, оплата",
        ),
        ("@here", "＠here"),
        ("نمی\u200cخواهم", "نمی\u200cخواهم"),
        ("👩\u200d💻 done", "👩\u200d💻 done"),
        ("", ""),
    ],
)
def test_it_stays_readable(text: str, told: str) -> None:
    assert inert(text) == told


def test_a_secret_is_redacted_while_the_text_is_whole() -> None:
    secret = "tok_*9"  # what stands at the cut, and what look-alikes would hide

    told = shown("x" * 8 + secret + "y" * 1_000_000, 12, lambda text: text.replace(secret, "[redacted]"))

    assert told == "xxxxxxxx［re…"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://wiki.example.com/pay_runbook?a=b&c=d,e", "https://wiki.example.com/pay_runbook?a=b&c=d,e"),
        (" http://127.0.0.1:8080/a%20b ", "http://127.0.0.1:8080/a%20b"),
        ("https://a/<b>|x*`[y](z) @here\nfoo", "https://a/%3Cb%3E%7Cx%2A%60%5By%5D(z)%20%40here%0Afoo"),
        ("https://münchen.example/ü", "https://m%C3%BCnchen.example/%C3%BC"),
        ("javascript:alert(1)", None),
        ("see the wiki", None),
        ("https://", None),
        ("https:// here", None),
        ("", None),
    ],
)
def test_an_address_ends_where_it_ends(text: str, told: str | None) -> None:
    assert address(text, str) == told


def test_an_address_is_redacted() -> None:
    assert address("https://a/?token=x", lambda text: text.replace("x", "gone")) == "https://a/?token=gone"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Zoë à l'hôtel, déjà vu … « oui »", 'Zoe à l\'hotel, déjà vu ... " oui "'),
        (inert("<b> @x a|b [c] *d*"), "(b) (at)x a/b (c) d"),
        ("支払い", "支払い"),
        ("1\u00a0400\u202fEUR", "1 400 EUR"),
    ],
)
def test_an_sms_is_written_in_its_own_characters(text: str, told: str) -> None:
    assert in_sms(text) == told
