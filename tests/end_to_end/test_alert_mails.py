"""Letters on their way to mail servers; and that pytest and the command neither load apprise nor show an address."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from email import message_from_bytes
from email.policy import default
from typing import TYPE_CHECKING, Any

import pytest

from pytest_synthetic.model.alerting import Turn
from tests.end_to_end.alert_senders import HOSTILE, SECRET, SLACK, refused, send

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from aiosmtpd.smtp import SMTP, Envelope, Session

pytestmark = pytest.mark.slow
pytest.importorskip("apprise")


class Mailbox:
    def __init__(self, answer: str = "250 OK") -> None:
        self.answer = answer
        self.mails: list[Any] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        self.mails.append(message_from_bytes(envelope.content or b"", policy=default))  # type: ignore[arg-type]
        return self.answer


@contextlib.contextmanager
def mail_server(mailbox: Mailbox, **how: Any) -> Iterator[str]:
    from aiosmtpd.controller import Controller

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, **how)
    controller.start()
    try:
        yield f"mailto://127.0.0.1:{port}?from=synthetic@shop.example&to=oncall@shop.example&mode=insecure"
    finally:
        controller.stop()


def test_the_mails_of_an_incident_are_one_thread() -> None:
    mailbox = Mailbox()
    with mail_server(mailbox) as address:
        send(address, title="Checkout fails\r\nBcc: all@shop.example", body=f"**Checkout**\n{HOSTILE}")
        send(address, title="Checkout works again", turn=Turn.RESOLVED)

    opened, resolved = mailbox.mails
    assert opened["Subject"] == resolved["Subject"] == "Incident a1b2c3: Checkout"
    assert opened["References"] == resolved["References"] == "<incident-a1b2c3@pytest-synthetic>"
    assert opened["Message-ID"] != resolved["Message-ID"]
    assert opened["Bcc"] is None
    assert opened.get_content_type() == "text/plain"
    assert "<script>x</script>" in opened.get_content()
    assert resolved.get_content().startswith("Checkout works again")


@pytest.mark.parametrize(("answer", "final"), [("451 try later", False), ("554 refused by oncall", True)])
def test_a_mail_server_that_refuses(answer: str, final: bool) -> None:
    with mail_server(Mailbox(answer)) as address:
        error = refused(address)
    assert answer[:3] in error.reason
    assert error.final is final


def test_a_mail_server_that_refuses_the_login() -> None:
    from aiosmtpd.smtp import AuthResult

    def refuse(*_: object) -> AuthResult:
        return AuthResult(success=False, handled=False)

    with mail_server(Mailbox(), authenticator=refuse, auth_require_tls=False) as address:
        error = refused(address.replace("://", "://alerts:passw0rdpassw0rd@"))
    assert error.reason.startswith("the mail server answered 535: ")
    assert error.final


# -- pytest and the command --------------------------------------------------------------------------------------------

SETTINGS = f"""
[alerts.oncall]
to = "{SLACK}"
"""
LOADED = """
import sys
def pytest_unconfigure():
    print("loaded:", "apprise" in sys.modules)
"""


def test_pytest_does_not_load_apprise(tmp_path: Path) -> None:
    (tmp_path / "synthetic.toml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "conftest.py").write_text(LOADED, encoding="utf-8")
    (tmp_path / "test_shop.py").write_text(
        "import pytest\n@pytest.mark.journey('Checkout')\ndef test_checkout(): pass\n", encoding="utf-8"
    )
    for collecting in (["--collect-only"], []):
        ran = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *collecting],
            cwd=tmp_path, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "loaded: False" in ran.stdout


@pytest.mark.parametrize("wrong", ["quiet = 1", "to_ = 2", f'secret = "{SECRET}"', f'x = "{SLACK}" {SECRET}'])
def test_the_command_shows_no_address_when_the_settings_are_wrong(tmp_path: Path, wrong: str) -> None:
    (tmp_path / "synthetic.toml").write_text(f"{SETTINGS}{wrong}\n", encoding="utf-8")
    ran = subprocess.run(
        [sys.executable, "-c", "from pytest_synthetic.cli import main; main()", "list"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode != 0
    assert "synthetic.toml:4" in ran.stderr
    assert not any(secret in ran.stdout + ran.stderr for secret in ("T1JJ3T3L2", "TIiajkdnl", SECRET))
