"""The mail that the shop sends when it has an order."""

from __future__ import annotations

import smtplib
from contextlib import suppress
from email.message import EmailMessage
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pytest_synthetic.demo.orders import Order
    from pytest_synthetic.demo.texts import Texts

SENDER = "The Kettle Shop <orders@kettles.example>"
LIMIT = 5.0
"""Seconds that the mail server may take."""


def order_mail(order: Order, words: Texts) -> EmailMessage:
    """The mail that confirms an order, as text and as a page."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = SENDER, order.email, words.mail_subject.format(order=order.id)
    paid = f"{order.total / 100:.2f} EUR"
    mail.set_content(f"{words.thanks}\n\n{words.order_number}: {order.id}\n{words.total}: {paid}\n")
    mail.add_alternative(
        f"<style>h1 {{ color: #493021 }}</style><h1>{words.thanks}</h1>"
        f"<p>{words.order_number}: <b>{order.id}</b></p><p>{words.total}: {paid}</p>",
        subtype="html",
    )
    return mail


def to_json(number: int, mail: EmailMessage) -> dict[str, str]:
    """What `/api/mail` shows of a mail, the `number`th that the shop sent."""
    body = mail.get_body(("plain",))
    text = body.get_content() if body else ""
    return {"id": str(number), "from": mail["From"], "to": mail["To"], "subject": mail["Subject"], "text": text}


def send_by(port: int, mail: EmailMessage) -> None:
    """Hand `mail` to the mail server of this machine at `port`; a server that is down costs the customer a mail."""
    with suppress(OSError, smtplib.SMTPException), smtplib.SMTP("127.0.0.1", port, timeout=LIMIT) as server:
        server.send_message(mail)
