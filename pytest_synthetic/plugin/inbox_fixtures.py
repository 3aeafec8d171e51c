"""Make an inbox for one test: its provider from the settings, and who leases its addresses."""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from pytest_synthetic.core.inbox import Inbox, Patience
from pytest_synthetic.core.ports import Closing, InboxProvider, Pool
from pytest_synthetic.errors import JourneyError, UsageError
from pytest_synthetic.inboxes import providers
from pytest_synthetic.plugin import base_url, outcomes, sharing
from pytest_synthetic.plugin.attempt import ATTEMPT
from pytest_synthetic.plugin.guarding import sleeping

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.config.settings import InboxSettings
    from pytest_synthetic.plugin.session import Session

PROVIDERS = pytest.StashKey[dict[str, InboxProvider]]()


@contextmanager
def opened(name: str, request: pytest.FixtureRequest, session: Session) -> Iterator[Inbox]:
    """The inbox called `name`, for the test of `request`; its address is given back when the test ends."""
    attempt = request.node.stash.get(ATTEMPT, None)
    if attempt is None:
        raise JourneyError(f'{request.node.name} asks for an inbox, but is no journey: add @pytest.mark.journey("...")')
    try:
        settings = providers.settings_of(name, session.settings)
        provider = provider_of(settings, session)
    except UsageError as error:
        raise outcomes.told(error) from None
    address = base_url.of(request, session, attempt.region)
    inbox = Inbox(
        provider=provider,
        leases=sharing.leases(settings, session),
        recorder=attempt.recorder,
        clock=session.clock,
        sleep=sleeping(attempt),
        labels=_labels(provider, attempt.region.name),
        host=urlsplit(address).hostname if address else None,
        patience=Patience(lease=settings.lease_timeout, give_up=settings.give_up),
        learn=attempt.learning.learn,
    )
    try:
        yield inbox
    finally:
        inbox.release()


def provider_of(settings: InboxSettings, session: Session) -> InboxProvider:
    """The provider of an inbox, made once a session: it may keep a connection, or one poller for many waits."""
    kept = session.config.stash.setdefault(PROVIDERS, {})
    if settings.name not in kept:
        made = providers.made(settings, clock=session.clock, sleep=time.sleep, folder=sharing.inbox_folder(session))
        if isinstance(made, Closing):
            session.config.add_cleanup(made.close)
        kept[settings.name] = made
    return kept[settings.name]


def _labels(provider: InboxProvider, region: str) -> dict[str, str]:
    """The region's own addresses, where some are labelled with it."""
    every = provider.addresses() if isinstance(provider, Pool) else ()
    return {"region": region} if any(address.labels.get("region") == region for address in every) else {}
