"""Twilio's webhook out of the settings: what is pushed ends a wait at once, in the process that listens."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.demo.twilio_account import ACCOUNT_SID, NUMBERS
from pytest_synthetic.errors import UsageError
from pytest_synthetic.inboxes import twilio_settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.conftest import RunPytest

pytestmark = pytest.mark.slow

PUBLIC = "https://shop.example/sms"

CONFTEST = """
import os
import pytest
from pytest_synthetic.demo import twilio_api

TWILIO = pytest.StashKey()

def pytest_configure(config):
    if not hasattr(config, "workerinput"):
        config.stash[TWILIO] = twilio_api.serve()
        config.add_cleanup(config.stash[TWILIO].close)
        os.environ["TWILIO"] = config.stash[TWILIO].base_url

@pytest.fixture
def twilio(pytestconfig):
    return pytestconfig.stash[TWILIO]
"""

PUSHED = """
import pytest

@pytest.mark.journey("Pushed")
def test_pushed(sms_inbox, twilio):
    with sms_inbox.expect(within="4s", give_up="4s") as message:
        sid = twilio.deliver(sms_inbox.address, "493021 is your code", after=60)  # not to be listed for a minute
        assert twilio.push(sid, "http://127.0.0.1:{port}/", public_url="https://shop.example/sms") == 200
    assert message.code == "493021"
"""

LISTED = """
import os
from urllib.error import HTTPError
from urllib.request import urlopen
import pytest, requests

@pytest.mark.parametrize("n", range(2))
@pytest.mark.journey("Listed")
def test_listed(sms_inbox, n):
    with pytest.raises(HTTPError, match="405"):  # the controlling process listens
        urlopen("http://127.0.0.1:{port}/", timeout=5)
    with sms_inbox.expect(within="20s", give_up="20s") as message:
        requests.post(
            f"{{os.environ['TWILIO']}}/2010-04-01/Accounts/{account}/Messages.json",
            data={{"To": sms_inbox.address, "From": "+15005550006", "Body": "493022 is your code"}},
            auth=("{account}", os.environ["TWILIO_AUTH_TOKEN"]), timeout=10,
        ).raise_for_status()
    assert message.code == "493022"
"""


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port


@pytest.fixture
def project(tmp_path: Path, port: int, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "conftest.py").write_text(CONFTEST, encoding="utf-8")
    (tmp_path / "synthetic.toml").write_text(
        f'[inboxes.sms]\nprovider = "twilio"\nbase_url = "${{TWILIO}}"\nnumbers = {list(NUMBERS)}\n'
        f'webhook = "{PUBLIC}"\nlisten = "127.0.0.1:{port}"\n',
        encoding="utf-8",
    )
    monkeypatch.setenv("TWILIO_ACCOUNT_SID", ACCOUNT_SID)
    monkeypatch.setenv("TWILIO_AUTH_TOKEN", "not-a-secret-" + "7" * 19)
    return tmp_path


def test_what_is_pushed_ends_the_wait_at_once(run_pytest: RunPytest, project: Path, port: int) -> None:
    (project / "test_shop.py").write_text(PUSHED.format(port=port), encoding="utf-8")
    session = run_pytest(project, "-p", "no:playwright")

    (run,) = session.runs
    assert run.verdict.value == "passed", session.out


def test_workers_poll_while_their_controller_listens(run_pytest: RunPytest, project: Path, port: int) -> None:
    (project / "test_shop.py").write_text(LISTED.format(port=port, account=ACCOUNT_SID), encoding="utf-8")
    session = run_pytest(project, "-p", "no:playwright", "-n2")

    assert [run.verdict.value for run in session.runs] == ["passed", "passed"], session.out


def test_without_the_auth_token_nobody_could_check_a_signature(
    run_pytest: RunPytest, project: Path, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "test_shop.py").write_text(PUSHED.format(port=port), encoding="utf-8")
    monkeypatch.delenv("TWILIO_AUTH_TOKEN")
    monkeypatch.setenv("TWILIO_API_KEY", "SK1")
    monkeypatch.setenv("TWILIO_API_SECRET", "very-secret")
    session = run_pytest(project, "-p", "no:playwright")

    assert session.code == pytest.ExitCode.USAGE_ERROR
    assert (
        "ERROR: [inboxes.sms]: Twilio signs webhooks with the auth token: set TWILIO_AUTH_TOKEN beside the API key to "
        "check them\n"
    ) in session.out
    assert "very-secret" not in session.out
    assert session.runs == ()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"webhook": PUBLIC}, "got webhook alone"),
        ({"listen": "127.0.0.1:8025"}, "got listen alone"),
        ({"webhook": "shop.example", "listen": "127.0.0.1:8025"}, "webhook of the Twilio inbox: expected an address"),
        ({"webhook": 5, "listen": "127.0.0.1:8025"}, "webhook of the Twilio inbox: expected an address"),
        ({"webhook": PUBLIC, "listen": 8025}, "listen = 8025 cannot be: expected a host and a port"),
        ({"webhook": PUBLIC, "listen": "0.0.0.0:8025"}, "the Twilio webhook listens on 127.0.0.1 alone"),
    ],
)
def test_a_webhook_that_cannot_work(tmp_path: Path, options: dict[str, object], told: str) -> None:
    account = {"account_sid": ACCOUNT_SID, "auth_token": "a", "numbers": list(NUMBERS)}
    with pytest.raises(UsageError) as refused:
        twilio_settings.make({**account, **options}, clock=SystemClock(), sleep=lambda _: None, folder=tmp_path)
    assert told in str(refused.value)
