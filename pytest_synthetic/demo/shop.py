"""The Kettle Shop as a Flask app: one app is one shop, with its own orders, visitors and faults."""

import random
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from email.message import EmailMessage
from http import HTTPStatus

from flask import Flask, Response, has_request_context, jsonify, render_template, request
from jinja2 import StrictUndefined
from werkzeug.exceptions import HTTPException

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.demo.api import back_office, trade
from pytest_synthetic.demo.faults import Fault, FaultSwitch
from pytest_synthetic.demo.orders import OrderBook
from pytest_synthetic.demo.pages import context, pages
from pytest_synthetic.demo.sms import Sms
from pytest_synthetic.demo.state import EXTENSION, Shop

_SYSTEM = SystemClock()

PAYMENT_DELAY = 6.0
"""Seconds that slow-payment adds to a payment."""

CODE_DELAY = 8.0
"""Seconds that late-code adds to the delivery of a code."""

REGION_HEADER = "X-Visitor-Region"
"""Where a visitor comes from, as networks in front of shops tell it."""


def _region() -> str | None:
    return request.headers.get(REGION_HEADER) if has_request_context() else None


def _nothing(_message: object) -> None:
    """What becomes of messages where nobody brings them."""


def create_app(  # noqa: PLR0913 - each is a knob of its own, and all have a default
    *,
    faults: Iterable[Fault] = frozenset(),
    payment_delay: float = PAYMENT_DELAY,
    code_delay: float = CODE_DELAY,
    clock: Callable[[], datetime] = _SYSTEM.now,
    sleep: Callable[[float], object] = time.sleep,
    rng: random.Random | None = None,
    carry: Callable[[Sms], object] = _nothing,
    post: Callable[[EmailMessage], object] = _nothing,
) -> Flask:
    """Build a shop.

    `faults` are on from the start and can be changed at `/__faults`. Delays are in seconds and count only under
    their fault. `clock` returns an aware UTC time; `rng` draws codes and ids (by default the system's generator).
    `carry` and `post` are given each SMS and each mail; /api/outbox shows the SMS all the same.
    """
    chance = rng or random.SystemRandom()
    app = Flask(__name__)
    app.extensions[EXTENSION] = Shop(
        faults=FaultSwitch(faults, region=_region),
        clock=clock,
        sleep=sleep,
        rng=chance,
        payment_delay=payment_delay,
        code_delay=code_delay,
        orders=OrderBook(tag=chance.randbytes(2).hex().upper()),
        carry=carry,
        post=post,
    )
    # Cookies of an earlier shop mean nothing to this one, so the key need not outlive it. The name is our own
    # because cookies do not tell ports apart: another app on 127.0.0.1 must not overwrite it.
    app.config.update(SECRET_KEY=chance.randbytes(32), SESSION_COOKIE_NAME="kettle_shop", SESSION_COOKIE_SAMESITE="Lax")
    app.jinja_env.undefined = StrictUndefined
    app.context_processor(context)
    app.register_blueprint(pages, name="en")
    app.register_blueprint(pages, name="fr", url_prefix="/fr", url_defaults={"language": "fr"})
    app.register_blueprint(trade)
    app.register_blueprint(back_office)
    app.register_error_handler(HTTPException, explain)
    return app


def explain(error: HTTPException) -> tuple[str | Response, int] | HTTPException:
    """Answer an error as JSON `{"error": message}` to programs and scripts, and as a page to people."""
    status = error.code or 500
    if request.path.startswith(("/api/", "/__faults")) or request.method != "GET":
        return jsonify({"error": error.description or error.name}), status
    if status == HTTPStatus.NOT_FOUND:
        return render_template("not_found.html"), status
    return error
