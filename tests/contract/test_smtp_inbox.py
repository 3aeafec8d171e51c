"""The SMTP inbox keeps the contract of all providers: mail goes in by smtplib, and comes out in this process."""

from __future__ import annotations

import smtplib
import socket
import time
from contextlib import ExitStack
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.inboxes import smtp
from pytest_synthetic.testing import InboxContract

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class TestSmtpInbox(InboxContract):
    @pytest.fixture
    def port(self) -> int:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port: int = free.getsockname()[1]
            return port

    @pytest.fixture
    def inbox(self, port: int, tmp_path: Path) -> smtp.SmtpInbox:
        return self.made(port, tmp_path)

    @staticmethod
    def made(port: int, folder: Path) -> smtp.SmtpInbox:
        options = {"listen": f"127.0.0.1:{port}", "address": "buyer@shop.example"}
        return smtp.make(options, clock=SystemClock(), sleep=time.sleep, folder=folder)

    @pytest.fixture
    def receiving(self, inbox: smtp.SmtpInbox) -> Iterator[ExitStack]:
        with ExitStack() as stack:
            stack.enter_context(inbox.receive())
            yield stack

    @pytest.fixture
    def provider(self, inbox: smtp.SmtpInbox, receiving: ExitStack) -> smtp.SmtpInbox:
        return inbox

    @pytest.fixture
    def deliver(self, port: int) -> Callable[[str, str], None]:
        def send(to: str, text: str) -> None:
            mail = EmailMessage()
            mail["From"], mail["To"], mail["Subject"] = "shop@shop.example", to, "Hello"
            mail.set_content(text)
            with smtplib.SMTP("127.0.0.1", port, timeout=5) as server:
                server.send_message(mail)

        return send

    @pytest.fixture
    def outage(self, receiving: ExitStack) -> Callable[[], None]:
        return receiving.close


class TestSmtpInboxOfAnotherProcess(TestSmtpInbox):
    """What a worker of xdist sees: it reads what another instance receives."""

    @pytest.fixture
    def provider(self, port: int, tmp_path: Path, receiving: ExitStack) -> smtp.SmtpInbox:
        return self.made(port, tmp_path)
