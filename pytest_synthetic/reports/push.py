"""Results pushed to status pages: external endpoints of Gatus, push monitors of Uptime Kuma."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import requests

from pytest_synthetic.asking import Asking
from pytest_synthetic.config.settings import PushSettings, PushTo
from pytest_synthetic.core.journey_names import ANYBODY
from pytest_synthetic.core.plaintext import one_line
from pytest_synthetic.model.verdict import Verdict
from pytest_synthetic.reports.conclusive import Attempts, conclusive
from pytest_synthetic.reports.outbox import NoAnswer, NotTaken, Outbox

if TYPE_CHECKING:
    from pytest_synthetic.model.run import RunResult

WIDEST = 200
"""Characters of the text beside a result."""
_READ = 2000
_GATUS_REPLACES = str.maketrans(dict.fromkeys("/_., #+&", "-"))
"""What Gatus puts a dash for in a key (config/key/key.go of Gatus)."""


class StatusPage:
    """Pushes what runs said about the product, one after the other."""

    def __init__(self, page: PushSettings, *, timeout: float) -> None:
        """Nothing is sent yet."""
        self._page = page
        self._session = Asking(timeout)
        self._attempts = Attempts()
        kind = "Gatus" if page.to is PushTo.GATUS else "Uptime Kuma"
        self._outbox = Outbox(f'{kind} at {page.url} ("{page.name}")', "results")

    def run_finished(self, run: RunResult) -> None:
        """Push the run if it is one of this page's, and says something."""
        page = self._page
        meant = page.journey is None or ANYBODY.is_called(page.journey, run.journey, run.name)
        asked = meant and page.region in (None, run.region)
        if asked and self._attempts.counts(run) and conclusive(run):
            push = self._gatus if page.to is PushTo.GATUS else self._kuma
            self._outbox.put(partial(push, run))

    def end(self) -> None:
        """Nothing more will be pushed."""
        self._outbox.end()

    def wait(self, patience: float) -> str | None:
        """Wait for what is under way; what to tell people when something did not arrive."""
        told = self._outbox.wait(patience)
        self._session.close()
        return told

    def _gatus(self, run: RunResult) -> None:
        key = gatus_key(self._page.key, run)
        success = run.verdict is not Verdict.FAILED
        query = {"success": str(success).lower()}
        if not success:
            query["error"] = _said(run)
        if run.duration is not None:
            query["duration"] = f"{run.duration * 1000:.0f}ms"
        address = f"{self._page.url}/api/v1/endpoints/{quote(key, safe='')}/external"
        status, _ = self._ask("POST", address, query, {"Authorization": f"Bearer {self._page.token}"})
        if status == 401:
            raise NotTaken(f'it answered 401: the token is not that of the endpoint "{key}"')
        if status == 404:
            raise NotTaken(f'it answered 404: it has no external endpoint with the key "{key}"')
        _expect_taken(status)

    def _kuma(self, run: RunResult) -> None:
        query = {"status": "down" if run.verdict is Verdict.FAILED else "up", "msg": _said(run)}
        if run.duration is not None:
            query["ping"] = f"{run.duration * 1000:.0f}"
        status, answer = self._ask("GET", f"{self._page.url}/api/push/{quote(self._page.token, safe='')}", query, {})
        if status == 404:
            raise NotTaken("it answered 404: no active push monitor has this token")
        _expect_taken(status)
        if not answer.get("ok"):
            raise NotTaken("it answered 200, but not as Uptime Kuma does: is `url` its address?")

    def _ask(self, method: str, address: str, query: dict[str, str], headers: dict[str, str]) -> tuple[int, Any]:
        try:
            with self._session.request(method, address, params=query, headers=headers, stream=True) as response:
                return response.status_code, _json(response.raw.read(_READ, decode_content=True))
        except requests.RequestException:
            raise NoAnswer(self._session.why) from None


def gatus_key(template: str, run: RunResult) -> str:
    """The key of the endpoint that `run` belongs to: what stands in braces is written as Gatus writes it."""
    told = {"journey": run.journey, "name": run.name, "region": run.region, "device": run.device or ""}
    for name, value in told.items():
        template = template.replace(f"{{{name}}}", value.strip().lower().translate(_GATUS_REPLACES))
    return template


def _said(run: RunResult) -> str:
    if run.verdict is Verdict.PASSED:
        return "OK"
    told = run.failure.claim if run.failure else "; ".join(breach.message for breach in run.breaches)
    return one_line(f"{run.verdict.value}: {told or run.reason or run.name}", WIDEST)


def _expect_taken(status: int) -> None:
    if not 200 <= status < 300:
        raise NoAnswer(f"it answered {status}") if status >= 500 else NotTaken(f"it answered {status}")


def _json(body: bytes) -> Any:
    try:
        told = json.loads(body)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
