"""Closing a server whose thread was woken by something else in the same moment."""

from __future__ import annotations

import errno
from collections.abc import Callable

import pytest

from pytest_synthetic.demo.serving import close_sockets


class Trigger:
    """waitress's trigger in the one order of events that is rare: the thread obeys before the bell rings."""

    def __init__(self, error: int) -> None:
        self.error = error
        self.obeyed = False

    def pull_trigger(self, order: Callable[[], None]) -> None:
        order()
        self.obeyed = True
        raise OSError(self.error, "the bell")


class Server:
    def __init__(self, error: int) -> None:
        self.trigger = Trigger(error)


def test_a_bell_that_is_closed_already_has_done_its_work() -> None:
    server = Server(errno.EBADF)
    close_sockets(server, {})

    assert server.trigger.obeyed


def test_any_other_trouble_is_told() -> None:
    with pytest.raises(OSError, match="the bell"):
        close_sockets(Server(errno.EIO), {})
