"""The JSON side: products, orders, the SMS outbox, the health check and the switch of the faults."""

from typing import Any

from flask import Blueprint, Response, abort, jsonify, request

from pytest_synthetic.demo.catalogue import CATALOGUE
from pytest_synthetic.demo.faults import Fault, UnknownFaultError, parse_faults
from pytest_synthetic.demo.mail import to_json as mail_to_json
from pytest_synthetic.demo.readers import UnreadableError, no_such_product, read_order
from pytest_synthetic.demo.sms import read_phone
from pytest_synthetic.demo.state import this_shop

trade = Blueprint("trade", __name__, url_prefix="/api")
"""Products and orders: what api-500 breaks."""

back_office = Blueprint("back_office", __name__)
"""What must stay right whatever the fault: outbox, health, and the faults themselves."""


@trade.before_request
def fail_if_broken() -> None:
    """Answer 500 to everything while api-500 is on."""
    if Fault.API_500 in this_shop().faults:
        abort(500, "internal error: the order database does not answer")


@trade.get("/products")
def products() -> Response:
    """List the products, in the order of the catalogue page."""
    return jsonify([product.to_json() for product in CATALOGUE.values()])


@trade.get("/products/<slug>")
def product(slug: str) -> Response:
    """Describe one product; 404 if there is none."""
    if slug not in CATALOGUE:
        abort(404, no_such_product(slug))
    return jsonify(CATALOGUE[slug].to_json())


@trade.post("/orders")
def create_order() -> tuple[Response, int]:
    """Create an order from `{"items": [{"slug", "quantity"}], "email"}`; 201, or 422 with what is wrong."""
    try:
        lines, email = read_order(json_body())
    except UnreadableError as error:
        abort(422, str(error))
    shop = this_shop()
    order = shop.orders.create(lines=lines, email=email, channel="api", now=shop.clock())
    return jsonify(order.to_json()), 201


@trade.get("/orders/<order_id>")
def order(order_id: str) -> Response:
    """Describe one order, wherever it was made; 404 if there is none."""
    found = this_shop().orders.get(order_id)
    if found is None:
        abort(404, f"there is no order {order_id!r}")
    return jsonify(found.to_json())


@trade.delete("/orders/<order_id>")
def delete_order(order_id: str) -> tuple[str, int]:
    """Remove one order: 204, or 404 if there was none."""
    if not this_shop().orders.delete(order_id):
        abort(404, f"there is no order {order_id!r}")
    return "", 204


@back_office.get("/healthz")
def health() -> Response:
    """Say that the server is up, as it is under every fault: that is the point of the demo."""
    return jsonify({"status": "ok"})


@back_office.get("/api/outbox")
def outbox() -> Response:
    """List the messages that have arrived at `?to=`, the first to arrive first; 422 if that is not a number."""
    # In a query string a bare + is a space, and everybody forgets to write %2B.
    wanted = request.args.get("to", "").replace(" ", "+", 1)
    phone = read_phone(wanted)
    if phone is None:
        abort(422, f"to: expected a number like +33612345678, got {wanted!r}")
    shop = this_shop()
    return jsonify([sms.to_json() for sms in shop.gateway.delivered(phone, shop.clock())])


@back_office.get("/api/mail")
def mail() -> Response:
    """List the mails that went to `?to=`, the oldest first."""
    wanted = request.args.get("to", "")
    sent = [(number, each) for number, each in enumerate(this_shop().mails) if each["To"] == wanted]
    return jsonify([mail_to_json(number, each) for number, each in sent])


@back_office.get("/__faults")
def faults() -> Response:
    """List the names of the faults that are on, sorted."""
    return jsonify(sorted(this_shop().faults.active()))


@back_office.put("/__faults")
def put_faults() -> Response:
    """Turn on exactly the faults named in a JSON list; 422 with the nearest name for one that does not exist."""
    names = json_body()
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        abort(422, 'expected a JSON list of names of faults, like ["slow-payment"]')
    try:
        this_shop().faults.replace(parse_faults(names))
    except UnknownFaultError as error:
        abort(422, str(error))
    return faults()


@back_office.delete("/__faults")
def delete_faults() -> tuple[str, int]:
    """Turn every fault off: 204."""
    this_shop().faults.replace(())
    return "", 204


def json_body() -> Any:
    """Return the body as JSON whatever its content type; None if it is not JSON."""
    return request.get_json(force=True, silent=True)
