"""Addresses of alerts, letters sent to them, and what is said of those that did not get through."""

from __future__ import annotations

from typing import Any

import pytest

from pytest_synthetic.alerts.sending import NotSent, sender_of
from pytest_synthetic.model.alerting import Route
from tests.alerting import a_letter

SECRET = "5b0f3cf2a87e4d0f9f0ce0b71f0a2f66"
HOSTILE = "<!channel> @everyone <script>x</script> *b* [c](http://evil.example) `q` <@U123> \\n"
SLACK = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
DISCORD = "discord://123456789012345678/abc9efabcdef"
TELEGRAM = "tgram://123456789:ABCdefGHIjklMNOpqrSTUvwxYZ123456789/12315544"
PAGERDUTY = "pagerduty://integkey123@apikey123456"
OPSGENIE = "opsgenie://a1b2c3d4-aaaa-bbbb-cccc-123456789012"


def send(address: str, *, secret: str | None = None, timeout: float = 5.0, **changed: Any) -> None:
    sender_of(address, Route(name="oncall", to=(address,), secret=secret), timeout=timeout).send(a_letter(**changed))


def refused(address: str, **changed: Any) -> NotSent:
    """What is said of a letter that did not get through; never a part of the address."""
    with pytest.raises(NotSent) as raised:
        send(address, **changed)
    for piece in address.partition("://")[2].replace(":", "/").replace("@", "/").split("/"):
        assert len(piece) < 8 or piece not in raised.value.reason
    return raised.value
