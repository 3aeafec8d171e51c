"""What surrounds the shop in the demo: the carriers that bring its SMS to our numbers, and where its mail goes."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pytest_synthetic.demo import server, twilio_api
from pytest_synthetic.demo.faults import Fault
from pytest_synthetic.demo.mail import send_by

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from email.message import EmailMessage

    from pytest_synthetic.demo.server import RunningShop
    from pytest_synthetic.demo.sms import Sms
    from pytest_synthetic.demo.twilio_api import RunningTwilio

CARRIERS = ("Alto Mobile", "Bravo Telecom")
"""Invented carriers. Each has a number in each region."""
NUMBERS = {
    ("Alto Mobile", "eu-west"): "+33612345670",
    ("Bravo Telecom", "eu-west"): "+33712345671",
    ("Alto Mobile", "us-east"): "+15005550010",
    ("Bravo Telecom", "us-east"): "+15005550011",
}
POOL = tuple(
    (number + f"{last:02}", "Alto Mobile", region)
    for number, region in (("+336123456", "eu-west"), ("+150055501", "us-east"))
    for last in range(20, 40)
)
"""More numbers, for runs that come quickly one after the other: one whose code did not come is left alone for long."""
ON_THE_WAY = 0.3
"""Seconds that a message takes when all is well."""
FILTERED = 30007
"""Twilio's code for a message that the carrier filtered."""

SETTINGS = """
[inboxes.sms]
provider = "twilio"
base_url = "{base_url}"
account_sid = "{account_sid}"
auth_token = "{auth_token}"
numbers = [
{numbers}
]
"""
LISTENING = """
[inboxes.email]
provider = "smtp"
listen = "127.0.0.1:{mail_port}"
address = "buyer@kettles.example"
"""
ASKING = """
[inboxes.email]
provider = "http"
channel = "email"
list = "{shop}/api/mail?to={{address}}"
fields = {{ id = "id", to = "to", sender = "from", subject = "subject", text = "text" }}
order = "oldest-first"
mint = "buyer+{{nonce}}@kettles.example"
poll = "200ms"
"""
_FEW = tuple((number, carrier, region) for (carrier, region), number in NUMBERS.items())
_FOR_LONG = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """A shop, a fake Twilio that brings its SMS, and the port at which pytest takes its mail."""

    shop: RunningShop
    twilio: RunningTwilio
    mail_port: int

    @property
    def settings(self) -> str:
        """The tables [inboxes.sms] and [inboxes.email] for synthetic.toml: the one pytest that runs takes the mail."""
        return self._sms(_FEW) + LISTENING.format(mail_port=self.mail_port)

    @property
    def settings_of_many(self) -> str:
        """The same where several pytests run at once: the mail is read at the shop."""
        return self._sms((*_FEW, *POOL)) + ASKING.format(shop=self.shop.base_url)

    def switch(self, faults: Iterable[Fault], *, regions: Iterable[str] = ()) -> None:
        """Turn on exactly `faults`, for visitors from `regions` alone when given. A provider is down for all."""
        wanted = frozenset(faults)
        self.shop.faults.replace(wanted, regions=regions)
        self.twilio.faults.break_down = _FOR_LONG if Fault.PROVIDER_DOWN in wanted else 0

    def _sms(self, known: Iterable[tuple[str, str, str]]) -> str:
        numbers = "\n".join(
            f'  {{ number = "{number}", carrier = "{carrier}", region = "{region}" }},'
            for number, carrier, region in known
        )
        return SETTINGS.format(
            base_url=self.twilio.base_url,
            account_sid=self.twilio.account_sid,
            auth_token=self.twilio.auth_token,
            numbers=numbers,
        )


@contextmanager
def surrounded(fault: Fault | None = None) -> Iterator[Surroundings]:
    """Open a shop with `fault` and all that surrounds it; with provider-down, the fake Twilio is closed again."""
    mail_port = _free_port()
    with twilio_api.serve(numbers=tuple(number for number, _, _ in (*_FEW, *POOL))) as twilio:

        def carry(sms: Sms) -> None:
            _carry(sms, twilio)

        def post(mail: EmailMessage) -> None:
            send_by(mail_port, mail)

        with server.serve(faults={fault} if fault else (), carry=carry, post=post) as shop:
            if fault is Fault.PROVIDER_DOWN:
                twilio.close()
            yield Surroundings(shop=shop, twilio=twilio, mail_port=mail_port)


def _carry(sms: Sms, twilio: RunningTwilio) -> None:
    """Bring a message when it is due, or lose it; an advertisement comes to every telephone."""
    twilio.deliver(sms.to, "Tea week: 20 % off all teapots. STOP to 36063", sender="36063", after=ON_THE_WAY)
    if sms.arrives_at is None:
        twilio.send(sms.to, sms.body, sms.sender, error_code=FILTERED)
    else:
        twilio.send(sms.to, sms.body, sms.sender, delay=ON_THE_WAY + (sms.arrives_at - sms.sent_at).total_seconds())


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])
