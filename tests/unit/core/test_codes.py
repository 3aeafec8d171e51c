"""One-time codes and links: found in any language, never invented, never guessed, in linear time."""

# ruff: noqa: RUF001 -- stops of other scripts are no mistaken Latin ones

from __future__ import annotations

import contextlib
import importlib.util
import json
import re
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_synthetic.core.code_text import fold, read_html
from pytest_synthetic.core.codes import AmbiguousCode, find_code, find_links
from pytest_synthetic.errors import SyntheticError, UsageError

DEVELOPMENT = Path(__file__).resolve().parents[4] / "shared" / "data" / "otp_dev.json"


def _messages() -> Any:
    """Tests are no package: the texts beside this file are loaded from their path."""
    spec = importlib.util.spec_from_file_location("code_messages", Path(__file__).with_name("code_messages.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MESSAGES = _messages()


@pytest.mark.parametrize(("code", "text"), MESSAGES.codes())
def test_the_code_is_found(code: str, text: str) -> None:
    assert find_code(text) == code


@pytest.mark.parametrize("text", MESSAGES.ordinary())
def test_an_ordinary_message_has_no_code(text: str) -> None:
    assert find_code(text) is None


@pytest.mark.parametrize(("code", "text"), MESSAGES.codes())
def test_what_cannot_be_seen_changes_nothing(code: str, text: str) -> None:
    invisible = "".join(char + "\u200b\u2060" for char in text)

    assert find_code(invisible) == code
    assert find_code(f"\n{text.replace(chr(10), chr(13) + chr(10))}\n") == code


def test_public_cases_are_read() -> None:
    if not DEVELOPMENT.is_file():
        pytest.skip("the public cases are not on this machine")
    missed = []
    for case in json.loads(DEVELOPMENT.read_text(encoding="utf-8")):
        found, expected = find_code(case["text"]), case["expect"]
        if isinstance(expected, bool):
            right = (found is not None) == expected or "$" in case["text"]  # a template that was never filled in
        else:
            right = found in [code.removeprefix("G-") for code in expected or ()] or (found is None and not expected)
        missed += [] if right else [(case["source"], case["lang"], found)]

    assert missed == []


# --- two codes ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Your code is 482913. Your recovery code is 771204.", ("482913", "771204")),
        ("Votre code est 482913 ou 771204", ("482913", "771204")),
        ("Code 482913 or 771204 or 993310", ("482913", "771204", "993310")),
        ("Login code: 482913. Old code: 771204", ("482913", "771204")),
    ],
)
def test_two_codes_are_not_guessed_between(text: str, found: tuple[str, ...]) -> None:
    with pytest.raises(AmbiguousCode, match="say which by a pattern") as caught:
        find_code(text)

    assert caught.value.candidates == found
    assert isinstance(caught.value, SyntheticError)


def test_the_same_code_twice_is_one_code() -> None:
    assert find_code("482-913 is your code | 482 913 est votre code") == "482913"


def test_letters_that_look_like_digits_stay() -> None:
    assert find_code("Your verification code is 1O4l5S") == "1O4l5S"


# --- the user's pattern ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "text", "found"),
    [
        (r"\d{6}", "Reference 482913", "482913"),
        (re.compile(r"\d{6}"), "Code ٤٨٢٩١٣", "482913"),
        (r"ref (\w+)", "code 1234, ref ab9", "ab9"),
        (r"\d{6}", "call 0612345678, use 482913", "482913"),
        (r"\d{6}", "Your code is 482-913", "482913"),
        (r"\d{6}", "Your code is 4829", None),
        (r"\d{6}", "no code", None),
        (r"\d*", "no code", None),
        (r"x(\d+)?", "x and x12", "12"),
        (r"\d{4}", "4829 and again 4829", "4829"),
    ],
)
def test_the_users_pattern_comes_first(pattern: Any, text: str, found: str | None) -> None:
    assert find_code(text, pattern=pattern) == found


def test_a_pattern_that_fits_twice_is_ambiguous() -> None:
    with pytest.raises(AmbiguousCode, match="482913, 771204"):
        find_code("code 482913, order 771204", pattern=r"\d{6}")


@pytest.mark.parametrize("pattern", ["(", "[", 6])
def test_a_pattern_that_is_none_is_refused(pattern: Any) -> None:
    with pytest.raises(UsageError, match="is not a regular expression"):
        find_code("x", pattern=pattern)


# --- bound to a host ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "host", "found"),
    [
        ("@shop.example #482913", None, "482913"),
        ("@shop.example #482913", "shop.example", "482913"),
        ("@shop.example #482913", "https://www.shop.example:8443/login?x=1", "482913"),
        ("@shop.example #482913", "login.shop.example", "482913"),
        ("@www.shop.example #482913", "shop.example", "482913"),
        ("@SHOP.example #482913 @embedded.example", "embedded.example", "482913"),
        ("@shop.example #482913 and more", "shop.example", "482913"),
        ("@shop.example #G-482913", "shop.example", "482913"),
        ("@shop.example #aB3-9x", "shop.example", "aB3-9x"),
        ("@shop.example #482913\n\nFA+9qCX9VSu", "shop.example", "482913"),
        ("@evil.example #482913", "shop.example", None),
        ("@notshop.example #482913", "shop.example", None),
        ("@shop.example.evil.example #482913", "shop.example", None),
        ("@login.shop.example #482913", "shop.example", None),
    ],
)
def test_a_code_is_for_its_host_alone(line: str, host: str | None, found: str | None) -> None:
    assert find_code(f"Your code is 482913.\n\n{line}", host=host) == found


def test_a_greeting_is_no_host() -> None:
    assert find_code("Your code is 482913\n@anna #1", host="shop.example") == "482913"


# --- HTML -----------------------------------------------------------------------------------------------------------

MAIL = """<!DOCTYPE html><html><head><title>Code 111111</title><style>.x{color:#123456} code 222222</style></head><body>
<!-- your code is 333333 --><!--[if mso]><p>code 444444</p><![endif]--><![if !mso]>
<div style="display:none;max-height:0">Your code 555555</div>
<table bgcolor="#123456"><tr><td style="font-size:0px">
<p style="color:#654321;font-size:24px" data-code="666666">Your&nbsp;code:</p><h1 style="font-size:32px">482&nbsp;913</h1></td></tr></table>
<a href="https://shop.example/verify?c=777777&amp;x=1">Verify</a><script>var code = 888888;</script></body></html>"""


def test_only_what_is_seen_of_html_is_read() -> None:
    assert find_code("", html=MAIL) == "482913"
    assert find_code("Open this mail in a browser.", html=MAIL) == "482913"


@pytest.mark.parametrize(
    "hidden",
    [
        'style="display: none"', 'style="visibility:hidden"', 'style="opacity:0"', 'style="opacity:0.0;x:1"', "hidden",
        'style="font-size:0"', 'style="font-size:1px;color:#fff"', "style='max-height:0px; overflow:hidden'",
        'style="DISPLAY:NONE!important"', 'hidden=""', 'style="font:0/0 a"',
    ],
)  # fmt: skip
def test_a_hidden_preheader_is_not_read(hidden: str) -> None:
    assert read_html(f"<div {hidden}>Code <b>111111</b><br></div><p>Code 482913</p>").text == "Code 482913"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ('<p style="opacity:0.5">a</p>', "a"),
        ('<p style="font-size:10px">a</p>', "a"),
        ("<p>Code</p><table><tr><td>4</td><td>8</td><td>2</td><td>9</td><td>1</td><td>3</td></tr></table>", "Code\n482913"),
        ("<p>Code <span>482</span><span>913</span></p>", "Code 482913"),
        ("<div>4</div><div>8</div><div>2</div><div>9</div>", "4829"),
        ("a<br>b<br/>c", "a\nb\nc"),
        ("a &amp; b &#52; &#x34; &lt;b&gt;", "a & b 4 4 <b>"),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("</p></div>x</b>", "x"),
        ("<style>never closed 482913", ""),
        ("x<!-- never closed 482913", "x"),
        (f"&#{'9' * 6000};x", "x"),
        ("<![x y", "<![x y"),
        ('<td style="font-size:0"><h1>1</h1><i style="font-size:9px">2</i></td>', "2"),
        ("<?php 482913 ?>x", "x"),
    ],
)  # fmt: skip
def test_html_becomes_text(html: str, text: str) -> None:
    assert read_html(html).text == text


# --- links ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("Go to https://shop.example/v?c=1&d=2.", ["https://shop.example/v?c=1&d=2"]),
        ("(see http://a.example/x_(y)) and <https://b.example>", ["http://a.example/x_(y)", "https://b.example"]),
        ("Tap v.shop.example/482913, please", ["https://v.shop.example/482913"]),
        ("点击https://a.example/x，谢谢", ["https://a.example/x"]),
        ("HTTPS://A.example/Q twice HTTPS://A.example/Q", ["HTTPS://A.example/Q"]),
        ("a@b.example/x 1.5/10 e.g./x ftp://c.example/x km/h", []),
        ("", []),
    ],
)
def test_links_are_found(text: str, links: list[str]) -> None:
    assert find_links(text) == links


def test_links_of_html_are_the_visible_ones() -> None:
    hidden = '<div style="display:none"><a href="https://shop.example/no">no</a></div>'
    others = "<a href=mailto:a@b.example>m</a><a href='HTTPS://cdn.example/'>c</a>"

    assert find_links("", html=hidden + others + MAIL) == [
        "HTTPS://cdn.example/",
        "https://shop.example/verify?c=777777&x=1",
    ]


def test_links_of_one_host() -> None:
    text = "https://shop.example/1 https://login.shop.example:8443/2 https://notshop.example/3 https://a@evil.example/shop.example"

    assert find_links(text, host="shop.example") == ["https://shop.example/1", "https://login.shop.example:8443/2"]
    assert find_links(text, host="https://www.shop.example/") == find_links(text, host="shop.example")


# --- properties -----------------------------------------------------------------------------------------------------

TEMPLATES = (
    "Your verification code is {}",
    "{} is your Acme code. Do not share it.",
    "Votre code de confirmation est {}. Montant : 54,90 EUR, carte *1234",
    "Ihr Bestätigungscode lautet {}",
    "【Acme】验证码{}，5分钟内有效",
    "Код подтверждения: {}. Никому не говорите",
    "رمز التحقق: {}",
    "인증번호는 {}입니다",
    "Order 12: code {}",
    "आपका कोड {} है",
    "Use {} to sign in",
)


@given(
    st.from_regex(r"\A[0-9]{6}\Z"),
    st.sampled_from(TEMPLATES),
    st.sampled_from(("{0}{1}", "{0} {1}", "{0}-{1}", "G-{0}{1}")),
)
def test_any_six_digits_are_found(code: str, template: str, written: str) -> None:
    assert find_code(template.format(written.format(code[:3], code[3:]))) == code


@given(st.text(st.characters(exclude_categories=("Nd", "No", "Lu", "Cs"))))
def test_without_digits_and_capitals_there_is_no_code(text: str) -> None:
    if not re.search(r"[0-9A-Z]", fold(text)):
        assert find_code(text) is None


@given(st.text(), st.text())
def test_nothing_but_ambiguity_is_raised(text: str, html: str) -> None:
    try:
        found = find_code(text, html=html, host=text)
    except AmbiguousCode as error:
        assert len(error.candidates) > 1
    else:
        assert found is None or found
    assert isinstance(find_links(text, html=html, host=html), list)


@given(
    st.lists(
        st.sampled_from(
            ["code", " ", "482913", "12", ":", "<", ">", "\n", "is", "@a.b #", "/", "é", "p", '"', "-", "http://"]
        )
    )
)
def test_odd_mixtures_are_read(parts: list[str]) -> None:
    text = "".join(parts)
    test_nothing_but_ambiguity_is_raised.hypothesis.inner_test(text, text)  # type: ignore[attr-defined]


# --- hostile input --------------------------------------------------------------------------------------------------

SIZE = 300_000
HOSTILE = ("1", "1 ", "12-", "123456\n", "code 123456 ", "code ", "a1", "a.", "a@", "http://", "[", "e\u0300\u0316", "text to ",
           "\ufdfa", "验证码", "order number ", " \n", "A", "@h.example #", "code:ABCDEF ")  # fmt: skip
HOSTILE_HTML = ("<", "<a", "<a ", "<a x='", "<!--", "<![", "</", "<p>", "<p></b>", "&", "&#99999999", '<p style="display:none">',
                "<td>1</td>", "<p hidden")  # fmt: skip


@pytest.mark.parametrize("piece", [*HOSTILE, *HOSTILE_HTML])
def test_time_is_linear(piece: str) -> None:
    started = time.process_time()
    text = piece * (SIZE // len(piece))
    with contextlib.suppress(AmbiguousCode):
        find_code(text if piece in HOSTILE else "", html=text if piece in HOSTILE_HTML else None)
    find_links(text)

    assert time.process_time() - started < 3  # about 0.1 to 0.3 s; a quadratic one takes minutes


def test_a_code_at_the_end_of_a_long_text_is_found() -> None:
    assert find_code("Lorem ipsum 1 dolor. " * 15_000 + "\nYour code is 482913") == "482913"
