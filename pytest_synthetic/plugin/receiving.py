"""Inboxes that messages are pushed to listen while tests run, in the process that outlives the tests."""

from __future__ import annotations

import errno
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from pytest_synthetic.core.ports import Receiving
from pytest_synthetic.errors import ConfigError, SyntheticError
from pytest_synthetic.plugin import inbox_fixtures
from pytest_synthetic.plugin.markers import SPEC

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pytest_synthetic.config.settings import InboxSettings
    from pytest_synthetic.plugin.session import Session


class Receivers:
    """Opens the inboxes that listen; not in xdist's workers, whose controller receives for them."""

    def __init__(self, session: Session, inboxes: Sequence[InboxSettings]) -> None:
        """`inboxes` are those that say where they listen; they do not yet."""
        self._session = session
        self._inboxes = inboxes

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Listen until pytest ends, also by Ctrl-C. A controller collects no tests: it listens in any case."""
        config = session.config
        controls = config.getoption("dist", "no") != "no"
        if config.option.collectonly or not (controls or any(SPEC in item.stash for item in session.items)):
            return
        with ExitStack() as stack:
            for inbox in self._inboxes:
                self._listen(inbox, stack)
            config.add_cleanup(stack.pop_all().close)

    def _listen(self, inbox: InboxSettings, stack: ExitStack) -> None:
        where = f"[inboxes.{inbox.name}]"
        try:
            provider = inbox_fixtures.provider_of(inbox, self._session)
            if not isinstance(provider, Receiving):
                raise ConfigError(f"{where}: the provider {inbox.provider!r} does not listen; remove `listen`")
            stack.enter_context(provider.receive())
        except SyntheticError as error:
            told = str(error)
            raise pytest.UsageError(told if told.startswith(where) else f"{where}: {told}") from None
        except OSError as error:
            raise pytest.UsageError(f"{where}: cannot listen on {inbox.options['listen']}: {_why(error)}") from None


def _why(error: OSError) -> str:
    told = (error.strerror or str(error)) + (f": {error.filename}" if error.filename else "")
    return f"{told}. Does another pytest run with the same inbox?" if error.errno in {errno.EADDRINUSE, None} else told
