"""The pages of the shop, in English at / and in French at /fr/."""

from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, abort, g, jsonify, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as Redirect

from pytest_synthetic.demo.api import json_body
from pytest_synthetic.demo.catalogue import CATALOGUE, Language, money
from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.demo.mail import order_mail
from pytest_synthetic.demo.orders import Line
from pytest_synthetic.demo.readers import MOST_OF_ONE, UnreadableError, read_delivery, read_line
from pytest_synthetic.demo.sms import read_phone
from pytest_synthetic.demo.state import this_shop
from pytest_synthetic.demo.texts import TEXTS, Texts
from pytest_synthetic.demo.visitors import SignUp, Visitor

Page = str | tuple[str, int] | Redirect

pages = Blueprint("pages", __name__)


@pages.url_value_preprocessor
def take_language(_endpoint: str | None, values: dict[str, str] | None) -> None:
    """Read the language off the address: the views take it from `g`."""
    g.language = (values or {}).pop("language", "en")


def address_language() -> Language:
    """Return the language of the address, which is that of `<html lang>`."""
    fallback = "fr" if f"{request.path}/".startswith("/fr/") else "en"
    return "fr" if g.get("language", fallback) == "fr" else "en"


def texts() -> Texts:
    """Return the words of the page: those of its address, unless wrong-language is on."""
    # Only the words are lost: <html lang> still says "fr", as when a translation file is missing from a release.
    return TEXTS["en" if Fault.WRONG_LANGUAGE in this_shop().faults else address_language()]


def page_url(page: str, **values: Any) -> str:
    """Return the address of a page in the language of this request."""
    return url_for(f"{address_language()}.{page}", **values)


def other_url() -> str:
    """Return the address of this page in the other language."""
    other = "en" if address_language() == "fr" else "fr"
    _, _, page = (request.endpoint or "").partition(".")
    return url_for(f"{other}.{page or 'home'}", **(request.view_args or {} if page else {}))


def context() -> dict[str, object]:
    """Return what every template may use."""
    words = texts()
    return {
        "t": words,
        "lang": address_language(),
        "money": lambda cents: money(cents, words.language),
        "page_url": page_url,
        "other_url": other_url(),
        "visitor": this_visitor(),
        "most": MOST_OF_ONE,
    }


def this_visitor() -> Visitor:
    """Return the visitor of this request; somebody new if they have done nothing yet."""
    return this_shop().visitors.get(session.get("visitor"))


def visitor_id() -> str:
    """Return the id of this visitor, and give them one in their cookie if they had none."""
    known: str = session.setdefault("visitor", this_shop().new_id())
    return known


def shown(cents: int) -> int:
    """Return the price that the product page and the cart show: with wrong-price, the decimal point has slipped."""
    return cents // 10 if Fault.WRONG_PRICE in this_shop().faults else cents


def lines_of(visitor: Visitor) -> list[Line]:
    """Return a visitor's cart with the true prices."""
    return [Line(slug=slug, quantity=count, cents=CATALOGUE[slug].cents) for slug, count in visitor.cart.items()]


@pages.get("/")
def home() -> Page:
    """Show the catalogue; with blank-page, an empty body."""
    if Fault.BLANK_PAGE in this_shop().faults:
        return render_template("blank.html", title=texts().catalogue)
    return render_template("catalogue.html", products=CATALOGUE.values())


@pages.get("/products/<slug>")
def product(slug: str) -> Page:
    """Show one product; 404 if there is none."""
    if slug not in CATALOGUE:
        abort(404)
    article, broken = CATALOGUE[slug], this_shop().faults.active()
    if Fault.BLANK_PAGE in broken:
        return render_template("blank.html", title=article.title(texts().language))
    # js-error: the page no longer carries what its script reads, as when server and script are released apart.
    stock = {} if Fault.JS_ERROR in broken else {"stock": {"label": texts().in_stock}}
    return render_template("product.html", product=article, price=shown(article.cents), data={"slug": slug} | stock)


@pages.get("/cart")
def cart() -> Page:
    """Show what the visitor has chosen."""
    lines = [replace(line, cents=shown(line.cents)) for line in lines_of(this_visitor())]
    return render_template("cart.html", lines=lines, catalogue=CATALOGUE, total=sum(line.total for line in lines))


@pages.post("/cart/items")
def add_to_cart() -> Response:
    """Add `{"slug", "quantity"}` to the cart; answers `{"articles"}`, how many it now holds, or 422."""
    try:
        line = read_line(json_body())
    except UnreadableError as error:
        abort(422, str(error))
    _, after = this_shop().visitors.change(visitor_id(), lambda visitor: visitor.with_added(line.slug, line.quantity))
    return jsonify({"articles": after.articles})


@pages.post("/cart/items/<slug>/remove")
def remove_from_cart(slug: str) -> Page:
    """Take a product out of the cart."""
    this_shop().visitors.change(visitor_id(), lambda visitor: visitor.with_removed(slug))
    return redirect(page_url("cart"), 303)


@pages.get("/signup")
def sign_up() -> Page:
    """Ask for the phone number."""
    return render_template("signup.html")


@pages.post("/signup")
def send_code() -> Page:
    """Send a code to the number in the field `phone`; the form again with 422 if it is not a number."""
    phone = read_phone(request.form.get("phone", ""))
    if phone is None:
        return render_template("signup.html", phone=request.form.get("phone", ""), error=texts().bad_phone), 422
    shop = this_shop()
    code = shop.new_code()
    shop.visitors.change(visitor_id(), lambda visitor: replace(visitor, sign_up=SignUp(phone=phone, code=code)))
    shop.send_sms(phone, texts().sms.format(code=code))
    return redirect(page_url("code"), 303)


@pages.get("/signup/code")
def code() -> Page:
    """Ask for the code that was sent."""
    visitor = this_visitor()
    if visitor.sign_up is None:
        return redirect(page_url("sign_up"))
    return render_template("code.html", sign_up=visitor.sign_up)


@pages.post("/signup/code")
def check_code() -> Page:
    """Confirm the number if the field `code` is right; the form again with 422 if not."""
    sign_up = this_visitor().sign_up
    if sign_up is None:
        return redirect(page_url("sign_up"), 303)
    if "".join(request.form.get("code", "").split()) != sign_up.code:
        return render_template("code.html", sign_up=sign_up, error=texts().wrong_code), 422
    confirmed = replace(sign_up, confirmed=True)
    this_shop().visitors.change(visitor_id(), lambda visitor: replace(visitor, sign_up=confirmed))
    return redirect(page_url("welcome"), 303)


@pages.get("/welcome")
def welcome() -> Page:
    """Greet a visitor whose number is confirmed."""
    visitor = this_visitor()
    if visitor.sign_up is None or not visitor.sign_up.confirmed:
        return redirect(page_url("sign_up"))
    return render_template("welcome.html", sign_up=visitor.sign_up)


@pages.get("/checkout")
def checkout() -> Page:
    """Ask where the order goes."""
    visitor = this_visitor()
    if not visitor.cart:
        return redirect(page_url("cart"))
    return render_template("checkout.html", form=visitor.delivery)


@pages.post("/checkout")
def save_address() -> Page:
    """Keep the address and go on to the payment; the form again with 422 if it is not complete."""
    delivery = read_delivery(request.form)
    if delivery is None:
        return render_template("checkout.html", form=request.form, error=texts().incomplete), 422
    this_shop().visitors.change(visitor_id(), lambda visitor: replace(visitor, delivery=delivery))
    return redirect(page_url("payment"), 303)


@pages.get("/payment")
def payment() -> Page:
    """Show what is to be paid, and the Pay button."""
    visitor = this_visitor()
    if not visitor.cart:
        return redirect(page_url("cart"))
    if visitor.delivery is None:
        return redirect(page_url("checkout"))
    # dead-pay-button: the mark that the script looks for was renamed in the page and not in the script.
    hook = "pay-now" if Fault.DEAD_PAY_BUTTON in this_shop().faults else "pay"
    total = sum(line.total for line in lines_of(visitor))
    return render_template("payment.html", delivery=visitor.delivery, total=total, hook=hook)


@pages.post("/payment")
def pay() -> tuple[Response, int]:
    """Turn the cart into an order: 201 with `{"order", "next"}`, or 409 if there is nothing to pay or no address."""
    shop = this_shop()
    shop.wait_for_bank()
    # The cart is emptied before the order is made, in one move: of two clicks, one finds nothing to pay.
    before, _ = shop.visitors.change(
        visitor_id(), lambda visitor: visitor.with_empty_cart() if visitor.delivery else visitor
    )
    if not before.cart or before.delivery is None:
        abort(409, "there is nothing to pay: the cart is empty or has no address")
    order = shop.orders.create(lines=lines_of(before), email=before.delivery.email, channel="web", now=shop.clock())
    shop.send_mail(order_mail(order, texts()))
    return jsonify({"order": order.id, "next": page_url("confirmation", order_id=order.id)}), 201


@pages.get("/orders/<order_id>")
def confirmation(order_id: str) -> Page:
    """Show the number of an order; 404 if there is none (any more)."""
    order = this_shop().orders.get(order_id)
    if order is None:
        abort(404)
    return render_template("confirmation.html", order=order)
