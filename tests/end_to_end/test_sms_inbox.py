"""The whole way: a journey, the fixture, the real twilio client, a Twilio that is late, silent or refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.demo.twilio_account import ACCOUNT_SID, AUTH_TOKEN, NUMBERS
from pytest_synthetic.demo.twilio_api import RunningTwilio, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import RunPytest

pytestmark = pytest.mark.slow

JOURNEY = """
import os
import pytest

def send(to, body):
    "What a product does: it has the message sent."
    import requests
    requests.post(os.environ["SENDS_AT"], data={"To": to, "From": "+15005550006", "Body": body},
                  auth=(os.environ["TWILIO_ACCOUNT_SID"], os.environ["SHOP_TOKEN"]), timeout=10).raise_for_status()

@pytest.mark.journey("Sign up")
def test_sign_up(journey, sms_inbox):
    with journey.step("receive the code"):
        with sms_inbox.expect(matching="Kettle", within="20s", give_up="20s") as message:
            send(sms_inbox.address, "Your Kettle Shop code is 493021.")
    assert message.code == "493021"

@pytest.mark.journey("Lost")
def test_lost(journey, sms_inbox):
    with sms_inbox.expect(within="0.5s", give_up="2s"):
        pass
"""


@pytest.fixture
def twilio() -> Iterator[RunningTwilio]:
    with serve() as running:
        yield running


def settings(twilio: RunningTwilio) -> str:
    numbers = ", ".join(f'{{ number = "{number}", carrier = "Alto" }}' for number in NUMBERS)
    return f'[inboxes.sms]\nprovider = "twilio"\nbase_url = "{twilio.base_url}"\nnumbers = [{numbers}]\n'


@pytest.mark.parametrize(
    ("token", "verdicts"),
    [(AUTH_TOKEN, {"Sign up": "passed", "Lost": "failed"}), ("wrong", {"Sign up": "broken", "Lost": "broken"})],
)
def test_a_code_comes_by_twilio(
    twilio: RunningTwilio, run_pytest: RunPytest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, token: str,
    verdicts: dict[str, str],
) -> None:  # fmt: skip
    (tmp_path / "test_shop.py").write_text(JOURNEY, encoding="utf-8")
    (tmp_path / "synthetic.toml").write_text(settings(twilio), encoding="utf-8")
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", token)
    monkeypatch.setenv("SHOP_TOKEN", AUTH_TOKEN)
    monkeypatch.setenv("SENDS_AT", f"{twilio.base_url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json")
    session = run_pytest(tmp_path, "-p", "no:playwright")

    assert {run.name: run.verdict.value for run in session.runs} == verdicts, session.out
    if token == AUTH_TOKEN:
        (taken,) = session.named("Sign up").measurements
        assert (taken.name, taken.labels["carrier"], taken.step) == ("sms.delivery", "Alto", "receive the code")
    else:
        assert {str(run.fault) for run in session.runs} == {"inbox"}
        assert AUTH_TOKEN not in session.out
