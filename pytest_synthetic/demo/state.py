"""What one running shop is made of, and how a view reaches it."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage

from flask import current_app

from pytest_synthetic.demo.faults import Fault, FaultSwitch
from pytest_synthetic.demo.orders import OrderBook
from pytest_synthetic.demo.sms import Gateway, Sms
from pytest_synthetic.demo.visitors import Visitors

EXTENSION = "kettle_shop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """One shop; `payment_delay` and `code_delay` are the seconds that slow-payment and late-code add.

    `carry` is told of every SMS, also of one that is lost, and `post` of every mail.
    """

    faults: FaultSwitch
    clock: Callable[[], datetime]
    sleep: Callable[[float], object]
    rng: random.Random
    payment_delay: float
    code_delay: float
    orders: OrderBook
    carry: Callable[[Sms], object]
    post: Callable[[EmailMessage], object]
    gateway: Gateway = field(default_factory=Gateway)
    visitors: Visitors = field(default_factory=Visitors)
    mails: list[EmailMessage] = field(default_factory=list)

    def new_code(self) -> str:
        """Return six random digits."""
        return f"{self.rng.randrange(1_000_000):06d}"

    def new_id(self) -> str:
        """Return 32 random hexadecimal digits."""
        return self.rng.randbytes(16).hex()

    def send_sms(self, to: str, body: str) -> None:
        """Send `body` to the number `to`: at once, late or never, as the faults have it."""
        now = self.clock()
        delay = self.code_delay if Fault.LATE_CODE in self.faults else 0
        arrives_at = None if Fault.LOST_CODE in self.faults else now + timedelta(seconds=delay)
        sms = Sms(id=self.new_id(), to=to, body=body, sent_at=now, arrives_at=arrives_at)
        self.gateway.send(sms)
        self.carry(sms)

    def send_mail(self, mail: EmailMessage) -> None:
        """Send a mail, and keep it for `/api/mail`."""
        self.mails.append(mail)
        self.post(mail)

    def wait_for_bank(self) -> None:
        """Take as long as a payment takes."""
        if Fault.SLOW_PAYMENT in self.faults:
            self.sleep(self.payment_delay)


def this_shop() -> Shop:
    """Return the shop that serves the current request."""
    shop = current_app.extensions[EXTENSION]
    if not isinstance(shop, Shop):
        msg = f"this Flask app is not a Kettle Shop: {EXTENSION!r} holds {shop!r}"
        raise TypeError(msg)
    return shop
