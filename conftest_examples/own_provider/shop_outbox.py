"""SMS that arrive at the shop's own gateway, asked over HTTP."""

import requests

from pytest_synthetic.errors import InboxUnavailable, UsageError
from pytest_synthetic.model.message import Address, Health, Message

TIMEOUT = 5  # seconds that the gateway may take to answer


class ShopOutbox:
    channel = "sms"

    def __init__(self, url, numbers):
        self.url = url
        self.numbers = [Address(value=number) for number in numbers]

    def addresses(self):
        return self.numbers

    def snapshot(self, address):
        return [sms["id"] for sms in self.listed(address)]

    def fetch_new(self, address, cursor):
        new = [sms for sms in self.listed(address) if sms["id"] not in cursor]
        messages = [Message(id=sms["id"], to=sms["to"], sender=sms["from"], text=sms["body"]) for sms in new]
        return messages, [*cursor, *(message.id for message in messages)]

    def probe(self):
        try:
            there = sum(len(self.listed(address)) for address in self.numbers)
        except InboxUnavailable as error:
            return Health(ok=False, told=str(error))
        return Health(ok=True, told=f"{there} messages to {len(self.numbers)} numbers can be read at {self.url}")

    def listed(self, address):
        """All messages to `address`, the first to arrive first."""
        try:
            answer = requests.get(f"{self.url}/api/outbox", params={"to": address.value}, timeout=TIMEOUT)
            if answer.ok:
                return answer.json()
            told = f"status {answer.status_code}"
        except requests.RequestException as error:
            told = type(error).__name__
        raise InboxUnavailable(f"the gateway at {self.url} cannot be asked ({told}): does it run, is the URL right?")


def make(options, *, clock, sleep, folder):
    if set(options) != {"url", "numbers"}:
        raise UsageError(f"shop-outbox takes url and numbers, got {', '.join(options) or 'nothing'}")
    return ShopOutbox(options["url"].rstrip("/"), options["numbers"])
