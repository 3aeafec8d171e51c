"""The `listen` of an inbox that messages are pushed to: where this machine listens for them."""

from __future__ import annotations

import re

from pytest_synthetic.errors import UsageError


def listen_address(value: object, *, example: str) -> tuple[str, int]:
    """Host and port of `value`, written "127.0.0.1:2525" or "[::1]:2525". Raises UsageError that shows `example`.

    The host is always written: who may reach it is nothing to be decided by a default. Port 0 is none, as what sends
    must know the port.
    """
    found = (
        re.fullmatch(r"(?:\[([0-9A-Fa-f:.]+)\]|([^\s:/\[\]]+)):([0-9]{1,5})", value) if isinstance(value, str) else None
    )
    if found is None or not 0 < int(found[3]) < 65_536:
        raise UsageError(f'listen = {value!r} cannot be: expected a host and a port from 1 to 65535, as in "{example}"')
    return found[1] or found[2], int(found[3])
