"""Tells a dead man's switch every minute that all is well: what stops telling is noticed, whatever stopped it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

from pytest_synthetic.core.plaintext import one_line

if TYPE_CHECKING:
    from pytest_synthetic.config.settings import WatchSettings
    from pytest_synthetic.core.ports import Clock
    from pytest_synthetic.scheduler.pulse import Pulse

EVERY = 60.0
TIMEOUT = 10.0
TROUBLE = "heartbeat"
_BEGINNING = 1.0


class Heartbeat:
    """Asks the address from a thread of its own, so that nothing waits for it. A context manager.

    While something is wrong nothing is sent: the switch calls for help after its own patience. Where `heartbeat_fail`
    is set, that is asked then. What does not get through is a trouble of the pulse.
    """

    def __init__(
        self, settings: WatchSettings, pulse: Pulse, clock: Clock, *, every: float = EVERY, timeout: float = TIMEOUT
    ) -> None:
        """Nothing is sent yet. Without `heartbeat` in the settings nothing ever is."""
        self._settings = settings
        self._pulse = pulse
        self._clock = clock
        self._every = every
        self._timeout = timeout
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._work, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        """Begin."""
        if self._settings.heartbeat:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End, without waiting for a request under way."""
        self._stopped.set()

    def beat(self) -> bool:
        """Tell once; whether there was something to tell. Before the first turn of the loop, there is not."""
        try:
            report = self._pulse.report(self._clock.now())
            if report.last_turn is None:
                return False
            address = self._settings.heartbeat if report.healthy else self._settings.heartbeat_fail
            if address:
                self._pulse.trouble(TROUBLE, self._sent(address))
        except Exception as error:  # noqa: BLE001  nobody is above this thread, and it must go on
            self._pulse.trouble(TROUBLE, f"it cannot be sent: {type(error).__name__}")
        return True

    def _work(self) -> None:
        wait = 0.0
        while not self._stopped.wait(wait):
            wait = self._every if self.beat() else min(self._every, _BEGINNING)

    def _sent(self, address: str) -> str | None:
        """Why it did not get through. The address is not in it: whoever knows it can send in our place."""
        import requests

        from pytest_synthetic.asking import Asking

        with Asking(self._timeout) as session:
            try:
                with session.request("GET", address, stream=True) as response:
                    return None if response.status_code < 300 else session.why
            except requests.RequestException:
                return one_line(session.why)
