"""Serve an application to this machine, from a thread of its own, until it is closed."""

from __future__ import annotations

import errno
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

from waitress import wasyncore

# The types of waitress are a package of their own, and one that nobody else here needs.
from waitress.server import create_server

if TYPE_CHECKING:
    from types import TracebackType
    from wsgiref.types import WSGIApplication

# The shop's outbox shows one-time codes to whoever asks and anybody may switch faults: this address is not an option.
LOOPBACK = "127.0.0.1"


class Served:
    """Serves at `base_url` (no slash at the end) until `close()`; also a context manager."""

    base_url: str

    def __init__(self) -> None:
        """Nothing is bound before `serve_app`. Whoever sleeps in the application does it on `closing`."""
        self.closing = threading.Event()
        self._sockets: dict[int, object] = {}

    def serve_app(self, app: WSGIApplication, *, port: int, name: str, threads: int, **options: Any) -> None:
        """Bind, and serve from the thread `name`; port 0 takes a free one. Raises OSError if it cannot be had.

        `threads` requests are answered at once. `options` are those of waitress.
        """
        # Bound here and not by waitress, which starts its threads first: a port that is taken leaves nothing behind.
        listening = socket.create_server((LOOPBACK, port))
        self._server = create_server(
            app, map=self._sockets, sockets=[listening], threads=threads, ident=None, **options
        )
        self.base_url = f"http://{LOOPBACK}:{self._server.effective_port}"
        self._thread = threading.Thread(target=self._server.run, name=name, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop serving and free the port; returns when both are done. A second call does nothing."""
        if self.closing.is_set():
            return
        self.closing.set()
        self._server.task_dispatcher.shutdown()  # first: a thread that has just answered still rings the server's bell
        close_sockets(self._server, self._sockets)
        self._thread.join()

    def __enter__(self) -> Self:
        """Return what is served."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def close_sockets(server: Any, sockets: dict[int, object]) -> None:
    """Have the server's own thread close `sockets`, its map; that thread then ends.

    Closed from here, it would poll dead descriptors.
    """
    try:
        server.trigger.pull_trigger(lambda: wasyncore.close_all(sockets))
    except OSError as error:
        # The order is noted before the bell is rung. A thread woken by something else has then carried it out
        # already, and closed the bell with all the rest.
        if error.errno != errno.EBADF:
            raise
