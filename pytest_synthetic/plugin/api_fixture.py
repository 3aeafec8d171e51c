"""Make the `api` fixture's session for one test."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from pytest_synthetic.channels import browser
from pytest_synthetic.channels.api import ApiSession
from pytest_synthetic.plugin import base_url, outcomes
from pytest_synthetic.plugin.attempt import ATTEMPT, TOOL_VERSION
from pytest_synthetic.plugin.guarding import calls_guarded

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from pytest_synthetic.channels.exchange import Exchange
    from pytest_synthetic.plugin.attempt import Attempt
    from pytest_synthetic.plugin.session import Session


def opened(request: pytest.FixtureRequest, session: Session, name: str) -> ApiSession:
    """An ApiSession that leaves from the region called `name`. Raises RegionUnreachable when none can."""
    region = session.settings.region(name)
    if region.remote_browser and not region.egress:
        raise outcomes.told(browser.own_browser_only(region))
    attempt = request.node.stash.get(ATTEMPT, None)
    run_id = attempt.recorder.run_id if attempt else uuid.uuid4().hex
    bounds = session.settings.api
    return ApiSession(
        base_url=base_url.of(request, session, region),
        proxy=region.egress,
        headers=region.headers,
        user_agent=f"pytest-synthetic/{TOOL_VERSION} (run {run_id})",
        trace_id=run_id,
        deadline=bounds.deadline,
        connect_timeout=bounds.connect_timeout,
        max_body=bounds.max_body,
        on_exchange=_measured(attempt) if attempt else None,
        before=calls_guarded(request.node, session),
    )


def _measured(attempt: Attempt) -> Callable[[Exchange], None]:
    """Every phase that happened becomes a measurement: api.dns, api.connect, api.tls, api.first_byte, ..."""
    recorder = attempt.recorder
    log = attempt.evidence.exchanges() if attempt.evidence.is_recorded else None

    def take(exchange: Exchange) -> None:
        labels = {"method": exchange.method, "url": exchange.url, "status": str(exchange.status or exchange.error)}
        for phase in ("dns", "connect", "tls", "first_byte", "download", "total"):
            duration = getattr(exchange, phase)
            if duration is not None:
                recorder.measure(f"api.{phase}", duration, "s", **labels)
        attempt.learning.exchanged(exchange)
        if log is not None:
            log.take(exchange)

    return take
