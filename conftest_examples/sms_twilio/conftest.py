"""Starts the demo shop and a fake Twilio that brings its SMS, unless the environment names a Twilio account."""

import os

import pytest

from pytest_synthetic.demo import server, twilio_api

NUMBER = "+33612345670"


def pytest_configure(config: pytest.Config) -> None:
    """Runs before pytest-synthetic reads synthetic.toml; workers of xdist find the variables set already."""
    if "TWILIO_ACCOUNT_SID" in os.environ:
        os.environ.setdefault("TWILIO_API", "https://api.twilio.com")
        return
    twilio = twilio_api.serve(numbers=[NUMBER])
    config.add_cleanup(twilio.close)
    shop = server.serve(carry=lambda sms: twilio.send(sms.to, sms.body, sms.sender))
    config.add_cleanup(shop.close)
    _announce(config, "SHOP", shop.base_url)
    _announce(config, "TWILIO_API", twilio.base_url)
    _announce(config, "TWILIO_ACCOUNT_SID", twilio.account_sid)
    _announce(config, "TWILIO_AUTH_TOKEN", twilio.auth_token)
    _announce(config, "TWILIO_NUMBER", NUMBER)


def _announce(config: pytest.Config, name: str, value: str) -> None:
    os.environ[name] = value
    config.add_cleanup(lambda: os.environ.pop(name, None))
