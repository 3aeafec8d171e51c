"""End a waitress server that runs in a thread, from another thread."""

from __future__ import annotations

import errno
from typing import Any

from waitress import wasyncore


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
