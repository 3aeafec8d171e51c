"""The IMAP inbox, over a real Dovecot, keeps the contract of inbox providers."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.inboxes.imap import ImapInbox
from pytest_synthetic.inboxes.imap_settings import make
from pytest_synthetic.testing import InboxContract
from tests.end_to_end import dovecot

pytestmark = [pytest.mark.slow, dovecot.needs_dovecot]


class OfAnImapInbox(InboxContract):
    @pytest.fixture
    def server(self) -> Iterator[dovecot.Dovecot]:
        with dovecot.serve() as running:
            yield running

    @pytest.fixture
    def deliver(self, server: dovecot.Dovecot) -> Callable[[str, str], None]:
        return lambda to, text: server.deliver(to, text)

    @pytest.fixture
    def outage(self, server: dovecot.Dovecot) -> Callable[[], None]:
        return server.stop


class TestMintedByPlusAddressing(OfAnImapInbox):
    @pytest.fixture
    def provider(self, server: dovecot.Dovecot, tmp_path: Path) -> Iterator[ImapInbox]:
        inbox = make(dovecot.options(server), clock=SystemClock(), sleep=time.sleep, folder=tmp_path)
        yield inbox
        inbox.close()


class TestFixedPool(OfAnImapInbox):
    @pytest.fixture
    def provider(self, server: dovecot.Dovecot, tmp_path: Path) -> Iterator[ImapInbox]:
        pool = [{"address": "box+fr@shop.example", "country": "FR"}, "BOX+us@shop.example"]
        inbox = make(dovecot.options(server, addresses=pool), clock=SystemClock(), sleep=time.sleep, folder=tmp_path)
        yield inbox
        inbox.close()
