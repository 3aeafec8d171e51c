"""The whole way of a mail: a journey has it sent, the SMTP sink takes it, the fixture gives it, with and without xdist."""

from __future__ import annotations

import smtplib
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.inboxes import smtp
from pytest_synthetic.inboxes.smtp_server import LARGEST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.end_to_end.conftest import RunPytest

pytestmark = pytest.mark.slow

JOURNEYS = """
import smtplib
from email.message import EmailMessage
import pytest

def send(to, code):
    "What a product does: it hands the mail in, with the login that its settings have."
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Kettle Shop <shop@shop.example>", to, "Your order"
    mail.set_content(f"Your Kettle Shop code is {{code}}.")
    with smtplib.SMTP("127.0.0.1", {port}, timeout=10) as server:
        server.login("shop", "its password")
        server.send_message(mail)

@pytest.mark.parametrize("n", range(6))
@pytest.mark.journey("Sign up")
def test_sign_up(journey, email_inbox, n):
    with email_inbox.expect(matching="Kettle", within="10s", give_up="20s") as message:
        send(email_inbox.address, 493020 + n)
    assert message.code == str(493020 + n)
    assert message.subject == "Your order"

@pytest.mark.journey("Lost")
def test_lost(email_inbox):
    with email_inbox.expect(within="0.3s", give_up="1s"):
        send("somebody.else@shop.example", 1)
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


def settings(port: int) -> str:
    return f'[inboxes.email]\nprovider = "smtp"\nlisten = "127.0.0.1:{port}"\naddress = "buyer@shop.example"\n'


def made(port: int, folder: Path) -> smtp.SmtpInbox:
    options = {"listen": f"127.0.0.1:{port}", "addresses": ["buyer@shop.example"]}
    return smtp.make(options, clock=SystemClock(), sleep=time.sleep, folder=folder)


@pytest.fixture
def inbox(port: int, tmp_path: Path) -> Iterator[smtp.SmtpInbox]:
    inbox = made(port, tmp_path)
    with inbox.receive():
        yield inbox


@pytest.mark.parametrize("arguments", [(), ("-n2",)], ids=["alone", "workers"])
def test_a_mail_comes(run_pytest: RunPytest, tmp_path: Path, port: int, arguments: tuple[str, ...]) -> None:
    (tmp_path / "test_shop.py").write_text(JOURNEYS.format(port=port), encoding="utf-8")
    (tmp_path / "synthetic.toml").write_text(settings(port), encoding="utf-8")
    session = run_pytest(tmp_path, "-p", "no:playwright", *arguments)

    verdicts = sorted(run.verdict.value for run in session.runs)
    assert verdicts == ["failed", *["passed"] * 6], session.out
    assert "what did arrive: nothing" in str(session.named("Lost").failure)
    for run in session.runs:
        for taken in run.measurements:
            assert (taken.name, taken.labels["address"]) == ("email.delivery", "[redacted:mail]")
    assert len({run.worker for run in session.runs}) == (2 if arguments else 1)
    with socket.create_server(("127.0.0.1", port)):  # free again
        pass


def test_a_large_mail_with_many_recipients(inbox: smtp.SmtpInbox, port: int) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "shop@shop.example", "undisclosed", "Your invoice"
    mail.set_content("The invoice is attached.")
    mail.add_attachment(b"0" * 7_500_000, maintype="application", subtype="pdf", filename="invoice.pdf")
    assert len(bytes(mail)) > 10_000_000
    to = [f"buyer+{number}@shop.example" for number in range(10)]
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
        assert server.send_message(mail, to_addrs=to) == {}

    for number in range(10):
        (message,), _ = inbox.fetch_new(inbox.mint(str(number)), "")
        assert (message.text, message.subject) == ("The invoice is attached.", "Your invoice")


def test_what_is_too_large_is_refused(inbox: smtp.SmtpInbox, port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
        server.ehlo()
        assert server.esmtp_features["size"] == str(LARGEST) == "25000000"
        with pytest.raises(smtplib.SMTPSenderRefused) as refused:
            server.sendmail("shop@shop.example", "buyer@shop.example", b"0123456789\r\n" * (LARGEST // 10))
    assert refused.value.smtp_code == 552
    assert inbox.fetch_new(inbox.addresses()[0], "") == ((), "")


def test_fifty_senders_at_once_lose_nothing(inbox: smtp.SmtpInbox, port: int) -> None:
    def send(number: int) -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=30) as server:
            server.sendmail("shop@shop.example", "buyer@shop.example", f"Subject: {number}\r\n\r\n{number}\r\n")

    with ThreadPoolExecutor(50) as senders:
        list(senders.map(send, range(200)))

    messages, _ = inbox.fetch_new(inbox.addresses()[0], "")
    assert sorted(int(message.text) for message in messages) == list(range(200))


def test_connections_left_open_are_closed_with_it(tmp_path: Path, port: int) -> None:
    inbox = made(port, tmp_path)
    with ExitStack() as stack:
        with inbox.receive():
            idle = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            assert idle.recv(4) == b"220 "
            half = stack.enter_context(smtplib.SMTP("127.0.0.1", port, timeout=5))
            half.ehlo()
            half.mail("shop@shop.example")
            half.rcpt("buyer@shop.example")
            assert half.docmd("DATA")[0] == 354
            half.send(b"Subject: half a ma")
        assert idle.recv(1000)[-1:] in {b"", b"\n"}
        half.close()
    with inbox.receive():
        assert inbox.probe().ok
        assert inbox.fetch_new(inbox.addresses()[0], "") == ((), "")
    assert not inbox.probe().ok


def test_another_server_on_the_port_is_no_sink(tmp_path: Path, port: int) -> None:
    inbox = made(port, tmp_path)
    with socket.create_server(("127.0.0.1", port)) as mute:
        mute.settimeout(5)
        health = inbox.probe()
        with pytest.raises(OSError, match="in use"), inbox.receive():
            pytest.fail("two listen")

    assert not health.ok
    assert health.told.startswith(f"nobody takes mail at 127.0.0.1:{port}: pytest does, while journeys run")


def test_ten_thousand_mails_of_one_address_are_no_trouble(inbox: smtp.SmtpInbox) -> None:
    (address,) = inbox.addresses()
    for number in range(10_000):
        inbox._spool.keep(address.value, f"Subject: {number}\r\n\r\n.\r\n".encode())

    assert inbox.fetch_new(address, inbox.snapshot(address))[0] == ()
