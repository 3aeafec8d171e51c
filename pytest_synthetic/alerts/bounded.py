"""One time-out for all that sending a letter takes, whatever the receiver does."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from pytest_synthetic.alerts.sending import NotSent

if TYPE_CHECKING:
    from collections.abc import Callable


def within(seconds: float, work: Callable[[], object]) -> None:
    """Do `work`, and raise what it raises. Raises NotSent when it takes longer.

    It is done in a thread of its own, for a time-out of sockets bounds each read and not their sum. The thread of one
    that takes longer is left behind: what it sends may still arrive.
    """
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001  it is raised again where somebody waits
            raised.append(error)

    thread = threading.Thread(target=run, name="sends an alert", daemon=True)
    thread.start()
    thread.join(seconds)
    if thread.is_alive():
        raise NotSent(f"no answer within {seconds:g} s")
    if raised:
        raise raised[0]
