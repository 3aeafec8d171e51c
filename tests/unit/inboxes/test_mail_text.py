"""Mail as it is sent, rightly and wrongly, and what a person reads of it."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pytest_synthetic.core.codes import find_code
from pytest_synthetic.inboxes.mail_text import LONGEST_HEADER, header_text, message_of
from pytest_synthetic.model.message import Message

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read(raw: bytes | str) -> Message:
    data = raw.encode() if isinstance(raw, str) else raw
    return message_of(data, id="7", to="box@shop.example", arrived_at=None)


def mail(text: str | None = None, html: str | None = None) -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Kettle Shop <no-reply@shop.example>"
    made["Subject"] = "Ihr Code für die Bestellung"
    if text is not None:
        made.set_content(text)
    if html is not None and text is None:
        made.set_content(html, subtype="html")
    elif html is not None:
        made.add_alternative(html, subtype="html")
    return made


def test_a_whole_mail() -> None:
    made = mail("Votre code : 493021\n\nÀ bientôt ☕\n", "<p>Votre code : <b>493021</b></p>")

    message = message_of(bytes(made), id="7", to="box@shop.example", arrived_at=NOON, resolution=0.5)

    assert message.id == "7"
    assert message.to == "box@shop.example"
    assert message.sender == "Kettle Shop <no-reply@shop.example>"
    assert message.subject == "Ihr Code für die Bestellung"
    assert message.text == "Votre code : 493021\n\nÀ bientôt ☕"
    assert message.html == "<p>Votre code : <b>493021</b></p>\n"
    assert (message.arrived_at, message.resolution) == (NOON, 0.5)
    assert message.headers["mime-version"] == "1.0"


def test_html_alone_is_read_as_it_is_seen() -> None:
    html = (
        "<style>b{color:#123456}</style><div style='display:none'>Preheader 999999</div>"
        "<p>Your&nbsp;code is</p><b>493021</b>"
    )
    message = read(bytes(mail(html=html)))

    assert message.text == "Your\N{NO-BREAK SPACE}code is\n493021"
    assert message.html == html + "\n"


def test_the_footer_of_a_list_does_not_hide_the_mail() -> None:
    made = mail(html="<p>Code: 493021</p>")
    made.make_mixed()
    made.attach(footer := EmailMessage())
    footer.set_content("Unsubscribe")

    assert read(bytes(made)).text == "Code: 493021\nUnsubscribe\n".strip()


def test_attachments_are_left_out() -> None:
    made = mail("Your invoice")
    made.add_attachment("Terms 2026", filename="terms.txt")
    made.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="invoice.pdf")
    forwarded = mail("an older mail")
    made.add_attachment(forwarded)

    assert read(bytes(made)).text == "Your invoice"


def test_an_empty_plain_part_gives_way_to_the_html() -> None:
    assert read(bytes(mail("  \n", "<p>Code 493021</p>"))).text == "Code 493021"


def test_images_beside_the_html_change_nothing() -> None:
    made = mail("plain 493021", "<p>rich 493021</p><img src='cid:1'>")
    made.get_payload()[1].add_related(b"GIF89a", "image", "gif", cid="<1>")  # type: ignore[union-attr, index]

    message = read(bytes(made))
    assert message.text == "plain 493021"
    assert (message.html or "").startswith("<p>rich 493021</p>")


def test_the_topmost_of_several_headers_counts_by_a_name_in_lower_case() -> None:
    message = read("Received: from ours\nRECEIVED: from theirs\nList-Unsubscribe: <https://shop.example/u>\n\nhi")

    assert message.headers == {"received": "from ours", "list-unsubscribe": "<https://shop.example/u>"}


def test_what_is_not_there_is_none() -> None:
    message = read("\nhi")

    assert (message.subject, message.html, message.sender, message.headers) == (None, None, "", {})
    assert message.text == "hi"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("=?utf-8?B?w4l0w6k=?=", "Été"),
        ("=?utf-8?Q?caf=C3=A9_noir?= <shop@shop.example>", "café noir <shop@shop.example>"),
        ("=?utf-8?Q?caf=C3?=\n =?utf-8?Q?=A9?=", "café"),
        ("=?iso-8859-1?Q?=80_9=2C90?=", "€ 9,90"),
        ("=?utf-8*fr?Q?=C3=A9?=", "é"),
        ("=?nonsense?Q?=C3=A9?=", "é"),
        ("=?hex?Q?abc?=", "abc"),
        ("=?utf-8?B?w4l0w?= and more", "=?utf-8?B?w4l0w?= and more"),
        ("=?utf-8?B?=?= =?", "=?"),
        ("=?utf-8?Q?_a b_?=", "a b"),
        (r"C:\new \u0041", r"C:\new \u0041"),
        (r"€ \u0041 =?utf-8?Q?=C3=A9?=", r"€ \u0041 é"),
        (b"caf\xc3\xa9".decode("ascii", "surrogateescape"), "café"),
        (b"caf\xe9".decode("ascii", "surrogateescape"), "café"),
        ("one\r\n two\n\tthree", "one two three"),
        ("=?utf-8?Q?a=0D=0AInjected=3A_1?=", "a Injected: 1"),
        ("x" * 9000, "x" * LONGEST_HEADER),
    ],
)
def test_headers(value: str, shown: str) -> None:
    assert header_text(value).strip() == shown


PARTS = "Content-Type: multipart/alternative; boundary=B\n\n"
PLAIN = "--B\nContent-Type: text/plain\n\ncode 493021\n"

HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "no headers": b"code 493021",
    "headers alone": b"Subject: code 493021",
    "a boundary that is never closed": (PARTS + PLAIN).encode(),
    "another boundary than it says": (PARTS + PLAIN.replace("--B", "--C")).encode(),
    "no boundary at all": PARTS.replace("; boundary=B", "").encode() + b"code 493021",
    "a part without headers": (PARTS + "--B\n\ncode 493021\n--B--").encode(),
    "base64 garbage": b"Content-Transfer-Encoding: base64\n\ncode 493021 !!!=",
    "base64 cut off": b"Content-Transfer-Encoding: base64\n\nY29kZSA0OTMwMjEgZm9yIHlvd\n",
    "quoted-printable garbage": b"Content-Transfer-Encoding: quoted-printable\n\ncode 493021 =ZZ =\n",
    "uuencode garbage": b"Content-Transfer-Encoding: x-uuencode\n\ncode 493021",
    "an unknown transfer encoding": b"Content-Transfer-Encoding: \xff\xfe\n\ncode 493021",
    "a charset nobody knows": b"Content-Type: text/plain; charset=klingon\n\ncode 493021 \xc3\xa9",
    "a charset that is none": b"Content-Type: text/plain; charset=zlib\n\ncode 493021",
    "a charset that is a trap": b"Content-Type: text/plain; charset=punycode\n\ncode 493021-",
    "not UTF-8": b"Content-Type: text/plain; charset=utf-8\n\ncode 493021 caf\xe9",
    "a mad parameter": b'Content-Type: text/plain; charset*1=a; charset*="utf-8\'x"\n\ncode 493021',
    "a mad boundary": b"Content-Type: multipart/mixed; boundary*1=a; boundary*=B\n\n--B\n\ncode 493021",
    "a mad number": b"Content-Type: multipart/mixed; boundary*" + b"9" * 5000 + b"=B\n\ncode 493021",
    "NUL bytes": b"Subject: a\0b\n\nco\0de 493021\0",
    "a content type that is none": b"Content-Type: \xff;;;=\n\ncode 493021",
    "headers that are no ASCII": b"Subject: \xff\xfe\xfd\nFrom: \xe9 <a@b>\n\ncode 493021",
    "junk for RFC 2047": b"From: =?utf-8?B?!!!?= =?=?=\nSubject: =?x?Q?=GG=?=\n\ncode 493021",
    "a header that goes on": b"Subject: " + b"=?a?q?" * 20_000 + b"\n\ncode 493021",
    "lone surrogates": b"Content-Type: text/plain; charset=utf-7\n\ncode 493021 +2AA-",
    "line ends of all kinds": b"Subject: a\r\n\r\ncode\r493021\r\n",
    "UTF-16 without a word": b"\n" + "code 493021".encode("utf-16"),
    "html that is torn": b"Content-Type: text/html\n\n<p <b <!-- x --> <div>code 493021</",
    "html that nests": b"Content-Type: text/html\n\n" + b"<div>" * 50_000 + b"code 493021",
    "deep": "".join(f"Content-Type: multipart/mixed; boundary=B{n}\n\n--B{n}\n" for n in range(200)).encode()
    + b"\ncode 493021\n",
    "deeper than the stack": "".join(
        f"Content-Type: multipart/mixed; boundary=B{n}\n\n--B{n}\n" for n in range(3000)
    ).encode()
    + b"\ncode 493021\n",
    "many lines, many boundaries": b"boundary=B\n" * 20_000 + b"\n" * 20_000 + b"code 493021\n",
    "a forest of parts": PARTS.encode() + PLAIN.encode() * 20_000,
    "messages in messages": b"Content-Type: message/rfc822\n\n" * 200 + b"\ncode 493021",
}
SAYS_NOTHING = {"nothing", "headers alone", "UTF-16 without a word", "messages in messages", "base64 garbage"}


@pytest.mark.parametrize("shape", HOSTILE)
def test_what_is_malformed_is_a_message_all_the_same(shape: str) -> None:
    message = read(HOSTILE[shape])

    if shape not in SAYS_NOTHING:
        assert find_code(message.text, html=message.html, pattern="493021") == "493021"
    for told in (message.text, message.html or "", message.sender, message.subject or "", *message.headers.values()):
        told.encode()
        assert "\0" not in told
        assert "\r" not in told


def test_what_is_read_of_malformed_text() -> None:
    assert read(HOSTILE["not UTF-8"]).text == "code 493021 café"
    assert read(HOSTILE["a charset nobody knows"]).text == "code 493021 é"
    assert read(HOSTILE["base64 cut off"]).text == "code 493021 for yo"
    assert read(HOSTILE["NUL bytes"]).text == "code 493021"
    assert read(HOSTILE["line ends of all kinds"]).text == "code\n493021"
    assert read(HOSTILE["headers that are no ASCII"]).sender == "é <a@b>"


def test_ten_megabytes_are_read() -> None:
    made = mail("code 493021")
    made.add_attachment(b"\xff" * 7_500_000, maintype="application", subtype="zip", filename="all.zip")
    raw = bytes(made)
    assert len(raw) > 10_000_000

    assert read(raw).text == "code 493021"


PIECES = (
    b"Content-Type: |multipart/mixed|text/html|; boundary=B|; charset=|utf-8|\n|\n\n|--B|--B--|message/rfc822|'|*1|;|<p>"
    b"|Content-Transfer-Encoding: base64|=?utf-8?Q?|?=|\0|\xff|Subject: |From: |charset*0*=|493021| |\r\n"
)
MAIL_LIKE = st.lists(st.sampled_from(PIECES.split(b"|")), max_size=40).map(b"".join)


@given(st.binary(max_size=300) | MAIL_LIKE)
@example(b"Content-Type: text/plain; charset*1=x; charset*=y\n\n")
def test_nothing_is_raised_for_any_bytes(raw: bytes) -> None:
    message = read(raw)
    (message.text + (message.html or "") + message.sender + (message.subject or "")).encode()


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=200), st.sampled_from(["8bit", "base64"]))
def test_text_is_kept_as_it_was_written(text: str, encoding: str) -> None:
    made = EmailMessage()
    made.set_content(text, cte=encoding)

    assert read(bytes(made)).text == ("" if not text.strip() else text)
