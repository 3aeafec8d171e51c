"""The one door: what is declared leaves in no form, what is not secret leaves as it came."""

from __future__ import annotations

import base64
import html
import json
import re
import shlex
import threading
import uuid
from itertools import pairwise
from typing import TYPE_CHECKING
from urllib.parse import quote, quote_plus, urlencode

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pytest_synthetic.core.redact import Redactor
from pytest_synthetic.core.redact_forms import why_not
from pytest_synthetic.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

NAME = "SHOP"
SHOWN = "[redacted:SHOP]"
anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
hostile = st.text(
    st.sampled_from("aZ09\"'\\/<>&%+=.*?()[]{}^$|#;: \t\r\n\x00\x1bé日😀\u2028\u0130"), min_size=4, max_size=24
)
secrets = (hostile | st.text(st.characters(exclude_categories=["Cs"]), min_size=4, max_size=40)).filter(
    lambda value: why_not(value) is None and value.strip().lower() not in SHOWN.lower()
)


def named_entities(value: str) -> str:
    from html.entities import codepoint2name

    return "".join(f"&{codepoint2name[ord(c)]};" if ord(c) in codepoint2name else c for c in value)


def lower_hex(quoted: str) -> str:
    return re.sub("%..", lambda match: match[0].lower(), quoted)


ENCODERS: dict[str, Callable[[str], str]] = {
    "raw": str,
    "url": quote,
    "url, all": lambda v: quote(v, safe=""),
    "url, lower hex": lambda v: lower_hex(quote(v, safe="")),
    "form": quote_plus,
    "form, lower hex": lambda v: lower_hex(quote_plus(v)),
    "encodeURIComponent": lambda v: quote(v, safe="!'()*"),
    "every byte as %XX": lambda v: "".join(f"%{b:02X}" for b in v.encode()),
    "url in a url": lambda v: quote(quote(v, safe=""), safe=""),
    "json": lambda v: json.dumps(v)[1:-1],
    "json, not ascii": lambda v: json.dumps(v, ensure_ascii=False)[1:-1],
    "json with \\/": lambda v: json.dumps(v)[1:-1].replace("/", "\\/"),
    "json for html": lambda v: json.dumps(v)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"),
    "json, upper hex": lambda v: re.sub(r"\\u....", lambda m: "\\u" + m[0][2:].upper(), json.dumps(v)[1:-1]),
    "json in json": lambda v: json.dumps(json.dumps(v)[1:-1])[1:-1],
    "json in html": lambda v: html.escape(json.dumps(v)[1:-1]),
    "html": html.escape,
    "html text": lambda v: html.escape(v, quote=False),
    "html, &#39;": lambda v: html.escape(v).replace("&#x27;", "&#39;"),
    "html, &#34;": lambda v: html.escape(v).replace("&#x27;", "&#39;").replace("&quot;", "&#34;"),
    "html, named": named_entities,
    "html, decimal": lambda v: html.escape(v).encode("ascii", "xmlcharrefreplace").decode(),
    "html, all decimal": lambda v: "".join(f"&#{ord(c)};" for c in v),
    "html, all hex": lambda v: "".join(f"&#x{ord(c):x};" for c in v),
    "html twice": lambda v: html.escape(html.escape(v)),
    "repr": lambda v: repr(v)[1:-1],
    "ascii": lambda v: ascii(v)[1:-1],
    "repr of bytes": lambda v: repr(v.encode())[2:-1],
    "hex": lambda v: v.encode().hex(),
    "upper hex": lambda v: v.encode().hex().upper(),
    "lower case": str.lower,
    "upper case": str.upper,
    "title": str.title,
    "swapped case": str.swapcase,
    "upper case in json": lambda v: json.dumps(v.upper())[1:-1],
    "upper case in html": lambda v: html.escape(v.upper()),
    "every byte as \\xNN": lambda v: "".join(f"\\x{b:02x}" for b in v.encode()),
    "every byte as \\\\xNN": lambda v: "".join(f"\\\\x{b:02x}" for b in v.encode()),
    "json in json in json": lambda v: json.dumps(json.dumps(json.dumps(v)[1:-1])[1:-1])[1:-1],
    "name of a file in a form": lambda v: v.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A"),
    "wrong encoding": lambda v: v.encode().decode("latin-1"),
    "read as ascii": lambda v: v.encode().decode("ascii", "replace"),
}  # fmt: skip


def redactor(*values: str, **options: object) -> Redactor:
    made = Redactor(**options)  # type: ignore[arg-type]
    for number, value in enumerate(values):
        made.declare(f"{NAME}{number or ''}", value)
    return made


# -- declared secrets ------------------------------------------------------------------------------------------------


@settings(max_examples=200)
@given(secret=secrets, before=anything, after=anything)
def test_no_secret_leaves_in_any_form(secret: str, before: str, after: str) -> None:
    door = redactor(secret)
    for encoding, encode in ENCODERS.items():
        form = encode(secret.strip())
        if why_not(form) is None and form not in before + after:
            told = door.text(before + form + after)
            assert SHOWN in told, encoding
            assert form not in told.replace(SHOWN, "\0"), encoding


@given(secret=secrets, before=st.binary(max_size=9), after=st.binary(max_size=9))
def test_nor_in_base64_wherever_it_begins(secret: str, before: bytes, after: bytes) -> None:
    text = base64.b64encode(before + secret.encode() + after).decode()

    for written in (text, text.translate(str.maketrans("+/", "-_"))):
        told = redactor(secret).text(f"Basic: {written};")
        assert SHOWN in told
        left = told.removeprefix("Basic: ").removesuffix(";").split(SHOWN)
        assert sum(map(len, left)) <= len(text) - len(secret.encode()) * 8 // 6 + 1


@given(secret=secrets, before=anything, after=anything, encoding=st.sampled_from(["utf-8", "utf-8-sig", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]))  # fmt: skip
def test_nor_in_bytes_of_any_encoding(secret: str, before: str, after: str, encoding: str) -> None:
    try:
        data = (before + secret + after).encode(encoding)
        form = secret.strip().encode(encoding.removesuffix("-sig"))
    except UnicodeEncodeError:
        assume(False)
    form = form[2:] if encoding == "utf-16" else form[4:] if encoding == "utf-32" else form

    clean = redactor(secret).data(data)

    assert form not in clean
    assert b"r\0?\0?\0?e\0?\0?\0?d\0?\0?\0?a".replace(b"\0?", b"")[:4] in clean.replace(b"\0", b"")


@given(secret=secrets, before=anything, after=anything, cuts=st.lists(st.integers(0, 200), max_size=6))
def test_a_stream_says_what_the_whole_text_would(secret: str, before: str, after: str, cuts: list[int]) -> None:
    door, text = redactor(secret), before + secret + after + secret[:3]
    written: list[str] = []
    stream = door.stream(written.append)
    edges = [0, *sorted(cuts), len(text)]
    for start, end in pairwise(edges):
        stream.write(text[start:end])
    stream.flush()

    assert "".join(written) == door.text(text)


NAMED = (
    'GET /?password=abc&x=1 HTTP/1.1\nCookie: a=b; c=d\n{"token": "xyz", "otp": 493021}\n'
    "pay 4111 1111 1111 1111 now, Bearer abc-123-def, https://u:hunter2@h/ AKIAABCDEFGHIJKLMNOP eyJhbGci.eyJzdWIi.x\n"
)


@given(cuts=st.lists(st.integers(0, len(NAMED)), max_size=8))
def test_a_stream_sees_names_and_looks_over_its_cuts(cuts: list[int]) -> None:
    door = redactor()
    written: list[str] = []
    stream = door.stream(written.append)
    edges = [0, *sorted(cuts), len(NAMED)]
    for start, end in pairwise(edges):
        stream.write(NAMED[start:end])
    stream.flush()

    assert "".join(written) == door.text(NAMED)


def test_a_stream_holds_back_only_what_may_be_secret() -> None:
    written: list[str] = []
    stream = redactor("hunter2-xyz").stream(written.append)

    for piece in ("test_shop.py ", ".", "F", ". my hun", "t", "ing"):
        stream.write(piece)

    assert "".join(written) == "test_shop.py .F. my hunting"


def test_a_stream_of_one_endless_line_is_written_as_it_comes() -> None:
    written: list[str] = []
    stream = redactor("hunter2-xyz").stream(written.append)

    stream.write("token ")
    for _ in range(100):
        stream.write("x " * 1_000)

    assert len("".join(written)) > 100_000


@given(text=st.text(), secret=secrets)
def test_text_without_a_secret_is_itself(text: str, secret: str) -> None:
    assume(not set(secret) & set(text))
    assume(not re.search(r"[:=]|\d{4}|bearer|basic", text.lower()))

    assert redactor(secret).text(text) is text


@given(data=st.binary())
def test_bytes_without_a_secret_are_themselves(data: bytes) -> None:
    assert redactor("hunter2-xyz-hunter2").data(data) is data


@given(secret=secrets, text=anything)
def test_twice_through_the_door_is_once(secret: str, text: str) -> None:
    door = redactor(secret)
    once = door.text(f"password={secret}&token='{text}' {secret}\nCookie: {text}\n")

    assert door.text(once) == once


@pytest.mark.parametrize(
    ("values", "text", "told"),
    [
        # One inside the other, and two that overlap: the longest, and all that either of them covers.
        (("mask", "prefix_mask"), "a mask, a prefix_mask", "a [redacted:SHOP], a [redacted:SHOP1]"),
        (("this is the end", "en foobar"), "this is the en foobar", "this is the [redacted:SHOP1]"),
        (("abcdefg", "efghi"), "-abcdefghi-", "-[redacted:SHOP]-"),
        (("hunter2x",), "hhunter2x", "h[redacted:SHOP]"),
        (("hunter2x",), "hunter2xhunter2x", "[redacted:SHOP][redacted:SHOP]"),
        (("one line\nhunter2\nab",), "2: hunter2, 3: ab", "2: [redacted:SHOP], 3: ab"),
        (("one line\nhunter2\nab",), "one line\nhunter2\nab", "[redacted:SHOP]"),
        ((" hunter2\n",), "hunter2", "[redacted:SHOP]"),
    ],
)  # fmt: skip
def test_secrets_that_meet(values: tuple[str, ...], text: str, told: str) -> None:
    assert redactor(*values).text(text) == told


@pytest.mark.parametrize("secret", [".*.*", "a|b|c", "[a-z]+", "(?i)x{2,}", "\\d\\d", "^....$"])
def test_a_secret_that_is_a_regular_expression_is_literal(secret: str) -> None:
    assert redactor(secret).text(f"abcd XX 12 {secret}") == f"abcd XX 12 {SHOWN}"


def test_a_long_secret_in_two_writes() -> None:
    secret = "".join(f"{number:x}" for number in range(4_000))
    written: list[str] = []
    stream = redactor(secret).stream(written.append)

    stream.write("key " + secret[:9_000])
    stream.write(secret[9_000:] + " end")

    assert "".join(written) == f"key {SHOWN} end"


def test_as_it_stands_in_the_names_of_files() -> None:
    assert redactor("Pä55 Wörd!X").text("test-login-pa55-word-x/trace.zip") == f"test-login-{SHOWN}/trace.zip"


def test_as_a_browser_reads_a_form_in_another_encoding() -> None:
    secret = "clé-d'été"
    body = urlencode({"p": secret}, encoding="latin-1")

    assert redactor(secret).text(body) == f"p={SHOWN}"
    assert redactor(secret).text(secret.encode("latin-1").decode("utf-8", "replace")) == SHOWN


def test_as_a_shell_quotes_it() -> None:
    secret = "it's 5 o'clock"
    assert redactor(secret).text(f"curl -d {shlex.quote(secret)}") == f"curl -d '{SHOWN}'"


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("", "is shorter than 4 characters"),
        ("abc", "is shorter than 4 characters"),
        (" a\n\n\n\n", "is shorter than 4 characters"),
        ("Password", "is a common word"),
        ("true\n", "is a common word"),
        ("redacted", "is a common word"),
        ("-----", "is one character, repeated"),
        ("2026", "reads as a year"),
        ("x" * 30 + "y" * 70_000, "is longer than 65,536 characters"),
    ],
)
def test_what_would_blank_the_report_is_refused(value: str, reason: str) -> None:
    with pytest.raises(UsageError) as caught:
        Redactor().declare("PIN", value)
    said = f'the secret "PIN" cannot be kept out of the reports: it {reason}. Choose another value'
    assert str(caught.value) == said


def test_a_secret_that_its_placeholder_shows_is_refused() -> None:
    with pytest.raises(UsageError, match="the text that stands for it would show it"):
        Redactor().declare("SHOP_KEY", "shop_key")


def test_declared_while_others_write() -> None:
    door = redactor("hunter2-xyz")
    leaked: list[str] = []

    def read() -> None:
        leaked.extend(told for told in (door.text("a hunter2-xyz b") for _ in range(200)) if "hunter2" in told)

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(50):
        door.learn("code", f"code-{number}")
    for thread in threads:
        thread.join()

    assert not leaked
    assert door.text("code-49") == "[redacted:code]"


# -- what a run learns -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("your code is 493021.", "your code is [redacted:code]."),
        ("otp=493021&x", "otp=[redacted:code]&x"),
        ("code%3A%20493021", "code%3A%20[redacted:code]"),
        (r"\n493021\n", r"\n[redacted:code]\n"),
        ('{"code": 493021, "x": 1}', '{"code": "[redacted:code]", "x": 1}'),
        (r"{\"code\":493021}", r"{\"code\":\"[redacted:code]\"}"),
        ("17634930210001", "17634930210001"),
        ("code 0417!", "code [redacted:code]!"),
        ("4bf92f0417aa", "4bf92f0417aa"),
    ],
)
def test_a_number_met_in_a_run_is_masked_where_it_stands_alone(text: str, told: str) -> None:
    door = Redactor()
    assert door.learn("code", "493021")
    assert door.learn("code", "0417")

    assert door.text(text) == told


@pytest.mark.parametrize(
    "written",
    [
        "283549", "283-549", "283 549", "2 8 3 5 4 9", "28.35.49", "28-35-49", "2-8-3-5-4-9", "283.549", "2835-49",
        "283\u00a0549", "283\u202f549", "283\u2011549", "283%20549", "283+549", "283%C2%A0549", "283&nbsp;549",
        r"283\u00a0549", r"283\xa0549", "2, 8, 3, 5, 4, 9", "2\n8\n3\n5\n4\n9", "2', '8', '3', '5', '4', '9",
    ],
)  # fmt: skip
def test_a_code_is_masked_in_groups_too(written: str) -> None:
    door = Redactor()
    door.learn("code", "283549")

    for before, after in (("Your code is ", "."), ("", ""), ("<b>", "</b>"), ('"', '"'), ("code: ", " 10 minutes")):
        assert door.text(before + written + after) == f"{before}[redacted:code]{after}"
    assert door.text(f"1{written} {written}1") == f"1{written} {written}1"
    assert written.encode("utf-16-le") not in door.data(b"\0\1" + f"x {written} y".encode("utf-16-le"))


@pytest.mark.parametrize("written", ["04 17", "04-17", "0 4 1 7", "0-4-1-7", "04%2017", "0, 4, 1, 7"])
def test_a_short_code_in_groups_is_masked_where_no_other_group_is_beside_it(written: str) -> None:
    door = Redactor()
    door.learn("code", "0417")

    assert door.text(f"code {written}!") == "code [redacted:code]!"


@pytest.mark.parametrize(
    "text",
    ["2026-04-17", "04-17-2026 10:30", "04-17 10:30", "04.17 EUR", "1.04.17", "10:04 17", "a04-17", "04-17b", "041-7"],
)
def test_dates_and_amounts_are_no_short_code(text: str) -> None:
    door = Redactor()
    door.learn("code", "0417")

    assert door.text(text) == text


def test_a_hostile_value_is_learnt_in_linear_time() -> None:
    assert Redactor().learn("cookie", "1%20" * 10_000 + "x")


def test_what_is_too_common_is_not_learnt() -> None:
    door = Redactor()
    assert [door.learn("code", value) for value in ("12", "true", "2026", "0000")] == [False] * 4
    assert door.text("12 true 2026 0000") == "12 true 2026 0000"


def test_a_declared_number_is_masked_everywhere_also_once_learnt() -> None:
    door = redactor("493021")
    door.learn("code", "493021")

    assert door.text("x17493021") == f"x17{SHOWN}"


# -- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"password": "a\\"b", "x": 1}', '{"password": "[redacted:password]", "x": 1}'),
        ('{"newPassword":"abc"}', '{"newPassword":"[redacted:password]"}'),
        ('{"otp":1234}', '{"otp":"[redacted:otp]"}'),
        ('{"token":null,"secret":true}', '{"token":null,"secret":true}'),
        (r'"{\"token\":\"a\\\"b\",\"x\":\"y\"}"', r'"{\"token\":\"[redacted:token]\",\"x\":\"y\"}"'),
        ("{'api_key': 'a\\'b'}", "{'api_key': '[redacted:api_key]'}"),
        ("data-x=&quot;token&quot;:&quot;abc&quot;", "data-x=&quot;token&quot;:&quot;[redacted:token]&quot;"),
        ('{"name": "Authorization",\n "value": "Bearer a.b"}', '{"name": "Authorization",\n "value": "Bearer [redacted:authorization]"}'),
        ('{"name":"cookie","value":"a=b; c=d"}', '{"name":"cookie","value":"[redacted:cookie]"}'),
        ("/login?user=a&password=b%20c&x=1", "/login?user=a&password=[redacted:password]&x=1"),
        ("user%5Bpassword%5D=abc", "user%5Bpassword%5D=[redacted:password]"),
        ("password_confirmation=abc&password2=def", "password_confirmation=[redacted:password]&password2=[redacted:password]"),
        ("Login(user='a', password='b')", "Login(user='a', password='[redacted:password]')"),
        ("password   = 'hunter2'", "password   = '[redacted:password]'"),
        ('POST /\r\nCookie: a="b"; c=d\r\nAccept: x', "POST /\r\nCookie: [redacted:cookie]\r\nAccept: x"),
        ("curl -H 'X-Api-Key: abc' -H 'Accept: x'", "curl -H 'X-Api-Key: [redacted:x-api-key]' -H 'Accept: x'"),
        ('{"log":"sent Authorization: Basic abc","x":1}', '{"log":"sent Authorization: Basic [redacted:authorization]","x":1}'),
        (r"b'Cookie: a=b\r\nAccept: x'", r"b'Cookie: [redacted:cookie]\r\nAccept: x'"),
        ("< Set-Cookie: sid=1; Path=/\n", "< Set-Cookie: [redacted:set-cookie]\n"),
    ],
)  # fmt: skip
def test_values_are_masked_by_the_name_beside_them(text: str, told: str) -> None:
    assert Redactor().text(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "Password: must have 8 characters",
        "tokens=3&discard=1&hairpin=2&status_code=200&pan_european=1",
        '{"passwords": 3, "wildcard": "x", "token": ""}',
        "the token expired; Bearer authentication is needed; basic features",
        "def login(password: str, token: Token = None) -> None:",
        "the secret of the pin is a card",
    ],
)
def test_what_only_looks_like_a_name_is_left(text: str) -> None:
    assert Redactor().text(text) is text


def test_names_of_the_users_own() -> None:
    door = Redactor(headers=["X-Shop-Ticket"], fields=["pass_code", "Sésame"])

    told = door.text('X-Shop-Ticket: abc\n{"passCode": "x", "sésame": "y"}&pass-code=z')

    assert told == (
        "X-Shop-Ticket: [redacted:x-shop-ticket]\n"
        '{"passCode": "[redacted:pass_code]", "sésame": "[redacted:sésame]"}&pass-code=[redacted:pass_code]'
    )


def test_a_declared_secrets_own_name_counts_more() -> None:
    assert redactor("hunter2x").text("password=hunter2x&a=b") == "password=[redacted:SHOP]&a=b"
    assert redactor("hunter2x").text("Cookie: a=hunter2x; b=c") == "Cookie: [redacted:SHOP]"


# -- looks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("4111111111111111", "[redacted:card]"),
        ("pay 4111 1111 1111 1111 12/27", "pay [redacted:card] 12/27"),
        ("4111-1111-1111-1111", "[redacted:card]"),
        ("n=4111+1111+1111+1111&", "n=[redacted:card]&"),
        ("3782 822463 10005 123", "[redacted:card] 123"),
        ("30569309025904", "[redacted:card]"),
        ('"5555555555554444"', '"[redacted:card]"'),
        (r"card:\n6011111111111117", r"card:\n[redacted:card]"),
        ("1234 4111 1111 1111 1111", "1234 [redacted:card]"),
        ("6304000000000000000", "[redacted:card]"),
        ("Bearer abc123def", "Bearer [redacted:bearer]"),
        ("Basic dXNlcjpwYXNz", "Basic [redacted:basic]"),
        ("x eyJhbGciOi.eyJzdWIi.abc-_ y", "x [redacted:jwt] y"),
        ("Bearer%20eyJhbGciOi.eyJzdWIi.abc-_", "Bearer%20[redacted:jwt]"),
        ("https://user:p%40ss@host/path", "https://user:[redacted:url_password]@host/path"),
        ("id AKIAABCDEFGHIJKLMNOP", "id [redacted:aws_key]"),
    ],
)
def test_what_is_secret_by_its_look(text: str, told: str) -> None:
    assert Redactor().text(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "4111111111111112",  # Luhn says no
        "x4111111111111111", "41111111111111110000", "0.4111111111111111", "4111111111111111.5",
        "1763770000000 1763770000000000 1763770000000000000",
        "4444444444444444",
        "3f2a-4111111111111111-01", "2026-11-22 00:10:12.123456", "2026 2027 2028 2029",
        "SM4111111111111111aaaaaaaaaaaaaaaa",
        "https://host:8080/@user", "mailto:anna@shop.example", "ssh://git@host/x",
        "eyJ alone", "xeyJhbGciOi.eyJzdWIi.abc", "AKIASHORT",
    ],
)  # fmt: skip
def test_what_only_looks_so_is_left(text: str) -> None:
    assert Redactor().text(text) is text


@given(run=st.uuids(), parent=st.binary(min_size=8, max_size=8), when=st.datetimes(), took=st.floats(0, 1e6))
def test_ids_and_times_of_ours_are_left(run: uuid.UUID, parent: bytes, when: object, took: float) -> None:
    text = (
        f'{{"run_id": "{run.hex}", "session_id": "{run}", "trace": "00-{run.hex}-{parent.hex()}-01", "took": {took},'
        f' "at": "{when}", "commit": "{run.hex}{parent.hex()[:8]}", "sid": "SM{run.hex}"}}'
    )
    assert Redactor().text(text) is text


def test_patterns_of_the_users_own() -> None:
    door = Redactor(patterns=[re.compile(r"cust-\d{4}"), re.compile("É+")])

    assert door.text("cust-1234 ÉÉ cust-x") == "[redacted:pattern] [redacted:pattern] cust-x"
    assert door.data("cust-1234 É".encode("latin-1")) == b"[redacted:pattern] [redacted:pattern]"
    written: list[str] = []
    stream = door.stream(written.append)
    for piece in ("a cust-", "12", "34\nb"):
        stream.write(piece)
    assert "".join(written) == "a [redacted:pattern]\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece",
    ["1", "4111 ", "1111 1111 ", "password=", 'token="', "token='", "cookie:", "eyJ", "eyJa.", "@", "//a:@", "Bearer ",
     '\\"', '"password":"\\"', "&quot;token&quot;:", "hunter2", "basic YTpi", "otp", "-", "0000 "],
)  # fmt: skip
def test_hostile_text_takes_time_in_proportion(piece: str) -> None:
    import time

    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        began = time.process_time()
        door.text(text)
        return time.process_time() - began

    door = redactor("hunter2-xyz")
    door.text("")

    # Four times the text: 4 is linear, 16 quadratic.
    assert min(seconds(400_000) for _ in range(2)) < 9 * max(0.01, min(seconds(100_000) for _ in range(2)))
