"""Addresses: what is said of those that nothing can be sent to, and what people may see of one."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pytest_synthetic.alerts.sending import check, label
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model.alerting import Route

pytest.importorskip("apprise")


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("slakc://T1/B2/secretsecret123", 'slakc://…: no such service. Did you mean "slack"?'),
        ("slack://secretsecret123", "slack://…: Slack does not take this address. Expected slack://{token_a}/"),
        ("mailto://secretsecret123", "mailto://…: E-Mail does not take this address. Expected mailto://{host}"),
        ("https://[secretsecret123", "https://…: no usable address: expected https://host/path"),
        ("https://secretsecret123:port/", "https://…: no usable address: expected https://host/path"),
    ],
)
def test_an_address_that_nothing_can_be_sent_to(address: str, said: str) -> None:
    with pytest.raises(ConfigError) as raised:
        check(Route(name="oncall", to=("https://ok.example/", address)))
    assert f"alerts.oncall: {said}" in str(raised.value)
    assert "secretsecret123" not in str(raised.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "slack://…"),
        ("MAILTO://user:pw@shop.example", "mailto://…"),
        ("https://user:pw@hooks.shop.example:8443/token?k=v", "https://hooks.shop.example:8443/…"),
        ("https://[bad", "https://…"),
        ("https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", "https://…"),
    ],
)
def test_what_people_may_see(address: str, shown: str) -> None:
    assert label(address) == shown


WITHOUT = """
import sys
sys.modules["apprise"] = None
from pytest_synthetic.alerts.sending import check, label
from pytest_synthetic.errors import ConfigError
from pytest_synthetic.model.alerting import Route
check(Route(name="hook", to=("https://hooks.shop.example/alerts",)))
print(label("https://hooks.shop.example/alerts"), label("https://hooks.slack.com/services/a"))
for address in ("slack://a/b/c", "https://hooks.slack.com/services/a/b/c"):
    try:
        check(Route(name="oncall", to=(address,)))
    except ConfigError as error:
        print(error)
"""


def test_without_apprise_webhooks_work_and_services_say_what_to_install() -> None:
    said = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, check=True).stdout
    missing = "alerts.oncall: alerts to services need apprise. Run: pip install 'pytest-synthetic[alerts]'"
    assert said.splitlines() == ["https://hooks.shop.example/… https://…", missing, missing]


@pytest.mark.parametrize(
    "address", ["https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD", "https://discord.com/api/x"]
)
def test_part_of_a_services_own_address_is_not_taken_for_a_webhook(address: str) -> None:
    with pytest.raises(ConfigError, match=r"alerts\.oncall: https://.*/…: not a whole address of this service"):
        check(Route(name="oncall", to=(address,)))
