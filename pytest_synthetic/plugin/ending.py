"""A session that is ended by SIGTERM, as CI ends one that takes too long, ends as by Ctrl-C: in order."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import FrameType


class Ending:
    """Without it, SIGTERM kills Python: no record, no sweep, and what the journeys created stays."""

    def __init__(self, config: pytest.Config) -> None:
        """Take the signal, unless somebody has: a handler of the user's own stays."""
        self._told = self._ending = False
        if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, self._asked)
            config.add_cleanup(self._leave)

    def _asked(self, number: int, _: FrameType | None) -> None:
        """The first time, end in order: CI sends it after SIGINT as well. The second time, be gone."""
        if self._told:
            self._leave()
            os.kill(os.getpid(), number)
        self._told = True
        if not self._ending:
            raise KeyboardInterrupt("SIGTERM")

    def _leave(self) -> None:
        if signal.getsignal(signal.SIGTERM) == self._asked:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self) -> None:
        """The session ends already."""
        self._ending = True

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self) -> Generator[None, object, object]:
        """Likewise, before anybody else hears of it."""
        self._ending = True
        return (yield)
