"""Where the alerts of the demo arrive: a small server on this machine that takes signed webhooks, as yours would.

It shows what a receiver has to do: believe nothing that is not signed, or was signed long ago, and take a letter once
however often it comes.
"""

from __future__ import annotations

import hmac
import json
import re
import threading
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from flask import Flask, request

from pytest_synthetic.core.clock import SystemClock
from pytest_synthetic.demo.serving import Served

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

LARGEST = 1_000_000
"""Bytes of a letter."""
OLDEST = 300
"""Seconds since a letter was signed: an older one may have been recorded by somebody, and sent again."""
_SIGNATURE = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """A letter as it came: `to` is whom it is for, `facts` what the webhook says."""

    to: str
    at: datetime
    facts: dict[str, Any]

    @property
    def turn(self) -> str:
        """What is told: opened, updated, reminded, resolved, ..."""
        return str(self.facts["turn"])

    @property
    def incident(self) -> str:
        """The id of the incident."""
        return str(self.facts["incident"])


class Receiver(Served):
    """Serves at `base_url` until `close()`; what follows that in a letter's address names whom it is for.

    `take` is given each letter once, by any thread.
    """

    def __init__(self, secret: str, take: Callable[[Delivered], object]) -> None:
        """Bind and begin to serve."""
        super().__init__()
        self._secret = secret
        self._take = take
        self._clock = SystemClock()
        self._known: set[str] = set()
        self._lock = threading.Lock()
        app = Flask(__name__)
        app.add_url_rule("/<path:to>", view_func=self._letter, methods=["POST"])
        self.serve_app(app, port=0, name="receiver", threads=4, max_request_body_size=LARGEST)

    def _letter(self, to: str) -> tuple[str, int]:
        key, signed = (request.headers.get(name, "") for name in ("Idempotency-Key", "X-Synthetic-Signature"))
        body = request.get_data()
        if not self._is_genuine(signed, body):
            return "", 401
        with self._lock:
            again = key in self._known
            self._known.add(key)
        if not again:
            self._take(Delivered(to=to, at=self._clock.now(), facts=json.loads(body)))
        return "", 204

    def _is_genuine(self, signed: str, body: bytes) -> bool:
        found = _SIGNATURE.fullmatch(signed)
        if not found or abs(self._clock.now().timestamp() - int(found[1])) > OLDEST:
            return False
        expected = hmac.new(self._secret.encode(), f"{found[1]}.".encode() + body, sha256).hexdigest()
        return hmac.compare_digest(expected, found[2])
