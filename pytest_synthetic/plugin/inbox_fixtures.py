"""Make an inbox for one test: its provider from the settings, its leases on this machine."""

from __future__ import annotations

import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from pytest_synthetic.core import registry
from pytest_synthetic.core.inbox import Inbox, Patience
from pytest_synthetic.core.ports import Pool
from pytest_synthetic.errors import ConfigError, JourneyError, UsageError, did_you_mean
from pytest_synthetic.inboxes.lease_files import FileLeases
from pytest_synthetic.plugin import base_url, outcomes
from pytest_synthetic.plugin.attempt import ATTEMPT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_synthetic.config.settings import InboxSettings
    from pytest_synthetic.plugin.session import Session

PROVIDERS = pytest.StashKey[dict[str, Any]]()
FOLDER = Path(".synthetic", "inboxes")


@contextmanager
def opened(name: str, request: pytest.FixtureRequest, session: Session) -> Iterator[Inbox]:
    """The inbox called `name`, for the test of `request`; its address is given back when the test ends."""
    attempt = request.node.stash.get(ATTEMPT, None)
    if attempt is None:
        raise JourneyError(f'{request.node.name} asks for an inbox, but is no journey: add @pytest.mark.journey("...")')
    try:
        settings = _settings(name, session)
        provider = _provider(settings, session)
    except UsageError as error:
        raise outcomes.told(error) from None
    folder = (session.settings.source.parent if session.settings.source else session.config.rootpath) / FOLDER
    address = base_url.of(request, session, attempt.region)
    inbox = Inbox(
        provider=provider,
        leases=FileLeases(folder, clock=session.clock, sleep=time.sleep),
        recorder=attempt.recorder,
        clock=session.clock,
        sleep=time.sleep,
        labels=_labels(provider, attempt.region.name),
        host=urlsplit(address).hostname if address else None,
        patience=Patience(lease=settings.lease_timeout, give_up=settings.give_up),
    )
    try:
        yield inbox
    finally:
        inbox.release()


def _settings(name: str, session: Session) -> InboxSettings:
    inboxes = session.settings.inboxes
    if name not in inboxes:
        there = did_you_mean(name, inboxes) if inboxes else "There is none."
        raise ConfigError(f"no [inboxes.{name}] in synthetic.toml. {there}")
    return inboxes[name]


def _provider(settings: InboxSettings, session: Session) -> Any:
    """The provider of an inbox, made once a session: it may keep a connection, or one poller for many waits."""
    made = session.config.stash.setdefault(PROVIDERS, {})
    if settings.name not in made:
        where = f"[inboxes.{settings.name}]"
        factory = registry.load(registry.INBOXES, settings.provider, where=where)
        made[settings.name] = factory(settings.options, clock=session.clock, sleep=time.sleep)
    return made[settings.name]


def _labels(provider: Any, region: str) -> dict[str, str]:
    """The region's own addresses, where some are labelled with it."""
    every = provider.addresses() if isinstance(provider, Pool) else ()
    return {"region": region} if any(address.labels.get("region") == region for address in every) else {}
