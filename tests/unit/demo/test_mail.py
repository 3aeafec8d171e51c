"""The order's e-mail, in two languages, as text and as a page."""

from __future__ import annotations

from datetime import UTC, datetime

from pytest_synthetic.demo.catalogue import Language
from pytest_synthetic.demo.mail import order_mail, send_by
from pytest_synthetic.demo.orders import Line, Order
from pytest_synthetic.demo.texts import TEXTS


def sent(language: Language) -> tuple[str, str, str]:
    line = Line(slug="kettle", quantity=2, cents=4990)
    order = Order(id="KS-1-0001", lines=(line,), email="a@b.example", channel="web", created_at=datetime.now(UTC))
    mail = order_mail(order, TEXTS[language])
    plain, page = (mail.get_body((kind,)) for kind in ("plain", "html"))
    assert plain
    assert page
    return mail["Subject"], plain.get_content(), page.get_content()


def test_the_mail_names_the_order_and_what_it_costs() -> None:
    subject, text, page = sent("en")

    assert subject == "Your order KS-1-0001"
    assert text == "Thank you for your order\n\nOrder number: KS-1-0001\nTotal: 99.80 EUR\n"
    assert "<b>KS-1-0001</b>" in page


def test_the_mail_is_in_the_customers_language() -> None:
    subject, text, _ = sent("fr")

    assert (subject, text.splitlines()[0]) == ("Votre commande KS-1-0001", "Merci de votre commande")


def test_a_mail_server_that_is_down_does_not_lose_the_order() -> None:
    order = Order(id="KS-1-0001", lines=(), email="a@b.example", channel="web", created_at=datetime.now(UTC))

    send_by(1, order_mail(order, TEXTS["en"]))
